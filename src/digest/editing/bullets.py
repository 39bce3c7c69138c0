"""Three statements that stand for an article: the author's own, else its best sentences, shortened."""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

from digest.editing.compression import compressed_text, kept_spans
from digest.editing.language_data import word_list
from digest.editing.salience import Statement, Subject, repeat_penalty, score_of, statement_of
from digest.editing.sentences import split_sentences
from digest.editing.text_cleaning import is_boilerplate, shorten, single_line, statement_start
from digest.editing.tokenization import detect_language
from digest.models import Bullet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from digest.models import Article

__all__ = [
    "CandidateSentence",
    "candidate_sentences",
    "in_reading_order",
    "pick_bullets",
    "rank_bullets",
    "says_the_same",
    "shorten_candidate",
]

#: A bullet with this share of the shorter one's words in it says the same thing; the author's are trusted further.
_SAME = 0.6
_SAME_POINT = 0.9
#: What is longer is no bullet; and what comes later in a very long text is not weighed.
_MOST_CHARACTERS = 400
_MOST_SENTENCES = 400
_FEWEST_WORDS = 3
#: News says what happened first: later sentences are weighed only when these do not give enough.
_WINDOW = 22
#: So many are chosen as a set, out of so many that are the best by themselves; others follow one by one.
_TOGETHER = 3
_SHORTLIST = 8
_WORD = re.compile(r"\w+")
_MARK = re.compile(r"^(?:[•◦▪‣·●*–—-]|\d{1,2}[.)])\s+")


def pick_bullets(article: Article, *, limit: int = 3) -> tuple[Bullet, ...]:
    """At most ``limit`` statements of an article, as plain text on one line each.

    The author's key points come first and in their order (origin "author"): the best of them when there are more. When
    there are fewer than ``limit``, sentences of the text that do not repeat them follow, in the order of the text and
    shortened where that keeps them true (origin "extracted": ``article.text[start:end]`` is the shortest span that
    holds the bullet's words in order). A text without words gives ``()``. Never raises.
    """
    return in_reading_order(article, rank_bullets(article, limit=limit))


def in_reading_order(article: Article, bullets: Iterable[Bullet]) -> tuple[Bullet, ...]:
    """The author's in the author's order, then the others as they stand in the text."""
    order = {point: number for number, point in enumerate(_key_points(article))}

    def place(bullet: Bullet) -> tuple[int, int]:
        return (-1, order.get(bullet.text, 0)) if bullet.start is None else (bullet.start, 0)

    return tuple(sorted(bullets, key=place))


def rank_bullets(article: Article, *, limit: int) -> tuple[Bullet, ...]:
    """What `pick_bullets` picks, the best first: a lower limit gives a beginning of it."""
    if limit <= 0:
        return ()
    points = [statement_of(point) for point in _key_points(article)]
    language = detect_language(article.text, tag=article.language)
    found = list(candidate_sentences(article, language=language))
    subject = Subject(single_line(article.title), [candidate.whole for candidate in found])
    if points:
        worth = [score_of(number, point, subject) for number, point in enumerate(points)]
        points = [points[number] for number in sorted(range(len(points)), key=lambda number: -worth[number])]
    own = [Bullet(text=point.text, origin="author") for point in points[:limit]]
    if len(own) >= limit:
        return tuple(own)
    return (*own, *_choose(article, found, subject, said=points, limit=limit - len(own), language=language))


def _key_points(article: Article) -> Iterator[str]:
    seen: list[frozenset[str]] = []
    for point in article.key_points:
        text = shorten(_MARK.sub("", single_line(point)), _MOST_CHARACTERS)
        sense = _sense(statement_of(text))
        if any(map(str.isalnum, text)) and not is_boilerplate(text):
            if any(_repeats(sense, other, share=_SAME_POINT) for other in seen):
                continue
            seen.append(sense)
            yield text


@dataclass(kw_only=True, slots=True)
class CandidateSentence:
    """A sentence that could stand as a bullet, and how it would read.

    Attributes:
        whole: The sentence on one line, without dateline and list mark.
        short: The same, shortened; None before that was tried.
    """

    start: int
    end: int
    index: int
    whole: Statement
    short: Statement | None = None
    spans: tuple[tuple[int, int], ...] = field(default=())


def candidate_sentences(article: Article, *, language: str) -> Iterator[CandidateSentence]:
    """The sentences of an article that could stand as a bullet, in order."""
    title = single_line(article.title).casefold().rstrip(".")
    index = 0
    for sentence in split_sentences(article.text, language=language):
        if index >= _MOST_SENTENCES:
            return
        if is_boilerplate(sentence.text):
            continue
        start = sentence.start + statement_start(sentence.text, first=index < 3)
        line = single_line(article.text[start : sentence.end])
        if not any(map(str.isalnum, line)) or line.casefold().rstrip(".") == title:
            continue
        if start > sentence.start:  # what follows a dateline begins the statement
            line = line[:1].upper() + line[1:]
        yield CandidateSentence(start=start, end=sentence.end, index=index, whole=statement_of(line))
        index += 1


def shorten_candidate(article: Article, candidate: CandidateSentence, *, language: str) -> Statement:
    """How a candidate reads; it remembers which spans of its sentence that keeps."""
    sentence = article.text[candidate.start : candidate.end]
    # A text of a language that is not known counts as English; whether it is must be plain before a word is left out.
    candidate.spans = kept_spans(sentence, language=None if language == "en" else language)
    if candidate.spans == ((0, len(sentence)),):
        return candidate.whole
    line = single_line(compressed_text(sentence, candidate.spans))
    if candidate.whole.text[:1].isupper():
        line = line[:1].upper() + line[1:]
    return candidate.whole if line == candidate.whole.text else statement_of(line)


def _choose(
    article: Article,
    found: Sequence[CandidateSentence],
    subject: Subject,
    *,
    said: Sequence[Statement],
    limit: int,
    language: str,
) -> list[Bullet]:
    """The best ``limit`` in the order of their worth, none of which repeats another or what is ``said``."""
    fit = [candidate for candidate in found if len(candidate.whole.text) <= _MOST_CHARACTERS]
    # "No." says nothing by itself; it is better than nothing.
    fit = [candidate for candidate in fit if _is_statement(candidate.whole)] or fit[:1]
    if not fit and not said:
        return [_cut(article.text, candidate) for candidate in found[:1]]
    choice = _Choice(article, subject, said, language=language)
    chosen = list(choice.together(fit[:_WINDOW], size=_TOGETHER - len(said)))
    for part in (fit[:_WINDOW], fit[_WINDOW:]):
        if len(chosen) < limit:
            chosen += islice(choice.one_by_one(part), limit - len(chosen))
    return [_bullet(article, candidate) for candidate in chosen[:limit]]


def _is_statement(statement: Statement) -> bool:
    """Whether there are enough words for one, in a script that parts them with spaces."""
    return len(statement.words) >= _FEWEST_WORDS or not statement.text.isascii()


class _Said(NamedTuple):
    """What a statement says, to be compared with others: see `_sense` and `_all_words`."""

    content: frozenset[str]
    sense: frozenset[str]
    words: frozenset[str]

    @classmethod
    def by(cls, statement: Statement) -> _Said:
        return cls(statement.content, _sense(statement), _all_words(statement))

    def repeats(self, other: _Said) -> bool:
        return _repeats(self.sense, other.sense) or _repeats(self.words, other.words)


def says_the_same(one: Statement, other: Statement) -> bool:
    """Whether two statements say the same, so that one of them is enough."""
    return _Said.by(one).repeats(_Said.by(other))


class _Choice:
    """Chooses candidates that say the most together; they are weighed as they will be read."""

    def __init__(self, article: Article, subject: Subject, said: Sequence[Statement], *, language: str) -> None:
        self._article, self._subject, self._language = article, subject, language
        self._said = [_Said.by(statement) for statement in said]
        self._taken: set[int] = set()
        self._scores: dict[int, float] = {}
        self._penalty = repeat_penalty()

    def together(self, found: Sequence[CandidateSentence], *, size: int) -> list[CandidateSentence]:
        """The best set of ``size``, or of fewer where no more go together; the best of it first."""
        shortlist = sorted(found, key=lambda each: (-self._score(each), each.index))[:_SHORTLIST]
        each_says = [_Said.by(self._read(candidate)) for candidate in shortlist]
        worth = [self._worth(*pair) for pair in zip(shortlist, each_says, strict=True)]
        free = [place for place, says in enumerate(each_says) if not any(map(says.repeats, self._said))]
        clash = {
            (one, two): -math.inf
            if each_says[one].repeats(each_says[two])
            else self._penalty * self._subject.worth_of(each_says[one].content & each_says[two].content)
            for one, two in combinations(free, 2)
        }

        def value(places: tuple[int, ...]) -> float:
            return sum([worth[place] for place in places]) + sum([clash[pair] for pair in combinations(places, 2)])

        for number in range(min(size, len(free)), 0, -1):
            best = max(combinations(free, number), key=value)
            if value(best) > -math.inf:
                for place in best:
                    self._take(shortlist[place], each_says[place])
                return [shortlist[place] for place in sorted(best, key=lambda place: -worth[place])]
        return []

    def one_by_one(self, found: Iterable[CandidateSentence]) -> Iterator[CandidateSentence]:
        """The others, after each the one that adds the most to those before."""
        left = {each.index: each for each in found if each.index not in self._taken}

        def worth(index: int) -> tuple[float, int]:
            statement = left[index].short or left[index].whole
            return self._worth(left[index], _Said.by(statement)), -index

        while left:
            candidate = left[max(left, key=worth)]
            if candidate.short is None:
                self._read(candidate)  # which may make another one the best
                continue
            del left[candidate.index]
            says = _Said.by(candidate.short)
            if not any(map(says.repeats, self._said)):
                self._take(candidate, says)
                yield candidate

    def _read(self, candidate: CandidateSentence) -> Statement:
        """How it reads when it is shortened."""
        if candidate.short is None:
            candidate.short = shorten_candidate(self._article, candidate, language=self._language)
            if candidate.short is not candidate.whole:
                self._scores.pop(candidate.index, None)
        return candidate.short

    def _score(self, candidate: CandidateSentence) -> float:
        index = candidate.index
        if index not in self._scores:
            self._scores[index] = score_of(index, candidate.short or candidate.whole, self._subject)
        return self._scores[index]

    def _worth(self, candidate: CandidateSentence, says: _Said) -> float:
        shared = [self._subject.worth_of(says.content & other.content) for other in self._said]
        return self._score(candidate) + self._penalty * math.fsum(shared)

    def _take(self, candidate: CandidateSentence, says: _Said) -> None:
        self._said.append(says)
        self._taken.add(candidate.index)


def _bullet(article: Article, candidate: CandidateSentence) -> Bullet:
    start, end = candidate.start, candidate.end
    statement = candidate.whole
    if candidate.short is not None and candidate.short is not statement:
        statement = candidate.short
        first, last = candidate.spans[0][0], candidate.spans[-1][1]
        first, last = _shortest(article.text[start:end], statement.text, first, last)
        start, end = start + first, start + last
    return Bullet(text=statement.text, start=start, end=end, origin="extracted")


def _shortest(sentence: str, text: str, first: int, last: int) -> tuple[int, int]:
    """Within ``sentence[first:last]`` the shortest part that holds the words of ``text`` in order."""
    wanted = [word.casefold() for word in _WORD.findall(text)]
    there = [(match[0].casefold(), *match.span()) for match in _WORD.finditer(sentence, first, last)]
    best = (0, len(there) - 1)
    for stop in range(len(there) - 1, -1, -1):
        if there[stop][0] != wanted[-1]:
            continue
        place = stop
        for word in reversed(wanted):
            while place >= 0 and there[place][0] != word:
                place -= 1
            place -= 1
        if place < -1:
            break  # what ends earlier does not hold them either
        if there[stop][2] - there[place + 1][1] < there[best[1]][2] - there[best[0]][1]:
            best = (place + 1, stop)
    start, end = there[best[0]][1], there[best[1]][2]
    # The marks around the words belong to them where nothing was cut there.
    return (first if best[0] == 0 else start), (last if best[1] == len(there) - 1 else end)


def _sense(statement: Statement) -> frozenset[str]:
    """What a statement is compared by: the words that carry meaning, or all of them, or the whole."""
    return statement.content or frozenset(statement.words or [statement.text])


def _all_words(statement: Statement) -> frozenset[str]:
    """The words of a statement, a possessive ending apart, but for the smallest."""
    words: Iterable[str] = statement.distinct
    if "'" in statement.text or "’" in statement.text:
        words = [part for word in words for part in word.split("'")]
    return frozenset(words) - word_list("words", "function")


def _repeats(words: frozenset[str], other: frozenset[str], *, share: float = _SAME) -> bool:
    fewer = min(len(words), len(other))
    return fewer > 0 and len(words & other) >= share * fewer


def _cut(text: str, candidate: CandidateSentence) -> Bullet:
    """The beginning of a statement that is too long: all there is when a text has no sentences."""
    head = text[candidate.start : candidate.start + _MOST_CHARACTERS]
    words = head.rsplit(None, 1)
    end = candidate.start + (len(words[0]) if len(words) > 1 else len(head))
    return Bullet(
        text=single_line(text[candidate.start : end]) + " …", start=candidate.start, end=end, origin="extracted"
    )
