"""Articles that the editor puts into the newsletter's folder: plain text, Markdown and HTML files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.article_cleaning import clean_article
from digest.sources.encoding import decode_text, is_binary
from digest.sources.files.article_front_matter import ArticleFrontMatter, read_article_front_matter
from digest.sources.files.markdown_articles import read_markdown
from digest.sources.files.plain_text_articles import PlainText, read_plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from digest.sources.source_access import SourceAccess

__all__ = ["SUFFIXES", "article_files", "parse_text", "read_file", "read_folder_source", "resolve_path"]

_HTML = frozenset({".html", ".htm"})
_LONGEST = 400_000  # characters of text: a short book
#: The files that are articles.
SUFFIXES = frozenset({".txt", ".md", *_HTML})
_MAX_BYTES = 20 * 2**20


def parse_text(data: bytes, *, path: str) -> Article:
    """Read one local article by the suffix of its name: .txt, .md or .html.

    Args:
        data: The file; UTF-8, or an encoding that can be recognised.
        path: From the newsletter's root, with forward slashes. It is the article's address where the file names none.

    Raises:
        SourceError: The file is empty, is no text, or its front matter is wrong.
    """
    if not data.strip():
        raise SourceError("the file is empty", place=Place(path), hint="Write the article in it, or delete it.")
    if is_binary(data):
        raise SourceError("this is no text file", place=Place(path), hint="Save the article as .txt, .md or .html.")
    try:
        return clean_article(_parse(data, path))
    except SourceError:
        raise
    except Exception as error:  # the seam: files are arbitrary input to libraries we do not control
        raise SourceError(f"the file cannot be read: {error}", place=Place(path)) from error


def _parse(data: bytes, path: str) -> Article:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise SourceError(f"{suffix or 'no suffix'} is no article's", place=Place(path), hint="Use .txt, .md or .html.")
    text = decode_text(data)
    if suffix not in _HTML and len(text) > _LONGEST:
        raise SourceError("the file is too long for an article", place=Place(path), hint="Keep the part that is news.")
    about, body = read_article_front_matter(text, path=path)
    if suffix in _HTML:
        return _page(body if about != ArticleFrontMatter() else data, about, path)
    read = (read_markdown if suffix == ".md" else read_plain_text)(body, title=about.title)
    if not read.paragraphs and not read.key_points:
        raise SourceError(
            "the file has a title but no text",
            place=Place(path),
            hint="The first line is the title; write on below it.",
        )
    return _article(read, about, path)


def _article(read: PlainText, about: ArticleFrontMatter, path: str) -> Article:
    return Article(
        url=about.url or path,
        title=about.title or read.title,
        text="\n\n".join(read.paragraphs),
        authors=about.authors or read.authors,
        published=about.published or read.published,
        key_points=read.key_points,
    )


def _page(html: bytes | str, about: ArticleFrontMatter, path: str) -> Article:
    """The page's own metadata, where the front matter says nothing."""
    from digest.sources.pages.article_extraction import extract_article  # noqa: PLC0415 - text files need no trafilatura

    article = extract_article(html, url=path)
    return replace(
        article,
        url=about.url or article.url,
        title=about.title or article.title,
        authors=about.authors or article.authors,
        published=about.published or article.published,
    )


def resolve_path(root: Path, address: str) -> tuple[Path, str]:
    """The file that a relative address names, and its path from the root with forward slashes.

    Raises:
        SourceError: It leads out of the newsletter's folder, be it by "..", a link or an absolute path.
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
            hint="Copy the file into the folder, or name it by a web address.",
        )
    return path, shown


def read_file(root: Path, address: str) -> tuple[bytes, str]:
    """The bytes of a file in the newsletter's folder, and its path from the root.

    Raises:
        SourceError: It leads out of the folder, cannot be read, or is larger than 20 MiB.
    """
    path, shown = resolve_path(root, address)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError("the file is larger than 20 MiB", place=Place(shown))
        return path.read_bytes(), shown
    except FileNotFoundError:
        hint = "The path counts from the newsletter's folder."
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

    return access.read_each(article_files(access.root, address), read)


def article_files(root: Path, address: str) -> Iterator[str]:
    """The articles below a folder, sorted, each by its path from the root; hidden files and folders are passed over.

    Raises:
        SourceError: It leads out of the newsletter's folder, or is no folder.
    """
    folder, shown = resolve_path(root, address)
    if not folder.is_dir():
        raise SourceError("there is no such folder", place=Place(shown), hint=f"Make it: mkdir -p {shown}")
    base = root.resolve()
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if path.suffix.lower() in SUFFIXES and not any(part.startswith(".") for part in below) and path.is_file():
            yield path.relative_to(base).as_posix()
