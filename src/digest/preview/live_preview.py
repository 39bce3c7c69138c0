"""The newest state of the issue, and everybody who waits for the next one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from digest.preview.preview_source import PreviewedIssue, PreviewSource

__all__ = ["LivePreview", "PreviewState"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PreviewState:
    """What is on screen after one render.

    Attributes:
        version: Different for every render, also between two runs of the server.
        issue: The last issue that could be rendered; None while there has been none.
        error: Why the newest render failed, or None when ``issue`` is the newest.
    """

    version: str
    issue: PreviewedIssue | None = None
    error: DigestError | None = None


class LivePreview:
    """Renders one at a time and tells every listener after it is done, never before."""

    def __init__(self, source: PreviewSource) -> None:
        self._source = source
        self._run = secrets.token_hex(4)
        self._count = 0
        self._state = PreviewState(version="")
        self._closed = False
        self._turn = asyncio.Lock()
        self._news = asyncio.Condition()

    async def render(self) -> None:
        """Render anew. A failure keeps the last good page and never raises."""
        async with self._turn:
            try:
                issue = await asyncio.to_thread(self._source.render)
                state = PreviewState(version="", issue=issue)
            except DigestError as error:
                state = replace(self._state, error=error)
            except Exception as error:  # noqa: BLE001 - a bug must not end the watch: the next change may mend it
                _log.exception("the preview could not render")
                state = replace(self._state, error=_as_bug(error))
            self._count += 1
            async with self._news:
                self._state = replace(state, version=f"{self._run}-{self._count}")
                self._news.notify_all()

    async def current(self) -> PreviewState:
        """The newest state; waits for the first render."""
        async for state in self.states():
            return state
        return self._state

    async def states(self) -> AsyncIterator[PreviewState]:
        """The newest state and then each newer one, until `close`. Views that came too quickly are left out."""
        seen = ""
        while True:
            async with self._news:
                while self._state.version == seen and not self._closed:
                    await self._news.wait()
                state = self._state
            if self._closed:
                return
            seen = state.version
            yield state

    async def close(self) -> None:
        """End all `states`, so that no open stream holds up the server's end."""
        async with self._news:
            self._closed = True
            self._news.notify_all()


def _as_bug(error: Exception) -> DigestError:
    return DigestError(
        f"the preview could not render: {type(error).__name__}: {error}",
        hint="This is a defect of digest. What was printed in the terminal helps to report it.",
    )
