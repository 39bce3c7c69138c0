"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), which the released feedparser cannot read."""

from __future__ import annotations

import json
from typing import Any

from digest.errors import Place, SourceError
from digest.models import Article, Feed, host_name, is_web_address
from digest.sources.dates import parse_date
from digest.sources.links import join_link, language_tag
from digest.sources.markup import line_of_html, text_of_html
from digest.sources.names import clean_names
from digest.sources.pictures import first_picture
from digest.sources.snippets import headline_of

__all__ = ["parse_json_feed"]


def parse_json_feed(data: bytes, *, url: str) -> Feed:
    """Read a JSON feed; relative links count from ``url``.

    Raises:
        SourceError: It is not JSON, or JSON but no feed.
    """
    try:
        # json.loads takes UTF-8, -16 and -32; strict=False takes raw line breaks inside strings.
        feed = json.loads(data.lstrip(b" \t\r\n"), strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"this is not JSON: {error}", place=Place(url)) from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in _text(feed, "version"):
        raise SourceError("this is JSON, but no JSON feed", place=Place(url), hint="A JSON feed names its version.")
    title = line_of_html(_text(feed, "title")) or host_name(url)
    articles = (_article(item, feed, url, title) for item in items if isinstance(item, dict))
    return Feed(title=title, url=url, articles=tuple(article for article in articles if article is not None))


def _article(item: dict[str, Any], feed: dict[str, Any], base: str, source: str) -> Article | None:
    identity = _text(item, "id")
    links = (_text(item, "url"), _text(item, "external_url"), identity if is_web_address(identity) else "")
    address = next((joined for link in links if (joined := join_link(base, link))), "")
    if not address:
        return None
    html = _text(item, "content_html")
    text = text_of_html(html) or text_of_html(_text(item, "content_text")) or text_of_html(_text(item, "summary"))
    images = (_text(item, "image"), _text(item, "banner_image"))
    return Article(
        url=address,
        title=line_of_html(_text(item, "title")) or headline_of(text),
        text=text,
        authors=_authors(item) or _authors(feed),
        published=parse_date(_text(item, "date_published")) or parse_date(_text(item, "date_modified")),
        source=source,
        image=next((joined for link in images if (joined := join_link(base, link))), None) or first_picture(html, base),
        language=language_tag(item.get("language")) or language_tag(feed.get("language")),
    )


def _authors(owner: dict[str, Any]) -> tuple[str, ...]:
    """``authors`` of version 1.1, ``author`` of 1.0."""
    listed = owner.get("authors")
    authors = listed if isinstance(listed, list) and listed else [owner.get("author")]
    return clean_names(_text(author, "name") if isinstance(author, dict) else "" for author in authors)


def _text(owner: dict[str, Any], key: str) -> str:
    """A string, or a number that stands for one, as ids do."""
    value = owner.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
