"""Articles that an editor drops in a folder: plain text, Markdown and HTML files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources.article_cleaning import clean_article
from digest.sources.encoding import decode_text, is_binary
from digest.sources.files.article_front_matter import ArticleFrontMatter, read_article_front_matter
from digest.sources.files.markdown_articles import read_markdown
from digest.sources.files.plain_text_articles import PlainText, read_plain_text

__all__ = ["SUFFIXES", "parse_text"]

_HTML = frozenset({".html", ".htm"})
_LONGEST = 400_000  # characters of text: a short book
#: The files that are articles.
SUFFIXES = frozenset({".txt", ".md", *_HTML})


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
