"""Web pages as a source: pages that the configuration names, and pages that a feed or a sitemap leads to."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.encoding import decode_page, is_binary
from digest.sources.files.article_files import parse_text
from digest.sources.pages.article_extraction import extract_article
from digest.sources.pages.page_obstacles import page_it_leads_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.fetching import Response
    from digest.models import Article
    from digest.sources.source_access import SourceAccess

__all__ = ["PAGE_ACCEPT", "article_from_response", "fetch_page", "read_page", "read_page_source"]

PAGE_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
#: A page that a feed or a sitemap leads to is not fetched again within a day, because articles rarely change.
_KEEP_PAGE = timedelta(days=1)
_MOST_STUBS = 2  # pages in a row that only lead on


def read_page_source(access: SourceAccess, addresses: tuple[str, ...]) -> list[Article]:
    """Read the article of each address. Pages that fail become problems of the source."""
    return access.read_each(addresses, partial(read_page, access))


def read_page(access: SourceAccess, address: str, *, robots: bool = False) -> Article:
    """Read the article at a web address, or in a file of the newsletter's folder.

    Args:
        access: The source that the page belongs to.
        address: A web address, or a path relative to the newsletter's folder.
        robots: The page was discovered, not named by the user, so it is fetched only if robots.txt allows it.

    Raises:
        SourceError: It cannot be fetched, or is not an article.
    """
    if not is_web_address(address):
        data, path = access.read_file(address)
        return parse_text(data, path=path)
    fetch = partial(fetch_page, access, robots=robots)
    return article_from_response(access.note(fetch(address)), fetch=fetch)


def fetch_page(access: SourceAccess, address: str, *, robots: bool) -> Response:
    """Fetch a page that the user named, or with ``robots`` one that was discovered."""
    keep_for = _KEEP_PAGE if robots else None
    return access.fetcher.get(address, accept=PAGE_ACCEPT, robots=robots, keep_for=keep_for)


def article_from_response(response: Response, *, fetch: Callable[[str], Response]) -> Article:
    """Extract the article from a fetched page, or from the page that it leads to at once, as browsers follow it.

    Args:
        response: The page.
        fetch: Fetches the page that it leads to.

    Raises:
        SourceError: It is not a web page, or has no article.
    """
    for _ in range(_MOST_STUBS):
        target = page_it_leads_to(_text(response), url=response.url)
        if not target:
            break
        response = fetch(target)
    return extract_article(_text(response), url=response.url)


def _text(response: Response) -> str:
    if is_binary(response.content):
        raise SourceError("this is not a web page", place=Place(response.url), hint="Use the address of a web page.")
    return decode_page(response.content, response.headers.get("content-type"))
