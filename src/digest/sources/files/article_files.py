"""Articles that the editor puts into the newsletter's folder: plain text, Markdown, HTML files and documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.article_cleaning import clean_article
from digest.sources.encoding import decode_text, is_binary
from digest.sources.files.article_blocks import article_of_blocks
from digest.sources.files.article_front_matter import (
    ArticleFrontMatter,
    front_of_blocks,
    front_of_head,
    read_article_front_matter,
    require_final,
)
from digest.sources.files.document_html import blocks_of_document, is_document_html
from digest.sources.files.documents.document_files import DOCUMENTS, UnreadFileError, read_document
from digest.sources.files.markdown_articles import read_markdown
from digest.sources.files.not_for_print import without_remarks
from digest.sources.files.plain_text_articles import PlainText, read_plain_text
from digest.sources.html_text import line_of_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from digest.sources.source_access import SourceAccess

__all__ = [
    "SUFFIXES",
    "UnreadFileError",
    "article_files",
    "parse_text",
    "read_file",
    "read_folder_source",
    "resolve_path",
]

_HTML = frozenset({".html", ".htm", ".xhtml"})
_MARKDOWN = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx", ".qmd"})
_TEXT = frozenset({".txt", ".text"})
_LONGEST = 400_000  # characters, as in a short book
#: Files with these suffixes are articles.
SUFFIXES = _TEXT | _MARKDOWN | _HTML | DOCUMENTS
_MAX_BYTES = 20 * 2**20
#: Files that belong to articles, to saved web pages or to the system, and are passed over without a word.
_PASSED_OVER = frozenset(
    {
        ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp", ".tif", ".tiff", ".ico", ".heic",
        ".mp3", ".mp4", ".m4a", ".mov", ".webm", ".ogg", ".wav", ".css", ".js", ".mjs", ".map", ".woff", ".woff2",
        ".ttf", ".otf", ".eot", ".lock", ".tmp", ".bak", ".swp", ".part", ".ini", ".lnk", ".url", ".webloc",
    }
)  # fmt: skip
_SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "readme", "license", "makefile"})


def parse_text(data: bytes, *, path: str) -> Article:
    """Read one local article, by the suffix of its name: .txt, .md, .html, or a document such as .docx or .pdf.

    Args:
        data: The file, in UTF-8 or another encoding that can be recognised.
        path: Its path from the newsletter's root, with forward slashes. It is the article's address unless the file
            names one.

    Raises:
        DraftError: The file is marked as not for print.
        SourceError: The file is empty, is not text, or has invalid front matter. No other error is raised.
    """
    if not data.strip():
        raise SourceError("the file is empty", place=Place(path), hint="Write the article into it, or delete it.")
    if is_binary(data) and PurePosixPath(path).suffix.lower() in SUFFIXES - DOCUMENTS:
        raise SourceError("this is not a text file", place=Place(path), hint="Save the article as .txt, .md or .html.")
    try:
        return clean_article(_parse(data, path), markup=False)
    except SourceError:
        raise
    except Exception as error:  # files are arbitrary input to third-party libraries, which may raise anything
        raise SourceError(f"the file cannot be read: {error}", place=Place(path)) from error


def _parse(data: bytes, path: str) -> Article:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in DOCUMENTS:
        front, content = read_document(data, path=path)
        return _article(_require_text(content, path), front, path)
    if suffix not in SUFFIXES:
        raise unread_file(path)
    text = decode_text(data)
    if suffix not in _HTML and len(text) > _LONGEST:
        raise SourceError(
            "the file is too long for an article", place=Place(path), hint="Keep only the newsworthy part."
        )
    front, body = read_article_front_matter(text, path=path)
    require_final(front, path)
    if suffix not in _TEXT:
        front = replace(front, title=line_of_html(front.title))
    if suffix in _HTML and is_document_html(body):
        head, blocks = front_of_blocks(blocks_of_document(body), path=path)
        front = front if front != ArticleFrontMatter() else head
        return _article(_require_text(article_of_blocks(blocks, title=front.title), path), front, path)
    if suffix in _HTML:
        return _page(body if front != ArticleFrontMatter() else data, front, path)
    body = without_remarks(body, markdown=suffix in _MARKDOWN)
    if front == ArticleFrontMatter():
        front, body = front_of_head(body, path=path, markdown=suffix in _MARKDOWN)
    content = (read_markdown if suffix in _MARKDOWN else read_plain_text)(body, title=front.title)
    return _article(_require_text(content, path), front, path)


def _require_text(content: PlainText, path: str) -> PlainText:
    if not content.paragraphs and not content.key_points:
        raise SourceError(
            "the file has a title but no text",
            place=Place(path),
            hint="The first line is the title. Write the text below it.",
        )
    return content


def _article(content: PlainText, front: ArticleFrontMatter, path: str) -> Article:
    return Article(
        url=front.url or path,
        title=front.title or content.title,
        text="\n\n".join(content.paragraphs),
        authors=front.authors or content.authors,
        published=front.published or content.published,
        key_points=content.key_points,
    )


def _page(html: bytes | str, front: ArticleFrontMatter, path: str) -> Article:
    """Read an HTML file. Its own metadata fills in what the front matter does not say."""
    from digest.sources.pages.article_extraction import extract_article  # noqa: PLC0415 - text files do not need trafilatura

    article = extract_article(html, url=path)
    return replace(
        article,
        url=front.url or article.url,
        title=front.title or article.title,
        authors=front.authors or article.authors,
        published=front.published or article.published,
    )


def resolve_path(root: Path, address: str) -> tuple[Path, str]:
    """Find the file that a relative address names.

    Args:
        root: The newsletter's folder.
        address: A path from it, perhaps with percent-encoded characters as in the link of a page.

    Returns:
        The file, and its path from the root with forward slashes.

    Raises:
        SourceError: The path leads out of the newsletter's folder: it is absolute, or contains ".." or a symbolic link.
    """
    base = root.resolve()
    path = base / address
    try:
        if not path.exists() and (base / unquote(address)).exists():
            path = base / unquote(address)
        inside = path.resolve().is_relative_to(base)
        shown = (
            path.relative_to(base).as_posix() if ".." not in path.parts else path.resolve().relative_to(base).as_posix()
        )
    except (OSError, ValueError, RuntimeError):
        inside, shown = False, address
    if not inside:
        raise SourceError(
            "the path leads out of the newsletter's folder",
            place=Place(address),
            hint="Copy the file into the folder, or use a web address.",
        )
    return path, shown


def read_file(root: Path, address: str) -> tuple[bytes, str]:
    """Return the bytes of a file in the newsletter's folder, and its path from the root.

    Raises:
        SourceError: The path leads out of the folder, or the file cannot be read or is larger than 20 MiB.
    """
    path, shown = resolve_path(root, address)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError("the file is larger than 20 MiB", place=Place(shown))
        return path.read_bytes(), shown
    except FileNotFoundError:
        hint = "The path is relative to the newsletter's folder."
        raise SourceError("there is no such file", place=Place(shown), hint=hint) from None
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", place=Place(shown)) from None


def read_folder_source(access: SourceAccess, addresses: tuple[str, ...]) -> list[Article]:
    """Read the articles in a folder. Files that fail become problems of the source.

    Raises:
        SourceError: The folder does not exist, or is outside of the newsletter's folder.
    """
    (address,) = addresses

    def read(path: str) -> Article:
        data, shown = access.read_file(path)
        return parse_text(data, path=shown)

    paths = list(_files(access.root, address))
    access.problems += [unread_file(path) for path in paths if not _is_article(path) and not _is_passed_over(path)]
    return access.read_each(filter(_is_article, paths), read)


def unread_file(path: str) -> UnreadFileError:
    """The problem that a file which was put among the articles is not read."""
    suffix = PurePosixPath(path).suffix.lower()
    kind = f"files ending in {suffix}" if suffix else "files without a suffix"
    return UnreadFileError(f"{kind} are not read", place=Place(path), hint="Save it as .docx, .txt, .md or .html.")


def _is_article(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    return PurePosixPath(name).suffix in SUFFIXES and not name.startswith("~$")  # Word's lock on an open document


def _is_passed_over(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    # "~$story.docx" is Word's lock, "story.txt~" the backup of a text editor.
    marked = name.startswith("~") or name.endswith("~") or name in _SYSTEM_FILES
    return marked or PurePosixPath(name).suffix in _PASSED_OVER


def article_files(root: Path, address: str) -> Iterator[str]:
    """Yield the paths from the root of all articles below a folder, sorted. Hidden files and folders are skipped.

    Raises:
        SourceError: The path leads out of the newsletter's folder, or is not a folder.
    """
    return (path for path in _files(root, address) if _is_article(path))


def _files(root: Path, address: str) -> Iterator[str]:
    folder, shown = resolve_path(root, address)
    if not folder.is_dir():
        raise SourceError("there is no such folder", place=Place(shown), hint=f"Create it: mkdir -p {shown}")
    base = root.resolve()
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in below) and path.is_file():
            yield path.relative_to(base).as_posix()
