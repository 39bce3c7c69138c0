"""Read OPML 1.0 and 2.0 (http://opml.org/spec2.opml), the lists of feeds that feed readers export.

Many exports are not well-formed: titles with quotation marks, addresses with a lone ``&``. An XML parser would stop or
drop attributes without a word. All that matters is in the tags of outlines, so they are read one by one.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from digest.errors import Place, SourceError
from digest.models import is_web_address, printable_url
from digest.sources.feeds.xml_text import decode_xml
from digest.sources.html_text import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FeedAddress", "FeedList", "parse_opml"]

#: The most feeds that are read. No newsletter has more sources.
_MOST_FEEDS = 2000
_MOST_DEPTH = 50
_LONGEST = 20_000  # characters of one outline
_LONGEST_TITLE = 60  # in a message

_ROOT = re.compile(r"<(?:[\w.-]+:)?opml[\s>/]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(/?)(?:[\w.-]+:)?outline(?=[\s/>]|\Z)|</(?:[\w.-]+:)?(?:body|opml)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w:.-])([\w:.-]+)\s*=\s*([\"'])")
#: HTML also knows references without a semicolon, but "&copy=2" is a part of an address.
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,40});")


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


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedList:
    """The feeds that an address or a file leads to.

    Attributes:
        feeds: In order, each address once.
        unread: The outlines of an OPML file that give no feed, each with its line and the reason.
        origin: ``feed``: the address is that of a feed. ``list``: an OPML file lists the feeds, which were not read.
            ``site``: they were found on a site.
    """

    feeds: tuple[FeedAddress, ...]
    unread: tuple[str, ...] = ()
    origin: Literal["feed", "list", "site"] = "list"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outline:
    line: int
    attributes: dict[str, str]
    section: str
    is_folder: bool

    @property
    def title(self) -> str:
        return self.attributes.get("title") or self.attributes.get("text") or ""

    @property
    def address(self) -> str:
        address = self.attributes.get("xmlurl", "")
        if not address.lower().startswith("feed:"):
            return address
        rest = address[len("feed:") :]  # an old scheme for feeds, followed by an address with or without its own
        return rest if is_web_address(rest) else f"http://{rest.lstrip('/')}"


def parse_opml(data: bytes, *, file: str) -> FeedList:
    """Return the feeds that an OPML file lists. Their section is their folder.

    Args:
        data: The file.
        file: Its name, for error messages.

    Raises:
        SourceError: It is not OPML, or lists no feed.
    """
    text = without_controls(decode_xml(data).decode("utf-8", errors="replace"))
    if not _ROOT.search(text):
        raise SourceError("this is not an OPML file", place=Place(file), hint="Feed readers export one as .opml.")
    feeds: dict[str, FeedAddress] = {}
    unread: list[str] = []
    for outline in _outlines(text):
        address = outline.address
        if is_web_address(address) and (address in feeds or len(feeds) < _MOST_FEEDS):
            category = outline.attributes.get("category", "").split(",")[0]
            feed = FeedAddress(title=outline.title, url=address, section=outline.section or category)
            feeds.setdefault(address, feed)
        elif address or not outline.is_folder:
            unread.append(_reason(outline))
    if not feeds:
        raise SourceError("the file lists no feed", place=Place(file), hint="The outline of a feed has an xmlUrl.")
    return FeedList(feeds=tuple(feeds.values()), unread=tuple(unread))


def _reason(outline: _Outline) -> str:
    title, address = outline.title[:_LONGEST_TITLE], printable_url(outline.address)[:_LONGEST_TITLE]
    name = f"line {outline.line}" + (f" ({title})" if title else "")
    if is_web_address(outline.address):
        return f"{name}: only {_MOST_FEEDS} feeds are read"
    if address:
        return f"{name}: {address!r} is not a web address"
    return f"{name}: it has no xmlUrl that can be read"


def _outlines(text: str) -> Iterator[_Outline]:
    # Comments become blank lines, so that the numbers of lines stay.
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    folders: list[str] = []
    tags = list(_TAG.finditer(text))
    line, counted = 1, 0
    for number, tag in enumerate(tags):
        if tag[1] is None:  # the end of the body
            continue
        if tag[1]:
            del folders[-1:]
            continue
        line, counted = line + text.count("\n", counted, tag.start()), tag.start()
        following = tags[number + 1] if number + 1 < len(tags) else None
        # A tag ends in front of the next one: a value may hold ">" and, though it must not, "<".
        inside = text[tag.end() : following.start() if following else len(text)]
        inside = inside[: inside.rfind(">")] if ">" in inside else inside
        closed = inside.endswith("/")
        attributes = _attributes(inside.removesuffix("/")) if len(inside) <= _LONGEST else {}
        has_children = not closed and following is not None and following[1] == ""
        # The outermost folder is the section. Deeper ones are the user's own order.
        section = next((folder for folder in folders if folder), "")
        outline = _Outline(line=line, attributes=attributes, section=section, is_folder=has_children)
        yield outline
        if not closed and len(folders) < _MOST_DEPTH:
            folders.append("" if outline.address else outline.title)


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a tag by lower-case name.

    A value goes up to its quotation mark in front of the next attribute, so that quotation marks in it do no harm.
    """
    names = list(_NAME.finditer(inside))
    attributes: dict[str, str] = {}
    at = 0
    while at < len(names):
        name, quote = names[at][1].lower(), names[at][2]
        start = names[at].end()
        at += 1
        while at < len(names) and not inside[start : names[at].start()].rstrip().endswith(quote):
            at += 1
        value = inside[start : names[at].start() if at < len(names) else len(inside)].rstrip()
        value = value[: value.rfind(quote)] if quote in value else ""
        attributes.setdefault(name, " ".join(_REFERENCE.sub(lambda match: html.unescape(match[0]), value).split()))
    return attributes
