"""The latest state of the preview, and the listeners that wait for the next one."""

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
    """What the preview shows after one render.

    Attributes:
        version: Different for every render, also across restarts of the server.
        issue: The last good render; None if there has been none yet.
        error: Why the latest render failed; None if it succeeded.
    """

    version: str
    issue: PreviewedIssue | None = None
    error: DigestError | None = None


class LivePreview:
    """Renders one state at a time, and notifies every listener when it is done."""

    def __init__(self, source: PreviewSource) -> None:
        self._source = source
        self._run = secrets.token_hex(4)
        self._count = 0
        self._state = PreviewState(version="")
        self._closed = False
        self._turn = asyncio.Lock()
        self._news = asyncio.Condition()

    async def render(self) -> None:
        """Render the issue again. Never raises: if it fails, the last good render is kept."""
        async with self._turn:
            try:
                issue = await asyncio.to_thread(self._source.render)
                state = PreviewState(version="", issue=issue)
            except DigestError as error:
                state = replace(self._state, error=error)
            except Exception as error:  # noqa: BLE001 - a bug must not end the preview: the next change may avoid it
                _log.exception("the preview could not render")
                state = replace(self._state, error=_bug_error(error))
            self._count += 1
            async with self._news:
                self._state = replace(state, version=f"{self._run}-{self._count}")
                self._news.notify_all()

    async def current(self) -> PreviewState:
        """The latest state; waits for the first render."""
        async for state in self.states():
            return state
        return self._state

    async def states(self) -> AsyncIterator[PreviewState]:
        """The latest state and then each new one, until `close`. A slow listener misses states in between."""
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
        """End all `states`, so that open streams do not delay the end of the server."""
        async with self._news:
            self._closed = True
            self._news.notify_all()


def _bug_error(error: Exception) -> DigestError:
    return DigestError(
        f"the preview could not render: {type(error).__name__}: {error}",
        hint="This is a bug in digest. Please report it with the traceback from the terminal.",
    )
