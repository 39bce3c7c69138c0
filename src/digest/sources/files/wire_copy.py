"""Heads and endings of texts that come from editorial systems, news agencies and mail programs. Pure.

Such a text begins with lines like ``SLUG: CRANE-1118`` or ``Subject: Fwd: The mill``, and ends with ``-30-``, a
signature or a note to editors. Only the headline, the byline and the date among them belong to the article.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.author_names import split_names
from digest.sources.date_parsing import parse_date
from digest.sources.files.not_for_print import draft_mark
from digest.sources.html_text import plain_line
from digest.sources.reporter_addresses import is_contact_line, without_contact
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["WireHead", "headline_of_subject", "is_role_line", "name_in_usual_case", "read_wire_head", "without_ending"]

_FIELD = re.compile(
    r"[ \t>*_]{0,8}(?P<key>[^\W\d_][\w /.'-]{0,30}?)[*_]{0,2}[ \t]*(?::[*_]{0,2}|\t)[ \t]*(?P<value>.*)"
)
#: The first line of an agency's text, such as "BC-EU--Harbour Crane, 350".
_SLUG_LINE = re.compile(r"(?:[a-z] [a-z] )?(?:AM|PM|BC|US|EU|AS|AF|ME|LT|FBN|BKN|SOC)-[\w-]+.{0,60}")
_AGENCY_MARK = re.compile(r"^\^(.*?)[<^]?$")
_NOT_WORDS = re.compile(r"[^\w]+")
_MOST_LINES = 40  # of a head
_LONGEST_END = 60  # characters
_REPLY = re.compile(
    r"^(?:(?:fwd?|re|wg|aw|tr|rv|i|antw|vs|sv|doorst)\s*(?:\[\d+\])?\s*:\s*|\[[^\]]{1,30}\]\s*)+", re.IGNORECASE
)
_FORWARDED = re.compile(
    r"\W*(?:forwarded (?:message|by)|original message|begin forwarded message|weitergeleitete nachricht|"
    r"ursprüngliche nachricht|anfang der weitergeleiteten nachricht|message transféré|message d'origine)\b.*",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_WROTE = re.compile(
    r"(?:on|am|le|el|il)\b.{5,120}\b(?:wrote|schrieb|a écrit|escribió|ha scritto)\b.{0,80}:\s*", re.IGNORECASE
)
#: A line that ends the text in newsrooms: -30-, ###, ENDS, (end), - more -. A word alone counts in capitals only.
_END_LINE = re.compile(
    r"[-\u2013\u2014\s*(]*[-\u2013\u2014*(]\s*30\s*[-\u2013\u2014*)][-\u2013\u2014\s*)]*|(?:#\s*){3,}"
    r"|[-\u2013\u2014*(/\[<~=\s]*[-\u2013\u2014*(/\[<~=]\s*(?i:ends?|end of (?:text|story|copy|release)|ende|fin)\W*"
    r"|ENDS?\W*|END IT|END OF \w+|X{3,}|ENDE"
)
_MORE = re.compile(
    r"[-\u2013\u2014*(/\[<~=\s]*[-\u2013\u2014*(/\[<~=]\s*(?i:more)(?i: to (?:come|follow))?\W*|MORE(?: TO FOLLOW)?"
)
_NOTES = re.compile(
    r"\W*(?:notes? (?:to|for) (?:the )?(?:editors?|desk)|editors?.? notes?|media contacts?|press contacts?|"
    r"for (?:further|more) information,? (?:please )?contact|hinweise? (?:an|für) die redaktion|pressekontakt|"
    r"redaktionelle hinweise)\b\W*.*",
    re.IGNORECASE,
)
#: What a mail program or a writer puts below a text.
_SIGNED = re.compile(
    r"\W*(?:sent from my \w+|sent from \w+ for \w+|gesendet von mein\w* \w+|von meinem \w+ gesendet|"
    r"get outlook for \w+|envoyé de mon \w+|diese nachricht wurde von mein\w* .{2,30} gesendet)\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class WireHead:
    """What the head of a text says. ``published`` is aware, in UTC; ``draft`` is a mark such as ``status: draft``."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    draft: str = ""


def read_wire_head(text: str) -> tuple[WireHead, str]:
    """Separate the head of an editorial system, an agency or a mail from the text below it.

    A first line such as "Mission: dry feet" is no head: it takes two known lines, or one such as "SLUG: …" that begins
    no headline.

    Returns:
        The head, and the text without it; an empty head and the text itself if it has none.
    """
    lines = _unquoted(text.splitlines())
    head, at = WireHead(), 0
    while (block := _block(lines, at)) is not None:
        inner, at = block
        # The inner head of a forwarded mail is that of the text itself.
        head = replace(
            head,
            title=inner.title or head.title,
            authors=inner.authors or head.authors,
            published=inner.published or head.published,
            draft=head.draft or inner.draft,
        )
    return (head, "\n".join(lines[at:])) if at else (WireHead(), text)


def headline_of_subject(subject: str) -> str:
    """The headline in the subject of a mail, without "Fwd:" and the name of a mailing list."""
    return _REPLY.sub("", plain_line(subject)).strip()


def _unquoted(lines: list[str]) -> list[str]:
    """The lines without ``>``, if nearly all of them are quoted, as in a forwarded mail."""
    written = [line for line in lines if line.strip()]
    quoted = sum(line.lstrip().startswith(">") for line in written)
    return [_QUOTE.sub("", line, count=1) for line in lines] if quoted > 2 and quoted >= 0.7 * len(written) else lines


def _block(lines: Sequence[str], start: int) -> tuple[WireHead, int] | None:
    """Read one head that begins at a line, and return the line where the text begins; None if there is no head."""
    reader = _HeadReader()
    end = start
    for at in range(start, min(len(lines), start + _MOST_LINES)):
        if lines[at].strip():
            if not reader.take(lines[at], first=at == start):
                break
            end = at + 1
        elif reader.known:
            # A head may have a blank line in it, if another of its lines follows.
            following = next((line.strip() for line in lines[at + 1 : at + 3] if line.strip()), "")
            if not (_is_sure(_field(following)) or _FORWARDED.fullmatch(following)):
                break
    if reader.is_head:
        return _head_of(reader.values), end
    return (WireHead(), end) if reader.forwarded else None


class _HeadReader:
    """Takes the lines of a head one by one."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self.known = 0
        self.forwarded = False
        self._sure = 0
        self._last = ""

    @property
    def is_head(self) -> bool:
        """Whether the lines were a head, and not just one line of a text with a colon in it."""
        return self.known > 1 or self._sure > 0 or (self.forwarded and self.known > 0)

    def take(self, raw: str, *, first: bool) -> bool:
        """Take a line that is not blank; False if it does not belong to the head."""
        line = raw.strip()
        if _FORWARDED.fullmatch(line) or _WROTE.fullmatch(line):
            self.forwarded = not self.known
            return self.forwarded
        field = ("slug", line) if first and _SLUG_LINE.fullmatch(line) else _field(line)
        if field is not None:
            self._add(*field)
            self.known += 1
            self._sure += _is_sure(field)
            return True
        return self.known > 0 and self._continues(raw, line)

    def _add(self, role: str, value: str) -> None:
        self._last = role
        self.values.setdefault(role, []).append(value)

    def _continues(self, raw: str, line: str) -> bool:
        """Take a line without a key: one with the marks of an agency, a position, a way to reach the writer."""
        marked = _AGENCY_MARK.match(line)
        if marked and marked[1]:
            text = marked[1].strip()
            byline = re.match(r"by\b\s+(.*)", text, re.IGNORECASE)
            role = "byline" if byline else "headline"
            if not is_role_line(text) and role not in self.values:
                self._add(role, byline[1] if byline else text)
            return True
        if is_role_line(line) or is_contact_line(line):
            return True
        return raw[:1] in {" ", "\t"} and self._last in {"ignored", "slug", "byline"}  # a folded line


def _head_of(values: dict[str, list[str]]) -> WireHead:
    titles = [
        headline_of_subject(value) for role in ("headline", "subject", "web headline") for value in values.get(role, ())
    ]
    dates = [moment for value in values.get("date", ()) if value and (moment := parse_date(value[:100]))]
    names = [name for value in values.get("byline", ()) for name in split_names(without_contact(value))]
    draft = next((mark for value in values.get("status", ()) if (mark := draft_mark({"status": value}))), "")
    return WireHead(
        title=next(filter(None, titles), ""),
        authors=tuple(dict.fromkeys(map(name_in_usual_case, names))),
        published=next(iter(dates), None),
        draft=draft,
    )


def name_in_usual_case(name: str) -> str:
    """A name in capitals, as newsrooms write it above a text, in the usual case."""
    return name.title() if name.isupper() and " " in name else name


def _field(line: str) -> tuple[str, str] | None:
    """The role of a head's line and its value; None for any other line."""
    match = _FIELD.fullmatch(line)
    if match is None:
        return None
    key = _NOT_WORDS.sub(" ", match["key"]).casefold().strip()
    role = _roles().get(key)
    if role is None and key.startswith(("x ", "content ", "list ", "arc ")) and "-" in match["key"]:
        role = "ignored"
    return None if role is None else (role, match["value"].strip())


def _is_sure(field: tuple[str, str] | None) -> bool:
    """Whether a line is part of a head whatever surrounds it."""
    return field is not None and field[0] in {"slug", "byline", "headline"}


@cache
def _roles() -> dict[str, str]:
    table = load_table("wire_copy")["fields"]
    return {key: "ignored" if role == "slug" else role for role, keys in table.items() for key in keys} | dict.fromkeys(
        table["slug"], "slug"
    )


@cache
def _role_words() -> frozenset[str]:
    return frozenset(load_table("author_names")["roles"])


def is_role_line(line: str) -> bool:
    """Whether a line in a head is the writer's position or house, such as "Staff Writer"."""
    words = re.findall(r"[\w'-]+", line.casefold())
    return (
        0 < len(words) <= 6
        and any(word in _role_words() for word in words)
        and not line.rstrip().endswith((".", "!", "?"))
    )


def without_ending(lines: Sequence[str]) -> list[str]:
    """Drop what newsrooms and mail programs put below a text: "-30-" and what follows it, signatures, contacts."""
    text_lines: list[str] = []
    for number, line in enumerate(lines):
        text = line.strip()
        if text == "--" and number > 0:  # a signature: https://www.rfc-editor.org/rfc/rfc3676#section-4.3
            break
        if _SIGNED.fullmatch(text):
            continue
        if number > 0 and len(text) <= _LONGEST_END and _MORE.fullmatch(text):
            continue
        if number > 0 and len(text) <= _LONGEST_END and _END_LINE.fullmatch(text):
            break
        if number > 1 and _NOTES.fullmatch(text) and len(text) <= 120:
            break
        text_lines.append(line)
    while text_lines and (not text_lines[-1].strip() or is_contact_line(text_lines[-1])):
        text_lines.pop()
    return text_lines
