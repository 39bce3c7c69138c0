"""The ledger's migrations, which Alembic runs when a ledger is older than the program."""
