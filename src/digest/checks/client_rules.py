"""C: what mail programs do with the two parts."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from digest.checks.link_rules import links_of
from digest.checks.rule_registry import Severity, fault
from digest.models import is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_clients", "check_styles"]

#: Bytes of the HTML part, decoded, in UTF-8. Gmail's own limit is not documented; 102 kB is what people measure.
_NEAR_THE_CLIP = 90_000
_CLIP = 102_000
#: Characters of all style blocks together (hteumeuleu/email-bugs, issue 90).
_LIMIT = 16_384
_CONDITIONAL = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_NESTED = re.compile(r"@[a-z-]+[^{}@;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*@", re.IGNORECASE)
_FACE = re.compile(r"@font-face\s*\{[^{}]*\}", re.IGNORECASE)
_FAMILY = re.compile(r"font-family\s*:\s*([^;}]+)", re.IGNORECASE)
_GENERIC = frozenset(
    {"serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "inherit", "initial", "unset"}
)


def check_clients(context: CheckContext) -> Iterator[Finding]:
    """C504 and C505."""
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
            yield fault("C504", f"The text part lacks a link that the HTML part has: {url}", place)


def _check_size(context: CheckContext) -> Iterator[Finding]:
    html = context.rendered.html
    size = len(html.encode())
    provider = context.config.delivery.provider
    projected = size + _growth(context.page.links, provider)
    if max(size, projected) < _NEAR_THE_CLIP:
        return
    places = [offset for tag in _unsubscribe_places(context) for offset in tag]
    hidden = bool(places) and len(html[: min(places)].encode()) > _CLIP
    message = f"The HTML part has {size / 1000:.0f} kB; Gmail cuts at about {_CLIP / 1000:.0f}"
    if hidden:
        message += ", before the unsubscribe link"
    elif projected > size:
        message += (
            f". Were {provider} to count clicks, which digest asks it not to, it would be {projected / 1000:.0f} kB"
        )
    severity = Severity.ERROR if hidden else Severity.WARNING
    yield fault("C505", message, context.built("email.html"), hint="Send fewer stories.", severity=severity)


def _growth(links: tuple[str, ...], provider: str) -> int:
    """By how many bytes the HTML part grows when the provider puts its own address in the place of each link."""
    rewritten = _rewritten().get(provider, 0)
    return sum(max(rewritten - len(link.encode()), 0) for link in links if is_web_address(link))


def _unsubscribe_places(context: CheckContext) -> list[tuple[int, ...]]:
    return [tag.html for tag in context.rendered.manifest.tags if tag.name == "unsubscribe_url"]


@cache
def _rewritten() -> Mapping[str, int]:
    table: dict[str, Any] = tomllib.loads(resources.files("digest.checks").joinpath("clients.toml").read_text("utf-8"))
    return {str(provider): int(size) for provider, size in table["rewritten"].items()}


def check_styles(context: CheckContext) -> Iterator[Finding]:
    """C502 and C503."""
    place = context.built("email.html")
    blocks = _STYLE.findall(_CONDITIONAL.sub("", context.rendered.html))
    size = sum(map(len, blocks))
    if size > _LIMIT:
        yield fault("C502", f"The style blocks have {size:,} characters; Gmail keeps none beyond {_LIMIT:,}", place)
    if any(_NESTED.search(block) for block in blocks):
        yield fault("C502", "An @ rule stands inside another one, for which Gmail drops the whole block", place)
    for family in sorted(set(_families(context, blocks))):
        yield fault("C503", f"A font has nothing to fall back to: {family}", place)


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
