"""The newest view of the issue, and everybody who waits for the next one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from digest.preview.source import Page, PreviewSource

__all__ = ["Live", "View"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class View:
    """What is on screen after one render.

    Attributes:
        version: Different for every render, also between two runs of the server.
        page: The last good page; None while there has been none.
        error: Why the newest render failed, or None when ``page`` is the newest.
    """

    version: str
    page: Page | None = None
    error: DigestError | None = None


class Live:
    """Renders one at a time and tells every listener after it is done, never before."""

    def __init__(self, source: PreviewSource) -> None:
        self._source = source
        self._run = secrets.token_hex(4)
        self._count = 0
        self._view = View(version="")
        self._closed = False
        self._turn = asyncio.Lock()
        self._news = asyncio.Condition()

    async def render(self) -> None:
        """Render anew. A failure keeps the last good page and never raises."""
        async with self._turn:
            try:
                page = await asyncio.to_thread(self._source.render)
                view = View(version="", page=page)
            except DigestError as error:
                view = replace(self._view, error=error)
            except Exception as error:  # noqa: BLE001 - a bug must not end the watch: the next change may mend it
                _log.exception("the preview could not render")
                view = replace(self._view, error=_as_bug(error))
            self._count += 1
            async with self._news:
                self._view = replace(view, version=f"{self._run}-{self._count}")
                self._news.notify_all()

    async def current(self) -> View:
        """The newest view; waits for the first render."""
        async for view in self.views():
            return view
        return self._view

    async def views(self) -> AsyncIterator[View]:
        """The newest view and then each newer one, until `close`. Views that came too quickly are left out."""
        seen = ""
        while True:
            async with self._news:
                while self._view.version == seen and not self._closed:
                    await self._news.wait()
                view = self._view
            if self._closed:
                return
            seen = view.version
            yield view

    async def close(self) -> None:
        """End all `views`, so that no open stream holds up the server's end."""
        async with self._news:
            self._closed = True
            self._news.notify_all()


def _as_bug(error: Exception) -> DigestError:
    return DigestError(
        f"the preview could not render: {type(error).__name__}: {error}",
        hint="This is a defect of digest. What was printed in the terminal helps to report it.",
    )
