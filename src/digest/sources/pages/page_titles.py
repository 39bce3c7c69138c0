"""Choose the headline of a page among its JSON-LD, its meta elements, its <title> and its headings. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = ["StatedTitles", "choose_title", "without_site"]

_SEPARATOR = re.compile(r"\s+(?:[-|\u2013—·•»:/]|::|\|\|)\s+|\s*[|ㅣ\uff5c\uff1a]\s*")
_BAR = re.compile(r"\s*[|ㅣ\uff5c]\s*")
_DATE_IN_FRONT = re.compile(r"^\d{1,2}[./]\d{1,2}[./]\d{4}\s*[-|\u2013—:·]\s*(?=\S)")
_EDGES = " |-\u2013—·•»:/ㅣ\uff5c\uff1a"
_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 4  # characters of a heading
_TAIL = 0.4  # the share of a title that the name of a site takes at most
_ALIKE = 0.5  # the share of a title's words that one of several headings repeats at least
_LONG_NAME = 8  # letters of a site's name that is no everyday word


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedTitles:
    """The titles that a page states. Those that it does not have are empty.

    Attributes:
        linked: The headline in its JSON-LD.
        shared: Its title for sharing (og:title and the like).
        others: Further titles in its meta elements.
        document: Its <title>.
        headings: Its main headings, in order.
        minor: Its lesser headings, in order. They count only where there is no main one.
    """

    linked: str = ""
    shared: str = ""
    others: Sequence[str] = ()
    document: str = ""
    headings: Sequence[str] = ()
    minor: Sequence[str] = ()


def choose_title(stated: StatedTitles, sites: Collection[str]) -> str:
    """Choose the headline, and remove the name of the site.

    A title that was written for sharing comes first, if it repeats neither the <title> nor a heading. The headline in
    JSON-LD comes next, unless the heading and the shared title agree on another one that it only extends, or while it
    only repeats the <title>. The heading comes last. What a heading repeats whole is never cut.

    Args:
        stated: The titles of the page.
        sites: The names of the site: its own, its publisher's, its host.
    """
    names = {_letters(site) for site in sites}
    headings = [line for line in stated.headings if len(line) >= _SHORTEST and _letters(line) not in names]
    witnesses = [*headings, *stated.others]
    whole = {_letters(heading) for heading in headings}

    def cut(title: str, *, loose: bool = False) -> str:
        if _letters(title) in names:
            return ""
        if _letters(title) in whole:
            return title
        title = _without_tail(title, witnesses)
        return title if _letters(title) in whole else without_site(title, sites, loose=loose)

    linked = cut(stated.linked)
    document = cut(stated.document, loose=True)
    shared = cut(stated.shared, loose=_same(stated.shared, stated.document))
    heading = _heading(headings, (linked, shared, document)) or _part_of(document, stated.minor if not shared else ())
    if linked:
        return _linked(linked, shared, document, heading)
    return _without_date(_unlinked(shared, document, heading)) or stated.shared or stated.document


def without_site(title: str, sites: Collection[str], *, loose: bool = False) -> str:
    """Remove the site's name from the end or the beginning of a title.

    Args:
        title: One line.
        sites: The names of the site.
        loose: Remove any short text after a bar as well.
    """
    for _ in range(2):  # "Headline - News - The Paper"
        title = _without_end(title, sites)
        parts = _SEPARATOR.split(title)
        ends = [end for end in (parts[-1], parts[0]) if len(parts) > 1 and _names_site(end, title, sites)]
        if not ends:
            break
        title = (title.removesuffix(ends[0]) if ends[0] is parts[-1] else title.removeprefix(ends[0])).strip(_EDGES)
    parts = _BAR.split(title)
    if loose and len(parts) > 1 and len(parts[-1]) < _TAIL * len(title):
        title = title.removesuffix(parts[-1]).strip(_EDGES)
    return title


def _without_end(title: str, sites: Collection[str]) -> str:
    """Remove a name that ends the title word for word, even if there is no space before its separator."""
    for site in sites:
        rest = title.removesuffix(site).rstrip() if site else title
        if rest != title and rest[-1:] in tuple(_EDGES.replace(" ", "").replace(":", "")) and len(rest) > len(site):
            return rest.strip(_EDGES)
    return title


def _names_site(end: str, title: str, sites: Iterable[str]) -> bool:
    """Whether a part of a title is the site's name, a piece of it, or the name with words such as "News"."""
    part = _letters(end)
    if not part or len(part) >= len(title) / 2:
        return False
    words = [word.casefold() for word in _WORD.findall(end)]
    return any(_is_name(part, words, end, site) for site in sites if _letters(site))


def _is_name(part: str, words: Sequence[str], end: str, site: str) -> bool:
    name = _letters(site)
    if part == name:
        return True
    capital = end[0] == end[0].upper()  # "against the tide" is no name of the site "Tide"
    if len(part) > 2 and part in name:
        return capital or "." in end
    if name not in part:
        return False
    own = {word.casefold() for word in _WORD.findall(site)}
    beside = [word for word in words if word not in own]
    generic = load_table("page_metadata")["site_words"]
    return capital and (len(name) >= _LONG_NAME or all(word in generic for word in beside))


def _without_tail(title: str, witnesses: Iterable[str]) -> str:
    """Remove the section or the name behind a headline that a heading or another title repeats without it."""
    for line in witnesses:
        rest = title[len(line) :].strip() if line and len(line) >= 2 * _SHORTEST and title.startswith(line) else ""
        if (
            rest
            and len(rest) < _TAIL * len(title)
            and (rest[0] in "|ㅣ\uff5c" or (rest[0] == "-" and _BAR.search(rest)))
        ):
            return line
    return title


def _heading(headings: Sequence[str], others: Sequence[str]) -> str:
    """Return the heading that another title repeats, or begins or ends with, or else the only or the most alike."""
    for other in filter(None, others):
        for heading in headings:
            if _same(heading, other):
                return heading
    for other in filter(None, others):
        for heading in headings:
            if _holds(other, heading) or _holds(heading, other):
                return heading
    if len(headings) == 1:
        return headings[0]
    return next((heading for other in filter(None, others) for heading in headings if _alike(heading, other)), "")


def _alike(heading: str, title: str) -> bool:
    words, own = ({word.casefold() for word in _WORD.findall(text)} for text in (title, heading))
    return len(words) > 1 and len(words & own) >= _ALIKE * len(words)


def _part_of(document: str, headings: Iterable[str]) -> str:
    """Return the heading that is one part of a <title> that consists of several, such as those of a site's tree."""
    parts = [_letters(part) for part in _SEPARATOR.split(document)]
    parts = parts if len(parts) > 1 else []
    longest = max(parts, key=len, default="")
    return next((line for line in headings if longest and _letters(line) == longest), "")


def _linked(linked: str, shared: str, document: str, heading: str) -> str:
    """Choose among the titles of a page with a headline in JSON-LD."""
    if shared and _same(shared, heading) and (_same(linked, document) or _holds(linked, heading)):
        return shared
    unlike = not (_same(linked, heading) or _holds(linked, heading) or _holds(heading, linked))
    if unlike and _holds(shared, heading) and _same(linked, document):
        return heading
    apart = shared and not _same(shared, document) and not _letters(document).startswith(_letters(shared))
    return shared if apart and _same(linked, heading) and len(shared) > len(linked) / 2 else linked


def _unlinked(shared: str, document: str, heading: str) -> str:
    """Choose among the titles of a page without a headline in JSON-LD."""
    title = shared or document
    if not title or not heading:
        return title or heading
    if _holds(heading, title):  # the heading includes a line above it
        return title
    if _holds(title, heading) or not shared or not document or _same(shared, document):
        return heading
    return shared


def _holds(longer: str, shorter: str) -> bool:
    """Return whether a title begins or ends with another one."""
    long, short = _letters(longer), _letters(shorter)
    return bool(short) and long != short and (long.startswith(short) or long.endswith(short))


def _same(first: str, second: str) -> bool:
    return _letters(first) == _letters(second)


def _without_date(title: str) -> str:
    return _DATE_IN_FRONT.sub("", title)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
