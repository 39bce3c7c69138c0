"""Transcripts of podcasts as text: WebVTT, SubRip, JSON, HTML and plain text. Nothing is fetched here.

See https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/examples/transcripts/transcripts.md.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from digest.sources.encoding import decode_text
from digest.sources.html_text import decode_references, has_markup, text_of_html, text_of_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from digest.sources.feeds.feed_items import FeedTranscript

__all__ = ["best_transcript", "transcript_text"]

#: The forms that keep the most of a text first: their kinds, or endings of their files.
_ORDER = ("html", "plain", "txt", "json", "vtt", "srt", "subrip")
_TIMING = re.compile(r"\s*(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->")
_VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,80})>")
_MARKUP = re.compile(r"<[^<>]{0,100}>")
_BLOCK = re.compile(r"\n[ \t]*\n")
_NOT_CUES = ("WEBVTT", "NOTE", "STYLE", "REGION", "X-TIMESTAMP")
#: Who speaks and when, in HTML; and at the beginning of a line of plain text.
_ASIDE = re.compile(r"<(cite|time)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(
    r"^[ \t]*(?:(?:speaker|sprecher(?:in)?|voice) ?\w{0,3}[ \t]*[:\-])?[ \t]*"
    r"[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:\.\d+)?[\])]?[ \t]*[:\-]?[ \t]*"
    r"|^[ \t]*(?:speaker|sprecher(?:in)?|voice) ?\w{0,3}[ \t]*:[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_SENTENCE_END = re.compile(r"""[.!?…。！？]["'”’»)\]]*$""")  # noqa: RUF001 - typographic quotes
#: A paragraph ends with the first sentence that ends behind this many characters, or at last here without one.
_LONG, _LONGEST = 400, 1200
_MOST_CUES = 20_000


def best_transcript(transcripts: Iterable[FeedTranscript], *, language: str | None) -> str:
    """Return the link to the most readable transcript, preferably in the item's language, or an empty string."""

    def rank(transcript: FeedTranscript) -> tuple[bool, int]:
        kind = f"{transcript.kind} {transcript.link.partition('?')[0].rpartition('.')[2]}".lower()
        place = next((place for place, form in enumerate(_ORDER) if form in kind), len(_ORDER))
        tag = transcript.language[:2].lower()
        return bool(tag and language and tag != language[:2].lower()), place

    links = [transcript for transcript in transcripts if transcript.link]
    return min(links, key=rank).link if links else ""


def transcript_text(data: bytes) -> str:
    """Return the words of a transcript in any of the five forms, in paragraphs, without speakers and times.

    The form is recognised by the content, because servers often declare another one. "" if there are no words.
    """
    text = decode_text(data).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return _paragraphs(_segments(json.loads(text, strict=False), 0))
        except (ValueError, RecursionError):
            pass
    if _TIMING.search(text):
        return _paragraphs(_cues(text))
    if has_markup(text):
        return text_of_html(_ASIDE.sub(" ", text))
    return text_of_plain(_LABEL.sub("", text))


def _segments(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Yield (speaker, words) of the segments in JSON."""
    if isinstance(value, list):
        for part in value[:_MOST_CUES]:
            yield from _segments(part, depth)
    elif isinstance(value, dict) and depth < 4:
        words = next((value[key] for key in ("body", "text") if isinstance(value.get(key), str)), None)
        parts = [value[key] for key in ("segments", "transcript", "results", "monologues") if value.get(key)]
        if parts:
            yield from _segments(parts[0], depth + 1)
        elif words is not None:
            yield str(value.get("speaker") or ""), words
    elif isinstance(value, str) and depth:
        yield "", value


def _cues(text: str) -> Iterator[tuple[str, str]]:
    """Yield (speaker, words) of the cues of WebVTT (https://www.w3.org/TR/webvtt1/) or SubRip."""
    before: list[str] = []
    for block in _BLOCK.split(text)[:_MOST_CUES]:
        lines = block.strip("\n").split("\n")
        at = next((place for place, line in enumerate(lines) if _TIMING.match(line)), None)
        if at is None or lines[0].startswith(_NOT_CUES[1:]):
            continue
        voice = _VOICE.search(block)
        words = [decode_references(_MARKUP.sub("", line)).strip() for line in lines[at + 1 :]]
        # Captions that roll show each line twice.
        fresh = [line for line in words if line and line not in before]
        before = words
        if fresh:
            yield voice[1] if voice else "", " ".join(fresh)


def _paragraphs(parts: Iterable[tuple[str, str]]) -> str:
    paragraphs: list[str] = []
    current, speaker = "", ""
    for name, words in parts:
        changed = bool(name) and bool(speaker) and name != speaker
        full = len(current) > _LONG and (_SENTENCE_END.search(current) or len(current) > _LONGEST)
        if current and (changed or full):
            paragraphs.append(current)
            current = ""
        speaker = name or speaker
        current = f"{current} {' '.join(words.split())}".strip()
    return text_of_plain("\n\n".join([*paragraphs, current]))
