"""T101 to T104, T107 and T112: the subject, the preheader, leftover placeholders, length and personal parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.checks.rule_registry import fault
from digest.rendering import PERSONAL_PART

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.check_context import CheckContext, Passage
    from digest.checks.rule_registry import Finding

__all__ = ["check_text"]

_SUBJECT_MINIMUM, _SUBJECT_LIMIT = 10, 78
_WORD_COUNTS = range(50, 5001)

#: Subjects that nobody sends on purpose, in lower case and without punctuation.
_PLACEHOLDERS = frozenset(
    {"betreff", "preheader", "preheader text", "new issue", "issue", "untitled issue", "newsletter title", "test email"}
    | {"draft", "headline", "lorem ipsum", "no subject", "placeholder", "subject", "subject line", "tbd", "test", "tk"}
    | {"todo", "untitled", "xxx", "your subject here"}
)
#: What a form shows in an empty field.
_PROMPT = re.compile(
    r"(?:insert |enter |add |type )?(?:your |the |a )?(?:subject|title|headline|preheader|preview|text)(?: line| text)?"
    r"(?: goes)?(?: here)?"
)
#: The quantifiers have limits, so that a text full of opening marks is searched in linear time.
#: TK ("to come") before a capital or a digit is part of a name: TK Maxx, TK 1980. XXX may be the Roman numeral thirty.
_LEFT_OVER = re.compile(
    r"\{\{(?!\{)(?:.{0,200}?\}\}|\s*\w+)|\{%.{0,200}?%\}|\*\|\w+\|\*|%%\w+%%|<<[\w ]+>>"
    r"|\bFIXME\b|\bTBD\b|(?:\bTK){2,}\b|\b[Ll]orem [Ii]psum\b|\bLOREM IPSUM\b"
    r"|\bTODO\b(?!-)|(?<!Bowl )(?<!Olympiad )\bX{3,}\b(?!-)|(?<![\w.@/-])(?:TK)+\b(?![-.]\w|\s+(?!TK)[A-Z0-9])"
)
_FALLBACK = "Give a fallback for readers without a value: [[name|there]]."
#: The fields that every reader has.
_COMMON_FIELDS = frozenset({"name", "email", "unsubscribe_url"})
_CODE = re.compile(r"`[^`\n]*`")
_LETTERS = re.compile(r"[^\W\d_]+")


def check_text(context: CheckContext) -> Iterator[Finding]:
    """Check the subject and preheader, then every passage, then the text that only the templates hold."""
    subject = context.issue.subject.strip()
    placeholder = bool(subject) and "[[" not in subject and _is_placeholder(subject)
    yield from _check_subject(context, subject, placeholder=placeholder)
    yield from _check_preheader(context, subject)
    count = sum(len(passage.plain_text.split()) for passage in context.passages())
    if count not in _WORD_COUNTS:
        yield fault("T107", f"The issue has {count:,} words", context.line(None))
    for passage in context.passages():
        if not (placeholder and passage.what == "the subject"):
            yield from _check_left_over(context, passage)
        yield from _check_personal(context, passage)
    yield from _check_template_text(context)


def _check_subject(context: CheckContext, subject: str, *, placeholder: bool) -> Iterator[Finding]:
    place = context.line(context.issue.lines.get("subject", 1))
    if not subject:
        yield fault("T101", "The subject is empty", place)
    elif placeholder:
        yield fault("T101", f"The subject is a placeholder: {subject}", place)
    elif "[[" in PERSONAL_PART.sub("", subject):
        yield fault(
            "T104", f"The subject contains [[ that does not begin a personal part: {subject}", place, hint=_FALLBACK
        )
    elif not PERSONAL_PART.sub(lambda part: part[2] or "", subject).strip():
        yield fault("T101", "The subject would be empty for a reader without that field", place, hint=_FALLBACK)
    elif (length := len(PERSONAL_PART.sub(lambda part: part[2] or "name", subject))) > _SUBJECT_LIMIT:
        yield fault("T103", f"The subject has {length} characters; inboxes show at most {_SUBJECT_LIMIT}", place)
    elif length < _SUBJECT_MINIMUM and not _LEFT_OVER.search(subject):
        yield fault("T103", f"The subject has only {length} characters, which say little in an inbox", place)


def _check_preheader(context: CheckContext, subject: str) -> Iterator[Finding]:
    lines = context.issue.lines
    preheader = context.issue.preheader.strip()
    if not preheader:
        yield fault("T102", "There is no preheader", context.line(lines.get("preheader", lines.get("subject", 1))))
    elif _is_placeholder(preheader):
        yield fault("T102", f"The preheader is a placeholder: {preheader}", context.line(lines.get("preheader", 1)))
    elif subject and _repeats(_letters_of(preheader), _letters_of(subject)):
        yield fault("T102", "The preheader repeats the subject", context.line(lines.get("preheader", 1)))


def _repeats(preheader: str, subject: str) -> bool:
    """Return whether one contains the other."""
    return bool(preheader) and bool(subject) and (subject in preheader or subject.startswith(preheader))


def _is_placeholder(text: str) -> bool:
    letters = _letters_of(text)
    without_repeats = " ".join(dict.fromkeys(letters.split()))
    return (
        not letters or letters in _PLACEHOLDERS or without_repeats in _PLACEHOLDERS or bool(_PROMPT.fullmatch(letters))
    )


def _check_left_over(context: CheckContext, passage: Passage) -> Iterator[Finding]:
    text = passage.plain_text
    left_over = next(iter(_left_over(text)), None)
    if left_over is None:
        return
    line = passage.line
    if line is not None:
        rows = _CODE.sub(lambda code: " " * len(code[0]), passage.text).splitlines()
        line += next((index for index, row in enumerate(rows) if left_over[0] in row), 0)
    yield fault("T104", f"A placeholder was left in {passage.what}: {left_over[0]}", context.line(line))


def _check_template_text(context: CheckContext) -> Iterator[Finding]:
    """T104 for text that comes from a template or the configuration, not from the editor."""
    in_passages = {left_over[0] for passage in context.passages() for left_over in _LEFT_OVER.finditer(passage.text)}
    for name, part in (("email.html", context.page.text), ("email.txt", context.rendered.text)):
        for line in part.splitlines():
            for left_over in _left_over(line):
                if left_over[0] not in in_passages:
                    message = f"A placeholder was left in the template: {left_over[0]}"
                    yield fault("T104", message, context.built(name))
                    return


def _left_over(text: str) -> list[re.Match[str]]:
    """The placeholders in a text. In a line of capitals, "TODO" is a Spanish word, as in "TODO LO QUE HAY"."""
    matches = list(_LEFT_OVER.finditer(text))
    if any(match[0] == "TODO" for match in matches):
        others = [word for word in _LETTERS.findall(text) if word != "TODO"]
        if len(others) > 1 and all(word.isupper() for word in others):
            return [match for match in matches if match[0] != "TODO"]
    return matches


def _letters_of(text: str) -> str:
    """The words of ``text``, casefolded, without digits and punctuation."""
    return " ".join(_LETTERS.findall(text.casefold()))


def _check_personal(context: CheckContext, passage: Passage) -> Iterator[Finding]:
    for match in PERSONAL_PART.finditer(passage.text):
        field = " ".join(match[1].split())
        if context.columns is None or field.casefold() in _COMMON_FIELDS | context.columns:
            continue
        line = None if passage.line is None else passage.line + passage.text.count("\n", 0, match.start())
        columns = ", ".join(sorted(_COMMON_FIELDS | context.columns))
        message = f"{passage.what.capitalize()} has a personal part [[{field}]], but no list has a column {field}"
        yield fault("T112", message, context.line(line), hint=f"The columns are: {columns}.")
