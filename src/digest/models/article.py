"""What comes in: articles, the feeds that carry them, and the bullets taken from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Article", "Bullet", "Feed", "Origin"]

#: Who wrote a bullet: the article's author, the extractive engine, a language model, or the newsletter's editor.
Origin = Literal["author", "extracted", "llm", "editor"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One fetched item.

    Attributes:
        url: Its address as given, http or https; for a local file without an address its path from the
            newsletter's root, with forward slashes.
        title: Plain text, no markup.
        text: Plain text, no markup; paragraphs are separated by a blank line.
        authors: Names in the order given.
        published: Aware, in UTC; None where the source gives no date.
        source: The id of the configured source, or the name that a feed or page gives itself.
        image: The lead picture: an absolute address, or for a local file a path from the newsletter's root.
        key_points: The publisher's own bullets, in order, where the page has them.
        language: A BCP 47 tag such as ``en`` or ``pt-BR``.
    """

    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    source: str = ""
    image: str | None = None
    key_points: tuple[str, ...] = ()
    language: str | None = None

    def __post_init__(self) -> None:
        if self.published is not None and self.published.tzinfo is None:
            raise ValueError("Article.published must be aware")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bullet:
    """One statement with its origin.

    Attributes:
        text: Plain text when it is picked; inline Markdown once it stands in an issue.
        start: Where it begins in ``article.text``, in characters. Always given for "extracted", where
            ``article.text[start:end]`` is the shortest span that holds the bullet's words in order.
        end: Where that span ends, exclusive.
        origin: Who wrote it.
    """

    text: str
    start: int | None = None
    end: int | None = None
    origin: Origin = "editor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A feed as it was read: its own title and address, and its articles in the feed's order."""

    title: str
    url: str
    articles: tuple[Article, ...] = ()
