"""Tell the items of one feed apart when they share an address, have none, or differ only behind "#". Pure.

A podcast links each episode to the show's page, a diary links to places in one page, and RSS lets an item have no link
at all. Such items are told apart by the feed's own ids (https://www.rssboard.org/rss-specification#ltguidgtSubelementOfLtitemgt,
https://www.rfc-editor.org/rfc/rfc4287#section-4.2.6, https://www.jsonfeed.org/version/1.1/).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag

from digest.models import canonical_url, is_web_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Article

__all__ = ["item_id", "tell_apart"]

#: A longer id is kept as its hash: it is written into issue.md.
_LONGEST_ID = 200
#: Fragments that say where a reader came from or where in the page to begin, and not which article is meant.
_MARK = re.compile(
    r"(?:xtor|utm_\w+|at_\w+|ref|rss|atom|feed|source|from|echobox|intcid|cmp)(?:[=:-].*)?"
    r"|comments?(?:-\d+)?|respond|disqus_thread|more(?:-\d+)?|top|main|content|article|story|:~:.*|_(?:tc)?=.*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w{2,}")
#: The share of the smaller article's words that two versions of one article have in common.
_SHARED = 0.6
_COMPARED = 4000  # characters
_MOST_COMPARED = 20  # items without ids


def item_id(identity: str, url: str) -> str:
    """What the feed itself tells an article apart by: its id, or else the part of its link after "#".

    An id that is only the article's address says nothing new, and a fragment such as ``#comments`` marks no article.

    Args:
        identity: The id as written in the feed.
        url: The article's address.
    """
    identity = " ".join(identity.split())
    if is_web_address(identity) and canonical_url(identity) == canonical_url(url):
        identity = ""
    fragment = unquote(urldefrag(url)[1]).strip()
    id = identity or ("" if _MARK.fullmatch(fragment) else fragment)
    return id if len(id) <= _LONGEST_ID else sha256(id.encode("utf-8", "surrogatepass")).hexdigest()


def tell_apart(articles: Sequence[Article]) -> tuple[Article, ...]:
    """Mark the articles of one feed that share their address, so that each is known by its id.

    An article that the feed lists twice, perhaps under a second id or a mark behind "#", stays one: both get one key.
    Articles without an id are told apart by their date and title.
    """
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, article in enumerate(articles):
        groups[canonical_url(article.url)].append(place)
    result = list(articles)
    for places in groups.values():
        if len(places) == 1 and not result[places[0]].shares_url:
            continue
        first_of = _first_versions([articles[place] for place in places])
        firsts = [articles[places[index]] for index in dict.fromkeys(first_of)]
        shared = len(firsts) > 1 or firsts[0].shares_url
        ids = [article.id for article in firsts]
        named = {
            index: article.id if article.id and ids.count(article.id) == 1 else _date_and_title(article)
            for index, article in zip(dict.fromkeys(first_of), firsts, strict=True)
        }
        for place, first in zip(places, first_of, strict=True):
            id = named[first] if shared else articles[places[first]].id
            result[place] = replace(articles[place], id=id, shares_url=shared)
    return tuple(result)


def _first_versions(articles: Sequence[Article]) -> list[int]:
    """For each article, the index of the first one in the list that is the same article."""
    by_sign: dict[object, int] = {}
    unnamed: list[int] = []
    first_of: list[int] = []
    for index, article in enumerate(articles):
        signs: list[object] = [("text", _folded(article.title), _folded(article.text or str(article.published)))]
        same = by_sign.get(signs[0])
        if article.id:
            signs.append(("id", article.id))
            others = [by_sign[signs[1]]] if signs[1] in by_sign else []
        else:
            others = unnamed[-_MOST_COMPARED:]
        if same is None:
            same = next((other for other in others if _is_version(articles[other], article)), None)
        first = index if same is None else same
        first_of.append(first)
        if same is None and not article.id:
            unnamed.append(index)
        for sign in signs:
            by_sign.setdefault(sign, first)
    return first_of


def _is_version(first: Article, second: Article) -> bool:
    """Whether two items with one id, or without ids, are one article. Some feeds give all their items the same id."""
    one_time = first.published == second.published or None in {first.published, second.published}
    if first.id:
        return _are_alike(first, second) or (one_time and _folded(first.title) == _folded(second.title))
    return one_time and _are_alike(first, second)


def _are_alike(first: Article, second: Article) -> bool:
    mine, theirs = (set(_WORD.findall(f"{each.title} {each.text[:_COMPARED]}".casefold())) for each in (first, second))
    return len(mine & theirs) >= _SHARED * max(1, min(len(mine), len(theirs)))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _date_and_title(article: Article) -> str:
    day = f"{article.published:%Y-%m-%d} " if article.published else ""
    return item_id(day + " ".join(article.title.split()), article.url)
