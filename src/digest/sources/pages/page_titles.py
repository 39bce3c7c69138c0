"""The headline of a page: what its JSON-LD, its meta elements, its <title> and its headings say, weighed up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["StatedTitles", "choose_title", "without_site"]

_SEPARATOR = re.compile(r"\s+(?:[-|\u2013—·•»:/]|::|\|\|)\s+|\s*[|ㅣ]\s*")
_BAR = re.compile(r"\s*[|ㅣ]\s*")
_DATE_IN_FRONT = re.compile(r"^\d{1,2}[./]\d{1,2}[./]\d{4}\s*[-|\u2013—:·]\s*(?=\S)")
_EDGES = " |-\u2013—·•»:/ㅣ"
_SHORTEST = 4  # characters of a heading
_TAIL = 0.4  # a site's name takes less than this share of a title


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedTitles:
    """What a page says, each "" or empty where it says nothing.

    Attributes:
        linked: The headline in its JSON-LD.
        shared: What it wants to be shared as (og:title and its kind).
        document: Its <title>.
        headings: Its main headings, in order.
    """

    linked: str = ""
    shared: str = ""
    document: str = ""
    headings: Sequence[str] = ()


def choose_title(said: StatedTitles, sites: Collection[str]) -> str:
    """The headline, without the name of the site.

    A title that the publisher wrote for sharing wins, where it is neither the <title> nor a heading over again. Then
    JSON-LD, unless that only repeats the <title> while the heading and the shared title agree on another. Then the
    heading.

    Args:
        said: What the page says.
        sites: Names by which the site goes: its own, its publisher's, its host.
    """
    linked = without_site(said.linked, sites)
    document = without_site(said.document, sites, loose=True)
    shared = without_site(said.shared, sites, loose=_same(said.shared, said.document))
    names = {_letters(site) for site in sites}
    headings = [line for line in said.headings if len(line) >= _SHORTEST and _letters(line) not in names]
    heading = _heading(headings, (linked, shared, document))
    if linked:
        if shared and _same(shared, heading) and _same(linked, document):
            return shared
        apart = shared and not _same(shared, document) and not _letters(document).startswith(_letters(shared))
        return shared if apart and _same(linked, heading) and len(shared) > len(linked) / 2 else linked
    return _without_date(_unlinked(shared, document, heading))


def without_site(title: str, sites: Collection[str], *, loose: bool = False) -> str:
    """A title without the site's name at its end or its beginning.

    Args:
        title: One line.
        sites: Names by which the site goes.
        loose: Also drop what stands after a bar, whatever it is, if it is short.
    """
    names = [name for site in sites if (name := _letters(site))]
    for _ in range(2):  # "Headline - News - The Paper"
        title = _without_end(title, sites)
        parts = _SEPARATOR.split(title)
        ends = [end for end in (parts[-1], parts[0]) if len(parts) > 1 and _names_site(end, title, names)]
        if not ends:
            break
        title = (title.removesuffix(ends[0]) if ends[0] is parts[-1] else title.removeprefix(ends[0])).strip(_EDGES)
    parts = _BAR.split(title)
    if loose and len(parts) > 1 and len(parts[-1]) < _TAIL * len(title):
        title = title.removesuffix(parts[-1]).strip(_EDGES)
    return title


def _without_end(title: str, sites: Collection[str]) -> str:
    """Without a name that stands at the end word for word, even where no blank is in front of its mark."""
    for site in sites:
        rest = title.removesuffix(site).rstrip() if site else title
        if rest != title and rest[-1:] in tuple(_EDGES.replace(" ", "").replace(":", "")) and len(rest) > len(site):
            return rest.strip(_EDGES)
    return title


def _names_site(end: str, title: str, names: Sequence[str]) -> bool:
    said = _letters(end)
    known = any(said == name or (len(said) > 2 and said in name) or (len(name) > 3 and name in said) for name in names)
    return bool(said) and known and len(said) < len(title) / 2


def _heading(headings: Sequence[str], others: Sequence[str]) -> str:
    """The heading that another title repeats, else begins or ends with, else the only one."""
    for other in filter(None, others):
        for heading in headings:
            if _same(heading, other):
                return heading
    for other in filter(None, others):
        for heading in headings:
            if _holds(other, heading) or _holds(heading, other):
                return heading
    return headings[0] if len(headings) == 1 else ""


def _unlinked(shared: str, document: str, heading: str) -> str:
    given = shared or document
    if not given or not heading:
        return given or heading
    if _holds(heading, given):  # the heading has a line above it
        return given
    if _holds(given, heading) or not shared or not document or _same(shared, document):
        return heading
    return shared


def _holds(longer: str, shorter: str) -> bool:
    long, short = _letters(longer), _letters(shorter)
    return long != short and (long.startswith(short) or long.endswith(short))


def _same(one: str, other: str) -> bool:
    return _letters(one) == _letters(other)


def _without_date(title: str) -> str:
    return _DATE_IN_FRONT.sub("", title)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
