"""The bullets of an article: the author's own key points, then its best sentences, shortened."""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are intended

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
from digest.editing.text_cleaning import breaks_off, is_boilerplate, shorten, single_line, statement_start
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

#: Two statements repeat each other if they share this part of the shorter one's words; key points may share more.
_SAME = 0.6
_SAME_KEY_POINT = 0.9
#: Longer sentences are not bullets, and later sentences of a very long text are not considered.
_MOST_CHARACTERS = 400
_MOST_SENTENCES = 400
_FEWEST_WORDS = 3
#: News puts what happened first, so later sentences are considered only if these do not yield enough bullets.
_WINDOW = 22
#: The size of the set that is chosen together, and the number of best sentences that it is chosen from. Further
#: bullets are chosen one by one.
_TOGETHER = 3
_SHORTLIST = 8
_WORD = re.compile(r"\w+")
_MARK = re.compile(r"^(?:[•◦▪‣·●*–—-]|\d{1,2}[.)])\s+")


def pick_bullets(article: Article, *, limit: int = 3) -> tuple[Bullet, ...]:
    """Summarise an article in at most ``limit`` bullets, each plain text on one line.

    The author's key points come first (origin "author"), in their own order; if there are more than ``limit``, the best
    ones are chosen. Then come sentences of the text that do not repeat them (origin "extracted"), in the order of the
    text, without clauses that can be cut safely. For these, ``article.text[start:end]`` is the shortest span that holds
    the bullet's words in order.

    Never raises. A text without words yields ``()``.
    """
    return in_reading_order(article, rank_bullets(article, limit=limit))


def in_reading_order(article: Article, bullets: Iterable[Bullet]) -> tuple[Bullet, ...]:
    """Sort bullets: the author's key points in their own order, then the others in the order of the text."""
    order = {point: number for number, point in enumerate(_key_points(article))}

    def place(bullet: Bullet) -> tuple[int, int]:
        return (-1, order.get(bullet.text, 0)) if bullet.start is None else (bullet.start, 0)

    return tuple(sorted(bullets, key=place))


def rank_bullets(article: Article, *, limit: int) -> tuple[Bullet, ...]:
    """The bullets that `pick_bullets` picks, the best first. A lower limit yields a prefix of the same list."""
    if limit <= 0:
        return ()
    points = [statement_of(point) for point in _key_points(article)]
    language = detect_language(article.text, tag=article.language)
    sentences = list(candidate_sentences(article, language=language))
    subject = Subject(single_line(article.title), [sentence.whole for sentence in sentences])
    if points:
        worth = [score_of(number, point, subject) for number, point in enumerate(points)]
        points = [points[number] for number in sorted(range(len(points)), key=lambda number: -worth[number])]
    authors = [Bullet(text=point.text, origin="author") for point in points[:limit]]
    if len(authors) >= limit:
        return tuple(authors)
    limit -= len(authors)
    return (*authors, *_choose(article, sentences, subject, key_points=points, limit=limit, language=language))


def _key_points(article: Article) -> Iterator[str]:
    seen: list[frozenset[str]] = []
    for point in article.key_points:
        text = shorten(_MARK.sub("", single_line(point)), _MOST_CHARACTERS)
        sense = _sense(statement_of(text))
        if any(map(str.isalnum, text)) and not is_boilerplate(text):
            if any(_repeats(sense, other, share=_SAME_KEY_POINT) for other in seen):
                continue
            seen.append(sense)
            yield text


@dataclass(kw_only=True, slots=True)
class CandidateSentence:
    """A sentence that could become a bullet.

    Attributes:
        start: The offset in ``article.text``, in characters, after a dateline or list mark.
        end: The offset of its end, exclusive.
        index: Its number among the candidates of the article, from 0.
        whole: The sentence on one line.
        short: The shortened sentence; None until `shorten_candidate` has been called.
        spans: The parts of ``article.text[start:end]`` that the shortened sentence keeps.
    """

    start: int
    end: int
    index: int
    whole: Statement
    short: Statement | None = None
    spans: tuple[tuple[int, int], ...] = field(default=())


def candidate_sentences(article: Article, *, language: str) -> Iterator[CandidateSentence]:
    """Find the sentences of an article that could become bullets, in order."""
    title = single_line(article.title).casefold().rstrip(".")
    index = 0
    for sentence in split_sentences(article.text, language=language):
        if index >= _MOST_SENTENCES:
            return
        if is_boilerplate(sentence.text) or breaks_off(sentence.text):
            continue
        start = sentence.start + statement_start(sentence.text, first=index < 3)
        line = single_line(article.text[start : sentence.end])
        if not any(map(str.isalnum, line)) or line.casefold().rstrip(".") == title:
            continue
        if start > sentence.start:  # the statement begins after the dateline
            line = line[:1].upper() + line[1:]
        yield CandidateSentence(start=start, end=sentence.end, index=index, whole=statement_of(line))
        index += 1


def shorten_candidate(article: Article, candidate: CandidateSentence, *, language: str) -> Statement:
    """Shorten a candidate, and store in it the spans of the sentence that remain."""
    sentence = article.text[candidate.start : candidate.end]
    # Texts of an unknown language are labelled "en". With None, `kept_spans` cuts words only if it recognises English.
    candidate.spans = kept_spans(sentence, language=None if language == "en" else language)
    if candidate.spans == ((0, len(sentence)),):
        return candidate.whole
    line = single_line(compressed_text(sentence, candidate.spans))
    if candidate.whole.text[:1].isupper():
        line = line[:1].upper() + line[1:]
    return candidate.whole if line == candidate.whole.text else statement_of(line)


def _choose(
    article: Article,
    sentences: Sequence[CandidateSentence],
    subject: Subject,
    *,
    key_points: Sequence[Statement],
    limit: int,
    language: str,
) -> list[Bullet]:
    """Choose at most ``limit`` sentences, the best first. None repeats another one or a key point."""
    fit = [candidate for candidate in sentences if len(candidate.whole.text) <= _MOST_CHARACTERS]
    # A fragment such as "No." is used only if there is nothing else.
    fit = [candidate for candidate in fit if _is_statement(candidate.whole)] or fit[:1]
    if not fit and not key_points:
        return [_truncated(article.text, candidate) for candidate in sentences[:1]]
    choice = _Choice(article, subject, key_points, language=language)
    chosen = list(choice.together(fit[:_WINDOW], size=_TOGETHER - len(key_points)))
    for part in (fit[:_WINDOW], fit[_WINDOW:]):
        if len(chosen) < limit:
            chosen += islice(choice.one_by_one(part), limit - len(chosen))
    return [_bullet(article, candidate) for candidate in chosen[:limit]]


def _is_statement(statement: Statement) -> bool:
    """Whether there are enough words for a statement. A text with letters outside ASCII always passes."""
    return len(statement.words) >= _FEWEST_WORDS or not statement.text.isascii()


class _Meaning(NamedTuple):
    """The two sets of words by which statements are compared; see `_sense` and `_rarer_words`."""

    content: frozenset[str]
    sense: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, statement: Statement) -> _Meaning:
        return cls(statement.content, _sense(statement), _rarer_words(statement))

    def repeats(self, other: _Meaning) -> bool:
        return _repeats(self.sense, other.sense) or _repeats(self.words, other.words)


def says_the_same(first: Statement, second: Statement) -> bool:
    """Whether two statements repeat each other."""
    return _Meaning.of(first).repeats(_Meaning.of(second))


class _Choice:
    """Chooses the candidates that say the most together. They are scored in their shortened form."""

    def __init__(self, article: Article, subject: Subject, key_points: Sequence[Statement], *, language: str) -> None:
        self._article, self._subject, self._language = article, subject, language
        self._chosen = [_Meaning.of(statement) for statement in key_points]
        self._taken: set[int] = set()
        self._scores: dict[int, float] = {}
        self._penalty = repeat_penalty()

    def together(self, sentences: Sequence[CandidateSentence], *, size: int) -> list[CandidateSentence]:
        """Choose the best set of ``size``, or a smaller one if the others repeat each other.

        Returns:
            The set, its best sentence first.
        """
        shortlist = sorted(sentences, key=lambda each: (-self._score(each), each.index))[:_SHORTLIST]
        meanings = [_Meaning.of(self._read(candidate)) for candidate in shortlist]
        worth = [self._worth(*pair) for pair in zip(shortlist, meanings, strict=True)]
        free = [place for place, meaning in enumerate(meanings) if not any(map(meaning.repeats, self._chosen))]
        clash = {
            (first, second): -math.inf
            if meanings[first].repeats(meanings[second])
            else self._penalty * self._subject.worth_of(meanings[first].content & meanings[second].content)
            for first, second in combinations(free, 2)
        }

        def value(places: tuple[int, ...]) -> float:
            return sum([worth[place] for place in places]) + sum([clash[pair] for pair in combinations(places, 2)])

        for number in range(min(size, len(free)), 0, -1):
            best = max(combinations(free, number), key=value)
            if value(best) > -math.inf:
                for place in best:
                    self._take(shortlist[place], meanings[place])
                return [shortlist[place] for place in sorted(best, key=lambda place: -worth[place])]
        return []

    def one_by_one(self, sentences: Iterable[CandidateSentence]) -> Iterator[CandidateSentence]:
        """Choose further sentences, each time the one that adds the most to those before."""
        remaining = {each.index: each for each in sentences if each.index not in self._taken}

        def worth(index: int) -> tuple[float, int]:
            statement = remaining[index].short or remaining[index].whole
            return self._worth(remaining[index], _Meaning.of(statement)), -index

        while remaining:
            candidate = remaining[max(remaining, key=worth)]
            if candidate.short is None:
                self._read(candidate)  # its score may fall, so choose again
                continue
            del remaining[candidate.index]
            meaning = _Meaning.of(candidate.short)
            if not any(map(meaning.repeats, self._chosen)):
                self._take(candidate, meaning)
                yield candidate

    def _read(self, candidate: CandidateSentence) -> Statement:
        """Shorten a candidate once, and discard the score of the whole sentence."""
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

    def _worth(self, candidate: CandidateSentence, meaning: _Meaning) -> float:
        shared = [self._subject.worth_of(meaning.content & other.content) for other in self._chosen]
        return self._score(candidate) + self._penalty * math.fsum(shared)

    def _take(self, candidate: CandidateSentence, meaning: _Meaning) -> None:
        self._chosen.append(meaning)
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
    """The shortest part of ``sentence[first:last]`` that holds the words of ``text`` in order, as (start, end)."""
    wanted = [word.casefold() for word in _WORD.findall(text)]
    present = [(match[0].casefold(), *match.span()) for match in _WORD.finditer(sentence, first, last)]
    best = (0, len(present) - 1)
    for stop in range(len(present) - 1, -1, -1):
        if present[stop][0] != wanted[-1]:
            continue
        place = stop
        for word in reversed(wanted):
            while place >= 0 and present[place][0] != word:
                place -= 1
            place -= 1
        if place < -1:
            break  # a part that ends earlier cannot hold all words either
        if present[stop][2] - present[place + 1][1] < present[best[1]][2] - present[best[0]][1]:
            best = (place + 1, stop)
    start, end = present[best[0]][1], present[best[1]][2]
    # Punctuation at either end is part of the bullet unless words were cut there.
    return (first if best[0] == 0 else start), (last if best[1] == len(present) - 1 else end)


def _sense(statement: Statement) -> frozenset[str]:
    """The content words of a statement; all words if there are none, or the whole text if there are no words."""
    return statement.content or frozenset(statement.words or [statement.text])


def _rarer_words(statement: Statement) -> frozenset[str]:
    """The words of a statement without the most frequent stop words, with possessive endings split off."""
    words: Iterable[str] = statement.distinct
    if "'" in statement.text or "’" in statement.text:
        words = [part for word in words for part in word.split("'")]
    return frozenset(words) - word_list("words", "function")


def _repeats(words: frozenset[str], other: frozenset[str], *, share: float = _SAME) -> bool:
    fewer = min(len(words), len(other))
    return fewer > 0 and len(words & other) >= share * fewer


def _truncated(text: str, candidate: CandidateSentence) -> Bullet:
    """The beginning of a candidate that is too long, for a text without sentence ends."""
    head = text[candidate.start : candidate.start + _MOST_CHARACTERS]
    words = head.rsplit(None, 1)
    end = candidate.start + (len(words[0]) if len(words) > 1 else len(head))
    return Bullet(
        text=single_line(text[candidate.start : end]) + " …", start=candidate.start, end=end, origin="extracted"
    )
