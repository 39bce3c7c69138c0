"""Read OPML 1.0 and 2.0 (http://opml.org/spec2.opml), the lists of feeds that feed readers export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.feeds.xml_elements import local_name
from digest.sources.feeds.xml_text import decode_xml

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FeedAddress", "parse_opml"]

#: The most feeds that are read. No newsletter has more sources.
_MOST_FEEDS = 2000
_MOST_DEPTH = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedAddress:
    """A feed that may become a source.

    Attributes:
        title: Its title, which may be empty.
        url: Its address.
        section: The folder that held it in the list; "" without one.
    """

    title: str
    url: str
    section: str = ""


def parse_opml(data: bytes, *, file: str) -> tuple[FeedAddress, ...]:
    """Return the feeds that an OPML file lists, in order and each address once. Their section is their folder.

    Args:
        data: The file.
        file: Its name, for error messages.

    Raises:
        SourceError: It is not OPML, or lists no feed.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, huge_tree=False, recover=True, load_dtd=False
    )
    try:
        root = etree.fromstring(decode_xml(data), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None or not isinstance(root.tag, str) or local_name(root.tag) != "opml":
        raise SourceError("this is not an OPML file", place=Place(file), hint="Feed readers export one as .opml.")
    feeds: dict[str, FeedAddress] = {}
    for feed in _feeds(root.find("{*}body"), section="", depth=0):
        if len(feeds) < _MOST_FEEDS:
            feeds.setdefault(feed.url, feed)
    if not feeds:
        raise SourceError("the file lists no feed", place=Place(file), hint="The outline of a feed has an xmlUrl.")
    return tuple(feeds.values())


def _feeds(element: etree._Element | None, *, section: str, depth: int) -> Iterator[FeedAddress]:
    for outline in element.iterchildren("{*}outline") if element is not None and depth < _MOST_DEPTH else ():
        attributes = {str(key).lower(): " ".join(str(value).split()) for key, value in outline.attrib.items()}
        title = attributes.get("title") or attributes.get("text") or ""
        address = attributes.get("xmlurl", "")
        if address.startswith("feed:"):  # an old scheme for feeds, followed by an address with or without its own
            rest = address.removeprefix("feed:")
            address = rest if is_web_address(rest) else f"http://{rest.lstrip('/')}"
        if is_web_address(address):
            yield FeedAddress(title=title, url=address, section=section or attributes.get("category", "").split(",")[0])
        # The outermost folder is the section. Deeper ones are the user's own order.
        yield from _feeds(outline, section=section or ("" if address else title), depth=depth + 1)
