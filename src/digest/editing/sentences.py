"""Sentences of a text, with the place of each.

English, German, French, Spanish, Italian and Portuguese are split with the help of lists of abbreviations
(english.toml, languages.toml); every other language by its punctuation, with or without a space after it. Each
paragraph ends a sentence, and so does a line, unless the lines are wrapped ones.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

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
#: A stop with what closes after it; a stop of a script that has no capitals to look for; or a join without a space.
_BOUNDARY = re.compile(
    r"[.!?…。！？｡．।॥؟۔։።](?:"
    rf"(?<=[.!?…])(?P<stop>[.!?…]{{0,20}})(?P<close>(?:[\u00a0\u202f ]»|[{_CLOSERS}]){{0,4}})(?=\s)"
    r"|(?<=[。！？｡．])[。！？｡．]{0,8}[」』”’）》\"']{0,4}"
    r"|(?<=[।॥؟۔։።])[।॥؟۔։።]{0,8}[”’»\"')]{0,4}"
    r"|(?<=[a-zß-ÿ)%\d”][a-zß-ÿ\d)%’][.!?])(?:(?P<mark>\")|[”“]?)(?=[“\"]?[A-Z][a-z]*[\s,’'])(?!\w{1,3}(?<=Com|Org|Net)\b))"
)
_BEFORE = re.compile(rf"[^\s“”\"{_OPENERS}]*$")
_AFTER = re.compile(rf"\s+(?P<open>[{_OPENERS}]*)(?P<word>[\w'’.]*)(?P<rest>.{{0,60}})", re.DOTALL)
#: A time that opens a sentence: "At 6 p.m. Mr. Roe left".
_LEAD_IN = re.compile(r"(?:At|By|Around|About|Until|Since|Before|After|From|Shortly)\b[\w\s:.]{0,24}$")
_ELISION = re.compile(r"^(?:dell|nell|all|[cdlmnst])['’](?=\w)")
_POSSESSIVE = re.compile(r"\w['’]\w$")
_LETTERS = re.compile(r"(?:[a-z]\.)+[a-z]")
_CAMEL = re.compile(r"[a-z]{1,3}[A-Z]")
_SPEAKER = re.compile(r"^\W*(?:[A-Z][\w.'’-]*\s+){0,4}(\w+)")
_WRAP_WIDTH = 110
#: Longer than times of day and initials.
_LONG_WORD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One sentence as it stands in the text: ``text[start:end]``, without white space around it.

    Attributes:
        paragraph: The number of its paragraph, from 0.
    """

    text: str
    start: int
    end: int
    paragraph: int


def split_sentences(text: str, *, language: str | None = None) -> tuple[Sentence, ...]:
    """Split plain text; offsets are in characters of ``text``. Never raises, and loses nothing but white space.

    Args:
        language: Its BCP 47 tag. Without one the language is told by its small words.
    """
    words = abbreviations(detect_language(text, tag=language))
    found: list[Sentence] = []
    for paragraph, (first, last) in enumerate(_blocks(text)):
        begin = first
        for end in (*_Block(text, first, last, words).ends(), last):
            piece = text[begin:end]
            stripped = piece.strip()
            if stripped:
                start = begin + len(piece) - len(piece.lstrip())
                stop = start + len(stripped)
                found.append(Sentence(text=stripped, start=start, end=stop, paragraph=paragraph))
            begin = end
    return tuple(found)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Spans in which a line break is no more than a space."""
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
    """One span when every line was filled up: the first word of the next would not have fitted. Else one a line."""
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
            continue  # a line that no stop ends goes on in small letters
        yield (start if begin is None else begin), end
        begin = None


class _Block:
    """A part of a text without line breaks that mean anything, and where its sentences end."""

    def __init__(self, text: str, first: int, last: int, words: Abbreviations) -> None:
        self.text, self.first, self.last, self.words = text, first, last, words
        self.begin = first
        # Some write without capitals: there every known opening begins a sentence.
        self.lower = text[first:last].islower()

    def ends(self) -> Iterator[int]:
        for match in _BOUNDARY.finditer(self.text, self.first, self.last):
            end = match.end()
            if match["mark"] and self.text.count('"', self.begin, end) % 2:
                end -= 1  # the mark of a join opens what follows
            if match["stop"] is None or self._ends_plainly(match.start(), end) or self._is_end(match):
                self.begin = end
                yield end

    def _ends_plainly(self, stop: int, end: int) -> bool:
        """Most do: after a word that is no abbreviation, before a capital. `_is_end` says the same, in more time."""
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
            previous = f"'{previous}"  # no initial
        at_start = bool(before) and not self.text[self.begin : before.start()].strip() if before else False
        if at_start and (len(previous) == 1 or (previous.isdigit() and len(previous) <= 2)):
            return bool(match["close"])  # "1. The first point", "I. Newton"
        return self._ends_after(previous, following, closed=bool(match["close"]), opened=opened, at=match.start())

    def _runs_on(self, match: re.Match[str], following: str, rest: str) -> bool:
        """Whether ``!`` or ``?`` stands inside a name (Yahoo! Inc.) or a quotation that its speaker follows."""
        if not match["close"]:
            return following in word_list("abbreviations", "after_exclamation")
        speaker = _SPEAKER.match(rest)
        if speaker is None or following in self.words.starters:
            return False
        return speaker[1].lower() in word_list("words", "speech")

    def _ends_after(self, previous: str, following: str, *, closed: bool, opened: bool, at: int) -> bool:
        """Whether a single full stop after the word ``previous`` ends a sentence before the word ``following``."""
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
        """Whether a sentence ends with a time of day: not before a zone or a day, nor when nothing else was said."""
        if following in word_list("abbreviations", "after_time"):
            return False
        return starts or _LEAD_IN.match(self.text, self._opening(), at) is None

    def _opening(self) -> int:
        """Where the sentence's first character stands."""
        place = self.begin
        while place < self.last and self.text[place].isspace():
            place += 1
        return place


def _may_begin(word: str, *, opened: bool) -> bool:
    """Whether a sentence can begin with ``word``: a capital, a figure, or a script without capitals."""
    if not word.strip("."):
        return not word  # ". . ." goes on
    first = word[0]
    if first.islower():
        return _CAMEL.match(word) is not None  # iPhone
    return opened or first.isupper() or first.isdigit() or not first.isascii() or first in ".'’"
