"""Alembic's entry point. It uses the ledger's own connection, in a transaction that the ledger has started."""

from __future__ import annotations

from alembic import context

from digest.delivery.stores.ledger_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
