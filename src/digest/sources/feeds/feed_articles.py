"""Turn the items of a feed into articles, whichever reader parsed the feed."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from digest.models import Article, Feed, host_name, is_web_address
from digest.sources.author_names import split_names
from digest.sources.date_parsing import parse_date
from digest.sources.feeds.feed_furniture import is_placeholder, without_feed_furniture
from digest.sources.feeds.feed_items import first_picture, picture_in_source, picture_in_tree
from digest.sources.feeds.item_identity import item_id, tell_apart
from digest.sources.feeds.outlets import publisher_of, true_address, without_publisher
from digest.sources.feeds.transcripts import best_transcript
from digest.sources.html_text import (
    has_markup,
    line_of_html,
    plain_line,
    text_of_html,
    text_of_plain,
    text_of_source,
    text_of_tree,
    tree_of_html,
    visible_source,
    with_typed_tags,
)
from digest.sources.source_links import join_link, language_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from digest.sources.feeds.feed_items import FeedBody, FeedChannel, FeedItem, FeedPicture

__all__ = ["feed_from_channel", "make_headline"]

_MAX_TITLE = 500  # characters; a longer title is an attack or a whole article
_MAX_TEXT = 400_000  # characters, as in a book
_MAX_HTML = 1_000_000
_MAX_LINK = 4096
_MAX_AUTHOR = 300
_ESCAPED = re.compile(r"&lt;(?:p|br|div|span|a|img|strong|em|b|i|ul|ol|li|h[1-6])\b[^<>]{0,2000}?&gt;", re.IGNORECASE)
#: Google News lists the headlines of other outlets in place of a text, each with its outlet in this colour.
_OTHER_HEADLINES = '<font color="#6f6f6f">'
_ADDRESS = re.compile(r"\s*\S+@\S+\s*")
_WEB_ADDRESS = re.compile(r"https?://\S+")


def feed_from_channel(channel: FeedChannel, *, url: str) -> Feed:
    """Return the feed with its articles in order. Drafts, and items with neither an address nor a text, are left out.

    Args:
        channel: The parsed feed.
        url: Where it came from.
    """
    home = join_link(url, channel.link)
    # RSS does not define relative links; publishers mean their site.
    base = url if channel.atom else home or url
    title = line_of_html(channel.title[:_MAX_TITLE]) or host_name(url)
    language = language_tag(channel.language)
    shared = _names(channel.authors) if channel.atom else ()
    # Readers of an item that is only in the feed are sent to the site.
    site = urldefrag(home)[0] or (urljoin(url, "/") if is_web_address(url) else url)
    defaults = _Defaults(base=base, site=site, source=title, language=language, authors=shared)
    articles = (_article(item, defaults) for item in channel.items if not item.draft)
    return Feed(title=title, url=url, articles=tell_apart([article for article in articles if article is not None]))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Defaults:
    """Values that all items of a feed share."""

    base: str
    site: str
    source: str
    language: str | None
    authors: tuple[str, ...]


def _article(item: FeedItem, defaults: _Defaults) -> Article | None:
    base = defaults.base
    link = next(filter(None, (_address(link, base) for link in item.links if len(link) <= _MAX_LINK)), "")
    address = true_address(link)
    picture = _named_picture(item.pictures, base)
    text, first = _fullest(item, base, pictures=picture is None)
    title = _title(item.title)
    outlet = _title(item.publisher) or (publisher_of(title, url=address) if address != link else "")
    if outlet:
        title = without_publisher(title, outlet)
        if any(_OTHER_HEADLINES in body.html for body in item.summaries):
            text = ""
    text = without_feed_furniture(
        text, title=title, outlets=(defaults.source, outlet) if outlet else (defaults.source,)
    )
    if is_placeholder(title) or title == defaults.source:
        title = make_headline(text) or title
    if not address and not text:
        return None
    return Article(
        url=address or defaults.site,
        title=title,
        text=text,
        authors=_names(item.authors) or defaults.authors,
        published=_published(item.dates),
        source=defaults.source,
        image=picture or first,
        language=language_tag(item.language) or defaults.language,
        id=item_id(item.identity, address),
        shares_url=not address,
        transcript=join_link(base, best_transcript(item.transcripts, language=item.language or defaults.language))
        if item.transcripts
        else "",
        outlet=outlet if outlet != defaults.source else "",
    )


def _address(link: str, base: str) -> str:
    return join_link(base, f"https://{link}" if link.startswith("www.") else link)


def _title(text: str) -> str:
    title = line_of_html(text[: 8 * _MAX_TITLE]) if "<" in text or "&" in text else plain_line(text[: 8 * _MAX_TITLE])
    return title if len(title) <= _MAX_TITLE else make_headline(title)


def _fullest(item: FeedItem, base: str, *, pictures: bool) -> tuple[str, str | None]:
    """Return the text of the longest content, or of the longest summary if there is none, and its first picture."""
    picture = None
    for bodies in (item.contents, item.summaries):
        for body in sorted(bodies, key=lambda body: len(body.html), reverse=True):
            text, first = _read(body, base, pictures=pictures)
            picture = picture or first
            if text:
                if picture is None and pictures:
                    picture = _picture_in(item.summaries, base)
                return _cut(text), picture
    return "", picture


def _picture_in(bodies: Iterable[FeedBody], base: str) -> str | None:
    pictures = (first_picture(body.html[:_MAX_HTML], _base(body, base)) for body in bodies if not body.plain)
    return next(filter(None, pictures), None)


def _base(body: FeedBody, base: str) -> str:
    return (body.base and join_link(base, body.base)) or base


def _read(body: FeedBody, base: str, *, pictures: bool) -> tuple[str, str | None]:
    if body.plain:
        return text_of_plain(body.html[:_MAX_HTML]), None
    html = _once_escaped(body.html[:_MAX_HTML])
    if not has_markup(html):
        return text_of_html(html), None
    base = _base(body, base)
    for source in _sources(html):
        text = text_of_source(source)
        if text is not None:
            return text, picture_in_source(source, base) if pictures else None
    tree = tree_of_html(with_typed_tags(html))
    picture = picture_in_tree(tree, base) if pictures else None
    return text_of_tree(tree), picture


def _sources(html: str) -> Iterator[str]:
    yield html
    visible = visible_source(html)
    if len(visible) < len(html):
        yield visible


def _once_escaped(html: str) -> str:
    """Undo a second escaping: if a text has only escaped elements, they are meant as markup."""
    if "&lt;" not in html or has_markup(html) or not _ESCAPED.search(html):
        return html
    return unescape(html)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT].rpartition(" ")[0] or text[:_MAX_TEXT]


def _names(bylines: Iterable[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for byline in bylines:
        if byline and len(byline) <= _MAX_AUTHOR and not _ADDRESS.fullmatch(byline):
            names.update(dict.fromkeys(split_names(byline)))
    return tuple(names)


def _published(dates: Iterable[str]) -> datetime | None:
    return next((moment for date in dates if date and (moment := parse_date(date))), None)


def _named_picture(pictures: Iterable[FeedPicture], base: str) -> str | None:
    for picture in pictures:
        if picture.link and len(picture.link) <= _MAX_LINK and (address := join_link(base, picture.link)):
            return address
    return None


_WIDTH = 80
_SENTENCE = re.compile(
    r"(?s).{8,118}?(?:(?<!\b\w)(?<!\b(?:Mr|Ms|Dr|St|vs|No))(?<!\bMrs)[.!?](?=\s|$)|[。\uff01\uff1f])"
)


def make_headline(text: str) -> str:
    """Make a headline for an item without one: the first sentence of its text.

    If that is long, its beginning, at most 80 characters, cut between words. Addresses are left out.
    """
    first = " ".join(_WEB_ADDRESS.sub("", text.partition("\n")[0]).split())
    if sentence := _SENTENCE.match(first):
        return sentence[0]
    return textwrap.shorten(first, _WIDTH, placeholder=" …") or first[:_WIDTH]
