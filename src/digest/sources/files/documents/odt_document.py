"""Read OpenDocument texts (.odt): https://docs.oasis-open.org/office/OpenDocument/v1.3/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.sources.files.documents.document_parts import check_archive, parse_part
from digest.sources.html_text import plain_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from digest.sources.files.article_blocks import Block

__all__ = ["read_odt"]

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
#: What is no part of the text: notes, comments, deleted text, indexes, hidden text and pictures.
_DROPPED = frozenset(
    f"{space}{name}"
    for space, names in (
        (_TEXT, ("note", "tracked-changes", "table-of-content", "hidden-text", "ruby-text", "sequence-decls")),
        (_OFFICE, ("annotation", "annotation-end", "forms")),
        ("{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}", ("frame",)),
    )
    for name in names
)
_TITLES = frozenset({"Title"})


def read_odt(data: bytes, *, path: str) -> list[Block]:
    """Return the headings, paragraphs and lists of a document, in order.

    Raises:
        SourceError: The file is no such document, is protected by a password, or is too large.
    """
    parts = check_archive(data, path=path, needed=("content.xml", "META-INF/manifest.xml"))
    if "content.xml" not in parts:
        raise SourceError("this is not an OpenDocument text", place=Place(path), hint="Save it again as .odt.")
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise SourceError("the document is protected by a password", place=Place(path), hint="Save it without one.")
    root = parse_part(parts["content.xml"], path=path)
    hidden = {
        str(style.get(f"{_STYLE}name"))
        for style in root.iter(f"{_STYLE}style")
        if any(each.get(f"{_TEXT}display") == "none" for each in style.iter(f"{_STYLE}text-properties"))
    }
    parents = {
        str(style.get(f"{_STYLE}name")): style.get(f"{_STYLE}parent-style-name") or ""
        for style in root.iter(f"{_STYLE}style")
    }
    body = root.find(f".//{_OFFICE}text")
    return list(_blocks(body, parents, hidden)) if body is not None else []


def _blocks(holder: etree._Element, parents: dict[str, str], hidden: set[str]) -> Iterator[Block]:
    for node in holder:
        if node.tag in _DROPPED or not isinstance(node.tag, str):
            continue
        if node.tag in {f"{_TEXT}p", f"{_TEXT}h"}:
            line = plain_line("".join(_text(node, hidden)))
            style = node.get(f"{_TEXT}style-name") or ""
            titled = node.tag == f"{_TEXT}h" or style in _TITLES or parents.get(style) in _TITLES
            if line:
                yield ("heading" if titled else "text"), [line]
        elif node.tag == f"{_TEXT}list":
            items = [line for _, lines in _blocks_of_items(node, parents, hidden) for line in lines]
            if items:
                yield "list", items
        else:
            yield from _blocks(node, parents, hidden)


def _blocks_of_items(node: etree._Element, parents: dict[str, str], hidden: set[str]) -> Iterator[Block]:
    for item in node:
        yield from _blocks(item, parents, hidden)


def _text(node: etree._Element, hidden: set[str]) -> Iterator[str]:
    if node.tag in _DROPPED or node.get(f"{_TEXT}style-name") in hidden:
        return
    if node.tag in {f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"}:
        yield " "
    yield node.text or ""
    for child in node:
        if isinstance(child.tag, str):
            yield from _text(child, hidden)
        yield child.tail or ""
