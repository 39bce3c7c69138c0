"""Alembic's entry: the connection is the ledger's own, in a transaction that it has begun."""

from __future__ import annotations

from alembic import context

from digest.delivery.stores.ledger_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
