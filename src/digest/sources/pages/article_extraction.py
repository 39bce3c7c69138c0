"""One article out of one web page: trafilatura for the text, our own readers for the metadata and the key points."""

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
from digest.sources.pages.page_limits import bounded_page, is_bounded
from digest.sources.pages.page_metadata import is_own, read_metadata
from digest.sources.pages.page_text import clear_page, read_text, unrepeated

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from lxml.html import HtmlElement

__all__ = ["extract_article"]

#: One half of a character of UTF-16 by itself cannot be written as UTF-8, which the parsers read.
_HALVES = re.compile(r"[\ud800-\udfff]")
#: Pages take turns: the memory of one is small, that of as many as there are sources is not.
_TURN = threading.Lock()
# Both write a warning for each page that is unusual; what matters reaches the reader as a SourceError.
for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def extract_article(html: bytes | str, *, url: str) -> Article:
    """Read the article of a web page.

    Args:
        html: The page; bytes are decoded as its byte order mark, its ``<meta>`` or their look say.
        url: Where it came from, or its path in the newsletter's folder. It stays the article's address unless the page
            names another of the same site (``rel=canonical``); for a path any that the page names.

    Returns:
        The article; ``source`` is the name that the site gives itself. The publisher's own bullets are in
        ``key_points`` and not in ``text``.

    Raises:
        SourceError: There is no article on it. Nothing else is ever raised.
    """
    if isinstance(html, bytes):
        if is_binary(html):
            raise SourceError("this is no web page", place=Place(url), hint="Give the address of an HTML page.")
        html = decode_page(html)
    try:
        with _TURN:
            return clean_article(_extract(html, url))
    except SourceError:
        raise
    except Exception as error:  # the seam: pages are arbitrary input to libraries we do not control
        raise SourceError(f"the page cannot be read: {error}", place=Place(url)) from error


def _extract(html: str, url: str) -> Article:
    if not html.strip():
        raise SourceError("the page is empty", place=Place(url), hint="Open it in a browser and check its address.")
    if not is_bounded(html):
        html = bounded_page(html)
    html = _HALVES.sub("\ufffd", html)
    tree = LexborHTMLParser(html)
    about = read_metadata(tree, url=url)
    found = find_key_points(tree)
    if found.points:
        found.remove()
    document = None if about.authors and about.published else trafilatura.load_html(html)
    authors = about.authors or _found_authors(document, url, about.known_as)
    published = about.published or _found_date(document, about.url)
    del document
    headings = [heading.text() for heading in tree.css("h1")]
    clear_page(tree)
    known = (about.title, *headings, *found.points)
    text = read_text(tree, url=url, known=known, stated=about.text) or unrepeated(about.description, known)
    if not text:
        raise SourceError(
            "no article text was found on the page", place=Place(url), hint="Save its text as a file and add that."
        )
    return Article(
        url=about.url,
        title=about.title or text.partition("\n")[0],
        text=text,
        authors=authors,
        published=published,
        source=about.site,
        image=about.image,
        key_points=found.points,
        language=about.language,
    )


def _found_authors(document: HtmlElement | None, url: str, sites: Collection[str]) -> tuple[str, ...]:
    if document is None:
        return ()
    found = trafilatura.extract_metadata(document, default_url=url)
    return tuple(name for name in clean_names((found.author or "").split(";")) if not is_own(name, sites))


def _found_date(document: HtmlElement | None, url: str) -> datetime | None:
    return parse_date(find_date(document, url=url, original_date=True) or "") if document is not None else None
