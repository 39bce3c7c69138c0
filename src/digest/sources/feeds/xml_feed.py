"""The fast reader for RSS, RDF and Atom feeds that are well-formed XML, based on lxml.

It only accepts documents with a known root element and without entity declarations, which could add text. libxml2
limits depth and size. Other documents go to `digest.sources.feeds.broken_feed`.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from digest.models import is_web_address
from digest.sources.feeds.feed_items import (
    MAX_ITEMS,
    MAX_REPEATS,
    FeedBody,
    FeedChannel,
    FeedItem,
    FeedPicture,
    FeedTranscript,
    is_picture,
)
from digest.sources.feeds.xml_elements import (
    element_markup,
    element_text,
    local_name,
    needs_repair,
    repair_characters,
    role_by_prefix,
    role_of,
    xml_base,
    xml_language,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml.etree import _Element

__all__ = ["parse_tree", "read_tree"]

_DOCTYPE = re.compile(rb"<!DOCTYPE\b[^<>\[\]]{0,1000}>", re.IGNORECASE)
_HEAD = 4096  # bytes that are searched for a document type
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_HTML_TYPES = frozenset({"", "html", "text/html", "xhtml", "application/xhtml+xml"})
_ALTERNATE = frozenset({"", "alternate", "http://www.iana.org/assignments/relation/alternate"})

_YES = frozenset({"yes", "true", "1"})
#: States of WordPress's export: https://developer.wordpress.org/reference/functions/get_post_statuses/
_UNPUBLISHED = frozenset({"draft", "auto-draft", "pending", "private", "trash"})

_Fields = dict[str, list["_Element"]]


def parse_tree(data: bytes, *, recover: bool = False) -> _Element | None:
    """Parse a document and return its root; None if it is not well-formed, or declares entities.

    Args:
        data: The document in UTF-8. The encoding in its declaration is ignored.
        recover: Accept what libxml2 can make of a broken document.
    """
    start = data[:_HEAD].upper().find(b"<!DOCTYPE")
    if start >= 0:
        doctype = _DOCTYPE.match(data, start)
        if doctype is None:
            return None
        data = data[:start] + data[doctype.end() :]
    # For untrusted input: https://lxml.de/FAQ.html#how-do-i-use-lxml-safely-as-a-web-service-endpoint
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return None if root is None or root.getroottree().docinfo.internalDTD is not None else root


def read_tree(root: _Element, data: bytes) -> FeedChannel | None:
    """Read a parsed document; None if its root is not that of a feed.

    Args:
        root: The document's root element.
        data: The document in UTF-8. A name that does not occur in it need not be searched for in the tree.
    """
    role = role_of(root.tag)
    return _Reader(data).channel(root, atom=role == "atom") if role in {"rss", "atom"} else None


class _Reader:
    """Reads one document."""

    def __init__(self, data: bytes) -> None:
        self._has_base, self._has_lang = b"base=" in data, b"lang=" in data
        self._repair: Callable[[str], str] = repair_characters if needs_repair(data) else str

    def channel(self, root: _Element, *, atom: bool) -> FeedChannel:
        fields = _fields(root, limit=MAX_ITEMS)
        heads = [_fields(child, limit=MAX_ITEMS) for child in fields.get("channel", ())[:MAX_REPEATS]] or [fields]
        items = [
            item for owner in (*heads, *([] if heads[0] is fields else [fields])) for item in owner.get("item", ())
        ]
        head = heads[0]
        return FeedChannel(
            atom=atom,
            title=self._title(head),
            link=next(self._links(head), ""),
            language=_first(map(element_text, head.get("language", ())))
            or (xml_language(root) if self._has_lang else ""),
            authors=tuple(islice(self._authors(head), MAX_REPEATS)),
            items=tuple(map(self._item, items[:MAX_ITEMS])),
        )

    def _item(self, element: _Element) -> FeedItem:
        fields = _fields(element)
        for group in fields.get("group", ()):
            for role, parts in _fields(group).items():
                for part in parts if role == "summary" else ():
                    if part.text and "<" not in part.text:  # each line of a film's description is one on the page
                        part.text = part.text.replace("\n", "\n\n")
                fields.setdefault(role, []).extend(parts)
        return FeedItem(
            links=(*self._links(fields), *filter(is_web_address, (element.get(_ABOUT) or "",))),
            identity=_first(map(element_text, fields.get("guid", ()))) or element.get(_ABOUT) or "",
            title=self._title(fields),
            contents=tuple(self._bodies(fields.get("content", ()))),
            summaries=tuple(self._bodies(fields.get("summary", ()))),
            authors=tuple(self._authors(fields)) or self._source_authors(fields),
            dates=tuple(
                element_text(part) for role in ("published", "updated", "created") for part in fields.get(role, ())
            ),
            pictures=tuple(self._pictures(fields)),
            transcripts=tuple(self._transcripts(fields)),
            language=self._language(element, fields),
            publisher=self._publisher(fields) if "source" in fields else "",
            draft=_is_draft(fields),
        )

    def _title(self, fields: _Fields) -> str:
        for element in (*fields.get("title", ()), *fields.get("other_title", ())):
            if title := self._repair(element_text(element)):
                # Atom's "text" has no markup, although character references occur in it:
                # https://www.rfc-editor.org/rfc/rfc4287#section-3.1.1.1
                return title.replace("<", "&lt;") if element.get("type") == "text" else title
        return ""

    def _links(self, fields: _Fields) -> Iterator[str]:
        """Yield the links that may be the address of a feed or an item, the best first."""
        yield from map(element_text, fields.get("original", ()))
        others: list[str] = []
        enclosures: list[str] = []
        for element in fields.get("link", ()):
            link = (element.get("href") or element_text(element)).strip()
            rel = (element.get("rel") or "").strip().lower()
            address = self._from_base(element, link)
            if rel in _ALTERNATE and (element.get("type") or "").strip().lower() in _HTML_TYPES:
                yield address
            elif rel in _ALTERNATE:
                others.append(address)
            elif rel == "enclosure":
                enclosures.append(address)
        yield from others
        for element in fields.get("guid", ()):
            identity = element_text(element)
            if identity.startswith(("http://", "https://")) or (
                identity[:1] == "/" and local_name(element.tag) == "guid"
            ):
                yield identity
        yield from enclosures
        for element in fields.get("enclosure", ()):
            yield self._from_base(element, element.get("url") or "")
        # Atom's content may be elsewhere: https://www.rfc-editor.org/rfc/rfc4287#section-4.1.3.2
        for element in fields.get("content", ()):
            yield self._from_base(element, element.get("src") or "")

    def _from_base(self, element: _Element, link: str) -> str:
        if not self._has_base:
            return link
        try:
            return urljoin(xml_base(element), link) if link else ""
        except ValueError:
            return ""

    def _bodies(self, elements: Iterable[_Element]) -> Iterator[FeedBody]:
        for element in elements:
            if html := element_markup(element):
                yield FeedBody(html=self._repair(html), base=xml_base(element) if self._has_base else "")

    def _authors(self, fields: _Fields) -> Iterator[str]:
        for element in fields.get("author", ()):
            names = [child for child in element if local_name(child.tag) == "name"]
            for named in names or ([] if len(element) else [element]):
                yield self._repair(element_text(named))

    def _source_authors(self, fields: _Fields) -> tuple[str, ...]:
        """Return the authors of the feed that an entry was copied from.

        See https://www.rfc-editor.org/rfc/rfc4287#section-4.2.1.
        """
        return tuple(name for source in fields.get("source", ())[:1] for name in self._authors(_fields(source)))

    def _publisher(self, fields: _Fields) -> str:
        """Return the title of the feed that an item was taken from.

        See https://www.rssboard.org/rss-specification#ltsourcegtSubelementOfLtitemgt.
        """
        source = fields["source"][0]
        return self._title(_fields(source)) if len(source) else self._repair(element_text(source))

    def _transcripts(self, fields: _Fields) -> Iterator[FeedTranscript]:
        for element in fields.get("transcript", ()):
            link = self._from_base(element, (element.get("url") or "").strip())
            yield FeedTranscript(link=link, kind=element.get("type") or "", language=element.get("language") or "")

    def _language(self, element: _Element, fields: _Fields) -> str:
        language = _first(map(element_text, fields.get("language", ())))
        if language or not self._has_lang:
            return language
        parts = (*fields.get("title", ()), *fields.get("summary", ()), *fields.get("content", ()), element)
        return _first(map(xml_language, parts))

    def _pictures(self, fields: _Fields) -> Iterator[FeedPicture]:
        contents: list[FeedPicture] = []
        thumbnails: list[FeedPicture] = []
        for element in islice(_media(fields), MAX_REPEATS):
            name, link = local_name(element.tag), element.get("url") or ""
            if name == "thumbnail":
                thumbnails.append(self._picture(element, link or element_text(element)))
            elif name == "content" and is_picture(link, medium=element.get("medium"), kind=element.get("type")):
                contents.append(self._picture(element, link))
        for pictures in (contents, thumbnails):
            yield from sorted(pictures, key=lambda picture: picture.width, reverse=True)
        for element in fields.get("enclosure", ()):
            link = element.get("url") or ""
            if is_picture(link, kind=element.get("type") or "?"):
                yield self._picture(element, link)
        for element in fields.get("link", ()):
            if element.get("rel") == "enclosure" and (element.get("type") or "").startswith("image/"):
                yield self._picture(element, element.get("href") or "")
        for element in fields.get("image", ()):
            inner = next((element_text(child) for child in element if local_name(child.tag) == "url"), "")
            yield self._picture(element, element.get("href") or element.get("url") or inner or element_text(element))

    def _picture(self, element: _Element, link: str) -> FeedPicture:
        width = element.get("width") or ""
        number = int(width) if width.isdecimal() and len(width) < 6 else 0
        return FeedPicture(link=self._from_base(element, link.strip()), width=number)


def _fields(owner: _Element, *, limit: int = MAX_REPEATS) -> _Fields:
    """Return the children of an element by what they hold, at most ``limit`` of each role."""
    fields: _Fields = {}
    for child in owner.iterchildren(etree.Element):
        role = role_of(child.tag)
        if role is None and (child.prefix is None or (role := role_by_prefix(child.tag, child.prefix)) is None):
            continue
        parts = fields.get(role)
        if parts is None:
            fields[role] = [child]
        elif len(parts) < limit:
            parts.append(child)
    return fields


def _is_draft(fields: _Fields) -> bool:
    """Whether an entry is not to be shown: https://www.rfc-editor.org/rfc/rfc5023#section-13.1.1."""
    marks = [
        *fields.get("draft", ()),
        *(part for each in fields.get("control", ()) for part in _fields(each).get("draft", ())),
    ]
    states = {element_text(part).strip().lower() for part in fields.get("state", ())}
    return any(element_text(mark).strip().lower() in _YES for mark in marks) or not states.isdisjoint(_UNPUBLISHED)


def _media(fields: _Fields) -> Iterator[_Element]:
    return (part for media in fields.get("media", ()) for part in media.iter(etree.Element))


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")
