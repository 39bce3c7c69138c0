"""Splits a text into sentences with their offsets.

For English, German, French, Spanish, Italian and Portuguese there are lists of abbreviations (english.toml and
languages.toml). Other languages are split at their punctuation, with or without a space after it. The end of a
paragraph ends a sentence, and so does the end of a line unless the text is hard-wrapped.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are intended

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.language_data import abbreviations, word_list
from digest.editing.tokenization import detect_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.editing.language_data import Abbreviations

__all__ = ["Sentence", "split_sentences"]

_CLOSERS = "\"'”’»)\\]“‘«"
_OPENERS = "\"'“‘«„»‚(\\[¿¡"
#: A stop with closing marks; a stop of a script without capitals; or two sentences without a space between them.
_BOUNDARY = re.compile(
    r"[.!?…。！？｡．।॥؟۔։።](?:"
    rf"(?<=[.!?…])(?P<stop>[.!?…]{{0,20}})(?P<close>(?:[\u00a0\u202f ]»|[{_CLOSERS}]){{0,4}})(?=\s)"
    r"|(?<=[。！？｡．])[。！？｡．]{0,8}[」』”’）》\"']{0,4}"
    r"|(?<=[।॥؟۔։።])[।॥؟۔։።]{0,8}[”’»\"')]{0,4}"
    r"|(?<=[a-zß-ÿ)%\d”][a-zß-ÿ\d)%’][.!?])(?:(?P<mark>\")|[”“]?)(?=[“\"]?[A-Z][a-z]*[\s,’'])(?!\w{1,3}(?<=Com|Org|Net)\b))"
)
_BEFORE = re.compile(rf"[^\s“”\"{_OPENERS}]*$")
_AFTER = re.compile(rf"\s+(?P<open>[{_OPENERS}]*)(?P<word>[\w'’.]*)(?P<rest>.{{0,60}})", re.DOTALL)
#: A time at the start of a sentence: "At 6 p.m. Mr. Roe left".
_LEAD_IN = re.compile(r"(?:At|By|Around|About|Until|Since|Before|After|From|Shortly)\b[\w\s:.]{0,24}$")
_ELISION = re.compile(r"^(?:dell|nell|all|[cdlmnst])['’](?=\w)")
_POSSESSIVE = re.compile(r"\w['’]\w$")
_LETTERS = re.compile(r"(?:[a-z]\.)+[a-z]")
_CAMEL = re.compile(r"[a-z]{1,3}[A-Z]")
_SPEAKER = re.compile(r"^\W*(?:[A-Z][\w.'’-]*\s+){0,4}(\w+)")
_WRAP_WIDTH = 110
#: Abbreviated times of day and initials are shorter.
_LONG_WORD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One sentence of a text.

    Attributes:
        text: ``text[start:end]`` of the whole text, without white space around it.
        start: The offset of its first character.
        end: The offset of its end, exclusive.
        paragraph: The index of its paragraph, from 0.
    """

    text: str
    start: int
    end: int
    paragraph: int


def split_sentences(text: str, *, language: str | None = None) -> tuple[Sentence, ...]:
    """Split plain text into sentences. Never raises, and loses nothing but white space.

    Args:
        text: Plain text; a blank line separates paragraphs.
        language: Its BCP 47 tag; by default the language is detected.

    Returns:
        The sentences in order, with offsets in characters of ``text``.
    """
    words = abbreviations(detect_language(text, tag=language))
    sentences: list[Sentence] = []
    for paragraph, (first, last) in enumerate(_blocks(text)):
        begin = first
        for end in (*_Block(text, first, last, words).ends(), last):
            piece = text[begin:end]
            stripped = piece.strip()
            if stripped:
                start = begin + len(piece) - len(piece.lstrip())
                stop = start + len(stripped)
                sentences.append(Sentence(text=stripped, start=start, end=stop, paragraph=paragraph))
            begin = end
    return tuple(sentences)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The spans within which a line break means no more than a space."""
    lines: list[tuple[int, int]] = []
    for match in re.finditer(r"[^\r\n]+", text):
        if match[0].isspace():
            continue
        if lines and text.count("\n", lines[-1][1], match.start()) > 1:
            yield from _join_wrapped(text, lines)
            lines = []
        lines.append(match.span())
    yield from _join_wrapped(text, lines)


def _join_wrapped(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """One span per line, or one for all if they are hard-wrapped: none has room for the first word of the next."""
    if not lines:
        return
    pieces = [text[start:end].strip() for start, end in lines]
    width = max(map(len, pieces))
    wrapped = (
        len(lines) > 1
        and 30 <= width <= _WRAP_WIDTH
        and any(piece[-1] not in '.!?…:"”' for piece in pieces[:-1])
        and all(len(piece) + 1 + len(after.split(None, 1)[0]) > width for piece, after in pairwise(pieces))
    )
    if wrapped:
        yield lines[0][0], lines[-1][1]
        return
    begin: int | None = None
    for (start, end), piece, after in zip(lines, pieces, [*pieces[1:], ""], strict=True):
        if piece[-1].isalpha() and after[:1].islower():
            begin = start if begin is None else begin
            continue  # a line without a stop continues in lower case
        yield (start if begin is None else begin), end
        begin = None


class _Block:
    """A span of a text without significant line breaks, and the ends of its sentences."""

    def __init__(self, text: str, first: int, last: int, words: Abbreviations) -> None:
        self.text, self.first, self.last, self.words = text, first, last, words
        self.begin = first
        # In a text without capitals, a word of `starters` begins a sentence.
        self.lower = text[first:last].islower()

    def ends(self) -> Iterator[int]:
        for match in _BOUNDARY.finditer(self.text, self.first, self.last):
            end = match.end()
            if match["mark"] and self.text.count('"', self.begin, end) % 2:
                end -= 1  # the quotation mark opens the next sentence
            if match["stop"] is None or self._ends_plainly(match.start(), end) or self._is_end(match):
                self.begin = end
                yield end

    def _ends_plainly(self, stop: int, end: int) -> bool:
        """The common case: a long word that is not an abbreviation, then a capital. `_is_end` agrees, but is slower."""
        text = self.text
        if text[stop:end] != "." or not text[end + 1 : end + 2].isupper():
            return False
        word = text[max(self.begin, text.rfind(" ", self.begin, stop) + 1) : stop]
        if len(word) < _LONG_WORD or not word.isalpha():
            return False
        word = word.lower()
        return word not in self.words.never_end and word not in self.words.may_end

    def _is_end(self, match: re.Match[str]) -> bool:
        after = _AFTER.match(self.text, match.end(), self.last)
        if after is None:
            return True
        word, opened = after["word"], bool(after["open"])
        following = word.lower().rstrip(".'’")
        if not (_may_begin(word, opened=opened) or (self.lower and following in self.words.starters)):
            return False
        if match["stop"] or self.text[match.start()] != ".":
            return not self._runs_on(match, following, word + after["rest"])
        before = _BEFORE.search(self.text, max(self.begin, match.start() - 40), match.start())
        previous = before[0].lower().strip("'’()[]-–—,") if before else ""
        if len(previous) == 1 and _POSSESSIVE.search(self.text, max(0, match.start() - 3), match.start()):
            previous = f"'{previous}"  # a possessive ending, not an initial
        at_start = bool(before) and not self.text[self.begin : before.start()].strip() if before else False
        if at_start and (len(previous) == 1 or (previous.isdigit() and len(previous) <= 2)):
            return bool(match["close"])  # "1. The first point", "I. Newton"
        return self._ends_after(previous, following, closed=bool(match["close"]), opened=opened, at=match.start())

    def _runs_on(self, match: re.Match[str], following: str, rest: str) -> bool:
        """Whether ``!`` or ``?`` is part of a name (Yahoo! Inc.), or ends a quotation that its speaker follows."""
        if not match["close"]:
            return following in word_list("abbreviations", "after_exclamation")
        speaker = _SPEAKER.match(rest)
        if speaker is None or following in self.words.starters:
            return False
        return speaker[1].lower() in word_list("words", "speech")

    def _ends_after(self, previous: str, following: str, *, closed: bool, opened: bool, at: int) -> bool:
        """Whether a full stop between the words ``previous`` and ``following`` ends a sentence."""
        words = self.words
        bare = _ELISION.sub("", previous.rsplit("-", 1)[-1])
        starts = following in words.starters
        if closed and bare not in words.never_end:
            return True
        if bare in words.never_end or (following[:1].isdigit() and bare in words.before_number):
            return False
        if bare in word_list("abbreviations", "time_of_day"):
            return self._ends_at_time(following, starts=starts, at=at)
        if len(bare) == 1 and bare.isalpha() and bare != "i":
            return starts and following not in {"a", "i"}
        ordinal = words.ordinals and bare.isdigit() and len(bare) <= 2
        if ordinal or bare in words.may_end or _LETTERS.fullmatch(bare):
            return starts or (opened and not ordinal)
        return True

    def _ends_at_time(self, following: str, *, starts: bool, at: int) -> bool:
        """Whether a time of day ends a sentence: not before a time zone or a day, nor if nothing precedes it."""
        if following in word_list("abbreviations", "after_time"):
            return False
        return starts or _LEAD_IN.match(self.text, self._opening(), at) is None

    def _opening(self) -> int:
        """The offset of the first character of the current sentence."""
        place = self.begin
        while place < self.last and self.text[place].isspace():
            place += 1
        return place


def _may_begin(word: str, *, opened: bool) -> bool:
    """Whether a sentence can begin with ``word``: with a capital, a digit, or a letter without case."""
    if not word.strip("."):
        return not word  # ". . ." is an ellipsis
    first = word[0]
    if first.islower():
        return _CAMEL.match(word) is not None  # iPhone
    return opened or first.isupper() or first.isdigit() or not first.isascii() or first in ".'’"
