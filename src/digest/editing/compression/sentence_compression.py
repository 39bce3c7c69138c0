"""Cuts clauses from a sentence by rule, so that the rest is still true and still in the sentence's own words.

The rules and their word lists are in compression.toml. Each cut must pass the checks of its rule, which are in
`grammar_checks` and `meaning_checks`. A check that is in doubt refuses the cut.
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

#: A sentence of at most _SHORT words is not cut, and no cut leaves fewer than _FEWEST words.
_SHORT = 12
_FEWEST = 6
#: Longer text is not a sentence of a news article, and is not cut.
_MOST_CHARACTERS = 1_000
_MOST_PASSES = 4
_SPACES = re.compile(r"\s+")
_JOINING = frozenset(",;:-–—(")  # noqa: RUF001 - typographic dashes are intended
_ALIKE = str.maketrans("’‘“”„\N{NO-BREAK SPACE}", '\'\'""" ')  # noqa: RUF001 - typographic marks are intended
_STOP = re.compile(r"(?<![.!?…])(?P<stop>[.!?…]+)[\"'”’»)\]]*$")  # noqa: RUF001 - typographic marks are intended
_CHECKS = {**GRAMMAR_CHECKS, **MEANING_CHECKS}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    """A kind of clause that can be cut.

    Attributes:
        pattern: Finds the clauses.
        needs: Text that a sentence must contain for the rule to be tried.
        over: The rule is tried on sentences with more words than this.
        checks: Each cut must pass all of them.
    """

    name: str
    language: str
    pattern: re.Pattern[str]
    needs: str
    over: int
    checks: tuple[Callable[[Cut], bool], ...]


def compress(sentence: str, *, language: str | None = None) -> str:
    """Shorten a sentence, if it has clauses that can be cut. Never raises.

    The result is one line. It has at least a third of the sentence's words, in order, and compressing it again changes
    nothing.

    Args:
        sentence: Plain text.
        language: Its BCP 47 tag. Without one, the sentence is shortened only if it is recognised as English.
    """
    return compressed_text(sentence, kept_spans(sentence, language=language))


def kept_spans(sentence: str, *, language: str | None = None) -> tuple[tuple[int, int], ...]:
    """The parts of a sentence that `compress` keeps.

    Returns:
        Spans as (start, end) in characters, in order; ``()`` for white space. The compressed sentence is taken from
        ``sentence[spans[0][0]:spans[-1][1]]``.
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
    # If two thirds of the words can go, the sentence was probably misread.
    return _to_last_word(sentence, draft.spans) if 3 * draft.words >= words else spans


def compressed_text(sentence: str, spans: Sequence[tuple[int, int]]) -> str:
    """Join ``spans`` of a sentence to one line, with a capital and a final stop if the sentence has them."""
    text = " ".join("".join([sentence[start:end] for start, end in spans]).split())
    stop = _STOP.search(sentence.rstrip())
    if spans and stop and sentence[spans[-1][1] :].strip() and not _STOP.search(text):
        text += stop["stop"]
    if sentence.lstrip()[:1].isupper():
        text = text[:1].upper() + text[1:]
    return text


def _to_last_word(sentence: str, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Drop a last span that holds only the final stop, because the words before it were cut."""
    apart = len(spans) > 1 and spans[-2][1] < spans[-1][0]
    return spans[:-1] if apart and not sentence[slice(*spans[-1])].strip(".!?…") else spans


class _Draft:
    """A sentence while it is being cut: the remaining text, and its spans in the original sentence.

    The text has single spaces, straight quotes and a capital, exactly as if it were compressed anew.
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
        """Remove ``text[start:end]``."""
        text = self.text[:start] + self.text[end:]
        self._show(text[:1].upper() + text[1:] if start == 0 and self._upper else text)
        self.spans = tuple(_without(self.spans, start, end))


def _single_spaced(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text that leave out surrounding white space, and all but the first character of each run of it."""
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
    """``spans`` without the characters from ``start`` to ``end`` of their joined text."""
    place = 0
    for first, last in spans:
        length = last - first
        for low, high in ((0, start - place), (end - place, length)):
            begin, stop = max(0, low), min(length, high)
            if begin < stop:
                yield first + begin, first + stop
        place += length


def _apply(rule: _Rule, draft: _Draft) -> bool:
    """Make the first cut of a rule that passes all checks. Return whether there was one."""
    text = draft.text
    for match in rule.pattern.finditer(text):
        start, end = match.span()
        if any(start < last and first < end for first, last in draft.quotations):
            continue
        if draft.words - _count(match[0]) < _FEWEST or not _leaves_no_mark(text, start, end):
            continue
        cut = Cut(text=text, start=start, end=end, language=rule.language)
        if all(check(cut) for check in rule.checks):
            # The full stop of an abbreviation also ends the sentence.
            double = text[start - 1 : start] == "." == text[end : end + 1]
            draft.cut(start, end + double)
            return True
    return False


def _leaves_no_mark(text: str, start: int, end: int) -> bool:
    """Whether a cut leaves no unmatched bracket, and no comma or dash that belonged to it."""
    segment = text[start:end]
    return segment.count("(") == segment.count(")") and (start == 0 or text[start - 1] not in _JOINING)


def _count(text: str) -> int:
    return len(text.split())


def _may_be_cut(text: str) -> bool:
    """Whether a sentence is not a question, and its quotation marks and brackets are balanced."""
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
