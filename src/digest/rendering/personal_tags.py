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
from digest.rendering.sanitising import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from digest.models import Manifest, RenderedIssue

__all__ = ["PERSONAL_PART", "PersonalTags", "find_tag", "nonce_of", "personal_parts", "shown_subject", "tag_literal"]


#: In the editor's own words and in templates: [[name]], or [[name|there]] with what stands where the reader gave none.
PERSONAL_PART = re.compile(r"\[\[ *([A-Za-z][\w .-]{0,60}?) *(?:\|([^\[\]|\r\n]{0,80}))?\]\]")
_LINK = "unsubscribe_url"


class PersonalTags:
    """The personal parts of one issue, each with the literal that stands for it until it is sent.

    Calling it with a field and a fallback gives the literal: that is ``personal("name", "there")`` in a template.
    """

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._tags: dict[str, str] = {_LINK: tag_literal(_LINK, nonce)}

    def __call__(self, field: str, fallback: str = "") -> str:
        """The literal for a field of a reader: ``name``, ``email``, or a column of the lists."""
        name = " ".join(field.split())
        name = f"{name}|{clean_line(fallback)}" if fallback else name
        if name not in self._tags:
            # None is a part of another: SendGrid would replace the shorter one within the longer.
            self._tags[name] = tag_literal(f"part-{len(self._tags):03}", self._nonce)
        return self._tags[name]

    def replaced(self, text: str) -> str:
        """``text`` with a literal for each personal part in it."""
        return PERSONAL_PART.sub(lambda match: self(match[1], match[2] or ""), text)

    def items(self) -> Iterable[tuple[str, str]]:
        """Name, with ``|fallback`` where there is one, and literal."""
        return self._tags.items()


def nonce_of(content: str) -> str:
    """12 hex digits for ``content``, which holds none of them as a tag."""
    nonce = hashlib.sha256(content.encode()).hexdigest()[:12]
    while f"digest-{nonce}-" in content:
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:12]
    return nonce


def tag_literal(name: str, nonce: str) -> str:
    """The literal that stands for the personal part ``name``, such as ``digest-0f3a52c1b9d4-unsubscribe-url``."""
    return f"digest-{nonce}-{name.replace('_', '-')}"


def shown_subject(manifest: Manifest) -> str:
    """The subject as the editor wrote it, with its personal parts in brackets."""
    written = {tag.tag: f"[[{tag.name}]]" for tag in manifest.tags}
    return fill(manifest.subject, written)


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
