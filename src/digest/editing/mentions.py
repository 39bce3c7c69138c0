"""Who else reported a story's event. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.editing.cleaning import clean_address, one_line
from digest.models import Mention, host_name, is_web_address, site_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.config import Config
    from digest.models import Article

__all__ = ["mentions"]

#: More names than this are not read.
_MOST = 5


def mentions(story: Sequence[Article], *, config: Config) -> tuple[Mention, ...]:
    """The other outlets of a story, the best report of each: at most five, in the story's order.

    An outlet is told by its name, which is the configured one of its source or else its host, and by its host; an
    address below another one's host is the same outlet. An article without a web address is no mention.
    """
    taken = [_mention(story[0], config)]
    for article in story[1:]:
        mention = _mention(article, config)
        if is_web_address(mention.url) and not any(_one_outlet(mention, other) for other in taken):
            taken.append(mention)
    return tuple(taken[1 : 1 + _MOST])


def _mention(article: Article, config: Config) -> Mention:
    source = config.source(article.source)
    url = clean_address(article.url)
    return Mention(name=one_line(source.name if source else "") or host_name(url), url=url)


def _one_outlet(one: Mention, other: Mention) -> bool:
    if one.name.casefold() == other.name.casefold():
        return True
    host, theirs = site_name(one.url), site_name(other.url)
    if not (host and theirs):
        return False
    return f".{host}".endswith(f".{theirs}") or f".{theirs}".endswith(f".{host}")
