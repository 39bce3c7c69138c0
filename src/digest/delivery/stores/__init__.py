"""Where a ledger is stored, by the scheme of its URL.

Each store is one module with one class. To add a store, write the class (see `Store`) and add a line to `STORES`.

All stores are SQL databases to the ledger. A git branch holds files of JSON lines; `GitStore` loads them into SQLite in
memory and appends what a transaction has changed.
"""

from __future__ import annotations

from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.delivery.stores.store import Store

__all__ = ["STORES", "find_store"]

#: The class of each scheme, as ``module:class``. A class is imported only when it is needed: each wants its own driver.
STORES: Mapping[str, str] = MappingProxyType(
    {
        "sqlite": "digest.delivery.stores.sqlite:SqliteStore",
        "postgresql": "digest.delivery.stores.postgres:PostgresStore",
        "postgres": "digest.delivery.stores.postgres:PostgresStore",  # as some hosts write it
        "git+branch": "digest.delivery.stores.git:GitStore",
    }
)


def find_store(url: str) -> type[Store]:
    """Find the store class for a ledger's URL.

    Raises:
        ConfigError: No store has the URL's scheme. The message does not repeat the URL, which may hold a password.
    """
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in STORES:
        schemes = ", ".join(f"{name}://" for name in STORES)
        raise ConfigError("the ledger's URL has an unknown scheme", hint=f"Known schemes: {schemes}")
    store: type[Store] = resolve_name(STORES[scheme])
    return store
