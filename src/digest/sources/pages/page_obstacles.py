"""Recognise pages that are sent in place of an article with the status of success: challenges, walls, and the like.

Each kind is known by headlines, by sentences and by marks in the page's source (`page_obstacles.toml`). None of them
alone is enough: articles quote such pages, and carry the same scripts. A page with much text of its own is an article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.html_text import plain_line, text_of_html
from digest.sources.linked_feeds import linked_feeds
from digest.sources.pages.json_ld import JsonLd
from digest.sources.pages.page_limits import is_bounded
from digest.sources.source_links import join_link
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

__all__ = ["MOST_WORDS", "find_obstacle", "page_it_leads_to"]

#: An article with more words is one, whatever else is on its page.
MOST_WORDS = 400
_SHELL_WORDS = 20
_STUB_WORDS = 60
_TITLED_WORDS = 220
_ARTICLE_WORDS = 40
#: The share of the characters in sentences of one kind that decides; with a headline or a mark; on an article's page.
_SHARE, _SUPPORTED, _ARTICLE = 0.5, 0.25, 0.75
#: On a page with a headline of its own, only these kinds are known by their sentences alone, and by nearly all of them.
_UNMISTAKABLE, _HEADED, _HEADLINE_WORDS = frozenset({"challenge", "consent", "missing"}), 0.9, 3
_FRONT_TEASERS, _LIST_TEASERS = 3, 6
_LONGEST_DELAY = 15  # seconds
_LONGEST_LINE = 300  # characters of a headline
_LARGEST_TEXT = 40_000  # characters of the markup of 400 words
_SENTENCE = re.compile(r"(?<=[.!?。\uff01\uff1f…])[\"'”\u2019»)]*\s+|\n+")
_QUOTED = re.compile(r"“[^”“]{1,300}”|„[^“”„]{1,300}[“”]|«[^«»]{1,300}»|\"[^\"]{1,300}\"")
_SEPARATOR = re.compile(r"\s+[|·•\u2013\u2014:»-]\s+|\s*\|\s*|:\s+")
#: Only a small page is a mere stub.
_LARGEST_STUB = 20_000  # characters
_REFRESHED = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh", re.IGNORECASE)
_REFRESH = re.compile(r"\s*(\d+(?:\.\d*)?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"']+?)\s*[\"']?\s*$", re.IGNORECASE)
_SCRIPTED = re.compile(
    r"(?<![\w.$])(?:(?:window|document|top|self|parent)\.)?location(?:\.href)?\s*=\s*[\"']([^\"'\s]{1,2000})[\"']"
    r"|\blocation\.(?:replace|assign)\(\s*[\"']([^\"'\s]{1,2000})[\"']\s*\)"
)
_LIST_CLASS = re.compile(
    r"(?:^|\s)(?:home|blog|archive|category|tag|author|search-results|front-?page|homepage)(?=\s|$)"
)
_UNSEEN = "script, style, template, noscript, svg, iframe, select, head"
_AROUND = "nav, header, footer, aside, [role=navigation], [role=contentinfo], [role=banner]"
#: What lies over a page. If there is little below it, it is the page.
_OVERLAYS = (
    "[class*=cookie i], [id*=cookie i], [class*=consent i], [id*=consent i], [class*=gdpr i], [id*=gdpr i], "
    "[id*=onetrust i], [id*=didomi i], [class*=modal i], [id*=modal i], [role=dialog], [aria-modal]"
)
_FEW_WORDS = 12
_MOUNT = (
    "#app, #root, #__next, #__nuxt, #___gatsby, #svelte, app-root, [ng-app], [data-reactroot], #main-app, #application"
)
_HOME = re.compile(r"/(?:(?:index|home|default)(?:\.\w{2,5})?/?)?|/[a-z]{2}(?:-[a-z]{2})?/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Kind:
    message: str
    hint: str
    titles: re.Pattern[str]
    phrases: re.Pattern[str]
    markers: tuple[str, ...]


def find_obstacle(html: str, *, url: str, text: str) -> SourceError | None:
    """Return what the page is, if it is no article.

    Args:
        html: The page.
        url: Where it came from.
        text: The text that was extracted from it; "" if there was none.
    """
    if not is_web_address(url):  # a file that an editor has put there
        return None
    home = _HOME.fullmatch(urlsplit(url).path or "/") is not None and not urlsplit(url).query
    words = len(text.split())
    if words > MOST_WORDS and not home:
        return None
    if target := page_it_leads_to(html, url=url):
        return _error(url, f"the page only leads on to {target}", "Use that address.")
    page = _Signs(html, url)
    if words <= MOST_WORDS and (obstacle := _obstacle(page, url, words)):
        return obstacle
    if not page.is_front_page(home=home):
        return None
    feeds = linked_feeds(html, url=url)
    hint = f'Its feed: feed = "{feeds[0].url}"' if feeds else "Use the address of an article, or the site's feed."
    return _error(url, "this is the front page of a site or a list of articles, not an article", hint)


def _obstacle(page: _Signs, url: str, words: int) -> SourceError | None:
    if page.is_shell and words < _ARTICLE_WORDS:
        hint = "The site builds its pages with JavaScript. Use its feed, or save the text as a file and add that."
        return _error(url, "the page is empty without JavaScript", hint)
    kinds = (kind for name, kind in _kinds().items() if page.is_of_kind(name, kind))
    kind = next(kinds, None)
    return _error(url, kind.message, kind.hint) if kind else None


def page_it_leads_to(html: str, *, url: str) -> str:
    """Return the address to which a page without content of its own sends its readers at once; "" if it does not."""
    refreshed = _REFRESHED.search(html, 0, _LARGEST_STUB) is not None
    if not refreshed and (len(html) > _LARGEST_STUB or not _SCRIPTED.search(html)):
        return ""
    if len(html) > 5 * _LARGEST_STUB or not is_bounded(html):
        return ""
    tree = LexborHTMLParser(html)
    targets = [
        match[2]
        for node in tree.css("meta[http-equiv='refresh' i][content]")
        if (match := _REFRESH.match(node.attributes["content"] or "")) and float(match[1]) <= _LONGEST_DELAY
        if not any(above.tag == "noscript" for above in _above(node))
    ]
    scripts = "\n".join(node.text() for node in tree.css("script:not([src])"))
    _drop(tree, _UNSEEN)
    words = _count(tree)
    if not targets and words <= _SHELL_WORDS:
        targets = [match[1] or match[2] for match in _SCRIPTED.finditer(scripts)]
    if words > _STUB_WORDS:
        return ""
    here = url.partition("#")[0]
    links = (join_link(url, target) for target in targets)
    return next((link for link in links if link and link.partition("#")[0] != here), "")


class _Signs:
    """What a page shows, and what it says that it is."""

    def __init__(self, html: str, url: str) -> None:
        self.source = html.lower()
        self.tree = LexborHTMLParser(html)
        self._url = url
        title = self.tree.css_first("title")
        self.title = plain_line(title.text() if title else "")[:_LONGEST_LINE]
        self.headings = [line for node in self.tree.css("h1, h2")[:6] if (line := plain_line(node.text(separator=" ")))]
        self.scripts = bool(self.tree.css_first("script"))
        self.noscript = plain_line(" ".join(node.text(separator=" ") for node in self.tree.css("noscript")[:20]))
        self.mount = self.tree.css_first(_MOUNT) is not None
        self.og_type = next(
            ((node.attributes.get("content") or "").lower() for node in self.tree.css("meta[property='og:type']")), ""
        )
        article = JsonLd(self.tree, url).article
        dated = self.tree.css_first("meta[property='article:published_time'], [itemprop=datePublished]") is not None
        named = bool(article.get("headline")) and article.get("@type") != "WebPage"
        self.is_article = dated or named or self.og_type.startswith(("article", "video", "music", "book"))
        self.teasers, self.own_paragraphs = self._teasers()
        body = self.tree.body
        self.is_list = bool(body and _LIST_CLASS.search((body.attributes.get("class") or "").lower()))
        self.form = self.tree.css_first("input[type=password i], input[type=email i], input[name*=user i]") is not None
        _drop(self.tree, _UNSEEN)
        self.all_words = _count(self.tree)
        _drop(self.tree, _AROUND)
        whole = self.tree.body.html or "" if self.tree.body else ""
        _drop(self.tree, _OVERLAYS)
        below = self.tree.body.html or "" if self.tree.body and _count(self.tree) >= _FEW_WORDS else whole
        self.words = _count(self.tree) if below is not whole else len(text_of_html(whole).split())
        self.text = _folded(text_of_html(below)) if self.words <= MOST_WORDS and len(below) <= _LARGEST_TEXT else ""

    def _teasers(self) -> tuple[int, int]:
        """Return how many headings link to other pages, and how many longer paragraphs do not belong to them."""
        linked = [node for node in self.tree.css("h1, h2, h3, h4") if node.css_first("a[href]") or _in_link(node)]
        linked = [node for node in linked if not any(above.tag in {"nav", "footer", "aside"} for above in _above(node))]
        around = {above.mem_id for node in linked for above in _above(node)[:2] if above.tag not in {"body", "main"}}
        own = 0
        for paragraph in self.tree.css("p")[:400]:
            above = _above(paragraph)
            if len(paragraph.text().strip()) >= 80 and not any(node.mem_id in around for node in above):
                own += not any(node.tag in {"nav", "footer", "aside", "form"} for node in above)
        return len(linked), own

    @cached_property
    def parts(self) -> list[list[str]]:
        """The page's title as a whole, and split at its separators; then its headings."""
        title = [_folded(self.title), *(_folded(part) for part in _SEPARATOR.split(self.title))]
        # A second heading may be that of a form beside an article.
        first = 2 if self.words < _ARTICLE_WORDS and not any(map(_is_long, self.headings[:1])) else 1
        return [title, [_folded(heading[:_LONGEST_LINE]) for heading in self.headings[:first]]]

    @cached_property
    def headline(self) -> str:
        """A heading of several words that the page's title repeats, as on an article's page, or an empty string."""
        title = _folded(self.title)
        folded = (_folded(heading) for heading in self.headings[:2])
        return next((line for line in folded if title.startswith(line) and _is_long(line)), "")

    @cached_property
    def sentences(self) -> list[str]:
        lines = _SENTENCE.split(_QUOTED.sub(" ", self.text))
        return [line.strip() for line in lines if line.strip()]

    @property
    def is_shell(self) -> bool:
        """Whether there is nothing to read before scripts have run."""
        if not self.scripts or self.all_words > _SHELL_WORDS:
            return False
        asks = re.search(r"javascript|\bjs\b", self.noscript, re.IGNORECASE) is not None
        return not self.is_article and (asks or self.mount or self.all_words <= 3)

    def is_of_kind(self, name: str, kind: _Kind) -> bool:
        if self.words > MOST_WORDS:
            return False
        title, headings = self.parts
        in_title = any(kind.titles.fullmatch(part) for part in title if part)
        in_heading = any(kind.titles.fullmatch(part) for part in headings)
        marked = any(marker in self.source for marker in kind.markers)
        hits = [sentence for sentence in self.sentences if kind.phrases.search(sentence)]
        headed = self.headline != "" and not kind.titles.fullmatch(self.headline)
        if headed and name not in _UNMISTAKABLE:
            return False
        size = sum(map(len, self.sentences))
        share = sum(map(len, hits)) / size if size else 0.0
        if self.is_article:
            strong = in_heading and in_title
            return share >= (_SUPPORTED if strong and self.words < _TITLED_WORDS else _ARTICLE)
        if headed:
            return share >= _HEADED and len(hits) > 1
        if name == "log-in" and not (self.form or in_heading):
            return share >= _ARTICLE and len(hits) > 1 and self.words < _TITLED_WORDS
        alone = not self.headings or self.words < _ARTICLE_WORDS
        supported = share >= _SUPPORTED
        return (
            (in_heading and self.words < _TITLED_WORDS)
            or (in_title and alone and self.words < _TITLED_WORDS)
            or (marked and name in {"challenge", "error"} and self.words < _ARTICLE_WORDS)
            or ((in_title or in_heading or marked) and supported)
            or (share >= _SHARE and (len(hits) > 1 or alone))
        )

    def is_front_page(self, *, home: bool) -> bool:
        """Whether it is made of teasers for other pages."""
        if self.is_article and not (home and self.og_type == "website"):
            return False
        if home:
            return self.teasers >= _FRONT_TEASERS
        listed = self.is_list or self.og_type == "website"
        return listed and self.teasers >= _LIST_TEASERS and self.own_paragraphs < 2


def _error(url: str, message: str, hint: str) -> SourceError:
    return SourceError(message, place=Place(url), hint=hint)


def _above(node: LexborNode) -> list[LexborNode]:
    nodes: list[LexborNode] = []
    parent = node.parent
    while parent is not None and len(nodes) < 64:
        nodes.append(parent)
        parent = parent.parent
    return nodes


def _in_link(node: LexborNode) -> bool:
    return any(above.tag == "a" for above in _above(node)[:3])


def _drop(tree: LexborHTMLParser, selector: str) -> None:
    """Remove elements; only the outermost of them, see `digest.sources.pages.page_text`."""
    nodes = tree.css(selector)
    ids = {node.mem_id for node in nodes}
    for node in [node for node in nodes if not any(above.mem_id in ids for above in _above(node))]:
        node.decompose()


def _count(tree: LexborHTMLParser) -> int:
    return len(tree.body.text(separator=" ").split()) if tree.body else 0


def _is_long(line: str) -> bool:
    # Chinese, Japanese and Thai are written without blanks.
    return len(line.split()) >= _HEADLINE_WORDS or (not line.isascii() and len(line) >= 4 * _HEADLINE_WORDS)


def _folded(text: str) -> str:
    return text.replace("\u2019", "'").replace("\u2018", "'").replace("\u00a0", " ").casefold().strip(" .…!¡\n")


@cache
def _kinds() -> dict[str, _Kind]:
    return {
        name: _Kind(
            message=kind["message"],
            hint=kind["hint"],
            titles=re.compile(rf"(?:{'|'.join(kind['titles'])})[.!?… ]*"),
            phrases=re.compile("|".join(kind["phrases"])),
            markers=tuple(kind["markers"]),
        )
        for name, kind in load_table("page_obstacles").items()
    }
