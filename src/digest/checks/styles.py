"""C502 and C503: the size of the style sheets, and what fonts fall back to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.checks.registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_styles", "declarations"]

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


def declarations(css: str) -> dict[str, str]:
    """The declarations of a style attribute in lower case, without ``!important``; of two the last counts."""
    pairs = (declaration.partition(":") for declaration in css.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}


def check_styles(material: Material) -> Iterator[Finding]:
    """C502 and C503."""
    place = material.built("email.html")
    blocks = _STYLE.findall(_CONDITIONAL.sub("", material.rendered.html))
    size = sum(map(len, blocks))
    if size > _LIMIT:
        yield fault("C502", f"The style blocks have {size:,} characters; Gmail keeps none beyond {_LIMIT:,}", place)
    if any(_NESTED.search(block) for block in blocks):
        yield fault("C502", "An @ rule stands inside another one, for which Gmail drops the whole block", place)
    for family in sorted(set(_families(material, blocks))):
        yield fault("C503", f"A font has nothing to fall back to: {family}", place)


def _families(material: Material, blocks: list[str]) -> Iterator[str]:
    tree = material.page.tree
    styles = (
        [element.get("style", "") for element in tree.iter() if "style" in element.attrib] if tree is not None else []
    )
    for css in (*styles, *(_FACE.sub("", block) for block in blocks)):
        for value in _FAMILY.findall(css):
            stack = value.replace("!important", "").strip()
            if stack.rpartition(",")[2].strip(" \"'").lower() not in _GENERIC:
                yield stack
