"""Choose the headline of a page among its JSON-LD, its meta elements, its <title> and its headings."""

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
_TAIL = 0.4  # the share of a title that the name of a site takes at most


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedTitles:
    """The titles that a page states. Those that it does not have are empty.

    Attributes:
        linked: The headline in its JSON-LD.
        shared: Its title for sharing (og:title and the like).
        document: Its <title>.
        headings: Its main headings, in order.
    """

    linked: str = ""
    shared: str = ""
    document: str = ""
    headings: Sequence[str] = ()


def choose_title(stated: StatedTitles, sites: Collection[str]) -> str:
    """Choose the headline, and remove the name of the site.

    A title that was written for sharing comes first, if it repeats neither the <title> nor a heading. The headline in
    JSON-LD comes next, unless it only repeats the <title> while the heading and the shared title agree on another one.
    The heading comes last.

    Args:
        stated: The titles of the page.
        sites: The names of the site: its own, its publisher's, its host.
    """
    linked = without_site(stated.linked, sites)
    document = without_site(stated.document, sites, loose=True)
    shared = without_site(stated.shared, sites, loose=_same(stated.shared, stated.document))
    names = {_letters(site) for site in sites}
    headings = [line for line in stated.headings if len(line) >= _SHORTEST and _letters(line) not in names]
    heading = _heading(headings, (linked, shared, document))
    if linked:
        if shared and _same(shared, heading) and _same(linked, document):
            return shared
        apart = shared and not _same(shared, document) and not _letters(document).startswith(_letters(shared))
        return shared if apart and _same(linked, heading) and len(shared) > len(linked) / 2 else linked
    return _without_date(_unlinked(shared, document, heading))


def without_site(title: str, sites: Collection[str], *, loose: bool = False) -> str:
    """Remove the site's name from the end or the beginning of a title.

    Args:
        title: One line.
        sites: The names of the site.
        loose: Remove any short text after a bar as well.
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
    """Remove a name that ends the title word for word, even if there is no space before its separator."""
    for site in sites:
        rest = title.removesuffix(site).rstrip() if site else title
        if rest != title and rest[-1:] in tuple(_EDGES.replace(" ", "").replace(":", "")) and len(rest) > len(site):
            return rest.strip(_EDGES)
    return title


def _names_site(end: str, title: str, names: Sequence[str]) -> bool:
    part = _letters(end)
    matches = any(
        part == name or (len(part) > 2 and part in name) or (len(name) > 3 and name in part) for name in names
    )
    return bool(part) and matches and len(part) < len(title) / 2


def _heading(headings: Sequence[str], others: Sequence[str]) -> str:
    """Return the heading that another title repeats, or begins or ends with, or else the only heading."""
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
    return long != short and (long.startswith(short) or long.endswith(short))


def _same(first: str, second: str) -> bool:
    return _letters(first) == _letters(second)


def _without_date(title: str) -> str:
    return _DATE_IN_FRONT.sub("", title)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
