"""Read HTML that a word processor saved: Word, Google Docs, LibreOffice, Pages. Such a file is the article itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from digest.sources.html_text import plain_line
from digest.sources.pages.page_limits import is_bounded
from digest.sources.pages.visibility.hidden_text import remove_elements, remove_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

    from digest.sources.files.article_blocks import Block

__all__ = ["blocks_of_document", "is_document_html"]

_MADE_BY = re.compile(
    r"<meta[^>]{0,80}\bgenerator\b[^>]{0,80}\b(?:microsoft word|libreoffice|openoffice|cocoa html writer|pages)\b"
    r"|\bclass=[\"']?(?:mso(?:normal|title)|wordsection1)\b|<body[^>]{0,200}\bdoc-content\b|\blst-kix_",
    re.IGNORECASE,
)
_HEAD = 200_000  # characters that are searched
_TITLE = re.compile(r"(?:^|\s)(?:msotitle|title|western-title)(?:\s|$)", re.IGNORECASE)
_LIST = re.compile(r"msolist(?:paragraph|bullet|number)|li-bullet", re.IGNORECASE)
#: The sign of a list item that Word writes into its text: a symbol, or a number.
_SIGN = re.compile(r"^(?:[\u00b7\u2022\u25aa\u25cf\u25cb\uf0b7\uf0a7\u2013-]|o(?=\s\s)|\(?\d{1,3}[.)])\s*")
_COMMENT = re.compile(r"^\[[a-z]{1,2}\]|mso-element:\s*comment", re.IGNORECASE)
_DROPPED = "script, style, head, a[href^='#cmnt'], a[id^='cmnt'], .MsoCommentReference, .MsoHeader, .MsoFooter, del"


def is_document_html(html: str) -> bool:
    """Return whether a word processor made an HTML file, and it is not so deep that reading it takes long."""
    return _MADE_BY.search(html[:_HEAD]) is not None and is_bounded(html)


def blocks_of_document(html: str) -> list[Block]:
    """Return the file's headings, paragraphs and lists. A paragraph with the style of a title is a heading."""
    tree = LexborHTMLParser(html)
    remove_hidden(tree)
    remove_elements(tree.css(_DROPPED))
    return list(_blocks(tree))


def _blocks(tree: LexborHTMLParser) -> Iterator[Block]:
    items: list[str] = []
    titled = False
    for node in tree.css("h1, h2, h3, h4, h5, h6, p, li, td"):
        text = plain_line(node.text())
        style = f"{node.attributes.get('class') or ''}"
        if not text or _COMMENT.search(text) or _holds_others(node):
            continue
        if node.tag == "li" or _LIST.search(style):
            items.append(text if node.tag == "li" else _SIGN.sub("", text))
            continue
        if items:
            yield "list", items
            items = []
        is_title = not titled and _TITLE.search(style) is not None
        titled = titled or is_title
        yield ("heading" if is_title or (node.tag or "").startswith("h") else "text"), [text]
    if items:
        yield "list", items


def _holds_others(node: LexborNode) -> bool:
    """Whether an element's text is that of elements in it, which are read themselves."""
    inner = node.css("p, li, h1, h2, h3, h4, h5, h6")
    return any(other.mem_id != node.mem_id for other in inner)
