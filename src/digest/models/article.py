"""Articles, the feeds that carry them, and the bullets made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from digest.models.urls import article_key

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Article", "Bullet", "Feed", "Origin"]

#: Who wrote a bullet: the article's author, the extractive engine, a language model, or the newsletter's editor.
Origin = Literal["author", "extracted", "llm", "editor"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One fetched item of a source.

    Attributes:
        url: An http or https URL, as the source gives it; for a local file without a URL, its path relative to the
            newsletter's root, with forward slashes.
        title: Plain text without markup.
        text: Plain text without markup; a blank line separates paragraphs.
        authors: Names, in the source's order.
        published: An aware datetime in UTC; None if the source gives no date.
        source: The id of the configured source, or the name that a feed or page gives itself.
        image: The lead picture: an absolute URL or, for a local file, a path relative to the newsletter's root.
        key_points: The publisher's own summary bullets, in order, if the page has any.
        language: A BCP 47 tag such as ``en`` or ``pt-BR``; None if unknown.
        id: The feed's own id of the article (RSS ``guid``, Atom and JSON Feed ``id``), or else the part of its link
            after ``#``; empty without one.
        shares_url: Whether other articles of its feed have the same URL, so that only ``id`` tells them apart.

        outlet: The publisher, where a feed gathers the articles of several; empty in an outlet's own feed.
        transcript: The URL of a transcript that the feed links; empty once its words are in ``text``.

    Raises:
        ValueError: ``published`` has no time zone.
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
    id: str = ""
    shares_url: bool = False
    outlet: str = ""
    transcript: str = ""

    @property
    def key(self) -> str:
        """What identifies the article among all others: its canonical URL, with ``id`` if the URL is not enough."""
        return article_key(self.url, self.id if self.shares_url else "")

    @property
    def keys(self) -> frozenset[str]:
        """`key`, and the key that the article has as soon as its feed has another one with the same URL."""
        return frozenset((self.key, article_key(self.url, self.id)))

    def __post_init__(self) -> None:
        if self.published is not None and self.published.tzinfo is None:
            raise ValueError("Article.published must be aware")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bullet:
    """One statement about an article, with its origin.

    Attributes:
        text: Plain text as `digest.pick_bullets` returns it; inline Markdown in an `Issue`.
        start: The offset in ``article.text``, in characters. Always set for "extracted", where
            ``article.text[start:end]`` is the shortest span that holds the bullet's words in order.
        end: The offset at which that span ends, exclusive.
        origin: Who wrote it.
    """

    text: str
    start: int | None = None
    end: int | None = None
    origin: Origin = "editor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A parsed feed: its own title and URL, and its articles in the feed's order."""

    title: str
    url: str
    articles: tuple[Article, ...] = ()
