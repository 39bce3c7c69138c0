"""Keeps the addresses and telephone numbers of the people who wrote an article out of its text. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["is_contact_line", "without_contact", "without_reporters_addresses"]

_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_IN_BRACKETS = re.compile(r"\s*[(<\[]\s*(?:mailto:)?[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\s*[)>\]]")
_PHONE = re.compile(r"\+?\(?\d[\d ()/.\u2013-]{6,20}\d")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_LABEL = re.compile(
    r"\b(?:e-?mail|mail|tel(?:ephone)?|phone|mobile|mob|fax|twitter|contact|kontakt|telefon)\b", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<!\w)@\w{2,30}")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'\u201d\u2019)]?\s+(?=[\"'\u201c\u2018(]?[^\W\d_a-z])")
_FEWEST_LETTERS = 3
_OUTSIDE = 2  # paragraphs at the end that may be about the writer


def without_contact(line: str) -> str:
    """A line, such as a byline, without the addresses in it."""
    if "@" not in line:
        return line
    return _EMAIL.sub("", _IN_BRACKETS.sub("", line)).strip(" ,;|<>()-\u2013\u2014")


def is_contact_line(line: str) -> bool:
    """Whether a line holds nothing but ways to reach somebody: addresses, telephone numbers, handles, and a name."""
    if not ("@" in line or (_PHONE.search(_DATE.sub("", line)) and _LABEL.search(line))):
        return False
    rest = _PHONE.sub(" ", _HANDLE.sub(" ", _EMAIL.sub(" ", _LABEL.sub(" ", line))))
    words = re.findall(r"[^\W_]+", rest)
    return len(words) <= 3 and all(word[0].isupper() or len(word) == 1 for word in words)


def without_reporters_addresses(text: str, authors: Collection[str]) -> str:
    """Drop the sentences and lines that tell how to reach the people who wrote a text.

    Those are lines of contacts, sentences with an address in the name of an author, and, at the beginning and the end
    of the text, sentences such as "Ann Lee can be reached at alee@paper.example". An address that readers are meant to
    use, such as tickets@museum.example, stays.

    Args:
        text: Paragraphs with a blank line between them.
        authors: The names of those who wrote it.
    """
    if "@" not in text:
        return text
    paragraphs = text.split("\n\n")
    cleaned = [
        paragraph
        if "@" not in paragraph
        else _cleaned(paragraph, authors, outside=number < 1 or number >= len(paragraphs) - 2)
        for number, paragraph in enumerate(paragraphs)
    ]
    return "\n\n".join(filter(None, cleaned))


def _cleaned(paragraph: str, authors: Collection[str], *, outside: bool) -> str:
    if _EMAIL.search(paragraph) and is_contact_line(paragraph):
        return ""
    sentences = _SENTENCE_END.split(paragraph)
    others = [sentence for sentence in sentences if not _reaches_writer(sentence, authors, outside=outside)]
    return paragraph if len(others) == len(sentences) else " ".join(others)


def _reaches_writer(sentence: str, authors: Collection[str], *, outside: bool) -> bool:
    for address in _EMAIL.findall(sentence):
        local = address.partition("@")[0].casefold()
        if _is_of(local, authors):
            return True
        if outside and _invites().search(sentence) and not _is_for_readers(local):
            return True
    return False


def _is_of(local: str, authors: Collection[str]) -> bool:
    """Whether the first part of an address is made of an author's name: annlee, a.lee, alee, lee."""
    letters = re.sub(r"[^\w]|\d|_", "", local)
    for author in authors:
        names = [_letters(name) for name in author.split()]
        if names and len(names[-1]) >= _FEWEST_LETTERS and names[-1] in letters:
            return True
        if len(names) > 1 and letters in {names[0], f"{names[0]}{names[-1][:1]}"}:
            return True
    return False


def _letters(name: str) -> str:
    return re.sub(r"\W", "", name).casefold()


def _is_for_readers(local: str) -> bool:
    words: Sequence[str] = re.split(r"[^a-z]+", local)
    return any(word in _shared_boxes() for word in words)


@cache
def _shared_boxes() -> frozenset[str]:
    return frozenset(load_table("wire_copy")["contact"]["shared"])


@cache
def _invites() -> re.Pattern[str]:
    return re.compile("|".join(load_table("wire_copy")["contact"]["invites"]), re.IGNORECASE)
