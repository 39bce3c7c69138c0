"""One article out of one web page: trafilatura for the text, our own readers for the metadata and the key points."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import TYPE_CHECKING

import trafilatura
from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.dates import parse_date
from digest.sources.encoding import decode_page, is_binary
from digest.sources.keypoints import find_key_points
from digest.sources.metadata import is_own, read_metadata
from digest.sources.names import clean_names
from digest.sources.pagetext import clear_page, read_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from lxml.html import HtmlElement

__all__ = ["extract_article"]

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_NO_NESTING = frozenset(
    {"br", "dd", "dt", "hr", "img", "input", "li", "link", "meta", "option", "p", "source", "td", "tr"}
)
#: Elements within each other. Parsers take time in the square of it.
_DEEPEST = 3000
#: A run of text or an attribute is read up to here; a headline of 10 MB is an attack, not a headline.
_LONGEST_RUN = 1_000_000
_LONG_RUN = re.compile(rf"(?:^|[<>])[^<>]{{{_LONGEST_RUN},}}")  # anchored: else each character begins a search
_KEPT_OF_RUN = 1000  # at its end, so that an attribute is still closed
_LONG_TAG = re.compile(r"(<[a-zA-Z][\w:-]*)\s[^<>]{20000,}")
_MOST_ATTRIBUTES = 1000
_LONGEST_TITLE = 500
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
        return _extract(html, url)
    except SourceError:
        raise
    except Exception as error:  # the seam: pages are arbitrary input to libraries we do not control
        raise SourceError(f"the page cannot be read: {error}", place=Place(url)) from error


def _extract(html: str, url: str) -> Article:
    if not html.strip():
        raise SourceError("the page is empty", place=Place(url), hint="Open it in a browser and check its address.")
    if _is_deep(html):
        raise SourceError("the page nests its elements too deeply", place=Place(url), hint="Leave it out.")
    html = _LONG_TAG.sub(lambda tag: tag[1] if tag[0].count("=") > _MOST_ATTRIBUTES else tag[0], html)
    html = _LONG_RUN.sub(lambda run: run[0][:_LONGEST_RUN] + run[0][-_KEPT_OF_RUN:], html)
    tree = LexborHTMLParser(html)
    about = read_metadata(tree, url=url)
    found = find_key_points(tree)
    if found.points:
        found.remove()
    document = trafilatura.load_html(html)
    authors = about.authors or _found_authors(document, url, about.known_as)
    published = about.published or _found_date(document, about.url)
    headings = [heading.text() for heading in tree.css("h1")]
    clear_page(tree)
    known = (about.title, *headings, *found.points)
    text = read_text(tree, url=url, known=known, stated=about.text) or about.description
    if not text:
        raise SourceError(
            "no article text was found on the page", place=Place(url), hint="Save its text as a file and add that."
        )
    return Article(
        url=about.url,
        title=(about.title or text.partition("\n")[0])[:_LONGEST_TITLE],
        text=text,
        authors=authors,
        published=published,
        source=about.site,
        image=about.image,
        key_points=found.points,
        language=about.language,
    )


def _is_deep(html: str) -> bool:
    """Tell whether more elements are open at once than any honest page has; of each kind its own end counts."""
    if html.count("<") <= _DEEPEST:
        return False
    still_open: Counter[str] = Counter()
    depth = 0
    for end, written in _TAG.findall(html):
        name = written.lower()
        if name in _NO_NESTING:
            continue
        if not end:
            still_open[name] += 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif still_open[name]:
            still_open[name] -= 1
            depth -= 1
    return False


def _found_authors(document: HtmlElement | None, url: str, sites: Collection[str]) -> tuple[str, ...]:
    if document is None:
        return ()
    found = trafilatura.extract_metadata(document, default_url=url)
    return tuple(name for name in clean_names((found.author or "").split(";")) if not is_own(name, sites))


def _found_date(document: HtmlElement | None, url: str) -> datetime | None:
    return parse_date(find_date(document, url=url, original_date=True) or "") if document is not None else None
