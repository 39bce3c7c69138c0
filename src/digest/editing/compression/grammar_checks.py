"""Whether a sentence still stands without a clause: the checks of the grammar around a cut.

Each answers for one cut, and answers no when in doubt.
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
_DASH = re.compile(r" (?:--|[–—-])(?= |$)")  # noqa: RUF001 - typographic dashes are meant
_INNER_COMMA = re.compile(r", ([\w']+)(?: (\w+))?")
_SAID = re.compile(
    r"\b(?:said|says|say|told \w+|announced|reports?|reported|suggests|testified|wrote|tweeted|found|shows|added)"
    r"(?: \w+day)?[.!?]?$"
)
_SAYS = re.compile(
    r", (?:[^,]{2,80} )?(?:said|says|say|told|reported|reports|announced|wrote|added|confirmed|tweeted)\b|according to"
)


def _after_name(cut: Cut) -> bool:
    """A name stands in front of it."""
    words = cut.before.split()
    return bool(words) and words[-1][:1].isupper()


def _closed_tail(cut: Cut) -> bool:
    """It holds neither the main verb, which would follow a comma, nor who says it all."""
    if _SAYS.search(cut.segment, 2) or _SAID.search(cut.segment):
        return False
    if cut.words[:1] == ["when"] and is_under_way(words_in(cut.before)):
        return False
    return not any(_is_main_verb(match[1], match[2]) for match in _INNER_COMMA.finditer(cut.segment.lower(), 2))


def _is_main_verb(word: str, following: str | None) -> bool:
    """Whether ``word``, behind a comma, goes on with the main clause and not with a participle such as "led by"."""
    if word in grammar_words("auxiliaries") or word in {"also", "still", "now", "then", "both", "all", "each"}:
        return True
    return is_finite(word) and following not in {"by", "in", "on", "at", "with"}


def _had_verb(cut: Cut) -> bool:
    """What is in front of it has a verb."""
    return finite_verbs(words_in(cut.before)) > 0 and cut.last_word not in grammar_words("unfinished")


def _has_verb(cut: Cut) -> bool:
    """What follows has a verb."""
    return finite_verbs(words_in(cut.after)) > 0


def _last_aside(cut: Cut) -> bool:
    """What is in front of it has no lead-in, no comma near and no verb that gives something away."""
    words = words_in(cut.before)
    return (
        "," not in cut.before[-40:]
        and grammar_words("giving").isdisjoint(words)
        and words[0] not in grammar_words("lead_in")
    )


def _not_listed(cut: Cut) -> bool:
    """It is no member of a list: no "and" or "or" joins something to it, and no list stands in front."""
    return not re.search(r"\b(?:and|or|&)\b", cut.segment[2:]) and not re.search(r", (?:and|or) ", cut.before)


def _one_dash(cut: Cut) -> bool:
    return len(_DASH.findall(cut.segment)) == 1


def _one_semicolon(cut: Cut) -> bool:
    return cut.text.count(";") == 1


def _open_or_whole(cut: Cut) -> bool:
    """No other aside is open where it begins, and it does not stand for the comma behind a lead-in."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if "," not in cut.before and (before[0] in grammar_words("lead_in") or before[0] in grammar_words("auxiliaries")):
        return False
    return not is_finite(following[0]) or _has_open_subject(cut.before)


def _own_dashes(cut: Cut) -> bool:
    """Its dashes are the only ones."""
    return len(_DASH.findall(cut.text)) == len(_DASH.findall(cut.segment))


def _participle(cut: Cut) -> bool:
    """It begins with a participle and is no list of activities."""
    words = cut.words
    first = next(word for word in words if word not in {"and", "then", "also", "thus", "thereby"})
    if first in grammar_words("no_participle"):
        return False
    listing = any(word.endswith("ing") and before in {"and", "or"} for before, word in pairwise(words))
    return not listing and not cut.last_word.endswith("ing")


def _phrase_or_clause(cut: Cut) -> bool:
    """It leads in and no more: a phrase without a verb, or a clause after a conjunction."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in grammar_words("relative")), len(words))
    if words[0] in grammar_words("conjunctions"):
        verbs = finite_verbs(words[1:head])
        return verbs == 1 or (verbs == 0 and "," not in cut.after)
    return surely_finite_verbs(words[1:head]) == 0


def _resumes(cut: Cut) -> bool:
    """What follows goes on with what is in front: a verb after its subject, or a phrase after a whole clause."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if following[0] in grammar_words("resuming"):
        return has_main_clause(cut.before)
    return is_finite(_verb_place(following)) and _has_open_subject(cut.before)


def _verb_place(words: list[str]) -> str:
    """The word that is a verb if ``words`` begin with one, an adverb aside."""
    adverb = len(words) > 1 and (
        words[0].endswith("ly") or words[0] in {"also", "still", "now", "later", "then", "once"}
    )
    return words[adverb]


def _has_open_subject(text: str) -> bool:
    """Whether ``text`` ends with a subject and nothing else, behind what leads in or the word that opens its clause."""
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


def _stands(cut: Cut) -> bool:
    """What is in front of it is a whole main clause."""
    return has_main_clause(cut.before)


def _statement_within(cut: Cut) -> bool:
    """It is a clause with a verb of its own, no list runs into it, and nothing announces it."""
    words = cut.words
    told = any(is_finite(word) and after not in {"to", "by", "in"} for word, after in pairwise(words[2:6]))
    verbs = surely_finite_verbs(words[1:8]) or told
    return bool(verbs) and "," not in cut.before[-60:] and not _ANNOUNCED.search(cut.text)


def _states(cut: Cut) -> bool:
    """What follows begins with a subject, and has its verb before the next comma."""
    words = words_in(cut.after.partition(", ")[0])
    if not words or words[0].endswith("ing") or is_finite(words[0]) or words[-1] in grammar_words("unfinished"):
        return False
    no_subject = grammar_words("lead_in") | grammar_words("relative") | {"and", "or", "but", "than", "of"}
    return words[0] not in no_subject and finite_verbs(words[1:]) > 0


def _verbless(cut: Cut) -> bool:
    """It is no clause of its own: no finite verb in it before a relative pronoun."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in grammar_words("relative")), len(words))
    return surely_finite_verbs(words[1:head]) == 0


#: By the names that the rules give them.
GRAMMAR_CHECKS: Mapping[str, Callable[[Cut], bool]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _after_name,
        _closed_tail,
        _had_verb,
        _has_verb,
        _last_aside,
        _not_listed,
        _one_dash,
        _one_semicolon,
        _open_or_whole,
        _own_dashes,
        _participle,
        _phrase_or_clause,
        _resumes,
        _stands,
        _statement_within,
        _states,
        _verbless,
    )
}
