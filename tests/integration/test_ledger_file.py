"""A ledger in a file: its key, its version, and what can go wrong with files."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from digest.delivery import PlannedBatch, open_ledger, stores
from digest.delivery.stores.ledger_schema import metadata
from digest.errors import CredentialsError, LedgerError
from digest.models import Suppression, SuppressionReason

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
#: The user "nobody".
NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "ledger.db"


def open_file(path, **environ):
    return open_ledger(f"sqlite:///{path}", root=path.parent, environ=environ, now=lambda: NOW)


def start(ledger, people=3):
    keys = tuple(ledger.key_of(f"r{number}@example.com") for number in range(people))
    batches = [PlannedBatch(no=1, keys=b"".join(keys))]
    return ledger.start(
        issue="2026-W47", audience="weekly", token="t", provider="p", skipped=0, batches=lambda: batches
    )


def test_the_key_is_created_with_the_ledger_and_only_its_owner_can_read_it(path):
    with open_file(path) as ledger:
        key = ledger.key
    file = path.with_name("ledger.key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", file.read_text())
    with open_file(path) as ledger:
        assert ledger.key == key


def test_another_key_is_refused(path):
    open_file(path).close()
    path.with_name("ledger.key").write_text("0" * 64)
    with pytest.raises(CredentialsError, match="another key") as caught:
        open_file(path)
    assert caught.value.exit_code == 4


def test_a_lost_key_is_not_replaced(path):
    open_file(path).close()
    path.with_name("ledger.key").unlink()
    with pytest.raises(CredentialsError, match="is missing beside the ledger"):
        open_file(path)
    assert not path.with_name("ledger.key").exists()


def test_the_key_can_come_from_the_environment(path):
    open_file(path, DIGEST_LEDGER_KEY="correct horse battery staple").close()
    assert not path.with_name("ledger.key").exists()
    open_file(path, DIGEST_LEDGER_KEY="correct horse battery staple").close()
    with pytest.raises(CredentialsError):
        open_file(path, DIGEST_LEDGER_KEY="another key for all tests")


def test_recipients_are_stored_as_hashes_that_ignore_case(path):
    with open_file(path) as ledger:
        assert ledger.key_of("Ana@example.com") == ledger.key_of("ana@example.com")
        start(ledger)
        ledger.suppress([Suppression(email="secret@example.com", reason=SuppressionReason.MANUAL)], provider="sendgrid")
        assert ledger.suppressions() == {ledger.key_of("secret@example.com"): "manual"}
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"example.com" not in written


def test_commits_survive_a_power_cut(path):
    with open_file(path) as ledger, ledger._store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_the_migrations_create_the_tables_that_the_program_uses(path):
    open_file(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_current_ledger_opens_without_alembic(path):
    open_file(path).close()
    code = (
        "import sys, datetime, pathlib; from digest.delivery import open_ledger;"
        "url, now = f'sqlite:///{sys.argv[1]}', datetime.datetime.now;"
        "open_ledger(url, root=pathlib.Path(), environ={}, now=now).close();"
        "print('alembic' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "False"


def test_a_ledger_of_a_newer_version_is_left_alone(path):
    open_file(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
    raw.close()
    with pytest.raises(LedgerError, match="newer version"):
        open_file(path)


def test_a_locked_ledger_is_reported(path):
    open_file(path).close()
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="is locked"), open_file(path) as ledger:
        start(ledger)
    raw.close()


def test_a_damaged_ledger_is_reported(path):
    open_file(path).close()
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(LedgerError, match="is damaged"):
        open_file(path)


@pytest.fixture
def unprivileged_folder():
    """A folder of a user who may not write everywhere: root becomes one for the time of the test."""
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path, whose parents only root may enter
        if os.geteuid() != 0:
            yield Path(folder)
            return
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="the modes of files are POSIX")
def test_a_read_only_ledger_is_reported(path, unprivileged_folder):
    folder = unprivileged_folder / "state"
    open_file(folder / path.name).close()
    folder.chmod(0o500)
    (folder / path.name).chmod(0o400)
    try:
        with pytest.raises(LedgerError, match="cannot be"), open_file(folder / path.name) as ledger:
            start(ledger)
    finally:
        folder.chmod(0o700)


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot use the ledger"):
        open_file(tmp_path / "file" / "ledger.db")


def test_a_campaign_is_unique_for_its_issue_and_audience(path):
    with open_file(path) as ledger:
        start(ledger)
        with pytest.raises(LedgerError, match="exists already"):
            start(ledger)
        (campaign,) = ledger.campaigns()
    assert (campaign.issue, campaign.state, campaign.started_at, campaign.finished_at) == (
        "2026-W47",
        "sending",
        NOW,
        None,
    )
    assert campaign.report.pending == 3


def test_only_one_sender_claims_a_batch(path):
    with open_file(path) as first_ledger, open_file(path) as second_ledger:
        start(first_ledger)
        batches = first_ledger.open_campaign("2026-W47", "weekly")
        rival = second_ledger.open_campaign("2026-W47", "weekly")
        claim = batches.claim(1)
        with pytest.raises(LedgerError, match="taken"):
            rival.claim(1)
        with pytest.raises(LedgerError, match="taken"):
            rival.settle(1, "0" * 32, outcome="accepted")
        batches.settle(1, claim, outcome="accepted")
        assert second_ledger.campaigns()[0].report.accepted == 3


def test_a_call_in_flight_is_pending_until_its_sender_dies_and_unknown_afterwards(path):
    with open_file(path) as ledger, open_file(path) as watcher:
        start(ledger)
        batches = ledger.open_campaign("2026-W47", "weekly")
        with ledger.sending():
            batches.claim(1)
            assert watcher.campaigns()[0].report.pending == 3
        assert watcher.campaigns()[0].report.unknown == 3


@pytest.mark.parametrize("lose", [lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_a_ledger_that_was_lost_after_a_send_is_not_recreated(path, lose):
    with open_file(path) as ledger, ledger.sending():
        pass
    lose(path)
    with pytest.raises(LedgerError, match="is missing or empty"):
        open_file(path)


@pytest.mark.parametrize("place", ["sqlite", "postgres"])
def test_a_new_ledger_equals_one_that_was_migrated_from_the_first_version(place, tmp_path, request):
    """The migrations lead to the same tables and version as creating the tables directly."""
    from alembic import command
    from alembic.config import Config as AlembicConfig
    from sqlalchemy import create_engine, inspect, text

    if place == "sqlite":
        url, made = (
            f"sqlite:///{tmp_path / 'steps.db'}",
            open_ledger("sqlite:///made.db", root=tmp_path, environ={}, now=lambda: NOW),
        )
    else:
        url = request.getfixturevalue("database").replace("postgresql://", "postgresql+psycopg://")
        second = request.getfixturevalue("second_database")
        made = open_ledger(second, root=tmp_path, environ={"DIGEST_LEDGER_KEY": "a key for all tests"}, now=lambda: NOW)
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(stores.__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    steps = create_engine(url)
    with steps.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    def described(engine):
        with engine.connect() as connection:
            look = inspect(connection)
            tables = {
                name: (
                    [(each["name"], str(each["type"]), each["nullable"]) for each in look.get_columns(name)],
                    look.get_pk_constraint(name)["constrained_columns"],
                    sorted(str(each["constrained_columns"]) for each in look.get_foreign_keys(name)),
                    sorted(str(each["column_names"]) for each in look.get_unique_constraints(name)),
                    sorted(str(each["name"]) for each in look.get_check_constraints(name)),
                )
                for name in sorted(look.get_table_names())
            }
            return tables, connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()

    with made:
        assert described(made._store.engine) == described(steps)
    steps.dispose()
