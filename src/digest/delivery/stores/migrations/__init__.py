"""The ledger's migrations, run by Alembic when a ledger is made or is older than the program."""
