"""Read the metadata of a page: from JSON-LD first, then OpenGraph and other meta elements, then the markup."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.models import host_name, is_web_address
from digest.sources.author_names import clean_names, is_agency, split_names
from digest.sources.date_parsing import parse_date
from digest.sources.html_text import line_of_html, plain_line, text_of_html
from digest.sources.pages.json_ld import JsonLd
from digest.sources.pages.page_bylines import OtherArticles, find_byline, is_person
from digest.sources.pages.page_headings import read_headings, read_minor_headings
from digest.sources.pages.page_titles import StatedTitles, choose_title
from digest.sources.source_links import join_link, language_tag, same_site
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Metadata", "is_own", "read_metadata"]

#: "23.01.2026 - Ferries are back" or "Ferries are back | The News | 23.01.2026".
_DATED = re.compile(r"^(\d{1,2}\.\d{1,2}\.\d{4})\s*[-|\u2013]|[-|\u2013]\s*(\d{1,2}\.\d{1,2}\.\d{4})$")


#: How many values of one name are read, and how many characters of each.
_MOST, _LONGEST = 50, 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """The metadata of a page. Values that the page does not have are empty.

    Attributes:
        url: The address to publish: the canonical address of the page, if it belongs to the same site.
        title: The headline, without the name of the site.
        authors: The people who wrote the article.
        published: When it was published, aware and in UTC.
        site: The site's name for itself.
        known_as: All names of the site.
        image: The address of the lead picture.
        language: A BCP 47 tag.
        description: A summary.
        text: The whole text, which some pages have in their JSON-LD.
    """

    url: str
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    site: str
    known_as: tuple[str, ...]
    image: str | None
    language: str | None
    description: str
    text: str


def read_metadata(tree: LexborHTMLParser, *, url: str) -> Metadata:
    """Read the metadata of a parsed page.

    Args:
        tree: The page.
        url: Where it came from.
    """
    page = _Page(tree, url)
    site = page.site()
    return Metadata(
        url=page.address(),
        title=page.title(site),
        authors=page.authors(site),
        published=page.published(),
        site=site,
        known_as=page.known_as(site),
        image=page.image(),
        language=page.language(),
        description=next(page.lines("description"), ""),
        text=text_of_html(page.linked.text("articleBody")),
    )


class _Page:
    def __init__(self, tree: LexborHTMLParser, url: str) -> None:
        self.tree, self.url = tree, url
        self.others = OtherArticles(tree)
        self.linked = JsonLd(tree, url)
        self._names = load_table("page_metadata")
        self._meta: defaultdict[str, list[str]] = defaultdict(list)
        for node in tree.css("meta[content]"):
            attributes = node.attributes
            name = next(
                (attributes[key] for key in ("property", "name", "itemprop", "http-equiv") if attributes.get(key)), ""
            )
            values = self._meta[name.lower()] if name and attributes.get("content") else None
            if values is not None and len(values) < _MOST:
                values.append((attributes["content"] or "")[:_LONGEST])

    def lines(self, field: str) -> Iterator[str]:
        """Yield the values of the meta elements for ``field``, the most reliable first."""
        for name in self._names[field]:
            for value in self._meta.get(name, ()):
                if line := line_of_html(value):
                    yield line

    def marked(self, field: str) -> Iterator[str]:
        """Yield the values for ``field`` in the page's own elements, the most reliable first."""
        for selector in self._names["markup"][field]:
            for node in self.tree.css(selector)[:_MOST]:
                attributes = node.attributes
                line = attributes.get("content") or attributes.get("datetime") or plain_line(node.text(separator=" "))
                if line:
                    yield line[:_LONGEST]

    def address(self) -> str:
        """Return rel=canonical if it names a page of this site. The home page there is a mistake of the site."""
        canonical: list[str] = [
            node.attributes.get("href") or "" for node in self.tree.css("link[rel~=canonical i][href]")[:_MOST]
        ]
        for link in (*canonical, *self._meta.get("og:url", ())):
            address = join_link(self.url, link)
            if not is_web_address(self.url):
                if is_web_address(address):
                    return address
            elif same_site(address, self.url) and (link in canonical) and not _is_home(address, self.url):
                return address
        return self.url

    def site(self) -> str:
        """Return the site's name for itself, or its host if it has none."""
        named = (name.lstrip("@") for name in (*self.linked.names("publisher"), *self.lines("site")))
        return next((line_of_html(name) for name in named if name), "") or host_name(self.address())

    def title(self, site: str) -> str:
        document = self.tree.css_first("head title, title")
        headings = read_headings(self.tree, self.url)
        names = {_letters(name) for name in self.known_as(site)}
        shared = (line for line in self.lines("title") if _letters(line) not in names)
        stated = StatedTitles(
            linked=line_of_html(self.linked.text("headline")[:_LONGEST]),
            shared=next(shared, ""),
            others=(*shared, *self.lines("headline")),
            document=plain_line(document.text()[:_LONGEST]) if document else "",
            headings=headings,
            minor=() if headings else read_minor_headings(self.tree),
        )
        return choose_title(stated, (*self.known_as(site), *self.lines("section")))

    def known_as(self, site: str) -> tuple[str, ...]:
        """Return the names of the site."""
        host = host_name(self.url)
        return (site, *self.linked.names("publisher"), *self.lines("site"), host, host.rpartition(".")[0])

    def authors(self, site: str) -> tuple[str, ...]:
        """Return people.

        A house or a log-in name is the author only if the page shows nobody with a full name; the site itself only if
        its JSON-LD says so.
        """
        own = self.known_as(site)
        linked = (self.linked.names("author"), self.linked.names("creator"))
        byline = find_byline(self.tree, self.others)
        houses = self.linked.houses("author")
        first: tuple[str, ...] = ()
        for values, agencies in (
            *((each, True) for each in linked),
            (byline, False),
            (self._named(), True),
            (self._bylines(), False),
        ):
            names = clean_names(
                (name for value in values for name in split_names(value, agencies=agencies)), agencies=agencies
            )
            people = tuple(name for name in names if not is_own(name, own))
            if any(is_agency(name) or (is_person(name) and name not in houses) for name in people):
                return people
            first = first or people
        return first or clean_names(self.linked.names("author"), agencies=True)

    def _named(self) -> Iterable[str]:
        """Return all authors of the most reliable meta element that names people, not reading times or addresses."""
        for name in self._names["author"]:
            lines = [line for value in self._meta.get(name, ()) if (line := line_of_html(value))]
            lines = [line for line in lines if not any(map(str.isdigit, line))]
            if clean_names(lines, agencies=True):
                return lines
        return ()

    def _bylines(self) -> Iterable[str]:
        for selector in self._names["markup"]["author"]:
            nodes = [node for node in self.tree.css(selector)[:_MOST] if not self.others.have(node)]
            # Teasers on the page have authors as well, so only elements beside the first one count.
            beside = [node for node in nodes if _are_beside(nodes[0], node)]
            lines = [plain_line(node.text(separator=" ")) for node in beside]
            if any(lines):
                return lines[:4]
        return ()

    def published(self) -> datetime | None:
        raw = (
            self.linked.text("datePublished"),
            self.linked.text("dateCreated"),
            *self.lines("published"),
            *self.marked("published"),
            *(match[1] or match[2] for line in self.lines("title") if (match := _DATED.search(line))),
        )
        return next((moment for text in raw if (moment := parse_date(text))), None)

    def image(self) -> str | None:
        links = (*self.linked.links("image"), *self.linked.links("thumbnailUrl"), *self.lines("image"))
        images = (join_link(self.url, link) for link in links)
        return next((image for image in images if image and not _no_picture().search(urlsplit(image).path)), None)

    def language(self) -> str | None:
        root = self.tree.root
        attributes = root.attributes if root else {}
        values = (
            attributes.get("lang"),
            attributes.get("xml:lang"),
            self.linked.text("inLanguage"),
            *self.lines("language"),
        )
        return next((tag for value in values if (tag := language_tag(value))), None)


@cache
def _no_picture() -> re.Pattern[str]:
    names = "|".join(load_table("page_metadata")["no_picture"])
    return re.compile(rf"(?:^|[/_.\-])(?:{names})(?:[/_.\-\d]|$)", re.IGNORECASE)


def _is_home(address: str, url: str) -> bool:
    """Return whether a page deeper in the site gives the home page as its address."""
    return not urlsplit(address).path.strip("/") and bool(urlsplit(url).path.strip("/"))


def _are_beside(first: LexborNode, other: LexborNode) -> bool:
    """Return whether two elements share a parent or a grandparent."""
    mine = {node.mem_id for node in (first.parent, first.parent and first.parent.parent) if node}
    return any(node.mem_id in mine for node in (other.parent, other.parent and other.parent.parent) if node)


def is_own(name: str, sites: Collection[str]) -> bool:
    """Return whether a name is one of the site's, such as "The News", "news.example, London" or "BBC Sport"."""
    own = {_letters(site) for site in sites}
    first = name.split(maxsplit=1)[0] if name.strip() else ""
    parts = (name, name.partition(",")[0], first if first.isupper() else "")
    return any(letters in own for part in parts if (letters := _letters(part)))


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text).casefold()
