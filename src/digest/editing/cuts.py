"""What may be cut out of a sentence: the checks that a place found by a rule of compression.toml must pass.

Each answers for one cut, and answers no when in doubt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.grammar import (
    finite_verbs,
    has_main_clause,
    is_finite,
    listed,
    quotations,
    surely_finite_verbs,
    words_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CHECKS", "Cut"]

_LIMIT = re.compile(r"\b(?:(?:more|less|fewer) than|up to|at most|as (?:long|far) as|even (?:if|when)|subject to)\b")
_FUTURE = re.compile(
    r"\b(?:will|would|shall|may|might|could|to be|set to|due|plan(?:s|ned|ning)?|scheduled|expect(?:s|ed)|upcoming|"
    r"deadline|until|(?:is|are) to|opens|begins|starts|ends|takes place|next|going to|\w+'ll)\b"
)
_PASSIVE = re.compile(r"\b(?:was|were|been|are|is|being|least)(?: \w+ly)? (\w+)")
_ANNOUNCED = re.compile(r"\b(?:both|either|between|so that)\b")
_INDEFINITE = re.compile(r"\b(?:an?|two|three|four|five|several)(?: [a-z'-]+){1,3}$")
_CLEFT = re.compile(r"\b[Ii]t(?:'s| is| was) |, with [^,]*$| with [^,]* and [^,]*$")
_DASH = re.compile(r" (?:--|[–—-])(?= |$)")  # noqa: RUF001 - typographic dashes are meant
_SAYS = re.compile(
    r", (?:[^,]{2,80} )?(?:said|says|say|told|reported|reports|announced|wrote|added|confirmed|tweeted)\b|according to"
)

_SAID = re.compile(
    r"\b(?:said|says|say|told \w+|announced|reports?|reported|suggests|testified|wrote|tweeted|found|shows|added)"
    r"(?: \w+day)?[.!?]?$"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """``text[start:end]``, to be left out. The text has single spaces and straight quotes."""

    text: str
    start: int
    end: int
    language: str = "en"

    def takes(self, name: str) -> bool:
        """Whether a word of the list ``name`` is in it."""
        return not listed(name, self.language).isdisjoint(self.words)

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def segment(self) -> str:
        return self.text[self.start : self.end]

    @property
    def after(self) -> str:
        return self.text[self.end :]

    @property
    def words(self) -> list[str]:
        return words_in(self.segment)

    @property
    def next_words(self) -> list[str]:
        return words_in(self.after[:60])

    @property
    def last_word(self) -> str:
        return (words_in(self.before[-40:]) or [""])[-1]

    @property
    def rest(self) -> str:
        return self.before + self.after


def _plain(cut: Cut) -> bool:
    """It takes no negation, condition, restriction, hedge or turn of the news."""
    if cut.takes("keep") or cut.takes("turns") or cut.takes("grave"):
        return False
    return not any(word.endswith("n't") for word in cut.words) and not _LIMIT.search(cut.segment)


def _own_clause(cut: Cut) -> bool:
    """A clause beside the claim: it may take what qualifies nothing but itself."""
    words = set(cut.words)
    kept = (listed("keep") - listed("own")) | listed("turns")
    return not words & kept and not _CLEFT.search(cut.before) and not any(word.endswith("n't") for word in words)


def _occasion(cut: Cut) -> bool:
    """It says on what occasion something was said or done."""
    return bool(listed("occasions") & set(cut.words)) and _unscoped(cut)


def _unscoped(cut: Cut) -> bool:
    """It does not say when, where or for whom a claim holds: no date, and nothing general follows."""
    words = set(cut.words)
    if words & listed("scope") or re.search(r"\b(?:1[5-9]|20)\d\d", cut.segment):
        return False
    if words_in(cut.segment)[0] in {"when", "with", "as", "after", "while", "during"}:
        return not {"can", "must", "should", "could", "may", "might"} & set(words_in(cut.after))
    return True


def _plain_rest(cut: Cut) -> bool:
    """As `_plain`, its first word aside."""
    first = len(cut.segment) - len(cut.segment.lstrip(", ").partition(" ")[2])
    return _plain(replace(cut, start=cut.start + first))


def _last_aside(cut: Cut) -> bool:
    """No other comma stands right in front, and no verb that gives something to what is in front."""
    return "," not in cut.before[-40:] and not listed("giving") & set(words_in(cut.before))


def _not_repeated(cut: Cut) -> bool:
    """It takes no short name that the rest goes on to use."""
    inner = cut.segment.strip(" ()[]")
    return " " in inner or inner not in cut.rest


def _stands(cut: Cut) -> bool:
    """What is in front of it is a whole main clause."""
    return has_main_clause(cut.before)


def _closed_tail(cut: Cut) -> bool:
    """It holds neither the main verb, which would follow a comma, nor who says it all."""
    if _SAYS.search(cut.segment, 2) or _SAID.search(cut.segment):
        return False
    for match in re.finditer(r", ([\w']+)(?: (\w+))?", cut.segment[2:].lower()):
        if match[1] in listed("auxiliaries") or (
            is_finite(match[1]) and match[2] not in {"by", "in", "on", "at", "with"}
        ):
            return False
    return True


def _participle(cut: Cut) -> bool:
    """It begins with a participle and is no list of activities."""
    words = cut.words
    first = next(word for word in words if word not in {"and", "then", "also", "thus", "thereby"})
    if first in listed("no_participle"):
        return False
    listing = any(word.endswith("ing") and before in {"and", "or"} for before, word in pairwise(words))
    return not listing and not cut.last_word.endswith("ing")


def _verbless(cut: Cut) -> bool:
    """It is no clause of its own: no finite verb in it before a relative pronoun."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in listed("relative")), len(words))
    return surely_finite_verbs(words[1:head]) == 0


def _resumes(cut: Cut) -> bool:
    """What follows goes on with what is in front: a verb after its subject, or a phrase after a whole clause."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if following[0] in listed("resuming"):
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
    if words_in(text)[0] in listed("lead_in"):
        text = text.partition(", ")[2]
    words = words_in(text)
    joined = {"and", "but"} if finite_verbs(words) == 0 else set()
    opener = max((index for index, word in enumerate(words) if word in listed("openers") - joined), default=-1)
    subject = words[opener + 1 :]
    return (
        bool(subject)
        and finite_verbs(subject) == 0
        and "," not in text
        and (opener < 0 or words[opener] not in {"and", "but"})
    )


def _open_or_whole(cut: Cut) -> bool:
    """No other aside is open where it begins, and it does not stand for the comma behind a lead-in."""
    following, before = cut.next_words, words_in(cut.before)
    if not following or not before:
        return False
    if "," not in cut.before and (before[0] in listed("lead_in") or before[0] in listed("auxiliaries")):
        return False
    return not is_finite(following[0]) or _has_open_subject(cut.before)


def _not_listed(cut: Cut) -> bool:
    """It is no member of a list: no "and" or "or" joins something to it, and no list stands in front."""
    return not re.search(r"\b(?:and|or|&)\b", cut.segment[2:]) and not re.search(r", (?:and|or) ", cut.before)


def _after_name(cut: Cut) -> bool:
    """A name stands in front of it."""
    words = cut.before.split()
    return bool(words) and words[-1][:1].isupper()


def _statement_within(cut: Cut) -> bool:
    """It is a clause with a verb of its own, no list runs into it, and nothing announces it."""
    words = cut.words
    told = any(is_finite(word) and after not in {"to", "by", "in"} for word, after in pairwise(words[2:6]))
    verbs = surely_finite_verbs(words[1:8]) or told
    return bool(verbs) and "," not in cut.before[-60:] and not _ANNOUNCED.search(cut.text)


def _describes(cut: Cut) -> bool:
    """It describes what is named for the first time: "a bridge that crosses it", not "the" nor "a report that the"."""
    return is_finite(cut.words[1]) and bool(_INDEFINITE.search(cut.before))


def _past(cut: Cut) -> bool:
    """The statement tells of what has happened: when something will be is news."""
    return not _FUTURE.search(cut.rest) and any(
        word in listed("past") or (word.endswith("ed") and len(word) > 3) for word in words_in(cut.rest)
    )


def _past_only(cut: Cut) -> bool:
    """As far as the words of other languages tell, nothing of what follows is still to come."""
    return not listed("contested", cut.language) & set(words_in(cut.after))


def _day_alone(cut: Cut) -> bool:
    """The day is no part of a name, a span of days or a rule."""
    following = cut.next_words[:2]
    joined = any(word in listed("day_before") or word.endswith("day") for word in following[:1])
    span = len(following) > 1 and following[1].endswith("day") and following[0] in {"to", "through", "until"}
    return bool(cut.last_word) and cut.last_word not in listed("day_after") and not joined and not span


def _plain_also(cut: Cut) -> bool:
    """It joins a statement to others, and nothing within it."""
    following = [*cut.next_words, ""][0]
    return cut.last_word not in {"but", "not", "and", "only"} and following not in {"known", "called", "on", "of", ""}


def _one_semicolon(cut: Cut) -> bool:
    return cut.text.count(";") == 1


def _one_dash(cut: Cut) -> bool:
    return len(_DASH.findall(cut.segment)) == 1


def _own_dashes(cut: Cut) -> bool:
    """Its dashes are the only ones."""
    return len(_DASH.findall(cut.text)) == len(_DASH.findall(cut.segment))


def _had_verb(cut: Cut) -> bool:
    """What is in front of it has a verb."""
    return finite_verbs(words_in(cut.before)) > 0 and cut.last_word not in listed("unfinished")


def _event(cut: Cut) -> bool:
    """What is in front of it tells of one thing that happened, and not of when or how often it does."""
    words = words_in(cut.before)
    return not any(word in listed("limits") or word.endswith("n't") for word in words) and any(
        word in listed("past") or (word.endswith("ed") and len(word) > 3) or word in {"has", "have"} for word in words
    )


def _clause_behind(cut: Cut) -> bool:
    """It says when or why it happened, and neither belongs to a phrase in front nor brings the news itself."""
    words, before = cut.words, words_in(cut.before)
    if cut.last_word in listed("clause_bound") or before[-2:-1] == ["to"]:
        return False
    if words[0] in {"after", "following", "amid"}:
        return True
    if words[0] == "as" and "as" in before[-6:]:
        return False
    under_way = any(word in {"was", "were"} and after.endswith("ing") for word, after in pairwise(before))
    return not under_way and finite_verbs(words[2:8]) > 0 and words[1:3] != ["it", "comes"] and "that" not in before


def _has_verb(cut: Cut) -> bool:
    """What follows has a verb."""
    return finite_verbs(words_in(cut.after)) > 0


def _states(cut: Cut) -> bool:
    """What follows begins with a subject, and has its verb before the next comma."""
    words = words_in(cut.after.partition(", ")[0])
    if not words or words[0].endswith("ing") or is_finite(words[0]) or words[-1] in listed("unfinished"):
        return False
    no_subject = listed("lead_in") | listed("relative") | {"and", "or", "but", "than", "of"}
    return words[0] not in no_subject and finite_verbs(words[1:]) > 0


def _names_subject(cut: Cut) -> bool:
    """What follows names what it is about."""
    return bool(cut.next_words) and cut.next_words[0] not in listed("pronouns")


def _phrase_or_clause(cut: Cut) -> bool:
    """It leads in and no more: a phrase without a verb, or a clause after a conjunction."""
    words = cut.words
    head = next((index for index, word in enumerate(words) if word in listed("relative")), len(words))
    if words[0] in listed("conjunctions"):
        return finite_verbs(words[1:head]) <= 1
    return surely_finite_verbs(words[1:head]) == 0


def _uncontested(cut: Cut) -> bool:
    """What remains is a plain report: no quotation, accusation, judgement or forecast that needs its speaker."""
    if quotations(cut.rest):
        return False
    suffered = {match[1].lower() for match in _PASSIVE.finditer(cut.rest)} & listed("harm", cut.language)
    words = set(words_in(cut.rest))
    return words.isdisjoint(listed("contested", cut.language) - suffered) and not any(w.endswith("n't") for w in words)


def _institution(cut: Cut) -> bool:
    """Who says it reports and takes no side."""
    words = set(cut.words)
    return bool(words & listed("institutions")) and not words & listed("partisan")


CHECKS: Mapping[str, Callable[[Cut], bool]] = {
    "after_name": _after_name,
    "closed_tail": _closed_tail,
    "clause_behind": _clause_behind,
    "day_alone": _day_alone,
    "describes": _describes,
    "event": _event,
    "had_verb": _had_verb,
    "has_verb": _has_verb,
    "institution": _institution,
    "last_aside": _last_aside,
    "names_subject": _names_subject,
    "not_listed": _not_listed,
    "not_repeated": _not_repeated,
    "one_dash": _one_dash,
    "one_semicolon": _one_semicolon,
    "open_or_whole": _open_or_whole,
    "occasion": _occasion,
    "own_clause": _own_clause,
    "own_dashes": _own_dashes,
    "participle": _participle,
    "past": _past,
    "past_only": _past_only,
    "phrase_or_clause": _phrase_or_clause,
    "plain": _plain,
    "plain_also": _plain_also,
    "plain_rest": _plain_rest,
    "resumes": _resumes,
    "stands": _stands,
    "statement_within": _statement_within,
    "states": _states,
    "uncontested": _uncontested,
    "unscoped": _unscoped,
    "verbless": _verbless,
}
