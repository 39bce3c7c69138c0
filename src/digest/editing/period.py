"""Which articles are new enough for an issue. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from digest.models import Article

__all__ = ["FIRST_DAYS", "LATE", "Period"]

#: How far back feeds and pages count when nothing has been sent yet (the design, section 3).
FIRST_DAYS = 7
#: How late a source may show an article. Feeds are made anew after hours, and a date without a time is read as its
#: midnight: what is published in the afternoon after an issue was collected is dated before it.
LATE = timedelta(days=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The time of an issue, by which the articles of feeds, pages and sitemaps are chosen.

    Attributes:
        since: When the last sent issue was collected, aware. None: nothing was sent yet.
        missed: The same for single sources, by their ids, which could not be read for the last sent issues. None: they
            were read for no issue that was sent.
        collected: The canonical addresses of all that was collected for the last sent issues, chosen or not. What is
            dated shortly before the moment from which its source counts, and is not among them, came late, and is new.
        whole_since: The beginning of the oldest of these issues for which this is known; None: of none.
    """

    since: datetime | None = None
    missed: Mapping[str, datetime | None] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    collected: frozenset[str] = frozenset()
    whole_since: datetime | None = None

    def begins(self, now: datetime, source: str = "") -> datetime:
        """The moment after which the articles of a source count that did not come late."""
        return self.missed.get(source, self.since) or now - timedelta(days=FIRST_DAYS)

    def earliest(self, now: datetime, source: str = "") -> datetime:
        """The moment until which the dates of a source's articles decide against them."""
        sent = self.missed.get(source, self.since)
        known = sent is not None and self.whole_since is not None and sent >= self.whole_since
        return self.begins(now, source) - (LATE if known else timedelta())

    def holds(self, article: Article, *, now: datetime) -> bool:
        """Whether an article is new enough. One without a date always is."""
        if article.published is None or article.published > self.begins(now, article.source):
            return True
        return self.could_be_late(article, now=now) and canonical_url(article.url) not in self.collected

    def could_be_late(self, article: Article, *, now: datetime) -> bool:
        """Whether an article is dated so shortly before its time that it is old only if it was collected before."""
        return article.published is not None and article.published > self.earliest(now, article.source)
