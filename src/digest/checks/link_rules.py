"""L201 to L208: where links lead.

Nothing is fetched here: with ``--online``, links are requested before the checks run.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from digest.checks.check_context import passages_of
from digest.checks.rule_registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.models import canonical_url, deception, host_name, is_local_host, is_web_address
from digest.rendering import is_local_path, safe_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding
    from digest.models import Issue

__all__ = ["addresses", "check_links", "check_online", "dead_link", "links_of"]

#: Parameters by which Mailchimp and HubSpot identify one reader of another newsletter.
_READER = re.compile(r"(?:^|&)(?:mc_eid|_hsenc|_hsmi)=")
#: Answers by which a server refuses programs rather than readers (RFC 9110, section 15.5; 451 is from RFC 7725).
_BLOCKED = frozenset({401, 402, 403, 405, 406, 407, 408, 418, 421, 423, 425, 426, 429, 451})


def check_links(context: CheckContext) -> Iterator[Finding]:
    """L204 to L208 for the links of stories, of “Also reported by”, of the editor's Markdown and of the templates."""
    yield from _check_dead(context)
    for url, what, line in addresses(context):
        if is_web_address(url) and not dead_link(url, context.config.fetching.allow_hosts):
            yield from _check_kind(url, what, context.line(line), allowed=context.config.fetching.allow_hosts)
    for passage in context.passages():
        for link, line in passage.links():
            if not link.image and _is_vague(link.label):
                message = f"The words of a link in {passage.what} do not say where it leads: {link.label.strip()}"
                yield fault("L207", message, context.line(line))
    yield from _check_templates(context)


def _check_templates(context: CheckContext) -> Iterator[Finding]:
    """L205 to L208 for links that come from a template or the configuration."""
    tree = context.page.tree
    from_editor = {unquote(url) for url, _, _ in addresses(context)}
    tags = {tag.tag for tag in context.rendered.manifest.tags}
    allowed, place, seen = context.config.fetching.allow_hosts, context.built("email.html"), set[str]()
    for link in tree.iter("a") if tree is not None else ():
        url = link.get("href", "")
        label = link.text_content()
        if unquote(url) not in from_editor and url not in tags and url not in seen and is_web_address(url):
            seen.add(url)
            if not dead_link(url, allowed):
                yield from _check_kind(url, "A link in the template", place, allowed=allowed)
        if unquote(url) not in _in_passages(context) and _is_vague(label) and label not in seen:
            seen.add(label)
            yield fault("L207", f"The words of a link do not say where it leads: {label.strip()}", place)


def _in_passages(context: CheckContext) -> frozenset[str]:
    """The addresses in the editor's Markdown, which are checked at their line of issue.md."""
    return frozenset(unquote(link.url) for passage in context.passages() for link, _ in passage.links())


def _is_vague(label: str) -> bool:
    return " ".join(label.casefold().split()).strip(' .…:!?»>→"“”') in _table("vague")


def links_of(issue: Issue, *, sponsor: str) -> tuple[str, ...]:
    """The web addresses that an issue links to, each once, in order.

    Args:
        sponsor: The configured sponsor text, used if the issue has none of its own.
    """
    stories = [url for story in issue.stories for url in (story.url, *(mention.url for mention in story.also))]
    in_text = [
        link.url for passage in passages_of(issue, sponsor=sponsor) for link, _ in passage.links() if not link.image
    ]
    return tuple(url for url in dict.fromkeys((*stories, *in_text)) if is_web_address(url))


def addresses(context: CheckContext) -> Iterator[tuple[str, str, int | None]]:
    """Every address that the editor links to: the address, what a message calls the link, and its line."""
    for story in context.issue.stories:
        if not _is_local_article(context, story.url):
            yield story.url, "The story's link", story.line
        for mention in story.also:
            yield mention.url, f"The link to {mention.name}", story.also_line or story.line
    for passage in context.passages():
        for link, line in passage.links():
            if not link.image:
                yield link.url, f"A link in {passage.what}", line


def check_online(context: CheckContext) -> Iterator[Finding]:
    """L201 to L203: one finding for each link that is broken, cannot be checked, or leads to another site.

    A server that is slow or refuses automated requests is only a warning, because readers may well get through.
    """
    for url, what, line in addresses(context):
        answer = context.answers.get(url)
        if answer is None:
            continue
        place = context.line(line)
        if answer.url:
            if host_name(answer.url) != host_name(url):
                yield fault("L203", f"{what} leads to another site: {url} redirects to {answer.url}", place)
        elif answer.status is None or answer.status in _BLOCKED or answer.status > 599:
            yield fault("L202", f"{what} could not be checked ({answer.reason}): {url}", place)
        else:
            yield fault("L201", f"{what} is broken ({answer.reason}): {url}", place)


def _check_kind(url: str, what: str, place: Place, *, allowed: Collection[str]) -> Iterator[Finding]:
    if problem := deception(url):
        yield fault("L208", f"{what} {problem}", place)
    parts = urlsplit(url)
    if parts.scheme.lower() == "http" and not {parts.hostname, parts.netloc} & set(allowed):
        yield fault("L205", f"{what} is not encrypted: {url}", place)
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    if host in _table("shorteners"):
        yield fault("L206", f"{what} goes through a link shortener: {url}", place)
    elif any(host == name or host.endswith(f".{name}") for name in _table("trackers")) or _READER.search(parts.query):
        yield fault("L206", f"{what} goes through a tracking service: {url}", place)


@cache
def _table(name: str) -> frozenset[str]:
    table = tomllib.loads(resources.files("digest.checks").joinpath("links.toml").read_text(encoding="utf-8"))
    return frozenset(table[name])


def _check_dead(context: CheckContext) -> Iterator[Finding]:
    allowed = context.config.fetching.allow_hosts
    seen = set()
    for story in context.issue.stories:
        seen.add(unquote(story.url))
        if not _is_local_article(context, story.url) and (problem := dead_link(story.url, allowed)):
            yield fault("L204", f"The story's link {problem}: {story.url}", context.line(story.line))
        for mention in story.also:
            seen.add(unquote(mention.url))
            if not _is_local_article(context, mention.url) and (problem := dead_link(mention.url, allowed)):
                message = f"“Also reported by”: the link to {mention.name} {problem}: {mention.url}"
                yield fault("L204", message, context.line(story.also_line or story.line))
    for passage in context.passages():
        for link, line in passage.links():
            seen.add(unquote(link.url))
            if not link.image and (problem := dead_link(link.url, allowed)):
                yield fault("L204", f"A link in {passage.what} {problem}: {link.url}", context.line(line))
    yield from _check_configured(context)
    seen |= {unquote(url) for _, url in _configured(context)}
    tags = {tag.tag for tag in context.rendered.manifest.tags}
    for url in dict.fromkeys(context.page.links):
        if url not in tags and unquote(url) not in seen and (problem := dead_link(url, allowed)):
            yield fault("L204", f"A link in the email {problem}: {url}", context.built("email.html"))


def _check_configured(context: CheckContext) -> Iterator[Finding]:
    for key, url in _configured(context):
        if problem := dead_link(url.replace("{issue}", "x"), context.config.fetching.allow_hosts):
            yield fault("L204", f"newsletter.{key} {problem}: {url}", Place(CONFIG_FILE))


def _configured(context: CheckContext) -> tuple[tuple[str, str], ...]:
    newsletter = context.config.newsletter
    both = (("homepage", newsletter.homepage), ("archive_url", newsletter.archive_url))
    return tuple((key, url) for key, url in both if url)


def _is_local_article(context: CheckContext, url: str) -> bool:
    """Return whether a story is a file in the newsletter's folder, which gets no link."""
    if is_web_address(url):
        return False
    if canonical_url(url) in context.articles:
        return True
    path = context.root / url
    return is_local_path(url) and path.is_file() and path.resolve().is_relative_to(context.root.resolve())


def dead_link(url: str, allowed: Collection[str]) -> str:
    """Why a reader cannot follow ``url``, as a predicate such as "is empty"; an empty string if nothing is wrong.

    Args:
        allowed: Hosts, with or without a port, that may be private (``[fetching] allow_hosts``).
    """
    text = url.strip()
    if text in {"", "#"}:
        return "is empty"
    if not safe_url(text):
        return _unsendable(text)
    parts = urlsplit(text)
    host, netloc = (parts.hostname or ""), parts.netloc.rpartition("@")[2].lower()
    if parts.scheme.lower() == "mailto" or {host, netloc} & set(allowed):
        return ""
    return "leads into a private network" if _is_private(host) else ""


def _unsendable(text: str) -> str:
    scheme = text.partition(":")[0].lower()
    if scheme == "file" or text.startswith(("/", "\\")) or (len(scheme) == 1 and scheme != text):
        return "is a file on your computer"
    if scheme in {"http", "https"} or not scheme.isalpha() or scheme == text.lower():
        return "is not a web address"
    return f"begins with {scheme}:, which is not allowed in an email"


def _is_private(host: str) -> bool:
    name = host.rstrip(".").lower()
    # .test is never public either, but it is what tests and examples use; .lan is what many home routers use.
    return name.endswith(".lan") or (is_local_host(name) and not name.endswith(".test"))
