"""One reader over all documents that articles come in, by the suffix of the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.sources.files.article_blocks import article_of_blocks
from digest.sources.files.article_front_matter import front_of_blocks, front_of_head
from digest.sources.files.document_html import blocks_of_document
from digest.sources.files.plain_text_articles import read_plain_text
from digest.sources.pages.page_limits import bounded_page, is_bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from digest.sources.files.article_blocks import Block
    from digest.sources.files.article_front_matter import ArticleFrontMatter
    from digest.sources.files.plain_text_articles import PlainText

    Reader = Callable[[bytes, str], tuple[ArticleFrontMatter, PlainText]]

__all__ = ["DOCUMENTS", "UnreadFileError", "read_document"]

#: Suffixes of documents. Those with a library need the extra `files`.
DOCUMENTS = frozenset({".docx", ".eml", ".odt", ".pdf", ".rtf"})


class UnreadFileError(SourceError):
    """A file among the articles is of a kind that is not read, or not without a library that is not installed."""


def read_document(
    data: bytes, *, path: str, readers: Mapping[str, Reader] | None = None
) -> tuple[ArticleFrontMatter, PlainText]:
    """Read a document: what its head says, and the article below it.

    Args:
        data: The file.
        path: Its path from the newsletter's root. Its suffix, one of `DOCUMENTS`, says what it is.
        readers: The readers by suffix, if other than those of this package.

    Raises:
        DraftError: Its head says that it is not for print.
        UnreadFileError: The extra `files` is not installed.
        SourceError: The file cannot be read.
    """
    suffix = PurePosixPath(path).suffix.lower()
    try:
        return (readers or _READERS)[suffix](data, path)
    except ImportError as error:
        raise UnreadFileError(
            f"{suffix} files need {error.name}, which is not installed",
            place=Place(path),
            hint="Install it: pip install 'newsletter-digest[files]'. Or save the text as .txt, .md or .html.",
        ) from None


def _docx(data: bytes, path: str) -> tuple[ArticleFrontMatter, PlainText]:
    from digest.sources.files.documents.docx_document import html_of_docx  # noqa: PLC0415 - mammoth is an extra

    return _of_blocks(blocks_of_document(html_of_docx(data, path=path)), path)


def _odt(data: bytes, path: str) -> tuple[ArticleFrontMatter, PlainText]:
    from digest.sources.files.documents.odt_document import read_odt  # noqa: PLC0415 - lxml is slow to load

    return _of_blocks(read_odt(data, path=path), path)


def _rtf(data: bytes, path: str) -> tuple[ArticleFrontMatter, PlainText]:
    from digest.sources.files.documents.rtf_document import text_of_rtf  # noqa: PLC0415 - striprtf is an extra

    return _of_text(text_of_rtf(data, path=path), path)


def _pdf(data: bytes, path: str) -> tuple[ArticleFrontMatter, PlainText]:
    from digest.sources.files.documents.pdf_document import read_pdf  # noqa: PLC0415 - pypdf is an extra

    title, text = read_pdf(data, path=path)
    return _of_text(text, path, title=title)


def _eml(data: bytes, path: str) -> tuple[ArticleFrontMatter, PlainText]:
    from digest.sources.files.documents.mail_message import read_mail  # noqa: PLC0415 - few articles are mails

    mail = read_mail(data, path=path)
    if mail.html:
        html = mail.html if is_bounded(mail.html) else bounded_page(mail.html)
        front, content = _of_blocks(blocks_of_document(html), path, title=mail.title)
    else:
        front, content = _of_text(mail.text, path, title=mail.title)
    return replace(front, published=front.published or content.published or mail.published), content


def _of_blocks(blocks: list[Block], path: str, *, title: str = "") -> tuple[ArticleFrontMatter, PlainText]:
    front, blocks = front_of_blocks(blocks, path=path)
    return front, article_of_blocks(blocks, title=front.title or title)


def _of_text(text: str, path: str, *, title: str = "") -> tuple[ArticleFrontMatter, PlainText]:
    front, body = front_of_head(text, path=path, markdown=False)
    return front, read_plain_text(body, title=front.title or title)


_READERS = {".docx": _docx, ".eml": _eml, ".odt": _odt, ".pdf": _pdf, ".rtf": _rtf}
