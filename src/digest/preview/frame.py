"""Prepare the email for the frame of the preview: its own markup, with the few changes that a preview needs.

A parser finds the positions to change and the rest is copied, so the markup stays as it will be sent.
"""

from __future__ import annotations

import re
from enum import StrEnum
from html import escape, unescape
from html.parser import HTMLParser
from importlib import resources
from itertools import accumulate
from typing import TYPE_CHECKING

from digest.checks import GMAIL_CLIP_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Scheme", "clip_position", "frame_html"]


class Scheme(StrEnum):
    """The colour scheme of the reader's email client."""

    #: No dark mode.
    LIGHT = "light"
    #: The email's own dark styles, as in Apple Mail.
    AUTHORED = "authored"
    #: Colours inverted by the client, as in Gmail's apps; approximated by a CSS filter.
    FORCED = "forced"


_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_ADDRESS = re.compile(r"url\(\s*(?P<quote>[\"']?)(?P<url>[^\"'()]+)(?P=quote)\s*\)", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?P<before>\s(?P<name>src|background|style|media)\s*=\s*)(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')",
    re.IGNORECASE,
)
_NO_BOX = frozenset({"area", "base", "br", "head", "html", "link", "meta", "script", "source", "style", "title"})


def frame_html(html: str, *, scheme: Scheme, image: Callable[[str], str | None]) -> str:
    """Prepare an email for the frame.

    Links open in a new tab. Media queries for ``prefers-color-scheme`` follow ``scheme``, whatever the browser prefers.
    The first element after the position where Gmail clips the email has the attribute ``data-digest-clip``.

    Args:
        html: The HTML part.
        scheme: The colour scheme to show.
        image: Returns the preview's URL for an image of the newsletter, and None for any other image.
    """
    edits = _Edits(html, scheme=scheme, image=image).edits()
    pieces, end = [], 0
    for start, stop, new in sorted(edits):
        pieces += [html[end:start], new]
        end = stop
    return "".join([*pieces, html[end:]])


def clip_position(html: str) -> int | None:
    """The offset, in characters, at which Gmail clips the email; None if it is short enough."""
    data = html.encode()
    return None if len(data) <= GMAIL_CLIP_BYTES else len(data[:GMAIL_CLIP_BYTES].decode(errors="ignore"))


class _Edits(HTMLParser):
    """Parses the email once and collects what to replace: ``(start, stop, new text)``, in characters."""

    def __init__(self, html: str, *, scheme: Scheme, image: Callable[[str], str | None]) -> None:
        # With convert_charrefs, the text passed to handle_data differs in length from the text in the source.
        super().__init__(convert_charrefs=False)
        self._scheme, self._image = scheme, image
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self._html = html
        self._clip = clip_position(html)
        self._in_style = False
        self._top = 0
        self._edits: list[tuple[int, int, str]] = []

    def edits(self) -> Iterable[tuple[int, int, str]]:
        self.feed(self._html)
        self.close()
        return [*self._edits, (self._top, self._top, self._additions())]

    def handle_decl(self, decl: str) -> None:
        self._top = max(self._top, self._offset() + len(decl) + len("<!>"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's signature
        start, text = self._offset(), self.get_starttag_text() or ""
        self._in_style = tag == "style"
        if tag in {"html", "head"}:
            self._top = start + len(text)
        new = _ATTRIBUTE.sub(self._attribute, text)
        if self._clip is not None and start >= self._clip and tag not in _NO_BOX:
            new = f"{new[: len(tag) + 1]} data-digest-clip{new[len(tag) + 1 :]}"
            self._clip = None
        if new != text:
            self._edits.append((start, start + len(text), new))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._in_style = False

    def handle_endtag(self, tag: str) -> None:
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            new = self._css(data)
            if new != data:
                self._edits.append((self._offset(), self._offset() + len(data), new))

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _attribute(self, match: re.Match[str]) -> str:
        value = unescape(match["double"] if match["double"] is not None else match["single"])
        is_address = match["name"].lower() in {"src", "background"}
        new = (self._image(value) or value) if is_address else self._css(value)
        return match[0] if new == value else f'{match["before"]}"{escape(new)}"'

    def _css(self, text: str) -> str:
        return _ADDRESS.sub(self._address, _QUERY.sub(self._answer, text))

    def _answer(self, match: re.Match[str]) -> str:
        wanted = "dark" if self._scheme is Scheme.AUTHORED else "light"
        return "(min-width: 0)" if match[1].lower() == wanted else "(max-width: 0)"

    def _address(self, match: re.Match[str]) -> str:
        new = self._image(match["url"].strip())
        return f"url('{new}')" if new else match[0]

    def _additions(self) -> str:
        names = ("frame.css", "forced.css") if self._scheme is Scheme.FORCED else ("frame.css",)
        css = "".join(resources.files(__package__).joinpath(name).read_text(encoding="utf-8") for name in names)
        return f'<base target="_blank"><style>{css}</style>'
