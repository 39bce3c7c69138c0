"""Checks that a sentence is still true after a cut, and still names its speaker if that matters.

Each check takes one cut and returns whether it is allowed. When in doubt, it returns False.
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
    """The cut says when or why something happened, belongs to no phrase before it, and is not the news itself."""
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
    """The day is not part of a name, a span of days or a rule."""
    following = cut.next_words[:2]
    joined = any(word in grammar_words("day_before") or word.endswith("day") for word in following[:1])
    span = len(following) > 1 and following[1].endswith("day") and following[0] in {"to", "through", "until"}
    return bool(cut.last_word) and cut.last_word not in grammar_words("day_after") and not joined and not span


def _describes(cut: Cut) -> bool:
    """The cut describes a new thing: "a bridge that crosses it", but not "the bridge that" or "a report that the"."""
    return any(map(is_finite, cut.words[1:2])) and bool(_INDEFINITE.search(cut.before))


def _event(cut: Cut) -> bool:
    """The text before the cut reports a single event, not a rule or a habit."""
    words = words_in(cut.before)
    if not grammar_words("limits").isdisjoint(words) or _has_nt(words):
        return False
    return any(_is_past(word) or word in {"has", "have"} for word in words)


def _institution(cut: Cut) -> bool:
    """The speaker in the cut is a neutral institution. The recipient after "told" does not matter."""
    source = set(words_in(cut.segment.partition(" told ")[0]))
    return not source.isdisjoint(grammar_words("institutions")) and source.isdisjoint(grammar_words("partisan"))


def _subject_named_after(cut: Cut) -> bool:
    """The text after the cut does not begin with a pronoun."""
    return bool(cut.next_words) and cut.next_words[0] not in grammar_words("pronouns")


def _not_repeated(cut: Cut) -> bool:
    """The cut removes no short name or acronym that the rest uses."""
    inner = cut.segment.strip(" ()[]")
    return " " in inner or inner not in cut.rest


def _occasion(cut: Cut) -> bool:
    """The cut gives the occasion on which something was said or done."""
    return cut.takes("occasions") and _unscoped(cut)


def _own_clause(cut: Cut) -> bool:
    """The cut is a clause beside the claim, and its qualifiers concern only itself."""
    protected = (grammar_words("keep") - grammar_words("own")) | grammar_words("turns")
    return protected.isdisjoint(cut.words) and not _has_nt(cut.words) and not _CLEFT.search(cut.before)


def _past(cut: Cut) -> bool:
    """The rest reports the past. The date of a future event is news and stays."""
    return not _FUTURE.search(cut.rest) and any(map(_is_past, words_in(cut.rest)))


def _is_past(word: str) -> bool:
    return word in grammar_words("past") or (word.endswith("ed") and len(word) > 3)


def _past_only(cut: Cut) -> bool:
    """The text after the cut has no word of the language's ``contested`` list."""
    return grammar_words("contested", cut.language).isdisjoint(words_in(cut.after))


def _plain(cut: Cut) -> bool:
    """The cut removes no negation, condition, restriction, hedge or reversal."""
    taken = cut.takes("keep") or cut.takes("turns") or cut.takes("grave")
    return not taken and not _has_nt(cut.words) and not _LIMIT.search(cut.segment)


def _has_nt(words: Iterable[str]) -> bool:
    return any(word.endswith("n't") for word in words)


def _plain_also(cut: Cut) -> bool:
    """The "also" joins the statement to others, and nothing within it."""
    following = [*cut.next_words, ""][0]
    return cut.last_word not in {"but", "not", "and", "only"} and following not in {"known", "called", "on", "of", ""}


def _plain_rest(cut: Cut) -> bool:
    """Like `_plain`, but ignores the first word of the cut."""
    first = len(cut.segment) - len(cut.segment.lstrip(", ").partition(" ")[2])
    return _plain(replace(cut, start=cut.start + first))


def _uncontested(cut: Cut) -> bool:
    """The rest is a plain report, without a quotation, accusation, judgement or forecast that needs its speaker."""
    if quotations(cut.rest):
        return False
    suffered = {match[1].lower() for match in _PASSIVE.finditer(cut.rest)} & grammar_words("harm", cut.language)
    words = words_in(cut.rest)
    return (grammar_words("contested", cut.language) - suffered).isdisjoint(words) and not _has_nt(words)


def _unscoped(cut: Cut) -> bool:
    """The cut does not limit when, where or for whom a claim holds: it has no date, and no general claim follows."""
    if cut.takes("scope") or _YEAR.search(cut.segment):
        return False
    general = {"can", "must", "should", "could", "may", "might"}
    return cut.words[0] not in {"when", "with", "as", "after", "while", "during"} or general.isdisjoint(
        words_in(cut.after)
    )


#: The checks by their names in compression.toml.
MEANING_CHECKS: Mapping[str, Callable[[Cut], bool]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _clause_behind,
        _day_alone,
        _describes,
        _event,
        _institution,
        _subject_named_after,
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
