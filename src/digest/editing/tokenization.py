"""The tokens by which texts are compared: words, or short n-grams in scripts without spaces between words.

Chinese, Japanese, Thai, Lao, Khmer and Burmese do not separate words. Overlapping pairs of Chinese characters work
nearly as well as words (Nie, Gao, Zhang and Zhou, On the use of words and n-grams for Chinese information retrieval,
2000); the alphabetic scripts need longer n-grams. All functions are pure.
"""

# ruff: noqa: RUF001 - the typographic apostrophe is intended

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from digest.editing.language_data import languages_by_word, weights, word_list

__all__ = ["content_terms", "content_words", "detect_language", "is_unspaced", "terms_of", "word_count", "words_of"]

#: The number of characters that are enough to detect a language.
_HEAD = 400
_WORD = re.compile(r"\w+(?:'\w+)?")
_IDEOGRAPHIC = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_ALPHABETIC = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"
#: Vowel signs and accents that belong to the letter before them, but are not matched by \w.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c2\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u200c\u200d\u3099\u309a"
)
#: Anything but Latin letters and general punctuation: a fast test that spares most texts the slower ones.
_FOREIGN = re.compile("[^\\x00-\u02ff\u2000-\u206f]")
_UNSPACED = re.compile(f"[{_IDEOGRAPHIC}{_ALPHABETIC}]")
_SPECIAL = re.compile(f"[{_IDEOGRAPHIC}{_ALPHABETIC}{_MARKS}]")
_MARKED_WORD = re.compile(rf"[\w{_MARKS}]+(?:'\w+)?")
_PIECE = re.compile(f"[{_IDEOGRAPHIC}]+|[{_ALPHABETIC}]+|[^{_IDEOGRAPHIC}{_ALPHABETIC}]+")
_LENGTHS = ((re.compile(f"[{_IDEOGRAPHIC}]"), 2), (re.compile(f"[{_ALPHABETIC}]"), 5))
#: Function characters: Japanese endings and particles, and Chinese function words.
_GRAMMAR = re.compile("[\u3040-\u309f的了是在和與与及也就這这那個个们們於于之其而被把让讓將将已還还為为]")
#: This many characters of an unspaced script count as one word.
_CHARACTERS_A_WORD = 2


def detect_language(text: str, *, tag: str | None = None) -> str:
    """The language of a text, as the first part of a BCP 47 tag.

    Args:
        tag: The BCP 47 tag, if it is known. Otherwise the language of languages.toml that uses the most short words of
            the text is chosen, or ``en`` if there are too few.
    """
    if tag:
        return tag.casefold().replace("_", "-").split("-")[0]
    languages = languages_by_word()
    counts = Counter([name for word in words_of(text[:_HEAD]) for name in languages.get(word, ())])
    best = max(("en", *counts), key=lambda name: counts[name])
    return best if counts[best] > 1 else "en"


def words_of(text: str) -> list[str]:
    """The words of a text, in order, in lower case and with straight apostrophes."""
    return _WORD.findall(text.casefold().replace("’", "'"))


def content_words(text: str) -> list[str]:
    """The words of a text without stop words and possessive endings, in order and with repeats."""
    stop = word_list("words", "stop")
    return [word.removesuffix("'s") for word in words_of(text) if word not in stop]


def is_unspaced(text: str) -> bool:
    """Whether a text contains characters of a script that does not separate words."""
    return _FOREIGN.search(text) is not None and _UNSPACED.search(text) is not None


def terms_of(text: str) -> list[str]:
    """All tokens of a text, in order, in lower case and NFKC form: words, or n-grams in unspaced scripts."""
    if text.isascii():
        return words_of(text)
    text = unicodedata.normalize("NFKC", text)
    if not (_FOREIGN.search(text) and _SPECIAL.search(text)):
        return words_of(text)
    words = _MARKED_WORD.findall(text.casefold().replace("\u2019", "'"))
    return [term for word in words for piece in _PIECE.findall(word) for term in _cut(piece)]


def content_terms(text: str) -> list[str]:
    """The tokens of a text without stop words, in order. Words are cut to their first letters, a crude stemming.

    Numbers are not cut, because a number without its end is a different number.
    """
    letters, stop = int(weights("grouping")["letters"]), word_list("words", "stop")
    terms = [term.removesuffix("'s") for term in terms_of(text) if term not in stop]
    if is_unspaced(text):
        terms = [term for term in terms if not _GRAMMAR.search(term)]
    return [term[:letters] if term.isalpha() else term for term in terms]


def word_count(text: str) -> int:
    """The approximate number of words of a text in any script."""
    if not _FOREIGN.search(text):
        return len(text.split())
    return len(text.split()) + len(_UNSPACED.findall(text)) // _CHARACTERS_A_WORD


def _cut(piece: str) -> list[str]:
    length = next((length for script, length in _LENGTHS if script.match(piece)), len(piece))
    return [piece[at : at + length] for at in range(max(1, len(piece) - length + 1))]
