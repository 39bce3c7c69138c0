"""Shorter statements: clauses left out of a sentence by rule, so that what remains is true and still its own words.

The rules and their words are in compression.toml; the checks that each cut must pass are in
`grammar_checks` and `meaning_checks`. A check in doubt says no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from digest.editing.compression.grammar import Cut, is_english, quotations
from digest.editing.compression.grammar_checks import GRAMMAR_CHECKS
from digest.editing.compression.meaning_checks import MEANING_CHECKS
from digest.editing.language_data import compression_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["compress", "compressed_text", "kept_spans"]

#: A statement of so few words is left alone, and no cut leaves fewer than the second.
_SHORT = 12
_FEWEST = 6
#: What is longer is no sentence of a news text; it is returned as it is.
_MOST_CHARACTERS = 1_000
_MOST_PASSES = 4
_SPACES = re.compile(r"\s+")
_JOINING = frozenset(",;:-–—(")  # noqa: RUF001 - typographic dashes are meant
_ALIKE = str.maketrans("’‘“”„\N{NO-BREAK SPACE}", '\'\'""" ')  # noqa: RUF001 - typographic marks are what is meant
_STOP = re.compile(r"(?P<stop>[.!?…]+)[\"'”’»)\]]*$")  # noqa: RUF001 - typographic marks are what is meant
_CHECKS = {**GRAMMAR_CHECKS, **MEANING_CHECKS}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """A kind of clause that can be left out, with the checks that each place it is found at must pass."""

    name: str
    language: str
    pattern: re.Pattern[str]
    needs: str
    over: int
    checks: tuple[Callable[[Cut], bool], ...]


def compress(sentence: str, *, language: str | None = None) -> str:
    """A shorter statement of the same sentence on one line, or the sentence itself. Never raises.

    Its words are the sentence's, in order, at least a third of them; compressing it again changes nothing.

    Args:
        language: The BCP 47 tag of the text. Without one, English is told by its words; what is not stays as it is.
    """
    return compressed_text(sentence, kept_spans(sentence, language=language))


def kept_spans(sentence: str, *, language: str | None = None) -> tuple[tuple[int, int], ...]:
    """The parts of ``sentence`` that its compressed statement keeps, as (start, end) in characters, in order.

    ``sentence[spans[0][0]:spans[-1][1]]`` is what the statement rests on. ``()`` for a text that is white space.
    """
    plain = sentence.translate(_ALIKE)
    spans = tuple(_single_spaced(plain))
    words = _count(plain)
    if not words > _SHORT or len(sentence) > _MOST_CHARACTERS or not _may_be_cut(plain):
        return spans
    rules = _rules_for(plain, language)
    if not rules:
        return spans
    draft = _Draft(plain, spans)
    for _ in range(_MOST_PASSES):
        before = draft.text
        for rule in rules:
            while draft.words > rule.over and rule.needs in draft.text and rule.pattern.search(draft.text):
                if not _apply(rule, draft):
                    break
        if draft.text == before:
            break
    # A draft of which more would have to go was not understood.
    return _to_last_word(sentence, draft.spans) if 3 * draft.words >= words else spans


def compressed_text(sentence: str, spans: Sequence[tuple[int, int]]) -> str:
    """The statement that ``spans`` of ``sentence`` make, as one line with its capital and its final stop."""
    text = " ".join("".join([sentence[start:end] for start, end in spans]).split())
    stop = _STOP.search(sentence.rstrip())
    if spans and stop and sentence[spans[-1][1] :].strip() and not _STOP.search(text):
        text += stop["stop"]
    if sentence.lstrip()[:1].isupper():
        text = text[:1].upper() + text[1:]
    return text


def _to_last_word(sentence: str, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """``spans`` without the final stop where it stands apart, behind what was left out."""
    apart = len(spans) > 1 and spans[-2][1] < spans[-1][0]
    return spans[:-1] if apart and not sentence[slice(*spans[-1])].strip(".!?…") else spans


class _Draft:
    """What is left of a sentence while it is cut: its text for looking at, and where that stands in the sentence.

    The text has single spaces, straight quotes and a capital, so that it is what the next compression would see.
    """

    def __init__(self, plain: str, spans: tuple[tuple[int, int], ...]) -> None:
        self._upper = plain.lstrip()[:1].isupper()
        self.spans = spans
        pieces = [plain[start:end] for start, end in spans]
        self._show("".join([piece if piece.isprintable() else _SPACES.sub(" ", piece) for piece in pieces]))

    def _show(self, text: str) -> None:
        self.text = text
        self.words = _count(text)
        self.quotations = quotations(text)

    def cut(self, start: int, end: int) -> None:
        """Leave out ``text[start:end]``."""
        text = self.text[:start] + self.text[end:]
        self._show(text[:1].upper() + text[1:] if start == 0 and self._upper else text)
        self.spans = tuple(_without(self.spans, start, end))


def _single_spaced(text: str) -> Iterator[tuple[int, int]]:
    """Spans that hold everything but white space around the text and all but the first of a run of it."""
    begin = len(text) - len(text.lstrip())
    last = len(text.rstrip())
    if text.isprintable() and "  " not in text:
        if begin < last:
            yield begin, last
        return
    for match in _SPACES.finditer(text, begin, last):
        if match.end() - match.start() > 1:
            yield begin, match.start() + 1
            begin = match.end()
    if begin < last:
        yield begin, last


def _without(spans: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """``spans`` less what stands from ``start`` to ``end`` when they are put together."""
    place = 0
    for first, last in spans:
        length = last - first
        for low, high in ((0, start - place), (end - place, length)):
            begin, stop = max(0, low), min(length, high)
            if begin < stop:
                yield first + begin, first + stop
        place += length


def _apply(rule: _Rule, draft: _Draft) -> bool:
    """Make the first cut of a rule that passes its checks; whether there was one."""
    text = draft.text
    for match in rule.pattern.finditer(text):
        start, end = match.span()
        if any(start < last and first < end for first, last in draft.quotations):
            continue
        if draft.words - _count(match[0]) < _FEWEST or not _leaves_no_mark(text, start, end):
            continue
        cut = Cut(text=text, start=start, end=end, language=rule.language)
        if all(check(cut) for check in rule.checks):
            # The point of an abbreviation is the final stop as well.
            double = text[start - 1 : start] == "." == text[end : end + 1]
            draft.cut(start, end + double)
            return True
    return False


def _leaves_no_mark(text: str, start: int, end: int) -> bool:
    """Whether a cut leaves neither half a bracket nor a comma or dash that belonged to it."""
    segment = text[start:end]
    return segment.count("(") == segment.count(")") and (start == 0 or text[start - 1] not in _JOINING)


def _count(text: str) -> int:
    return len(text.split())


def _may_be_cut(text: str) -> bool:
    """Whether it is a statement: not a question, and with whole quotations and brackets."""
    return not text.rstrip().endswith("?") and text.count('"') % 2 == 0 and text.count("(") == text.count(")")


def _rules_for(sentence: str, language: str | None) -> tuple[_Rule, ...]:
    if language is None:
        return _rules("en") if is_english(sentence[:_MOST_CHARACTERS]) else ()
    return _rules(language.lower().replace("_", "-").split("-")[0])


@cache
def _rules(language: str) -> tuple[_Rule, ...]:
    phrases: dict[str, str] = compression_table(language).get("vocabulary", {})
    return tuple(_rule(entry, phrases, language) for entry in compression_table(language).get("rules", ()))


def _rule(entry: dict[str, Any], phrases: dict[str, str], language: str) -> _Rule:
    pattern: str = entry["pattern"]
    while (name := re.search(r"\{([a-z_]+)\}", pattern)) is not None:
        pattern = pattern.replace(name[0], phrases[name[1]])
    return _Rule(
        name=entry["name"],
        language=language,
        pattern=re.compile(pattern),
        needs=entry.get("needs", ""),
        over=max(entry.get("over", 0), _SHORT),
        checks=tuple(_CHECKS[check] for check in entry["checks"]),
    )
