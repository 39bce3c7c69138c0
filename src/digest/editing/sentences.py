"""Sentences of a text, with the place of each.

English is split with the help of a list of abbreviations (english.toml); every other language by its punctuation, with
or without a space after it. Each paragraph ends a sentence, and so does a line, unless the lines are wrapped ones.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.language import word_list

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sentence", "split_sentences"]

_CLOSERS = "\"'”’»)\\]"
_OPENERS = "\"'“‘«„(\\[¿¡"
#: A stop with what closes after it; a stop of a script that has no capitals to look for; or a join without a space.
_BOUNDARY = re.compile(
    rf"(?P<stop>[.!?…]{{1,20}})(?P<close>[{_CLOSERS}]{{0,4}})(?=\s)"
    r"|[。！？｡．]{1,8}[」』”’）》\"']{0,4}"
    r"|[।॥؟۔։።။]{1,8}[”’»\"')]{0,4}"
    r"|(?<=[a-z]{2})[.!?][”\"]?(?=[“\"]?[A-Z][a-z]*[\s,])"
)
_BEFORE = re.compile(rf"[^\s“”\"{_OPENERS}]*$")
_AFTER = re.compile(rf"\s+(?P<open>[{_OPENERS}]*)(?P<word>[\w'’.]*)(?P<rest>.{{0,60}})", re.DOTALL)
_SPEAKER = re.compile(r"^\W*(?:[A-Z][\w.'’-]*\s+){0,4}(\w+)")
_WRAP_WIDTH = 110


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


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """Split plain text; offsets are in characters of ``text``. Never raises, and loses nothing but white space."""
    found: list[Sentence] = []
    for paragraph, (first, last) in enumerate(_blocks(text)):
        begin = first
        for end in (*_ends(text, first, last), last):
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
    pieces = [text[start:end].strip() for start, end in lines]
    width = max(map(len, pieces), default=0)
    wrapped = (
        len(lines) > 1
        and 30 <= width <= _WRAP_WIDTH
        and any(piece[-1] not in '.!?…:"”' for piece in pieces[:-1])
        and all(len(piece) + 1 + len(after.split(None, 1)[0]) > width for piece, after in pairwise(pieces))
    )
    if wrapped:
        yield lines[0][0], lines[-1][1]
    else:
        yield from lines


def _ends(text: str, first: int, last: int) -> Iterator[int]:
    begin = first
    for match in _BOUNDARY.finditer(text, first, last):
        if match["stop"] is None or _is_end(text, begin, match, last):
            begin = match.end()
            yield begin


def _is_end(text: str, begin: int, match: re.Match[str], last: int) -> bool:
    after = _AFTER.match(text, match.end(), last)
    if after is None:
        return True
    word, opened = after["word"], after["open"]
    following = word.lower().rstrip(".'’")
    if not _may_begin(word, opened=bool(opened)):
        return False
    if match["stop"] != ".":
        return not _runs_on(match, following, word + after["rest"])
    before = _BEFORE.search(text, max(begin, match.start() - 40), match.start())
    previous = before[0].lower().strip("'’()[]-–—,") if before else ""
    if before and previous.isdigit() and len(previous) <= 2 and not text[begin : before.start()].strip():
        return False  # "1. The first point"
    return _ends_after(previous, following, closed=bool(match["close"]), opened=bool(opened))


def _may_begin(word: str, *, opened: bool) -> bool:
    """Whether a sentence can begin with ``word``: a capital, a figure, or a script without capitals."""
    if not word:
        return True
    first = word[0]
    if first.islower():
        return len(word) > 1 and word[1].isupper()  # iPhone
    return opened or first.isupper() or first.isdigit() or not first.isascii() or first in "'’"


def _runs_on(match: re.Match[str], following: str, rest: str) -> bool:
    """Whether ``!`` or ``?`` stands inside a name (Yahoo! Inc.) or a quotation that its speaker follows."""
    if not match["close"]:
        return following in word_list("abbreviations", "after_exclamation")
    speaker = _SPEAKER.match(rest)
    if speaker is None or following in word_list("words", "starters"):
        return False
    return speaker[1].lower() in word_list("words", "speech")


def _ends_after(previous: str, following: str, *, closed: bool, opened: bool) -> bool:
    """Whether a single full stop after the word ``previous`` ends a sentence before the word ``following``."""
    starts = following in word_list("words", "starters")
    bare = previous.rsplit("-", 1)[-1]
    if following[:1].isdigit() and bare in word_list("abbreviations", "before_number"):
        return False
    if bare in word_list("abbreviations", "never_end"):
        return False
    if bare in word_list("abbreviations", "time_of_day"):
        return following not in word_list("abbreviations", "after_time")
    if len(bare) == 1 and bare.isalpha() and bare != "i" and not closed:
        return starts and following not in {"a", "i"}
    if bare in word_list("abbreviations", "may_end") or re.fullmatch(r"(?:[a-z]\.)+[a-z]", bare):
        return starts or opened
    return True
