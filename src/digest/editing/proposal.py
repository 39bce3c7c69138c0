"""The proposed text of an issue: a story's headline and bullets, who else reported it, subject and preheader. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.editing.bullets import in_reading_order, rank_bullets
from digest.editing.text_cleaning import clean_url, single_line, whole_beginning
from digest.editing.tokenization import content_words
from digest.models import (
    BenchLine,
    Bullet,
    Candidate,
    Mention,
    Story,
    escape_inline,
    is_web_address,
    shown_host,
    site_name,
    unescape_inline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.config import Config
    from digest.models import Article

__all__ = ["bench_line", "other_reports", "propose_preheader", "propose_story", "propose_subject"]

#: The number of unticked bullets that the editor may choose from.
_FURTHER = 3
_SUBJECT_LENGTH = 70
_PREHEADER_LENGTH = range(40, 101)
_REPEATED = 0.6
_UPDATE = re.compile(r"\W*updated?\b", re.IGNORECASE)
#: The most outlets that are named.
_MOST_OUTLETS = 5


def propose_story(article: Article, *, per_story: int, also: tuple[Mention, ...] = (), update: bool = False) -> Story:
    """Propose a story led by one article: its title, ``per_story`` ticked bullets and up to three unticked ones.

    All text is cleaned. The bullets are inline Markdown that renders as the text of the article.

    Args:
        article: The leading article.
        per_story: The number of ticked bullets.
        also: Reports of other outlets; see `other_reports`.
        update: Whether the story updates one of an earlier issue, which its headline then says.
    """
    headline = single_line(article.title)
    bullets = rank_bullets(article, limit=per_story + _FURTHER)
    ticked = in_reading_order(article, bullets[:per_story])
    further = bullets[per_story:]
    return Story(
        url=clean_url(article.url),
        id=article.id if article.shares_url else "",
        headline=f"Update: {headline}" if update and not _UPDATE.match(headline) else headline,
        candidates=tuple(
            Candidate(bullet=_in_markdown(bullet), ticked=number < len(ticked))
            for number, bullet in enumerate((*ticked, *further))
        ),
        also=also,
    )


def _in_markdown(bullet: Bullet) -> Bullet:
    return Bullet(text=escape_inline(bullet.text), start=bullet.start, end=bullet.end, origin=bullet.origin)


def propose_subject(stories: Sequence[Story]) -> str:
    """The headline of the first story in at most 70 characters, cut where it does not show; empty without stories."""
    return whole_beginning(_impersonal(stories[0].headline), _SUBJECT_LENGTH) if stories else ""


def propose_preheader(stories: Sequence[Story], *, subject: str) -> str:
    """The first bullet of the first story, or the next headlines ("Also: …"), in 40 to 100 characters if possible.

    It does not repeat the subject, which inboxes show right beside it, and does not break off.
    """
    if not stories:
        return ""
    most = _PREHEADER_LENGTH[-1]
    headlines = [story.headline for story in stories[1:4]]
    texts = [unescape_inline(bullet.text) for bullet in stories[0].bullets]
    texts = [text for text in texts if not _repeats(text, subject)]
    # A short bullet that fits is better than the beginning of a long one.
    for text in [each for each in texts if len(each) <= most] or texts:
        if len(text) < _PREHEADER_LENGTH[0] and headlines:
            sentence = f"{text}{'' if text[-1:] in '.!?…' else '.'} "
            return whole_beginning(_impersonal(sentence + _also(headlines, most - len(sentence))), most)
        return whole_beginning(_impersonal(text), most)
    return whole_beginning(_impersonal(_also(headlines, most)), most)


def _also(headlines: Sequence[str], most: int) -> str:
    """As many headlines as fit, at least one."""
    for number in range(len(headlines), 0, -1):
        text = "Also: " + " · ".join(headlines[:number])
        if len(text) <= most or number == 1:
            return text
    return ""


def _impersonal(text: str) -> str:
    """Text without ``[[``, which would begin a personal part such as ``[[name|there]]`` here."""
    return text.replace("[[", "[")


def _repeats(text: str, subject: str) -> bool:
    words, subject_words = set(content_words(text)), set(content_words(subject))
    fewer = min(len(words), len(subject_words))
    return text.casefold() == subject.casefold() or (fewer > 0 and len(words & subject_words) >= _REPEATED * fewer)


def other_reports(story: Sequence[Article], *, config: Config) -> tuple[Mention, ...]:
    """The best report of each other outlet: at most five, in the story's order.

    Two articles come from the same outlet if the outlet's name is the same (the configured name of the source, or the
    host), or if one host is the same as the other or a subdomain of it. Articles without a web address are skipped.

    Args:
        story: The articles of one story, the best one first.
        config: The configuration, for the names of the sources.
    """
    taken = {_mention(story[0], config): story[0]}
    for article in story[1:]:
        mention = _mention(article, config)
        gathered = {other: bool(article.outlet and taken[other].outlet) for other in taken}
        if is_web_address(mention.url) and not any(
            _one_outlet(mention, other, gathered=both) for other, both in gathered.items()
        ):
            taken[mention] = article
    return tuple(taken)[1 : 1 + _MOST_OUTLETS]


def bench_line(article: Article, *, config: Config) -> BenchLine:
    """The line for a story, led by an article, that is not in the issue."""
    return BenchLine(
        url=clean_url(article.url),
        id=article.id if article.shares_url else "",
        headline=single_line(article.title),
        outlet=_mention(article, config).name or article.source,
    )


def _mention(article: Article, config: Config) -> Mention:
    source = config.source(article.source)
    url = clean_url(article.url)
    return Mention(name=single_line(article.outlet or (source.name if source else "")) or shown_host(url), url=url)


def _one_outlet(first: Mention, second: Mention, *, gathered: bool) -> bool:
    """Whether two mentions are of one outlet. Those gathered by one site share its host."""
    if first.name.casefold() == second.name.casefold():
        return True
    if gathered:
        return False
    host, other_host = site_name(first.url), site_name(second.url)
    if not (host and other_host):
        return False
    return f".{host}".endswith(f".{other_host}") or f".{other_host}".endswith(f".{host}")
