"""Keeps the secrets in a source's address out of what was read from it, and out of its errors.

The fetcher already leaves the user name and password out of the addresses that it returns. A server may still repeat
the address that it was asked for, as in the links of a feed, and so may the message of a library. The address of a page
with a key in its query would even be the link that readers get.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from digest.errors import Place
from digest.models import secret_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.errors import DigestError
    from digest.models import Article

__all__ = ["secret_parts", "without_secret_parts", "without_secret_parts_in"]

#: A shorter value may be a word that a text also has.
_MIN_VALUE = 8


def secret_parts(addresses: Iterable[str]) -> tuple[str, ...]:
    """The secret parts of some addresses, as written and decoded, in the order in which to take them out.

    These are what stands before the host, such as ``ann:secret@``, and parameters such as ``token=…``.
    """
    parts: set[str] = set()
    for address in addresses:
        try:
            user = urlsplit(address).netloc.rpartition("@")[0]
        except ValueError:
            continue
        if user:
            parts |= {f"{user}@", f"{unquote(user)}@"}
        for name, written in secret_parameters(address):
            for value in {written, unquote(written)}:
                pair = f"{name}={value}"
                parts |= {f"{pair}&", f"?{pair}", f"&{pair}", f"&amp;{pair}", pair}
                if len(value) >= _MIN_VALUE:
                    parts.add(value)
    return tuple(sorted(parts, key=lambda part: (-len(part), not part.endswith("&"), part)))


def without_secret_parts(article: Article, parts: Iterable[str]) -> Article:
    """The article, with none of ``parts`` in any of its texts."""
    values = {field.name: getattr(article, field.name) for field in fields(article)}
    return replace(article, **{name: _without(value, parts) for name, value in values.items()})


def without_secret_parts_in(error: DigestError, parts: Iterable[str]) -> DigestError:
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
