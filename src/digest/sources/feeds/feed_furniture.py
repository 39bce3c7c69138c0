"""What the systems behind feeds put around each item: "The post … appeared first on …", "[link] [comments]", chapters.

Their phrases are in feed_furniture.toml. A sentence that only begins like one of them tells something, and stays.
"""

# ruff: noqa: RUF001 - typographic quotes and dashes are intended

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from digest.sources.date_parsing import parse_date
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["is_placeholder", "without_feed_furniture"]

#: A longer paragraph tells something, whatever it begins with.
_LONGEST = 320
_LONGEST_WHOLE = 90
_LONGEST_WORD = 20
_MARKS = " :.,!?()[]«»„“”\"'*_-–—•·→►▶…"
#: How many of the last paragraphs may end with something that was appended, or name the item and its outlet.
_LAST = 2
#: How many characters the appended sentences, and those put before the text, have at most.
_LONGEST_TAIL = 300
_LONGEST_HEAD = 120
#: The words beside the headline and the outlet in a line such as "Der Beitrag … erschien zuerst auf …".
_MOST_OTHER_WORDS = 8
_MOST_WORDS = 16
_SHORTEST_TITLE = 8
_SIGN = 16
_FIRST_WORD = re.compile(r"[\W_]*?(#|@|\w+(?:['’]\w+)?)")
_EDGES = " \t.:;,!?…|–—-_*•·→»›«[](){}<>#\"'“”„"
_FOLD = re.compile(r"[\W_]+")
#: A link with its label, a bare address, hashtags, or a count of posts, as in "7 posts - 4 participants".
_LINE = re.compile(
    r"(?:[^.!?]{0,80}[:→►▶➡👉⬇|=–—-]\s*)?(?:https?://|www\.)\S+(?:\s*\([^)]{0,40}\))?\W*"
    r"|(?:\s*[#@][\w.-]+\s*,?){2,}|#\w+"
    r"|\d+ \w+ [-–—] \d+ [\w()]+"
    r"|\S+(?: \S+){0,3} \w{2,4}, \d\d[/.]\d\d[/.]\d{4} - \d\d:\d\d"
    r"|.{0,80}\b\d{1,2} ?% (?:off|discount|rabatt|korting|de descuento|de réduction)\b"
    r".{0,160}\b(?:code|coupon|gutscheincode|link|https?:).*"
    r"|.{0,80}\b(?:promo|discount|coupon|voucher) ?code\b.*"
)
_SENTENCE_END = re.compile(r"[.!?…]\s")
_CHAPTER_MARKS = frozenset("0123456789[(")
_CHAPTER = re.compile(r"[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}[\])]?(?:\s*[-–—|:]\s*|\s+)\S.{0,100}")
_TIMES = re.compile(r"(?:^|\s)[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}[\])]?(?=\s)")
_FEWEST_CHAPTERS = 2
#: Who made each change, in the notes on a release at GitHub.
_MAKER = re.compile(r"\s+by @[\w-]+(?:\[bot\])? in (?:https?://\S+|#\d+)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LONGEST_DATE = 40
_MOST_DATE_WORDS = 7


def without_feed_furniture(text: str, *, title: str, outlets: Sequence[str]) -> str:
    """Return the text of an item without what its feed's system put around it; "" if there is nothing else.

    Args:
        text: Plain text with a blank line between paragraphs.
        title: The item's title.
        outlets: The names of its feed and its publisher.
    """
    if not text:
        return ""
    paragraphs = [part for part in text.split("\n\n") if len(part) > _LONGEST or not _is_furniture(part)]
    chapters = [part for part in paragraphs if part[:1] in _CHAPTER_MARKS and _is_chapters(part)]
    if len(chapters) >= _FEWEST_CHAPTERS or any(len(_TIMES.findall(part)) > _FEWEST_CHAPTERS for part in chapters):
        paragraphs = [part for part in paragraphs if part not in chapters]
    names = _Names.of(title, outlets)
    for place in range(max(0, len(paragraphs) - _LAST), len(paragraphs)):
        if _names_item(paragraphs[place], names):
            paragraphs[place] = ""
        elif place == len(paragraphs) - 1 or len(paragraphs[place]) <= _LONGEST:
            paragraphs[place] = _without_tail(paragraphs[place], names)
    if paragraphs:
        paragraphs[0] = _without_head(paragraphs[0])
    if " by @" in text:
        paragraphs = [_MAKER.sub("", part) for part in paragraphs]
    return "\n\n".join(filter(None, paragraphs))


def _is_furniture(paragraph: str) -> bool:
    # This runs for nearly every paragraph of every item, and nearly all of them end at the first return.
    first = (paragraph[:_LONGEST_WORD].split(None, 1) or ("",))[0].lower().strip(_MARKS)
    if not first.isalnum():
        word = _FIRST_WORD.match(paragraph)
        first = word[1].lower().replace("’", "'") if word else ""
    patterns = _starts().get(first)
    plain = paragraph[:1].isalpha() and not _is_telling(paragraph)
    if patterns is None and plain and len(paragraph) > _LONGEST_WHOLE:
        return False
    line = paragraph.lower().replace("’", "'")
    if len(line) <= _LONGEST_WHOLE and line.strip(_EDGES) in _whole():
        return True
    if patterns:
        rest = line[line.find(first) + len(first) :]
        for pattern in patterns:
            if pattern.fullmatch(rest):
                return True
    return not plain and _LINE.fullmatch(line) is not None


def _is_telling(line: str) -> bool:
    """Whether a line has what all lines of `_LINE` that begin with a letter have."""
    return ":/" in line or "www." in line or "%" in line or " code" in line or "/20" in line


def _is_chapters(paragraph: str) -> bool:
    return _CHAPTER.fullmatch(paragraph) is not None or len(_TIMES.findall(paragraph)) > _FEWEST_CHAPTERS


class _Names(NamedTuple):
    """The headline and the outlets of an item, and what a line with one of them certainly holds."""

    title: str
    outlets: tuple[str, ...]
    signs: tuple[str, ...]

    @classmethod
    def of(cls, title: str, outlets: Iterable[str]) -> _Names:
        lower = [text.lower() for text in (title[:_SIGN].rpartition(" ")[0] or title[:_SIGN], *outlets)]
        return cls(title, tuple(outlets), tuple(filter(None, lower)))

    def may_be_in(self, lower: str) -> bool:
        """Whether it is worth while to look closer at a text in lower case."""
        return any(sign in lower for sign in self.signs)


@lru_cache(maxsize=256)
def _fold(text: str) -> str:
    return _FOLD.sub(" ", text.casefold()).strip()


def _names_item(paragraph: str, names: _Names) -> bool:
    """Whether a paragraph only says where the item appeared first, in any language.

    It holds the headline and the outlet, and hardly a word beside them; or one of them and such a phrase.
    """
    if len(paragraph) > _LONGEST + len(names.title) or not names.may_be_in(paragraph.lower()):
        return False
    line, title = _fold(paragraph), _fold(names.title)
    titled = len(title) >= _SHORTEST_TITLE and title in line
    outlet = max((name for name in map(_fold, names.outlets) if name and name in line), key=len, default="")
    if titled and outlet:
        rest = line.replace(title, " ", 1).replace(outlet, " ", 1)
        if len(rest.split()) <= _MOST_OTHER_WORDS:
            return True
    if not (titled or (outlet and line.endswith(outlet))):
        return False
    lower = paragraph.lower()
    if _SENTENCE_END.search(lower[: max(0, lower.find(names.title.lower()))]):
        return False  # a sentence of the article stands before it
    return len(line.split()) <= _MOST_WORDS + len(title.split()) and any(phrase in lower for phrase in _appeared())


def _without_tail(paragraph: str, names: _Names) -> str:
    """Cut off what was appended to a paragraph, from the beginning of a sentence on."""
    before = max(0, len(paragraph) - _LONGEST_TAIL)
    tail = paragraph[before:].lower()
    if len(tail) > _LONGEST_TAIL:  # a few capitals have two small letters
        return paragraph
    for has, pattern in _table("tails"):
        if has in tail and (match := pattern.search(tail)):
            tail = tail[: match.start()].rstrip()
    for phrase in _appeared() if names.may_be_in(tail) else ():
        at = tail.rfind(phrase)
        if at < 0:
            continue
        named = tail.rfind(names.title.lower(), 0, at) if names.title else -1
        at = named if named >= 0 else at
        start = max(tail.rfind(mark, 0, at) for mark in (". ", "! ", "? ", "… ", "] ", '" ', "” ")) + 2
        if start > 1 and _names_item(tail[start:], names):
            tail = tail[:start].rstrip()
            break
    return paragraph[: before + len(tail)]


def _without_head(paragraph: str) -> str:
    lower = paragraph[:_LONGEST_HEAD].lower()
    for has, pattern in _table("heads"):
        if has in lower and (match := pattern.match(lower)):
            paragraph, lower = paragraph[match.end() :], lower[match.end() :]
    return paragraph


def is_placeholder(title: str) -> bool:
    """Return whether a title is only a placeholder: "(no title)", "Untitled", a bare date or a bare address."""
    bare = title.lower().strip(_EDGES)
    if not bare or bare in _placeholders() or _ADDRESS.fullmatch(bare):
        return True
    if len(bare) > _LONGEST_DATE or not _YEAR.search(bare):
        return False
    words = bare.split()
    return len(words) <= _MOST_DATE_WORDS and sum(map(str.isalpha, words)) < 4 and parse_date(title) is not None


@cache
def _whole() -> frozenset[str]:
    lines = (*load_table("feed_furniture")["whole"], *load_table("promotion")["furniture"])
    return frozenset(line.strip(_EDGES) for line in lines)


@cache
def _starts() -> dict[str, tuple[re.Pattern[str], ...]]:
    starts = load_table("feed_furniture")["starts"]
    return {word: tuple(re.compile(pattern, re.DOTALL) for pattern in patterns) for word, patterns in starts.items()}


@cache
def _table(name: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    patterns = []
    for entry in load_table("feed_furniture")[name]:
        before = r"\w" if entry.get("within") else ""
        start, end = (rf"(?:^|(?<=[.!?…:;\]\)\"'”’»{before}])\s+)", "$") if name == "tails" else ("", "")
        patterns.append((entry["has"], re.compile(f"{start}(?:{entry['pattern']}){end}", re.DOTALL)))
    return tuple(patterns)


@cache
def _appeared() -> tuple[str, ...]:
    return tuple(load_table("feed_furniture")["appeared"]["phrases"])


@cache
def _placeholders() -> frozenset[str]:
    return frozenset(load_table("feed_furniture")["placeholders"]["titles"])
