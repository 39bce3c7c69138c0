"""Personal parts: the places in the built bytes that differ from reader to reader.

A tag is a literal made of letters, digits and hyphens, so that it passes every stage of the render chain, an address
and the text part unchanged. Its nonce is a hash of the issue's content: the same content gives the same bytes, and
nobody who writes an article can know it beforehand.
"""

from __future__ import annotations

import hashlib
import html as html_module
import re
from typing import TYPE_CHECKING

from digest.errors import RenderError
from digest.mail import fill
from digest.models import PersonalTag
from digest.rendering.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.models import RenderedIssue

__all__ = ["find_tag", "nonce_of", "personal_parts", "tag_literal"]


def nonce_of(content: str) -> str:
    """12 hex digits for ``content``, which holds none of them as a tag."""
    nonce = hashlib.sha256(content.encode()).hexdigest()[:12]
    while f"digest-{nonce}-" in content:
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:12]
    return nonce


def tag_literal(name: str, nonce: str) -> str:
    """The literal that stands for the personal part ``name``, such as ``digest-0f3a52c1b9d4-unsubscribe-url``."""
    return f"digest-{nonce}-{name.replace('_', '-')}"


def find_tag(name: str, tag: str, *, html: str, text: str, subject: str) -> PersonalTag:
    """A personal part with every place where it stands."""
    places = ([match.start() for match in re.finditer(re.escape(tag), part)] for part in (html, text, subject))
    in_html, in_text, in_subject = map(tuple, places)
    return PersonalTag(name=name, tag=tag, html=in_html, text=in_text, subject=in_subject)


def personal_parts(rendered: RenderedIssue, values: Mapping[str, str]) -> tuple[str, str, str]:
    """Subject, HTML and text for one reader.

    Args:
        values: By name (``unsubscribe_url``), as plain text; escaped here for the HTML part. Names without a place
            are left alone.

    Raises:
        RenderError: A part of the issue has no value.
    """
    tags = rendered.manifest.tags
    missing = [tag.name for tag in tags if tag.name not in values and (tag.html or tag.text or tag.subject)]
    if missing:
        raise RenderError(f"the issue has a personal part {missing[0]!r} and no value was given for it")
    plain = {tag.tag: clean_line(values[tag.name]) for tag in tags if tag.name in values}
    html = fill(rendered.html, plain, escape=html_module.escape)
    return fill(rendered.manifest.subject, plain), html, fill(rendered.text, plain)
