"""Checks that a sentence is still grammatical after a cut.

Each check takes one cut and returns whether it is allowed. When in doubt, it returns False.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.compression.grammar import (
    finite_verbs,
    grammar_words,
    has_main_clause,
    is_finite,
    is_under_way,
    surely_finite_verbs,
    words_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from digest.editing.compression.grammar import Cut

__all__ = ["GRAMMAR_CHECKS"]

_ANNOUNCED = re.compile(r"\b(?:both|either|between|so that)\b")
_DASH = re.compile(r" (?:--|[–—-])(?= |$)")  # noqa: RUF001 - typographic dashes are intended
_INNER_COMMA = re.compile(r", ([\w']+)(?: (\w+))?")
_SAID = re.compile(
    r"\b(?:said|says|say|told \w+|announced|reports?|reported|suggests|testified|wrote|tweeted|found|shows|added)"
    r"(?: \w+day)?[.!?]?$"
)
_SAYS = re.compile(
    r", (?:[^,]{2,80} )?(?:said|says|say|told|reported|reports|announced|wrote|added|confirmed|tweeted)\b|according to"
)


def _after_name(cut: Cut) -> bool:
    """The word before the cut is capitalised, as a name is."""
    words = cut.before.split()
    return bool(words) and words[-1][:1].isupper()


def _closed_tail(cut: Cut) -> bool:
    """The cut contains neither the main verb, which would follow a comma, nor the speaker of the sentence."""
    if _SAYS.search(cut.segment, 2) or _SAID.search(cut.segment):
        return False
    if cut.words[:1] == ["when"] and is_under_way(words_in(cut.before)):
        return False
    return not any(_is_main_verb(match[1], match[2]) for match in _INNER_COMMA.finditer(cut.segment.lower(), 2))


def _is_main_verb(word: str, following: str | None) -> bool:
    """Whether a word after a comma continues the main clause, rather than a participle such as "led by"."""
    if word in grammar_words("auxiliaries") or word in {"also", "still", "now", "then", "both", "all", "each"}:
        return True
    return is_finite(word) and following not in {"by", "in", "on", "at", "with"}


def _verb_before(cut: Cut) -> bool:
    """There is a verb before the cut."""
    return finite_verbs(words_in(cut.before)) > 0 and cut.last_word not in grammar_words("unfinished")


def _verb_after(cut: Cut) -> bool:
    """There is a verb after the cut."""
    return finite_verbs(words_in(cut.after)) > 0


def _last_aside(cut: Cut) -> bool:
    """Before the cut there is no lead-in, no comma nearby, and no verb that needs the aside as its object."""
    words = words_in(cut.before)
    return (
        "," not in cut.before[-40:]
        and grammar_words("giving").isdisjoint(words)
        and words[0] not in grammar_words("lead_in")
    )


def _not_listed(cut: Cut) -> bool:
    """The cut is not part of a list: it contains no "and" or "or", and no list precedes it."""
    return not re.search(r"\b(?:and|or|&)\b", cut.segment[2:]) and not re.search(r", (?:and|or) ", cut.before)


def _one_dash(cut: Cut) -> bool:
    """The cut has exactly one dash."""
    return len(_DASH.findall(cut.segment)) == 1


def _one_semicolon(cut: Cut) -> bool:
    """The sentence has exactly one semicolon."""
    return cut.text.count(";") == 1


def _subject_open_or_aside_whole(cut: Cut) -> bool:
    """No other aside is open at the cut, and the cut does not replace the comma after a lead-in."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if "," not in cut.before and (before[0] in grammar_words("lead_in") or before[0] in grammar_words("auxiliaries")):
        return False
    return not is_finite(following[0]) or _has_open_subject(cut.before)


def _own_dashes(cut: Cut) -> bool:
    """The cut has all dashes of the sentence."""
    return len(_DASH.findall(cut.text)) == len(_DASH.findall(cut.segment))


def _participle(cut: Cut) -> bool:
    """The cut begins with a participle, and is not a list of activities."""
    words = cut.words
    first = next(word for word in words if word not in {"and", "then", "also", "thus", "thereby"})
    if first in grammar_words("no_participle"):
        return False
    listing = any(word.endswith("ing") and before in {"and", "or"} for before, word in pairwise(words))
    return not listing and not cut.last_word.endswith("ing")


def _phrase_or_clause(cut: Cut) -> bool:
    """The cut is only a lead-in: a phrase without a verb, or a clause after a conjunction."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in grammar_words("relative")), len(words))
    if words[0] in grammar_words("conjunctions"):
        verbs = finite_verbs(words[1:head])
        return verbs == 1 or (verbs == 0 and "," not in cut.after)
    return surely_finite_verbs(words[1:head]) == 0


def _resumes(cut: Cut) -> bool:
    """The rest continues after the cut: a verb after its subject, or a phrase after a complete clause."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if following[0] in grammar_words("resuming"):
        return has_main_clause(cut.before)
    return is_finite(_verb_place(following)) and _has_open_subject(cut.before)


def _verb_place(words: list[str]) -> str:
    """The first word, or the second if the first is an adverb."""
    adverb = len(words) > 1 and (
        words[0].endswith("ly") or words[0] in {"also", "still", "now", "later", "then", "once"}
    )
    return words[adverb]


def _has_open_subject(text: str) -> bool:
    """Whether ``text`` ends with a subject that has no verb yet, after any lead-in or conjunction."""
    if words_in(text)[0] in grammar_words("lead_in"):
        text = text.partition(", ")[2]
    words = words_in(text)
    joined = {"and", "but"} if finite_verbs(words) == 0 else set()
    opener = max((index for index, word in enumerate(words) if word in grammar_words("openers") - joined), default=-1)
    subject = words[opener + 1 :]
    return (
        bool(subject)
        and finite_verbs(subject) == 0
        and "," not in text
        and (opener < 0 or words[opener] not in {"and", "but"})
    )


def _main_clause_before(cut: Cut) -> bool:
    """There is a complete main clause before the cut."""
    return has_main_clause(cut.before)


def _clause_with_verb(cut: Cut) -> bool:
    """The cut is a clause with its own verb, no list runs into it, and no word such as "both" announces it."""
    words = cut.words
    has_verb = any(is_finite(word) and after not in {"to", "by", "in"} for word, after in pairwise(words[2:6]))
    verbs = surely_finite_verbs(words[1:8]) or has_verb
    return bool(verbs) and "," not in cut.before[-60:] and not _ANNOUNCED.search(cut.text)


def _statement_after(cut: Cut) -> bool:
    """The text after the cut begins with a subject, and has its verb before the next comma."""
    words = words_in(cut.after.partition(", ")[0])
    if not words or words[0].endswith("ing") or is_finite(words[0]) or words[-1] in grammar_words("unfinished"):
        return False
    no_subject = grammar_words("lead_in") | grammar_words("relative") | {"and", "or", "but", "than", "of"}
    return words[0] not in no_subject and finite_verbs(words[1:]) > 0


def _verbless(cut: Cut) -> bool:
    """The cut is not a clause: it has no finite verb before a relative pronoun."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in grammar_words("relative")), len(words))
    return surely_finite_verbs(words[1:head]) == 0


#: The checks by their names in compression.toml.
GRAMMAR_CHECKS: Mapping[str, Callable[[Cut], bool]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _after_name,
        _closed_tail,
        _verb_before,
        _verb_after,
        _last_aside,
        _not_listed,
        _one_dash,
        _one_semicolon,
        _subject_open_or_aside_whole,
        _own_dashes,
        _participle,
        _phrase_or_clause,
        _resumes,
        _main_clause_before,
        _clause_with_verb,
        _statement_after,
        _verbless,
    )
}
