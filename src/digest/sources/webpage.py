"""One article out of one web page: trafilatura for the text, our own readers for the metadata and the key points."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import trafilatura
from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser
from trafilatura.settings import Document

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.dates import parse_date
from digest.sources.encoding import decode_page, is_binary
from digest.sources.keypoints import find_key_points
from digest.sources.metadata import read_metadata
from digest.sources.names import clean_names
from digest.sources.promotion import drop_promotion

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from lxml.html import HtmlElement

__all__ = ["extract_article"]

_BULLET = re.compile(r"^[-*•]\s+")
_TABLE_EDGE = re.compile(r"^\|\s*|\s*\|$")
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
    tree = LexborHTMLParser(html)
    about = read_metadata(tree, url=url)
    found = find_key_points(tree)
    if found.points:
        found.remove()
        html = tree.html or html
    document = trafilatura.load_html(html)
    # Before the text is extracted, which takes the tree apart.
    authors = about.authors or _found_authors(document, url)
    published = about.published or _found_date(document, about.url)
    headings = [heading.text() for heading in tree.css("h1")]
    text = _text(document, url, (about.title, *headings, *found.points)) or about.text or about.description
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


def _text(document: HtmlElement | None, url: str, known: Collection[str]) -> str:
    """The text in paragraphs, without those that are known already: headline and key points."""
    if document is None:
        return ""
    extracted = trafilatura.bare_extraction(document, url=url, favor_precision=True, include_comments=False)
    lines = (extracted.text or "").splitlines() if isinstance(extracted, Document) else []
    folded = {_folded(line) for line in known}
    paragraphs = [_TABLE_EDGE.sub("", _BULLET.sub("", line.strip())) for line in lines]
    return "\n\n".join(drop_promotion(line for line in paragraphs if line and _folded(line) not in folded))


def _found_authors(document: HtmlElement | None, url: str) -> tuple[str, ...]:
    if document is None:
        return ()
    found = trafilatura.extract_metadata(document, default_url=url)
    return clean_names((found.author or "").split(";"))


def _found_date(document: HtmlElement | None, url: str) -> datetime | None:
    return parse_date(find_date(document, url=url, original_date=True) or "") if document is not None else None


def _folded(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
