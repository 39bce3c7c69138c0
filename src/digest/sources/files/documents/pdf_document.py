"""Read the text of PDF files with pypdf. They have lines and no paragraphs: https://pypdf.readthedocs.io/en/stable/."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any

from digest.errors import Place, SourceError
from digest.sources.html_text import plain_line

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["lines_to_paragraphs", "read_pdf", "without_running_lines"]

_MOST_PAGES = 60
_LONGEST = 400_000  # characters
_SECONDS = 20.0  # for all pages; a page of drawings may take long
_BULLET = re.compile(r"\s*[•‣▪◦●\uf0b7]\s*")
_ENDS = tuple('.!?:"\u201d\u201c\u00bb)\u2026')
_FULL = 0.85  # the share of the usual width that a line inside of a paragraph has at least
_LARGER = 1.15  # how much larger a headline is set than the text
_EDGE = 2  # lines at the top and the bottom of a page that may be repeated on each
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[^\W\d_A-Z])")


def read_pdf(data: bytes, *, path: str) -> tuple[str, str]:
    """Return the headline, or "" if none is set larger than the text, and the text with blank lines between paragraphs.

    Raises:
        SourceError: The file is not a PDF, is protected by a password, has no text, or is too long.
        ImportError: pypdf is not installed.
    """
    import pypdf  # noqa: PLC0415 - an extra

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every irregularity of a file
    place = Place(path)
    if b"%PDF-" not in data[:1024]:
        raise SourceError("this is not a PDF", place=place, hint="Export it again, or save its text as .txt.")
    reader = pypdf.PdfReader(BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise SourceError("the PDF is protected by a password", place=place, hint="Save its text as .txt.")
    if len(reader.pages) > _MOST_PAGES:
        raise SourceError(
            f"the PDF has {len(reader.pages)} pages, too many for an article",
            place=place,
            hint=f"Export the pages of the article only, at most {_MOST_PAGES}.",
        )
    pages, title = _pages(reader, place)
    text = lines_to_paragraphs(without_running_lines(pages))
    if not text.strip():
        raise SourceError(
            "the PDF has no text, only pictures of it", place=place, hint="Save its text as .txt, for example by OCR."
        )
    return title, _without_title(text, title)


def _pages(reader: Any, place: Place) -> tuple[list[list[str]], str]:
    started = time.monotonic()
    pages: list[list[str]] = []
    sizes: list[tuple[float, str]] = []
    heights: list[float] = []

    def visit(text: str, page: Sequence[float], matrix: Sequence[float], _font: Any, size: float) -> None:
        if text.strip():
            heights.append(page[5] + matrix[5])
            line = text if heights[-1] in heights[-2:-1] else f" {text}"
            sizes.append((round(abs(size * (matrix[3] or matrix[1])), 1), line))

    for number, page in enumerate(reader.pages):
        text = page.extract_text(visitor_text=visit) if number == 0 else page.extract_text()
        pages.append(text.splitlines())
        if sum(len(line) for lines in pages for line in lines) > _LONGEST or time.monotonic() - started > _SECONDS:
            raise SourceError("the PDF is too long for an article", place=place, hint="Save its text as .txt.")
    return pages, _title(sizes)


def _title(sizes: Sequence[tuple[float, str]]) -> str:
    """The text on the first page that is set largest, if it is larger than most of the text."""
    weights: Counter[float] = Counter()
    for size, text in sizes:
        weights[size] += len(text)
    if len(weights) < 2:
        return ""
    usual = weights.most_common(1)[0][0]
    largest = max(weights)
    title = plain_line("".join(text for size, text in sizes if size == largest))
    return title if largest >= _LARGER * usual and 8 <= len(title) <= 250 else ""


def _without_title(text: str, title: str) -> str:
    """The text without the headline, which may be spread over several lines at its top."""
    letters = re.sub(r"\W", "", title)
    at = 0
    for position, letter in enumerate(text[: 4 * len(title) + 400]):
        if at < len(letters) and letter == letters[at]:
            at += 1
        elif letter.isalnum():
            at = 0
        if letters and at == len(letters):
            return text[position + 1 :].lstrip(" \t.!?\u201d\"'")
    return text


def without_running_lines(pages: Sequence[list[str]]) -> list[str]:
    """The lines of all pages, without the numbers, headers and footers that most pages repeat."""
    edges = Counter(_folded(line) for lines in pages for line in {*_written(lines)[:_EDGE], *_written(lines)[-_EDGE:]})
    running = {line for line, count in edges.items() if len(pages) > 1 and count > max(len(pages) / 2, 1)}
    kept: list[str] = []
    for lines in pages:
        written = _written(lines)
        ends = {*written[:_EDGE], *written[-_EDGE:]}
        kept += [line for line in lines if not (line in ends and (_folded(line) in running or _is_number(line)))]
    return kept


def _written(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _folded(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split()).casefold())


def _is_number(line: str) -> bool:
    return (
        re.fullmatch(r"\W*(?:page|seite|p\.)?\s*\d{1,4}(?:\s*(?:/|of|von)\s*\d{1,4})?\W*", line.strip(), re.IGNORECASE)
        is not None
    )


def lines_to_paragraphs(lines: Sequence[str]) -> str:
    """Join lines into paragraphs: one ends with a blank line, a short line, or before a bullet."""
    lengths = sorted(len(line.strip()) for line in lines if line.strip())
    width = lengths[int(0.9 * (len(lengths) - 1))] if lengths else 0
    blocks: list[list[str]] = [[]]
    for raw in lines:
        line = raw.strip()
        if not line or _BULLET.match(line):
            blocks.append([])
        if line:
            blocks[-1].append(_BULLET.sub("• ", line, count=1) if _BULLET.match(line) else line)
        if line and len(line) < _FULL * width and (line.endswith(_ENDS) or len(blocks[-1]) == 1):
            blocks.append([])
    texts = ("\n".join(block) for block in blocks if block)
    return "\n\n".join(plain_line(_HYPHEN.sub("", text)) for text in texts)
