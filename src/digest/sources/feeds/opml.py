"""Lists of feeds that feed readers export: OPML 1.0 and 2.0 (http://opml.org/spec2.opml)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.feeds.xml_text import decode_xml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FeedAddress", "parse_opml"]

#: A list is made by a person; more than this is no list of one newsletter's sources.
_MOST_FEEDS = 2000
_MOST_DEPTH = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedAddress:
    """A feed that may become a source: its title, its address, and the folder it was kept in."""

    title: str
    url: str
    section: str = ""


def parse_opml(data: bytes, *, file: str) -> tuple[FeedAddress, ...]:
    """The feeds of an OPML file in its order, each address once; a folder's name is their section.

    Raises:
        SourceError: It is no OPML, or names no feed.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, recover=True, load_dtd=False
    )
    try:
        root = etree.fromstring(decode_xml(data), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or not isinstance(root.tag, str) or etree.QName(root).localname.lower() != "opml":
        raise SourceError("this is no OPML file", place=Place(file), hint="Feed readers export one as .opml.")
    found: dict[str, FeedAddress] = {}
    for feed in _feeds(root.find("{*}body"), section="", depth=0):
        if len(found) < _MOST_FEEDS:
            found.setdefault(feed.url, feed)
    if not found:
        raise SourceError("the file names no feed", place=Place(file), hint="An outline of a feed has an xmlUrl.")
    return tuple(found.values())


def _feeds(element: etree._Element | None, *, section: str, depth: int) -> Iterator[FeedAddress]:
    for outline in element.iterchildren("{*}outline") if element is not None and depth < _MOST_DEPTH else ():
        about = {str(key).lower(): " ".join(str(value).split()) for key, value in outline.attrib.items()}
        title = about.get("title") or about.get("text") or ""
        address = about.get("xmlurl", "")
        if address.startswith("feed:"):  # an old way to say that it is one, with or without the scheme behind it
            rest = address.removeprefix("feed:")
            address = rest if is_web_address(rest) else f"http://{rest.lstrip('/')}"
        if is_web_address(address):
            yield FeedAddress(title=title, url=address, section=section or about.get("category", "").split(",")[0])
        # The outermost folder is the section: deeper ones are the reader's own order.
        yield from _feeds(outline, section=section or ("" if address else title), depth=depth + 1)
