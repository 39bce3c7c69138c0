"""Read JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/).

No release of feedparser reads it; see https://github.com/kurtmckee/feedparser/issues/103.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.encoding import decode_text
from digest.sources.feeds.feed_articles import feed_from_channel
from digest.sources.feeds.feed_items import (
    MAX_ITEMS,
    MAX_REPEATS,
    FeedBody,
    FeedChannel,
    FeedItem,
    FeedPicture,
    FeedTranscript,
)
from digest.sources.html_text import without_controls

if TYPE_CHECKING:
    from digest.models import Feed

__all__ = ["parse_json_feed"]

_JSON_BYTES = 8 * 2**20  # in memory, strings may take four bytes per character, and exist twice
_JSON_OBJECTS = 200_000
_TRANSCRIPTS = frozenset({"text/vtt", "application/srt", "application/x-subrip", "text/srt"})
_JSON_VALUES = 1_500_000


def parse_json_feed(data: bytes, *, url: str) -> Feed:
    """Read a JSON feed.

    Args:
        data: The document, in any encoding.
        url: Where it came from; relative links are relative to it.

    Raises:
        SourceError: It is not JSON, is JSON but not a feed, or is too large.
    """
    if _is_crowded(data):
        raise SourceError("the JSON feed is too large to be read", place=Place(url), hint="Use another feed.")
    try:
        # strict=False accepts raw line breaks inside strings.
        feed = json.loads(_decoded(data.lstrip(b" \t\r\n")), strict=False)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"this is not JSON: {error}", place=Place(url)) from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in _text(feed, "version"):
        raise SourceError("this is JSON, but not a JSON feed", place=Place(url), hint="A JSON feed names its version.")
    channel = FeedChannel(
        atom=True,
        title=_text(feed, "title"),
        link=_text(feed, "home_page_url"),
        language=_text(feed, "language"),
        authors=_authors(feed),
        items=tuple(_item(item) for item in items[:MAX_ITEMS] if isinstance(item, dict)),
    )
    return feed_from_channel(channel, url=url)


def _decoded(data: bytes) -> str:
    """Decode UTF-8, -16 or -32 (https://www.rfc-editor.org/rfc/rfc4627#section-3), or else the likely encoding."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return decode_text(data)


def _item(item: dict[str, Any]) -> FeedItem:
    identity, html = _text(item, "id"), _text(item, "content_html")
    text = FeedBody(html=_text(item, "content_text"), plain=True)
    attachments = [part for part in _list(item, "attachments") if isinstance(part, dict)]
    spoken = [part for part in attachments if _text(part, "mime_type").lower() in _TRANSCRIPTS]
    pictures = [_text(part, "url") for part in attachments if _text(part, "mime_type").startswith("image/")]
    links = [_text(item, "url"), _text(item, "external_url"), identity if is_web_address(identity) else ""]
    return FeedItem(
        links=(*links, *(_text(part, "url") for part in attachments if part not in spoken)),
        transcripts=tuple(FeedTranscript(link=_text(part, "url"), kind=_text(part, "mime_type")) for part in spoken),
        identity=identity,
        title=_text(item, "title"),
        contents=(FeedBody(html=html),) if html else (text,),
        summaries=(text, FeedBody(html=_text(item, "summary"))),
        authors=_authors(item),
        dates=(_text(item, "date_published"), _text(item, "date_modified")),
        pictures=tuple(
            FeedPicture(link=link) for link in (_text(item, "image"), _text(item, "banner_image"), *pictures)
        ),
        language=_text(item, "language"),
        draft=item.get("draft") is True or item.get("status") == "draft",
    )


def _authors(owner: dict[str, Any]) -> tuple[str, ...]:
    """Return the ``authors`` of version 1.1 or the ``author`` of 1.0. Some feeds have a name in place of an object."""
    authors = [*(_list(owner, "authors") or [owner.get("author")])]
    return tuple(author if isinstance(author, str) else _text(author, "name") for author in authors if author)


def _list(owner: dict[str, Any], key: str) -> list[Any]:
    value = owner.get(key)
    return value[:MAX_REPEATS] if isinstance(value, list) else []


def _text(owner: Any, key: str) -> str:
    """Return a string, or a number in place of one, which is frequent in ids."""
    value = owner.get(key) if isinstance(owner, dict) else None
    if isinstance(value, str):
        return without_controls(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _is_crowded(data: bytes) -> bool:
    """Return whether JSON is so large, or has so many values, that parsing it would fill the memory."""
    objects = data.count(b"{") + data.count(b"[")
    return len(data) > _JSON_BYTES or objects > _JSON_OBJECTS or max(map(data.count, (b",", b'"'))) > _JSON_VALUES
