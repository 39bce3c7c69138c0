"""Finds web addresses that look like those of another site, and shows hosts in a form that does not.

A host may be written in many alphabets, and in punycode (RFC 3492). Which mixtures deceive is described in Unicode's
UTS 39, sections 5.1 and 5.2 (https://www.unicode.org/reports/tr39/). Browsers apply similar rules before they show a
host in its own alphabet. Pure: no list of well-known sites is needed or kept.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.models.host_addresses import ip_literal
from digest.models.urls import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["deception", "shown_host"]

#: Alphabets that are used together (UTS 39, section 5.2, "Highly Restrictive").
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
#: Letters that look like Latin ones, by alphabet. A label of nothing else looks like a Latin name.
_LOOKALIKES = {
    "CYRILLIC": frozenset("асԁеһіјӏорԛѕԝхуѵґ"),
    "GREEK": frozenset("αγηικνορτυχω"),
    "ARMENIAN": frozenset("ագզհոսօցյռլ"),
}
#: Domains under which such a label is an ordinary word of the language.
_HOME_DOMAINS = {
    "CYRILLIC": frozenset(["ba", "bg", "by", "kg", "kz", "me", "mk", "mn", "rs", "ru", "su", "tj", "ua", "uz"]),
    "GREEK": frozenset({"cy", "gr"}),
    "ARMENIAN": frozenset({"am"}),
}
#: Alphabets that no domain is written in, other than to imitate (UTS 31, tables 4 and 7).
_UNUSUAL = frozenset({"CHEROKEE", "COPTIC", "DESERET", "GOTHIC", "LISU", "OLD", "OSAGE", "RUNIC", "SHAVIAN", "VAI"})
#: Latin letters of phonetic notation, which look like ordinary ones, apart from those that African languages use.
_PHONETIC = (range(0x0250, 0x02B0), range(0x1D00, 0x1DC0), range(0xA730, 0xA732), range(0xAB30, 0xAB70))
_AFRICAN = frozenset("ɓɔɖɗəɛɣɨɩɯɲɵʃʉʊʋʌʒ")
_SIGNS = frozenset("-_·ー々〆〇'’ʻ")  # noqa: RUF001 - what stands between letters in names
_STOPS = str.maketrans({"。": ".", "．": ".", "｡": "."})  # noqa: RUF001 - IDNA's other full stops


def deception(url: str) -> str:
    """Why a web address may lead to another site than it seems to, as a predicate; empty if there is no reason.

    Args:
        url: A web address (see `is_web_address`).
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if "@" in parts.netloc:
        return f"has a user part before the site that it leads to, {shown_host(url)}"
    if not host or ":" in host or (host.isascii() and "xn--" not in host and "%" not in host):
        return ""
    return next(_problems(host), "")


def shown_host(url: str) -> str:
    """`digest.models.host_name` in a form that is safe to show: in punycode if it may look like another one."""
    host = host_name(url)
    if host.isascii() or ip_literal(host) or next(_problems(host), "") == "":
        return host
    return ".".join(_punycode(label) for label in host.translate(_STOPS).split("."))


def _punycode(label: str) -> str:
    folded = unicodedata.normalize("NFKC", label).casefold()
    return folded if folded.isascii() else f"xn--{folded.encode('punycode').decode('ascii')}"


def _problems(host: str) -> Iterator[str]:
    if "%" in host:
        yield "has a host with escaped characters"
    labels = [label for label in host.rstrip(".").translate(_STOPS).split(".") if label]
    for label in labels:
        try:
            text = label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label
        except (UnicodeError, ValueError, OverflowError):
            yield f"has a host with invalid punycode, {label}"
            continue
        if label.startswith("xn--") and text.isascii():
            yield f"has a host with invalid punycode, {label}"
        elif problem := _label_problem(text, labels[-1]):
            # Text that may be invisible, or change the direction of the message, is never repeated.
            shown = f", which looks like {text}" if text.isprintable() and "U+" not in problem else ""
            yield f"{problem}: {_punycode(text)}{shown}"


def _label_problem(label: str, domain: str) -> str:
    """What may deceive in one part of a host, in its Unicode form."""
    text = unicodedata.normalize("NFKC", label).casefold()
    letters = [letter for letter in text if not (letter.isdecimal() or letter in _SIGNS)]
    categories = {letter: unicodedata.category(letter) for letter in letters}
    strange = next((letter for letter in letters if not _is_for_names(categories[letter])), None)
    if strange is not None and not (text.isascii() or _joins(strange, text)):
        return f"has a host with the character U+{ord(strange):04X}"
    alphabets = {_alphabet(letter) for letter in letters if categories[letter].startswith("L")}
    if len(alphabets) > 1 and not any(alphabets <= together for together in _TOGETHER):
        return "has a host that mixes alphabets"
    if alphabets & _UNUSUAL:
        return "has a host in an alphabet that no site is written in"
    if any(ord(letter) in block for letter in letters if letter not in _AFRICAN for block in _PHONETIC):
        return "has a host with a letter of phonetic notation, which looks like another one"
    alphabet = next(iter(alphabets), "")
    imitates = alphabet in _LOOKALIKES and _LOOKALIKES[alphabet].issuperset(letters)
    if imitates and domain.isascii() and not domain.startswith("xn--") and domain not in _HOME_DOMAINS[alphabet]:
        return "has a host whose letters all look like Latin ones"
    return ""


def _is_for_names(category: str) -> bool:
    """Whether characters of a Unicode category stand in names: letters, marks, digits, and pictures such as emoji."""
    return category[0] in "LM" or category in {"Nd", "Nl", "So", "Sk"}


def _joins(letter: str, text: str) -> bool:
    """Whether it is a joiner that Arabic and Indic names need (RFC 5892, appendix A), which is invisible elsewhere."""
    alphabets = {_alphabet(other) for other in text if other.isalpha()}
    return letter in "\u200c\u200d" and not alphabets & {"LATIN", "CYRILLIC", "GREEK", "CJK"}


def _alphabet(letter: str) -> str:
    """The script of a letter, by its name. The standard library does not have Unicode's property."""
    name = unicodedata.name(letter, "").replace("-", " ").partition(" ")[0]
    return "CJK" if name == "IDEOGRAPHIC" else name
