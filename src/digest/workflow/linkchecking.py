"""Ask the servers of an issue's links, many at a time, each once a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from digest.checks import LinkAnswer
from digest.errors import FetchError
from digest.fetching import StatusError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from digest.fetching import Fetcher
    from digest.project import Project

__all__ = ["ask_links"]

_AT_ONCE = 16


def ask_links(
    project: Project, urls: Iterable[str], *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Mapping[str, LinkAnswer]:
    """The answer to each web address, by the address. Never raises for what a server does.

    Args:
        progress: Told how many of how many are done.
    """
    asked = list(dict.fromkeys(urls))
    answers = {}
    with project.open_fetcher() as fetcher, ThreadPoolExecutor(_AT_ONCE) as pool:
        for number, (url, answer) in enumerate(pool.map(lambda url: (url, _ask(fetcher, url)), asked), start=1):
            answers[url] = answer
            progress(number, len(asked))
    return answers


def _ask(fetcher: Fetcher, url: str) -> LinkAnswer:
    try:
        try:
            return LinkAnswer(status=200, url=fetcher.probe(url))
        except StatusError as error:
            if error.status < 500:
                raise
            return LinkAnswer(status=200, url=fetcher.probe(url))  # a server that fails once may only be restarting
    except StatusError as error:
        return LinkAnswer(status=error.status, reason=f"it answers {error.status}")
    except FetchError as error:
        return LinkAnswer(reason=error.message.removeprefix(url).strip() or "it gives no answer")
