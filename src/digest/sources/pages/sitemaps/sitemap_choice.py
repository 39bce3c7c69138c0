"""Decide which pages of a sitemap, and which sitemaps of an index, are read: the newest that may be articles. Pure."""

from __future__ import annotations

import calendar
import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SitemapPage", "choose_pages", "choose_parts", "day_in_url", "is_site_page", "is_site_title"]

_DAY = timedelta(days=1)
#: At the beginning of a part of the path: elsewhere a date may be what the article is about.
_DATE = re.compile(r"/((?:19|20)\d\d)([/_-]?)(0?[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01]|[1-9])(?!\d)")
#: Also in names such as sitemap-2026-11.xml.
_MONTH = re.compile(r"(?:/|[_-](?=\d{4}-?\d\d\.))((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])(?=[/.]|$)")
_NUMBER = re.compile(r"\d{1,15}")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_DEEPEST_SITE_PAGE = 2  # parts of a path: /about, /en/about
#: Of the neighbours in a sitemap, the share that has to be in order for the order to say something.
_ORDERED = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class SitemapPage:
    """One address of a sitemap. ``modified`` is aware and in UTC, or None if it is not known."""

    url: str
    modified: datetime | None = None


def choose_pages(pages: Iterable[SitemapPage], *, after: datetime, most: int) -> tuple[SitemapPage, ...]:
    """Return the pages to read, newest first.

    Those without a date follow. Nothing tells which of them are new, but a sitemap grows at one of its ends, or at the
    end with the higher numbers. So they come from there, or from both ends in turn.

    Args:
        pages: In the sitemap's order. Later ones replace earlier ones of the same address.
        after: Pages that have not changed since then are left out, except for the newest one: that a source has nothing
            new is worth knowing. Aware.
        most: How many.
    """
    unique = list({page.url: page for page in pages}.values())
    days = {page.modified.date() for page in unique if page.modified}
    if len(unique) > most and len(days) == 1:  # a generator wrote the day of its last run
        unique = [SitemapPage(url=page.url) for page in unique]
    # Many sitemaps give only the day.
    dated = [(moment, page) for page in unique if (moment := _moment(page))]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    recent = [page for moment, page in dated if moment > after - _DAY]
    undated = _newest_first([page for page in unique if not _moment(page)])
    chosen = [*recent[:most], *undated[: most - len(recent[:most])]]
    return tuple(chosen or [page for _, page in dated[:1]])


def choose_parts(parts: Sequence[SitemapPage]) -> tuple[SitemapPage, ...]:
    """Return the sitemaps of an index in the order in which to read them: those with articles first, and the newest.

    Sitemaps of categories, authors, pictures and the like are left out if their names and those of others say so.
    """
    likely = [part for part in parts if _named(part, "articles") and not _named(part, "others")]
    other = [part for part in parts if _named(part, "others")]
    unclear = [part for part in parts if not _named(part, "articles") and not _named(part, "others")]
    return (*_by_date(likely), *_by_date(unclear), *(() if likely else _by_date(other)))


def _by_date(parts: Sequence[SitemapPage]) -> list[SitemapPage]:
    dated = [(moment, part) for part in parts if (moment := _moment(part))]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    undated = [part for part in parts if not _moment(part)]
    return [*(part for _, part in dated), *_newest_first(undated)]


def _named(part: SitemapPage, kind: str) -> bool:
    path = urlsplit(part.url).path.rpartition("/")[2].lower()
    return not _words(kind).isdisjoint(_WORD.findall(path))


def _newest_first(pages: Sequence[SitemapPage]) -> list[SitemapPage]:
    """Return pages without dates, those that are probably the newest first."""
    numbers = [
        int(found[-1]) for page in pages if (found := _NUMBER.findall(page.url.partition("://")[2].partition("/")[2]))
    ]
    steps = [later - earlier for earlier, later in itertools.pairwise(numbers)]
    if len(numbers) == len(pages) and steps:
        if sum(step > 0 for step in steps) >= _ORDERED * len(steps):
            return list(reversed(pages))
        if sum(step < 0 for step in steps) >= _ORDERED * len(steps):
            return list(pages)
    from_both_ends: list[SitemapPage] = []
    for early, late in zip(pages, reversed(pages), strict=True):
        from_both_ends += [early, late]
    return list({page.url: page for page in from_both_ends}.values())


def _moment(page: SitemapPage) -> datetime | None:
    return page.modified or day_in_url(page.url) or _month_in_url(page.url)


def day_in_url(url: str) -> datetime | None:
    """Return the day in an address such as ``/2026/11/18/ferry``, as its first moment in UTC."""
    match = _DATE.search(urlsplit(url).path)
    try:
        return datetime(int(match[1]), int(match[3]), int(match[4]), tzinfo=UTC) if match else None
    except ValueError:
        return None


def _month_in_url(url: str) -> datetime | None:
    """Return the last moment of the month in an address such as ``/2026/11/ferry``."""
    match = _MONTH.search(urlsplit(url).path)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    return datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, tzinfo=UTC)


def is_site_page(url: str) -> bool:
    """Return whether an address is that of a home page, an archive, or a page such as "About us"."""
    parts = [part.lower() for part in unquote(urlsplit(url).path).split("/") if part]
    if parts:
        parts[-1] = re.sub(r"\.(?:html?|php|aspx?|jsp|shtml)$", "", parts[-1])
    if day_in_url(url) or _month_in_url(url):
        return False
    inner = [part for part in parts if part not in _words("home")]
    if not inner or (len(inner) == 1 and _LANGUAGE.fullmatch(inner[0])):
        return not urlsplit(url).query
    # /tag and /tag/harbour, but not /news/tag, which may be an article about tags.
    first = next((part for part in inner if not _LANGUAGE.fullmatch(part)), "")
    archive = first in _words("sections") or (len(inner) > 1 and inner[-2] in {"page", "category", "tag", "author"})
    return archive or (len(inner) <= _DEEPEST_SITE_PAGE and inner[-1] in _words("slugs"))


def is_site_title(title: str) -> bool:
    """Return whether a headline is that of a page such as "About us"."""
    return " ".join(title.split()).casefold() in _words("titles")


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(load_table("sitemap_pages")[kind])
