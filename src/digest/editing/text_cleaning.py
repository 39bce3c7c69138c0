"""Cleans all article text before readers see it, and detects boilerplate."""

# ruff: noqa: RUF001 - typographic dashes are intended

from __future__ import annotations

import re

from digest.editing.language_data import hints, patterns, word_list

__all__ = [
    "breaks_off",
    "clean_url",
    "is_boilerplate",
    "shorten",
    "single_line",
    "statement_start",
    "whole_beginning",
]

#: Embeddings, overrides and isolates (https://www.unicode.org/reports/tr9/): they can make text read as something else
#: (https://trojansource.codes). The marks that Hebrew and Arabic need (U+200E, U+200F, U+061C) stay.
_BIDI = "\u202a-\u202e\u2066-\u2069"
_INSIDE_WORD = re.compile(rf"(?<=\w)[{_BIDI}]+(?=\w)")
_UNWANTED = re.compile(rf"[{_BIDI}\ufeff\ufff9-\ufffb]|[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: The beginning of a sentence is enough to recognise boilerplate, and no pattern should run over a megabyte.
_REACH = 300
_CUT = re.compile(r"\s*[\[(]?(?:…|\.\.\.+)[\])]?[\s\"'”’»)\]]*$")
_CUT_REACH = 40
_TRAILING = " ,;:–—-"
_SENTENCE_END = re.compile(r"(?:[.!?](?=\s)|[。！？])(?P<end>)")
_CLAUSE_END = re.compile(r"(?P<end>)(?:[,;:]|\s[–—-])(?=\s)")


def single_line(text: str) -> str:
    """Clean a text and put it on one line.

    Removes control characters, bidirectional overrides and lone surrogates, and collapses white space.
    """
    if text.isprintable() and "  " not in text:  # the common case: nothing to remove, no space but U+0020
        return text.strip()
    text = _UNWANTED.sub("", _INSIDE_WORD.sub(" ", _CONTROL.sub(" ", text)))
    return " ".join(text.split())


def clean_url(url: str) -> str:
    """A URL without control characters and surrounding space. Spaces inside a path belong to it and stay."""
    return _CONTROL.sub("", _UNWANTED.sub("", url)).strip()


def shorten(text: str, limit: int) -> str:
    """Truncate a text to at most ``limit`` characters, at the end of a word and with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at = len(head) if text[limit - 1 : limit].isspace() else head.rfind(" ")
    if at < limit // 2:  # one very long word, or a script without spaces
        at = len(head)
    return head[:at].rstrip(" ,;:–—-") + "…"


def breaks_off(text: str) -> bool:
    """Whether a text ends with dots that say that something is missing, as in "one of its…" and "those of […]"."""
    return _CUT.search(text[-_CUT_REACH:]) is not None


def whole_beginning(text: str, limit: int) -> str:
    """The beginning of a text in at most ``limit`` characters, so that it does not look cut: no ellipsis at its end.

    The cut is behind a sentence or a clause, or before a preposition or a conjunction; failing these, between words.
    """
    if len(text) <= limit:
        return _CUT.sub("", text)
    head = text[: limit + 1]
    least = limit // 3
    for pattern in (_SENTENCE_END, _CLAUSE_END):
        ends = [match.start("end") for match in pattern.finditer(head) if match.start("end") >= least]
        if ends:
            return head[: ends[-1]].rstrip()
    words = head[:limit].split(" ") if text[limit : limit + 1] not in {"", " "} else head.rstrip().split(" ")
    if len(words) > 1 and text[limit : limit + 1] not in {"", " "}:
        words.pop()
    joining = word_list("words", "joining")
    following = text[len(" ".join(words)) :].split(" ", 2)[1:2]
    for place in range(len(words), 1, -1):
        after = words[place] if place < len(words) else "".join(following)
        if len(" ".join(words[:place])) < least:
            break
        if after.casefold() in joining and words[place - 1].casefold() not in joining | word_list("words", "stop"):
            return " ".join(words[:place]).rstrip(_TRAILING)
    while len(words) > 1 and words[-1].casefold().strip(_TRAILING) in joining | word_list("words", "stop"):
        words.pop()
    return " ".join(words).rstrip(_TRAILING)


def is_boilerplate(sentence: str) -> bool:
    """Whether a sentence is a caption, a link to other pages, a call to subscribe, a contact or a legal notice."""
    head = single_line(sentence[: 2 * _REACH])[:_REACH]
    lower = head.lower()
    if patterns("lines")[0].match(lower) or patterns("cased_lines")[0].match(head):
        return True
    for hint in hints():  # a loop, because this runs for every sentence of every article
        if hint in lower:
            return any(pattern.search(head) for pattern in patterns("anywhere"))
    return False


def statement_start(sentence: str, *, first: bool) -> int:
    """The length of what precedes the statement of a sentence: a list mark and, if ``first``, a dateline."""
    start, opening = 0, patterns("openings")[0]
    while (match := opening.match(sentence[start : start + _REACH])) and match.end() < len(sentence) - start:
        start += match.end()
    for pattern in patterns("datelines") if first else ():
        match = pattern.match(sentence[start : start + _REACH])
        if match and match.end() < len(sentence) - start:
            start += match.end()
    return start
