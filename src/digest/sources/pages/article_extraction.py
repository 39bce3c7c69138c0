"""Extract the article of a web page: trafilatura reads the text, this package the metadata and the key points."""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING

import trafilatura
from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.article_cleaning import clean_article
from digest.sources.author_names import clean_names
from digest.sources.date_parsing import parse_date
from digest.sources.encoding import decode_page, is_binary
from digest.sources.pages.key_points import find_key_points
from digest.sources.pages.page_bylines import names_on_page
from digest.sources.pages.page_limits import bounded_page, is_bounded
from digest.sources.pages.page_metadata import is_own, read_metadata
from digest.sources.pages.page_obstacles import find_obstacle
from digest.sources.pages.page_text import clear_page, read_text, unrepeated
from digest.sources.pages.visibility.hidden_text import remove_hidden

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from lxml.html import HtmlElement

__all__ = ["extract_article"]

#: Lone surrogates cannot be encoded as UTF-8, which the parsers read.
_LONGEST_META = 2_000
_HALVES = re.compile(r"[\ud800-\udfff]")
#: One page at a time: the memory for one is small, but not for as many as there are sources.
_TURN = threading.Lock()
# Both log a warning for every unusual page. What matters to the user is raised as a SourceError.
for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def extract_article(html: bytes | str, *, url: str) -> Article:
    """Read the article of a web page.

    Args:
        html: The page. Bytes are decoded by their byte order mark, their ``<meta>``, or their content.
        url: Where it came from, or its path in the newsletter's folder. It is the article's address unless the page
            names another one of the same site (``rel=canonical``), or any web address if it is a path.

    Returns:
        The article. ``source`` is the name of the site. The publisher's own bullets are in ``key_points`` and not
        in ``text``.

    Raises:
        SourceError: There is no article on the page. No other error is raised.
    """
    if isinstance(html, bytes):
        if is_binary(html):
            raise SourceError("this is not a web page", place=Place(url), hint="Use the address of an HTML page.")
        html = decode_page(html)
    try:
        with _TURN:
            return clean_article(_extract(html, url))
    except SourceError:
        raise
    except Exception as error:  # pages are arbitrary input to third-party libraries, which may raise anything
        raise SourceError(f"the page cannot be read: {error}", place=Place(url)) from error


def _extract(html: str, url: str) -> Article:
    if not html.strip():
        raise SourceError("the page is empty", place=Place(url), hint="Open it in a browser and check its address.")
    if not is_bounded(html):
        html = bounded_page(html)
    html = _HALVES.sub("\ufffd", html)
    tree = LexborHTMLParser(html)
    metadata = read_metadata(tree, url=url)
    remove_hidden(tree)
    # Before the text is extracted: trafilatura drops some publishers' key points, and keeps others in it.
    key_points = find_key_points(tree)
    if key_points.points:
        key_points.remove()
    document = None if metadata.authors and metadata.published else trafilatura.load_html(html)
    authors = metadata.authors or names_on_page(_guess_authors(document, url, metadata.known_as), tree)
    published = metadata.published or _guess_date(document, metadata.url)
    del document
    headings = [heading.text() for heading in tree.css("h1")]
    clear_page(tree)
    known_lines = (metadata.title, *headings, *key_points.points)
    text = read_text(tree, url=url, known_lines=known_lines, stated=metadata.text)
    if obstacle := find_obstacle(html, url=url, text=text):
        raise obstacle
    text = text or unrepeated(metadata.description, known_lines)
    if not text:
        raise SourceError(
            "no article text was found on the page", place=Place(url), hint="Save its text as a file and add that."
        )
    return Article(
        url=metadata.url,
        title=metadata.title or text.partition("\n")[0],
        text=text,
        authors=authors,
        published=published,
        source=metadata.site,
        image=metadata.image,
        key_points=key_points.points,
        language=metadata.language,
    )


def _guess_authors(document: HtmlElement | None, url: str, sites: Collection[str]) -> tuple[str, ...]:
    """Return the authors that trafilatura finds, which it joins with semicolons."""
    if document is None:
        return ()
    for element in document.iter("meta"):  # trafilatura takes quadratic time for a long one
        element.set("content", element.get("content", "")[:_LONGEST_META])
    metadata = trafilatura.extract_metadata(document, default_url=url)
    return tuple(name for name in clean_names((metadata.author or "").split(";")) if not is_own(name, sites))


def _guess_date(document: HtmlElement | None, url: str) -> datetime | None:
    """Return the date of publication that htmldate finds; by default it would return that of the last update.

    See https://htmldate.readthedocs.io/en/latest/.
    """
    return parse_date(find_date(document, url=url, original_date=True) or "") if document is not None else None
