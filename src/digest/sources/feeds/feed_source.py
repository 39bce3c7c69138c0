"""A feed as a source: fetch it, follow its moves, and read the pages of items that contain only a snippet."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.errors import DigestError, FetchError, Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import is_web_address
from digest.sources.feeds.feed_parser import parse_feed
from digest.sources.feeds.full_text import pages_to_read, with_page
from digest.sources.feeds.transcripts import transcript_text
from digest.sources.pages.page_source import article_from_response, fetch_page
from digest.sources.source_access import attempt

if TYPE_CHECKING:
    from digest.models import Article
    from digest.sources.source_access import SourceAccess

__all__ = ["read_feed_source"]

_FEED_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_TRANSCRIPT_ACCEPT = (
    "text/vtt, application/srt, application/x-subrip, text/html, text/plain, application/json, */*;q=0.5"
)
_KEEP_TRANSCRIPT = timedelta(days=1)
#: Transcripts of one feed. Few podcasts have more new episodes than that in a week.
_MOST_TRANSCRIPTS = 10
#: Seconds for all pages of one feed together. An item whose page was not read by then keeps its snippet.
_PAGES_SECONDS = 60.0
#: After this many unreadable pages in a row the rest are skipped: the site evidently refuses automated requests.
_MAX_FAILURES = 5


def read_feed_source(access: SourceAccess, addresses: tuple[str, ...]) -> tuple[Article, ...]:
    """Read a feed, and the pages of its new items that hold only a snippet.

    Raises:
        SourceError: The feed cannot be fetched or read. An unreadable page is a problem of the source instead.
    """
    (address,) = addresses
    if not is_web_address(address):
        data, path = access.read_file(address)
        return parse_feed(data, url=path).articles
    articles = _with_transcripts(access, _read_feed(access, address))
    completed = _read_pages(access, pages_to_read(articles, full_text=access.full_text, counts=access.counts))
    return tuple(completed.get(article.key, article) for article in articles)


def _with_transcripts(access: SourceAccess, articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """Add transcripts to the texts of new articles, unless only the feed's own text is wanted."""
    if access.full_text == "never" or not any(article.transcript for article in articles):
        return tuple(replace(article, transcript="") if article.transcript else article for article in articles)
    read = 0
    failures: list[DigestError] = []
    until = time.monotonic() + _PAGES_SECONDS
    complete: list[Article] = []
    for article in articles:
        without = replace(article, transcript="") if article.transcript else article
        wanted = article.transcript and access.counts(article)
        if wanted and read < _MOST_TRANSCRIPTS and len(failures) < _MAX_FAILURES and time.monotonic() < until:
            read += 1
            result = attempt(partial(_with_transcript, access, article), article.transcript)
            if isinstance(result, DigestError):
                failures.append(result)
            else:
                without = result
        complete.append(without)
    access.problems += failures
    return tuple(complete)


def _with_transcript(access: SourceAccess, article: Article) -> Article:
    response = access.fetcher.get(article.transcript, accept=_TRANSCRIPT_ACCEPT, robots=True, keep_for=_KEEP_TRANSCRIPT)
    words = transcript_text(response.content)
    if not words:
        raise SourceError("the transcript has no words", place=Place(article.transcript))
    return replace(article, text=f"{article.text}\n\n{words}".strip(), transcript="")


def _read_feed(access: SourceAccess, address: str) -> tuple[Article, ...]:
    try:
        return _fetch_feed(access, address)
    except SourceError as error:
        # If there is no feed where it moved to, the move was a mistake, or the domain has another owner.
        if isinstance(error, FetchError) or not access.moved_to:
            raise
    access.fetcher.forget_move(address)
    return _fetch_feed(access, address)


def _fetch_feed(access: SourceAccess, address: str) -> tuple[Article, ...]:
    response = access.fetcher.get(address, accept=_FEED_ACCEPT, max_bytes=FEED_BYTES)
    access.moved_to = response.moved_to
    content_type = response.headers.get("content-type")
    articles = parse_feed(response.content, url=response.url, content_type=content_type).articles
    access.note(response)
    return articles


def _read_pages(access: SourceAccess, articles: tuple[Article, ...]) -> dict[str, Article]:
    """Complete articles from their pages.

    Returns:
        The articles whose pages could be read, by their keys. All that failed are one problem of the source.
    """
    completed: dict[str, Article] = {}
    failures: list[DigestError] = []
    in_a_row = 0
    until = time.monotonic() + _PAGES_SECONDS
    for article in articles:
        if in_a_row == _MAX_FAILURES or time.monotonic() > until:
            break
        page = attempt(partial(_complete, access, article), article.url)
        if isinstance(page, DigestError):
            failures.append(page)
            in_a_row += 1
        else:
            completed[article.key] = page
            in_a_row = 0
    access.pages_read = len(completed)
    if len(completed) < len(articles):
        first = f": {failures[0]}" if failures else ""
        access.problems.append(
            SourceError(
                f"{len(articles) - len(completed)} of {len(articles)} pages were not read; they stay snippets{first}",
                hint='To use only the snippets of this source, set full_text = "never".',
            )
        )
    return completed


def _complete(access: SourceAccess, article: Article) -> Article:
    fetch = partial(fetch_page, access, robots=True)
    completed = with_page(article, article_from_response(fetch(article.url), fetch=fetch))
    if completed is None:
        raise SourceError("the page is not about the article", place=Place(article.url))
    return completed
