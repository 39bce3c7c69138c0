"""The outlets behind feeds: their short names, and the publishers and true addresses of items in aggregated feeds."""

# ruff: noqa: RUF001, RUF002 - typographic dashes are intended

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from functools import cache
from urllib.parse import parse_qs, urlsplit

from digest.models import host_name, is_web_address
from digest.sources.tables import load_table

__all__ = ["leads_on", "outlet_name", "publisher_of", "true_address", "without_publisher"]

#: What stands between a name and a claim or a section. A comma or a lone hyphen belongs to the name.
_MARKS = re.compile(r"\s+(?:[-–—|»›>·•:]|::|//)\s+|\s*[|｜：»›]\s*|\s+[-–—]{2,3}\s+")
_BEFORE = re.compile(
    r"^(?:comments (?:for|on)|feed (?:of|for)|(?:rss|atom)(?: feed)? (?:of|for|-)|kommentare (?:für|zu)"
    r"|commentaires (?:sur|pour))\s+",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s*(?:\((?:rss|atom|feed|rss feed)\)|\b(?:rss|atom)(?: feeds?| \d(?:\.\d+)?)?|\brss-feed)\s*$", re.IGNORECASE
)
_FOLD = re.compile(r"[\W_]+")
_SHORTEST_IN_HOST = 4
_LONGEST_LINK = 4096
#: A publisher behind the headline.
_SUFFIX = re.compile(r"\s+[-–—|·]\s+")
_WEB_ADDRESS = re.compile(rb"https?://[!-~]{4,2000}")
#: Sites that link to the articles of others through pages of their own.
_AGGREGATOR = re.compile(
    r"https?://(?:[\w-]+\.)*"
    r"(?:google(?:\.\w+)+|bing\.com|yahoo\.com|facebook\.com|duckduckgo\.com|umblr\.com|youtube\.com|vk\.com)/",
    re.IGNORECASE,
)
_PATHS_WITH_LINKS = ("/url", "apiclick", "/l.php", "/redirect", "/away", "/link", "/l/", "/r/", "/rss/")
_PARAMETERS = ("url", "q", "u", "to", "uddg", "target", "dest", "z")
_GOOGLE_NEWS = re.compile(r"https?://news\.google(?:\.\w+)+/(?:\w+/)*(?:articles|read)/", re.IGNORECASE)


def outlet_name(title: str, *, url: str = "") -> str:
    """Return the name of an outlet from the title of its feed: without a claim, a section or the name of a list.

    Args:
        title: Such as "The Coast Paper – Breaking News and Video" or "World news | The Coast Paper".
        url: The feed's address. A part of the title that its host repeats is the name.
    """
    name = _BEHIND.sub("", _BEFORE.sub("", title.strip())).strip() or title.strip()
    parts = [part.strip() for part in _MARKS.split(name) if part.strip()]
    if len(parts) < 2:
        first, _, rest = name.partition(": ")
        return first if rest and _is_general(rest) and not _is_general(first) else name
    host = _FOLD.sub("", host_name(url)) if url else ""
    known = [part for part in parts if len(folded := _folded(part)) >= _SHORTEST_IN_HOST and folded in host]
    telling = [part for part in parts if not _is_general(part)]
    return (known or telling or parts)[0]


def _folded(part: str) -> str:
    return _FOLD.sub("", part.lower().removeprefix("the "))


def _is_general(part: str) -> bool:
    """Whether a part has only words such as "latest" and "news"."""
    return all(word in _general() for word in _FOLD.sub(" ", part.lower()).split())


@cache
def _general() -> frozenset[str]:
    return frozenset(load_table("feed_furniture")["outlets"]["general"])


def without_publisher(title: str, publisher: str) -> str:
    """Return a headline without " - Publisher" behind it, as aggregators write it. Another name behind a dash stays."""
    marks = list(_SUFFIX.finditer(title))
    wanted = _FOLD.sub(" ", publisher.casefold()).strip()
    for mark in reversed(marks):
        if wanted and _FOLD.sub(" ", title[mark.end() :].casefold()).strip() == wanted:
            return title[: mark.start()].rstrip() or title
    return title


def publisher_of(title: str, *, url: str) -> str:
    """Return the publisher behind a headline if the host of its article has its name; otherwise ""."""
    marks = list(_SUFFIX.finditer(title))
    suffix = title[marks[-1].end() :] if marks else ""
    folded = _folded(suffix)
    return suffix if len(folded) >= _SHORTEST_IN_HOST and folded in _FOLD.sub("", host_name(url)) else ""


def leads_on(url: str) -> bool:
    """Return whether a page only leads on to an article, and does so by a script."""
    return _GOOGLE_NEWS.match(url) is not None


def true_address(link: str) -> str:
    """Return the address of an article from an aggregator's link to it; the link if it does not hold another one.

    Google Alerts and many redirects have it in a parameter. Google News had it in Base64 until 2024; newer links hold
    only a number that its servers know.
    """
    if not _AGGREGATOR.match(link) or len(link) > _LONGEST_LINK:
        return link
    try:
        parts = urlsplit(link)
        host, query = (parts.hostname or "").lower(), parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return link
    if leads_on(link):
        return _in_base64(parts.path.rpartition("/")[2]) or link
    if not any(word in parts.path.lower() for word in _PATHS_WITH_LINKS):
        return link
    values = (value for key in _PARAMETERS for value in query.get(key, ()))
    return next((value for value in values if is_web_address(value) and host_name(value) != host), link)


def _in_base64(code: str) -> str:
    """Return the web address in a Google News article id, or an empty string."""
    try:
        data = urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except ValueError:
        return ""
    # A field of Protocol Buffers: its length, in one or two bytes, stands before the text.
    match = _WEB_ADDRESS.search(data)
    if match is None:
        return ""
    start, text = match.start(), match[0]
    length = data[start - 1] if start else 0
    if length >= 0x80 or (start > 1 and data[start - 2] >= 0x80):
        length = (data[start - 2] & 0x7F) | (data[start - 1] << 7) if start > 1 else 0
    if 0 < length <= len(text):
        text = text[:length]
    address = text.decode("ascii")
    return address if is_web_address(address) else ""
