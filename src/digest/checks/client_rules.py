"""C502 to C505: what email clients do with style sheets, fonts, the text part and large emails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.check_context import CONDITIONAL_COMMENT, GMAIL_CLIP_BYTES
from digest.checks.link_rules import links_of
from digest.checks.rule_registry import Severity, fault
from digest.models import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_clients", "check_styles"]

_NEAR_THE_CLIP = 90_000
#: In characters, for all style blocks together: https://github.com/hteumeuleu/email-bugs/issues/90
_STYLE_LIMIT = 16_384
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_NESTED = re.compile(r"@[a-z-]+[^{}@;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*@", re.IGNORECASE)
_FACE = re.compile(r"@font-face\s*\{[^{}]*\}", re.IGNORECASE)
_FAMILY = re.compile(r"font-family\s*:\s*([^;}]+)", re.IGNORECASE)
_GENERIC = frozenset(
    {"serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "inherit", "initial", "unset"}
)


def check_clients(context: CheckContext) -> Iterator[Finding]:
    """C504 and C505: the text part, and the size of the HTML part."""
    yield from _check_text_part(context)
    yield from _check_size(context)


def _check_text_part(context: CheckContext) -> Iterator[Finding]:
    place = context.built("email.txt")
    text = context.rendered.text
    if not text.strip():
        yield fault("C504", "The text part is empty", place)
        return
    linked = {unquote(url) for url in context.page.links}
    plain = unquote(text)
    for url in links_of(context.issue, sponsor=context.config.newsletter.sponsor):
        if unquote(url) in linked and unquote(url) not in plain:
            yield fault("C504", f"The text part lacks a link of the HTML part: {url}", place)


def _check_size(context: CheckContext) -> Iterator[Finding]:
    html = context.rendered.html
    size = len(html.encode())
    provider = context.config.delivery.provider
    projected = size + _growth(context.page.links, context.config.delivery_settings.tracked_link_bytes)
    if max(size, projected) < _NEAR_THE_CLIP:
        return
    places = [offset for tag in _unsubscribe_places(context) for offset in tag]
    hidden = bool(places) and len(html[: min(places)].encode()) > GMAIL_CLIP_BYTES
    message = f"The HTML part is {size / 1000:.0f} kB; Gmail clips emails at about {GMAIL_CLIP_BYTES / 1000:.0f} kB"
    if hidden:
        message += ", before the unsubscribe link"
    elif projected > size:
        message += (
            f". With click tracking by {provider}, which digest turns off, it would have {projected / 1000:.0f} kB"
        )
    severity = Severity.ERROR if hidden else Severity.WARNING
    yield fault("C505", message, context.built("email.html"), hint="Send fewer stories.", severity=severity)


def _growth(links: tuple[str, ...], tracked_link_bytes: int) -> int:
    """How many bytes the HTML part grows by if the provider rewrites each link to track clicks."""
    return sum(max(tracked_link_bytes - len(link.encode()), 0) for link in links if is_web_address(link))


def _unsubscribe_places(context: CheckContext) -> list[tuple[int, ...]]:
    return [tag.html for tag in context.rendered.manifest.tags if tag.name == "unsubscribe_url"]


def check_styles(context: CheckContext) -> Iterator[Finding]:
    """C502 and C503: the style sheet, and the fallback of each font."""
    place = context.built("email.html")
    blocks = _STYLE.findall(CONDITIONAL_COMMENT.sub("", context.rendered.html))
    size = sum(map(len, blocks))
    if size > _STYLE_LIMIT:
        yield fault(
            "C502", f"The style blocks have {size:,} characters; Gmail ignores what goes beyond {_STYLE_LIMIT:,}", place
        )
    if any(_NESTED.search(block) for block in blocks):
        yield fault("C502", "An @ rule is nested in another one, so Gmail drops the whole style block", place)
    for family in sorted(set(_families(context, blocks))):
        yield fault("C503", f"A font has no generic fallback: {family}", place)


def _families(context: CheckContext, blocks: list[str]) -> Iterator[str]:
    tree = context.page.tree
    styles = (
        [element.get("style", "") for element in tree.iter() if "style" in element.attrib] if tree is not None else []
    )
    for css in (*styles, *(_FACE.sub("", block) for block in blocks)):
        for value in _FAMILY.findall(css):
            stack = value.replace("!important", "").strip()
            if stack.rpartition(",")[2].strip(" \"'").lower() not in _GENERIC:
                yield stack
