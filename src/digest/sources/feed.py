"""RSS, Atom and RDF feeds through feedparser; JSON feeds through `digest.sources.jsonfeed`."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import feedparser
from selectolax.lexbor import LexborHTMLParser

from digest.errors import Place, SourceError
from digest.models import Article, Feed, host_name, is_web_address
from digest.sources.dates import parse_date
from digest.sources.jsonfeed import parse_json_feed
from digest.sources.links import join_link, language_tag
from digest.sources.markup import line_of_html, plain_line, text_of_html
from digest.sources.names import split_names
from digest.sources.pictures import first_picture
from digest.sources.snippets import headline_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parse_feed"]

_MAX_BYTES = 20 * 2**20
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\s*\S+@\S+\s*")
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})

_Entry = Mapping[str, Any]


def parse_feed(data: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Read a feed: RSS 0.9 to 2.0, Atom 0.3 and 1.0, or JSON Feed 1.0 and 1.1.

    Args:
        data: As it came, not decoded.
        url: Where it came from, or its path in the newsletter's folder; relative links count from it.
        content_type: The HTTP Content-Type, whose charset counts.

    Returns:
        Its articles in the feed's order, without those that have no address. ``Article.source`` is the feed's title.

    Raises:
        SourceError: It is no feed. Nothing else is ever raised.
    """
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise SourceError("the feed is empty", place=Place(url), hint="Open it in a browser and check its address.")
    if len(data) > _MAX_BYTES:
        raise SourceError("the feed is larger than 20 MiB", place=Place(url))
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return parse_json_feed(data, url=url)
        return _parse_xml(data, url, content_type)
    except SourceError:
        raise
    except Exception as error:  # the seam: feeds are arbitrary input to libraries we do not control
        raise SourceError(f"the feed cannot be read: {error}", place=Place(url)) from error


def _parse_xml(data: bytes, url: str, content_type: str | None) -> Feed:
    # A stream, because feedparser takes bytes for the name of a file and opens it.
    parsed = feedparser.parse(
        BytesIO(data),
        response_headers=_headers(data, content_type),
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version and (not parsed.entries or _HTML.search(data[:2048])):
        raise _no_feed(data, url)
    channel = parsed.feed
    base = url
    if not parsed.version.startswith("atom"):  # RSS says nothing about relative links; publishers mean their site
        base = join_link(url, str(channel.get("link") or "")) or url
    title = line_of_html(str(channel.get("title") or "")) or host_name(url)
    language = language_tag(channel.get("language"))
    shared = split_names(_name(channel.get("author_detail"))) if parsed.version.startswith("atom") else ()
    articles = (_article(entry, base=base, source=title, language=language, shared=shared) for entry in parsed.entries)
    return Feed(title=title, url=url, articles=tuple(article for article in articles if article is not None))


def _headers(data: bytes, content_type: str | None) -> dict[str, str]:
    """What feedparser is told about the encoding: text beyond ASCII that is valid UTF-8 is UTF-8, whatever it says."""
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return {"content-type": "application/xml; charset=utf-8"}
    return {"content-type": content_type} if content_type else {}


def _article(entry: _Entry, *, base: str, source: str, language: str | None, shared: tuple[str, ...]) -> Article | None:
    address = join_link(base, _link(entry))
    if not address:
        return None
    html, html_base = _body(entry, base)
    text = text_of_html(html)
    title = _title(entry)
    return Article(
        url=address,
        title=title or headline_of(text),
        text=text,
        authors=_authors(entry) or shared,
        published=_published(entry),
        source=source,
        image=_image(entry, base) or first_picture(html, html_base),
        language=_language(entry) or language,
    )


def _title(entry: _Entry) -> str:
    title = str(entry.get("title") or "")
    plain = (entry.get("title_detail") or {}).get("type") == "text/plain"
    # "text/plain" is feedparser's default for RSS, where publishers put entities and elements all the same.
    return plain_line(title) if plain and not re.search(r"[<&]", title) else line_of_html(title)


def _link(entry: _Entry) -> str:
    link = str(entry.get("link") or "")
    # A guid that is no address is a permalink only to feedparser.
    if entry.get("guidislink") and link == entry.get("id") and not is_web_address(link):
        return ""
    return link


def _body(entry: _Entry, base: str) -> tuple[str, str]:
    """The fullest text that the entry has, and the base of its links; the summary where there is no content."""
    contents = [part for part in entry.get("content") or () if part.get("value")]
    best = max(contents, key=lambda part: len(part["value"]), default=None)
    if best is None or not text_of_html(best["value"]):
        best = entry.get("summary_detail") or {"value": entry.get("summary") or ""}
    html = str(best.get("value") or "")
    return html, join_link(base, str(best.get("base") or "")) or base


def _authors(entry: _Entry) -> tuple[str, ...]:
    if _ADDRESS.fullmatch(str(entry.get("author") or "")):  # feedparser would make a name of a part of it
        return ()
    names: list[str] = []
    for author in entry.get("authors") or [entry.get("author_detail")]:
        names.extend(name for name in split_names(_name(author)) if name not in names)
    return tuple(names or split_names(str(entry.get("author") or "")))


def _name(author: Any) -> str:
    return str(author.get("name") or "") if isinstance(author, dict) else ""


def _published(entry: _Entry) -> datetime | None:
    """Our own reader first: feedparser takes an unknown zone for UTC, and 2026/01/05 for the first of November."""
    for field in ("published", "updated", "created"):
        raw = str(entry.get(field) or "")
        if not raw:
            continue
        moment = parse_date(raw)
        if moment is not None:
            return moment
        fields = entry.get(f"{field}_parsed")
        if fields and fields.tm_year > 1970:
            return datetime.fromtimestamp(timegm(fields), UTC)
    return None


def _language(entry: _Entry) -> str | None:
    details = (entry.get("title_detail"), entry.get("summary_detail"), *(entry.get("content") or ()))
    return next((tag for detail in details if detail and (tag := language_tag(detail.get("language")))), None)


def _image(entry: _Entry, base: str) -> str | None:
    return next((image for link in _pictures(entry) if (image := join_link(base, link))), None)


def _pictures(entry: _Entry) -> Iterator[str]:
    """What the entry calls its picture, the surest first."""
    media = [part for part in entry.get("media_content") or () if _is_picture(part)]
    for part in sorted(media, key=_width, reverse=True):
        yield str(part.get("url") or "")
    for part in sorted(entry.get("media_thumbnail") or (), key=_width, reverse=True):
        yield str(part.get("url") or "")
    for part in entry.get("links") or ():
        if part.get("rel") == "enclosure" and str(part.get("type") or "").startswith("image/"):
            yield str(part.get("href") or "")
    image = entry.get("image")
    yield str((image.get("href") or image.get("url") or "") if isinstance(image, dict) else image or "")


def _is_picture(part: _Entry) -> bool:
    kind = str(part.get("type") or "")
    if part.get("medium") or kind:
        return part.get("medium") == "image" or kind.startswith("image/")
    return True


def _width(part: _Entry) -> int:
    width = str(part.get("width") or "")
    return int(width) if width.isdecimal() else 0


def _no_feed(data: bytes, url: str) -> SourceError:
    if not _HTML.search(data[:2048]):
        return SourceError("this is no feed", place=Place(url), hint="Give the address of an RSS, Atom or JSON feed.")
    for link in LexborHTMLParser(data).css("link[rel~=alternate][href]"):
        address = join_link(url, link.attributes.get("href") or "")
        if address and link.attributes.get("type") in _FEED_TYPES:
            return SourceError("this is a web page, no feed", place=Place(url), hint=f'Its feed: feed = "{address}"')
    return SourceError(
        "this is a web page, no feed", place=Place(url), hint=f'To take it as an article: page = "{url}"'
    )
