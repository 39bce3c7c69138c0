"""What a reader needs to read one source: access to the newsletter's folder and the web, and a record of problems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from digest.errors import DigestError, Place, SourceError
from digest.sources.files.article_files import read_file
from digest.sources.files.not_for_print import DraftError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from digest.config import FullText
    from digest.fetching import Fetcher, Response
    from digest.models import Article

__all__ = ["BEGINNING", "SourceAccess", "attempt"]

#: Before everything, and still a day after the first moment that a datetime can hold, so that a day can be subtracted.
BEGINNING = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)

_Result = TypeVar("_Result")


def attempt(read: Callable[[], _Result], address: str) -> _Result | DigestError:
    """Call ``read`` and return its result, or the error that stopped it.

    Args:
        read: What to call.
        address: Where it reads from, for the error message.
    """
    try:
        return read()
    except DigestError as error:
        return error
    except Exception as error:  # noqa: BLE001 - third-party libraries may raise anything on arbitrary input
        return SourceError(f"it cannot be read: {type(error).__name__}: {error}", place=Place(address))


class SourceAccess:
    """Access to everything that reading one source needs, and a record of what happened.

    Attributes:
        root: The newsletter's folder.
        fetcher: The HTTP client.
        full_text: For which items of a feed the page is read as well.
        after: Pages that have not changed since this time are not news; aware.
        counts: Returns whether an article is new enough for the issue.
        pages_read: How many pages were read for items that hold only a snippet.
        moved_to: Where the source has moved permanently; "" if it has not.
        problems: What failed without stopping the source.
        drafts: The files that are marked as not for print, which is no failure.
    """

    def __init__(
        self,
        root: Path,
        fetcher: Fetcher,
        *,
        full_text: FullText = "never",
        after: datetime = BEGINNING,
        counts: Callable[[Article], bool] = lambda _article: True,
    ) -> None:
        self.root, self.fetcher = root, fetcher
        self.full_text, self.after, self.counts = full_text, after, counts
        self.pages_read = 0
        self.moved_to = ""
        self.problems: list[DigestError] = []
        self.drafts: list[DraftError] = []
        self._from_cache: list[bool] = []

    @property
    def unchanged(self) -> bool:
        """Whether the servers answered that nothing that was fetched has changed."""
        return bool(self._from_cache) and all(self._from_cache)

    def note(self, response: Response) -> Response:
        """Take a response into account for `unchanged`, and return it."""
        self._from_cache.append(response.from_cache)
        return response

    def read_file(self, address: str) -> tuple[bytes, str]:
        """Read a file of the newsletter's folder.

        Returns:
            Its bytes, and its path from the root.

        Raises:
            SourceError: It is a URL of another scheme than http, leads out of the folder, or cannot be read.
        """
        if "://" in address:
            hint = "Use a web address, or a path relative to the newsletter's folder."
            raise SourceError("this is not an http or https address", place=Place(address), hint=hint)
        return read_file(self.root, address)

    def read_each(self, addresses: Iterable[str], read: Callable[[str], Article | None]) -> list[Article]:
        """Read an article from each address; those that fail are added to `problems`, and drafts to `drafts`.

        Args:
            read: Returns the article at an address, or None if the page has no article and that is not a problem.
        """
        articles: list[Article] = []
        for address in addresses:
            article = attempt(partial(read, address), address)
            if isinstance(article, DraftError):
                self.drafts.append(article)
            elif isinstance(article, DigestError):
                self.problems.append(article)
            elif article is not None:
                articles.append(article)
        return articles
