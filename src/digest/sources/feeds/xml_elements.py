"""Elements of an XML feed: their names in each version and module, and their contents."""

from __future__ import annotations

import re
from base64 import b64decode
from contextlib import suppress
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "element_markup",
    "element_text",
    "local_name",
    "needs_repair",
    "repair_characters",
    "role_by_prefix",
    "role_of",
    "xml_base",
    "xml_language",
]

_XML = "{http://www.w3.org/XML/1998/namespace}"
_TEXTS = frozenset({"", "text", "plain", "html", "xhtml", "escaped"})
_LANG = f"{_XML}lang"
_BASE = f"{_XML}base"
#: UTF-8 that was taken for ISO 8859-1 and encoded again, and Windows-1252 characters written as control characters.
_MANGLED = (
    re.compile(rb"\xc3[\x82-\xb4]\xc2[\x80-\xbf]"),
    re.compile(rb"\xc2[\x80-\x9f]"),
    re.compile(rb"&#(?:0*1[2-5]\d|[xX]0*(?:7[fF]|[89][0-9a-fA-F]));"),
)
_CONTROL = re.compile("[\x7f-\x9f]")


@lru_cache(maxsize=2048)
def role_of(tag: str) -> str | None:
    """Return the role of an element ("item", "link", "summary" …), by its lxml tag; None if it is not used."""
    namespace, _, name = tag.rpartition("}")
    prefix = _namespaces().get(_plain(namespace[1:])) if namespace else ""
    return None if prefix is None else _elements().get(f"{prefix}{name.lower()}")


@lru_cache(maxsize=2048)
def role_by_prefix(tag: str, prefix: str | None) -> str | None:
    """Return the role of an element in an unknown namespace, judged by its prefix alone."""
    namespace, _, name = tag.rpartition("}")
    module = load_table("feed_elements")["prefixes"].get(prefix)
    if module is None or _plain(namespace[1:]) in _namespaces():
        return None
    return _elements().get(f"{module}{name.lower()}")


@lru_cache(maxsize=2048)
def local_name(tag: str) -> str:
    """Return the name of an lxml tag without its namespace, in lower case."""
    return tag.rpartition("}")[2].lower()


def element_text(element: _Element) -> str:
    """Return the text of an element. Elements in it (XHTML instead of escaped HTML) become HTML."""
    if not len(element):
        return (element.text or "").strip()
    for inner in element.iterdescendants(etree.Element):
        inner.tag = inner.tag.rpartition("}")[2]  # an HTML parser would not recognise <xhtml:p>
    pieces = [escape(element.text or "", quote=False)]
    pieces.extend(etree.tostring(child, encoding="unicode", method="html") for child in element)
    return "".join(pieces).strip()


def element_markup(element: _Element) -> str:
    """Return the HTML or text of an item's body; "" if it is neither, such as an image in Base64."""
    kind = (element.get("type") or "").strip().lower()
    if element.get("mode") == "base64":  # only in Atom 0.3
        try:
            return b64decode(element.text or "").decode("utf-8", errors="replace")
        except ValueError:
            return ""
    if kind in _TEXTS or kind.startswith("text/") or kind.endswith("xml"):
        return element_text(element)
    return ""


def xml_language(element: _Element) -> str:
    """Return the nearest xml:lang, or ""."""
    owner: _Element | None = element
    while owner is not None:
        if (language := owner.get(_LANG)) is not None:
            return str(language)
        owner = owner.getparent()
    return ""


def xml_base(element: _Element) -> str:
    """Return the xml:base of an element (https://www.w3.org/TR/xmlbase/), relative to the document's own address."""
    base = ""
    for owner in (*reversed(list(element.iterancestors())), element):
        attribute = owner.get(_BASE) or owner.get("base")
        if attribute:
            try:
                base = urljoin(base, attribute.strip())
            except ValueError:
                continue
    return base


def needs_repair(data: bytes) -> bool:
    """Return whether a document in UTF-8 contains text that was encoded twice, or only partly."""
    return b"\x7f" in data or any(pattern.search(data) for pattern in _MANGLED)


def repair_characters(text: str) -> str:
    """Undo a second encoding, and read control characters as Windows-1252, as browsers do."""
    if not text.isascii():
        with suppress(UnicodeEncodeError, UnicodeDecodeError):
            text = text.encode("latin-1").decode("utf-8")
    return _CONTROL.sub(_western, text)


def _western(match: re.Match[str]) -> str:
    return "" if match[0] == "\x7f" else match[0].encode("latin-1").decode("cp1252", errors="ignore")


@cache
def _namespaces() -> dict[str, str]:
    return {_plain(namespace): prefix for namespace, prefix in load_table("feed_elements")["namespaces"].items()}


def _plain(namespace: str) -> str:
    return namespace.lower().replace("https:", "http:", 1).rstrip("/#")


@cache
def _elements() -> dict[str, str]:
    return dict(load_table("feed_elements")["elements"])
