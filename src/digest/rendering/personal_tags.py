"""Personal parts: the positions in the built bytes that differ from reader to reader.

Each personal part is built as a tag: a literal of letters, digits and hyphens, which passes through every stage of
rendering unchanged, in addresses as well as in text. Its nonce is a hash of the issue's content, so the same content
gives the same bytes, and the author of an article cannot predict it.
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

__all__ = [
    "PERSONAL_PART",
    "PersonalTags",
    "find_tag",
    "nonce_of",
    "personal_parts",
    "shown_preheader",
    "shown_subject",
    "tag_literal",
]


#: In the editor's text and in templates: [[name]], or [[name|there]] with a fallback for readers without a value.
PERSONAL_PART = re.compile(r"\[\[ *([A-Za-z][\w .-]{0,60}?) *(?:\|([^\[\]|\r\n]{0,80}))?\]\]")
_LINK = "unsubscribe_url"


class PersonalTags:
    """The personal parts of one issue, each with the tag that is replaced when the email is sent.

    Templates call it with a field and a fallback: ``personal("name", "there")``.
    """

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._tags: dict[str, str] = {_LINK: tag_literal(_LINK, nonce)}

    def __call__(self, field: str, fallback: str = "") -> str:
        """The tag for a field of the reader: ``name``, ``email``, or a column of the lists."""
        name = " ".join(field.split())
        name = f"{name}|{clean_line(fallback)}" if fallback else name
        if name not in self._tags:
            # No literal is part of another one: a provider could replace the shorter one inside the longer one.
            self._tags[name] = tag_literal(f"part-{len(self._tags):03}", self._nonce)
        return self._tags[name]

    def replaced(self, text: str) -> str:
        """``text`` with each personal part replaced by its tag."""
        return PERSONAL_PART.sub(lambda match: self(match[1], match[2] or ""), text)

    def items(self) -> Iterable[tuple[str, str]]:
        """The name of each personal part, followed by ``|fallback`` if it has one, and its tag."""
        return self._tags.items()


def nonce_of(content: str) -> str:
    """12 hex digits derived from ``content``, chosen so that no tag with them occurs in it."""
    nonce = hashlib.sha256(content.encode()).hexdigest()[:12]
    while f"digest-{nonce}-" in content:
        nonce = hashlib.sha256(nonce.encode()).hexdigest()[:12]
    return nonce


def tag_literal(name: str, nonce: str) -> str:
    """The tag for the personal part ``name``, such as ``digest-0f3a52c1b9d4-unsubscribe-url``."""
    return f"digest-{nonce}-{name.replace('_', '-')}"


def shown_subject(manifest: Manifest) -> str:
    """The subject as the editor wrote it, with personal parts in double brackets."""
    return _as_written(manifest.subject, manifest)


def shown_preheader(manifest: Manifest) -> str:
    """The preheader as the editor wrote it, with personal parts in double brackets."""
    return _as_written(manifest.preheader, manifest)


def _as_written(text: str, manifest: Manifest) -> str:
    return fill(text, {tag.tag: f"[[{tag.name}]]" for tag in manifest.tags})


def find_tag(name: str, tag: str, *, html: str, text: str, subject: str) -> PersonalTag:
    """A personal part with all its positions, in characters."""
    positions = ([match.start() for match in re.finditer(re.escape(tag), part)] for part in (html, text, subject))
    in_html, in_text, in_subject = map(tuple, positions)
    return PersonalTag(name=name, tag=tag, html=in_html, text=in_text, subject=in_subject)


def personal_parts(rendered: RenderedIssue, values: Mapping[str, str]) -> tuple[str, str, str]:
    """Subject, HTML and text for one reader.

    Args:
        values: By name, such as ``unsubscribe_url``, as plain text; escaped here for the HTML part. Names that the
            issue does not use are ignored.

    Raises:
        RenderError: A personal part of the issue has no value.
    """
    tags = rendered.manifest.tags
    missing = [tag.name for tag in tags if tag.name not in values and (tag.html or tag.text or tag.subject)]
    if missing:
        raise RenderError(f"the issue has a personal part {missing[0]!r}, but no value was given for it")
    plain = {tag.tag: clean_line(values[tag.name]) for tag in tags if tag.name in values}
    html = fill(rendered.html, plain, escape=html_module.escape)
    return fill(rendered.manifest.subject, plain), html, fill(rendered.text, plain)
