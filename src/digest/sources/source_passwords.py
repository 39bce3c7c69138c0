"""Keeps the user name and password in a source's address out of what was read from it, and out of its errors.

The fetcher already leaves them out of the addresses that it returns. A server may still repeat the address that it was
asked for, as in the links of a feed, and so may the message of a library.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from digest.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.errors import DigestError
    from digest.models import Article

__all__ = ["user_parts", "without_users", "without_users_in"]


def user_parts(addresses: Iterable[str]) -> tuple[str, ...]:
    """What stands before the host in some addresses, such as ``ann:secret@``; as written and decoded, longest first."""
    parts: set[str] = set()
    for address in addresses:
        try:
            user = urlsplit(address).netloc.rpartition("@")[0]
        except ValueError:
            continue
        if user:
            parts |= {f"{user}@", f"{unquote(user)}@"}
    return tuple(sorted(parts, key=len, reverse=True))


def without_users(article: Article, parts: Iterable[str]) -> Article:
    """The article, with none of ``parts`` in any of its texts."""
    values = {field.name: getattr(article, field.name) for field in fields(article)}
    return replace(article, **{name: _without(value, parts) for name, value in values.items()})


def without_users_in(error: DigestError, parts: Iterable[str]) -> DigestError:
    """The same error, with none of ``parts`` in its message, place and hint."""
    error.message, error.hint = _without(error.message, parts), _without(error.hint, parts)
    if error.place is not None:
        error.place = Place(_without(error.place.file, parts), error.place.line)
    return error


def _without(value: Any, parts: Iterable[str]) -> Any:
    if isinstance(value, str):
        for part in parts:
            value = value.replace(part, "")
    elif isinstance(value, tuple):
        return tuple(_without(each, parts) for each in value)
    return value
