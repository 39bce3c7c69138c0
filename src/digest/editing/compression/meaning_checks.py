"""Whether a sentence is still true without a clause: the checks of what a cut takes, and from whom.

Each answers for one cut, and answers no when in doubt.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.editing.compression.grammar import (
    finite_verbs,
    grammar_words,
    is_finite,
    is_under_way,
    quotations,
    words_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from digest.editing.compression.grammar import Cut

__all__ = ["MEANING_CHECKS"]

_CLEFT = re.compile(r"\b[Ii]t(?:'s| is| was) |, with [^,]*$| with [^,]* and [^,]*$")
_FUTURE = re.compile(
    r"\b(?:will|would|shall|may|might|could|to be|set to|due|plan(?:s|ned|ning)?|scheduled|expect(?:s|ed)|upcoming|"
    r"deadline|until|(?:is|are) to|opens|begins|starts|ends|takes place|next|going to|\w+'ll)\b"
)
_INDEFINITE = re.compile(r"\b(?:an?|two|three|four|five|several)(?: [a-z'-]+){1,3}$")
_LIMIT = re.compile(r"\b(?:(?:more|less|fewer) than|up to|at most|as (?:long|far) as|even (?:if|when)|subject to)\b")
_PASSIVE = re.compile(r"\b(?:was|were|been|are|is|being|least)(?: \w+ly)? (\w+)")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d")


def _clause_behind(cut: Cut) -> bool:
    """It says when or why it happened, and neither belongs to a phrase in front nor brings the news itself."""
    words, before = cut.words, words_in(cut.before)
    if cut.last_word in grammar_words("clause_bound") or before[-2:-1] == ["to"]:
        return False
    if words[0] in {"after", "following", "amid"}:
        return True
    if is_under_way(before) or "that" in before or words[1:3] == ["it", "comes"]:
        return False
    compared = words[0] == "as" and "as" in before[-6:]
    return finite_verbs(words[2:8]) > 0 and not compared


def _day_alone(cut: Cut) -> bool:
    """The day is no part of a name, a span of days or a rule."""
    following = cut.next_words[:2]
    joined = any(word in grammar_words("day_before") or word.endswith("day") for word in following[:1])
    span = len(following) > 1 and following[1].endswith("day") and following[0] in {"to", "through", "until"}
    return bool(cut.last_word) and cut.last_word not in grammar_words("day_after") and not joined and not span


def _describes(cut: Cut) -> bool:
    """It describes what is named for the first time: "a bridge that crosses it", not "the" nor "a report that the"."""
    return any(map(is_finite, cut.words[1:2])) and bool(_INDEFINITE.search(cut.before))


def _event(cut: Cut) -> bool:
    """What is in front of it tells of one thing that happened, and not of when or how often it does."""
    words = words_in(cut.before)
    if not grammar_words("limits").isdisjoint(words) or _has_nt(words):
        return False
    return any(_is_past(word) or word in {"has", "have"} for word in words)


def _institution(cut: Cut) -> bool:
    """Who says it reports and takes no side; whom it is told does not matter."""
    source = set(words_in(cut.segment.partition(" told ")[0]))
    return not source.isdisjoint(grammar_words("institutions")) and source.isdisjoint(grammar_words("partisan"))


def _names_subject(cut: Cut) -> bool:
    """What follows names what it is about."""
    return bool(cut.next_words) and cut.next_words[0] not in grammar_words("pronouns")


def _not_repeated(cut: Cut) -> bool:
    """It takes no short name that the rest goes on to use."""
    inner = cut.segment.strip(" ()[]")
    return " " in inner or inner not in cut.rest


def _occasion(cut: Cut) -> bool:
    """It says on what occasion something was said or done."""
    return cut.takes("occasions") and _unscoped(cut)


def _own_clause(cut: Cut) -> bool:
    """It is a clause beside the claim, and may take what qualifies nothing but itself."""
    kept = (grammar_words("keep") - grammar_words("own")) | grammar_words("turns")
    return kept.isdisjoint(cut.words) and not _has_nt(cut.words) and not _CLEFT.search(cut.before)


def _past(cut: Cut) -> bool:
    """The statement tells of what has happened: when something will be is news."""
    return not _FUTURE.search(cut.rest) and any(map(_is_past, words_in(cut.rest)))


def _is_past(word: str) -> bool:
    return word in grammar_words("past") or (word.endswith("ed") and len(word) > 3)


def _past_only(cut: Cut) -> bool:
    """As far as the words of other languages tell, nothing of what follows is still to come."""
    return grammar_words("contested", cut.language).isdisjoint(words_in(cut.after))


def _plain(cut: Cut) -> bool:
    """It takes no negation, condition, restriction, hedge or turn of the news."""
    taken = cut.takes("keep") or cut.takes("turns") or cut.takes("grave")
    return not taken and not _has_nt(cut.words) and not _LIMIT.search(cut.segment)


def _has_nt(words: Iterable[str]) -> bool:
    return any(word.endswith("n't") for word in words)


def _plain_also(cut: Cut) -> bool:
    """It joins a statement to others, and nothing within it."""
    following = [*cut.next_words, ""][0]
    return cut.last_word not in {"but", "not", "and", "only"} and following not in {"known", "called", "on", "of", ""}


def _plain_rest(cut: Cut) -> bool:
    """As `_plain`, its first word aside."""
    first = len(cut.segment) - len(cut.segment.lstrip(", ").partition(" ")[2])
    return _plain(replace(cut, start=cut.start + first))


def _uncontested(cut: Cut) -> bool:
    """What remains is a plain report: no quotation, accusation, judgement or forecast that needs its speaker."""
    if quotations(cut.rest):
        return False
    suffered = {match[1].lower() for match in _PASSIVE.finditer(cut.rest)} & grammar_words("harm", cut.language)
    words = words_in(cut.rest)
    return (grammar_words("contested", cut.language) - suffered).isdisjoint(words) and not _has_nt(words)


def _unscoped(cut: Cut) -> bool:
    """It does not say when, where or for whom a claim holds: it has no date, and nothing general follows."""
    if cut.takes("scope") or _YEAR.search(cut.segment):
        return False
    general = {"can", "must", "should", "could", "may", "might"}
    return cut.words[0] not in {"when", "with", "as", "after", "while", "during"} or general.isdisjoint(
        words_in(cut.after)
    )


#: By the names that the rules give them.
MEANING_CHECKS: Mapping[str, Callable[[Cut], bool]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _clause_behind,
        _day_alone,
        _describes,
        _event,
        _institution,
        _names_subject,
        _not_repeated,
        _occasion,
        _own_clause,
        _past,
        _past_only,
        _plain,
        _plain_also,
        _plain_rest,
        _uncontested,
        _unscoped,
    )
}
