"""Where a ledger lives: a file (SQLite), a database (PostgreSQL), or a branch of the newsletter's repository (git).

    schema, migrations ──▶ base.Store ──▶ sqlite | postgres | git ──▶ git_branch, journal

All are SQL to the ledger: on a branch its tables are filled from files of lines, and what changed is appended to them.
"""
