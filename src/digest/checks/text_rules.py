"""T: the editor's words."""

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

_SUBJECT_LEAST, _SUBJECT_LIMIT = 10, 78
_WORDS = range(50, 5001)

#: Subjects that nobody means to send, without punctuation and in lower case.
_EMPTY_WORDS = frozenset(
    {"betreff", "preheader", "preheader text", "new issue", "issue", "untitled issue", "newsletter title", "test email"}
    | {"draft", "headline", "lorem ipsum", "no subject", "placeholder", "subject", "subject line", "tbd", "test", "tk"}
    | {"todo", "untitled", "xxx", "your subject here"}
)
#: What a form says of a field.
_STANDS_FOR = re.compile(
    r"(?:insert |enter |add |type )?(?:your |the |a )?(?:subject|title|headline|preheader|preview|text)(?: line| text)?"
    r"(?: goes)?(?: here)?"
)
#: TK ("to come") before a capital or a figure is a name: TK Maxx, TK 1980. XXX can be the thirtieth of its kind.
_LEFT_OVER = re.compile(
    r"\{\{.*?\}\}|\{\{\s*\w+|\{%.*?%\}|\*\|\w+\|\*|%%\w+%%|<<[\w ]+>>"
    r"|\bFIXME\b|\bTBD\b|(?:\bTK){2,}\b|\b[Ll]orem [Ii]psum\b|\bLOREM IPSUM\b"
    r"|\bTODO\b(?!-)|(?<!Bowl )(?<!Olympiad )\bX{3,}\b(?!-)|(?<![\w.@/-])(?:TK)+\b(?![-.]\w|\s+(?!TK)[A-Z0-9])"
)
_FALLBACK = "Say what stands there instead: [[name|there]]."
#: What every reader has.
_OWN = frozenset({"name", "email", "unsubscribe_url"})
_CODE = re.compile(r"`[^`\n]*`")
_LETTERS = re.compile(r"[^\W\d_]+")


def check_text(context: CheckContext) -> Iterator[Finding]:
    """T101 to T104, T107 and T112."""
    subject = context.issue.subject.strip()
    placeholder = bool(subject) and "[[" not in subject and _is_placeholder(subject)
    yield from _check_subject(context, subject, placeholder=placeholder)
    yield from _check_preheader(context, subject)
    words = sum(len(passage.words.split()) for passage in context.passages())
    if words not in _WORDS:
        yield fault("T107", f"The issue has {words:,} words", context.line(None))
    for passage in context.passages():
        if not (placeholder and passage.what == "the subject"):
            yield from _check_left_over(context, passage)
        yield from _check_personal(context, passage)
    yield from _check_templates(context)


def _check_subject(context: CheckContext, subject: str, *, placeholder: bool) -> Iterator[Finding]:
    place = context.line(context.issue.lines.get("subject", 1))
    if not subject:
        yield fault("T101", "The subject is empty", place)
    elif placeholder:
        yield fault("T101", f"The subject is a placeholder: {subject}", place)
    elif "[[" in PERSONAL_PART.sub("", subject):
        yield fault("T104", f"The subject has [[ that is no personal part: {subject}", place, hint=_FALLBACK)
    elif not PERSONAL_PART.sub(lambda part: part[2] or "", subject).strip():
        yield fault("T101", "The subject would be empty for a reader without that field", place, hint=_FALLBACK)
    elif (length := len(PERSONAL_PART.sub(lambda part: part[2] or "name", subject))) > _SUBJECT_LIMIT:
        yield fault("T103", f"The subject has {length} characters; {_SUBJECT_LIMIT} are shown at most", place)
    elif length < _SUBJECT_LEAST and not _LEFT_OVER.search(subject):
        yield fault("T103", f"The subject has {length} characters, which say little in an inbox", place)


def _check_preheader(context: CheckContext, subject: str) -> Iterator[Finding]:
    lines = context.issue.lines
    preheader = context.issue.preheader.strip()
    if not preheader:
        yield fault("T102", "There is no preheader", context.line(lines.get("preheader", lines.get("subject", 1))))
    elif _is_placeholder(preheader):
        yield fault("T102", f"The preheader is a placeholder: {preheader}", context.line(lines.get("preheader", 1)))
    elif subject and _repeats(_normal(preheader), _normal(subject)):
        yield fault("T102", "The preheader repeats the subject", context.line(lines.get("preheader", 1)))


def _repeats(preheader: str, subject: str) -> bool:
    """Whether one says what the other says, and little more."""
    return bool(preheader) and bool(subject) and (subject in preheader or subject.startswith(preheader))


def _is_placeholder(text: str) -> bool:
    words = _normal(text)
    once = " ".join(dict.fromkeys(words.split()))
    return not words or words in _EMPTY_WORDS or once in _EMPTY_WORDS or bool(_STANDS_FOR.fullmatch(words))


def _check_left_over(context: CheckContext, passage: Passage) -> Iterator[Finding]:
    words = passage.words
    found = next((match for match in _LEFT_OVER.finditer(words) if not _is_shouted(words, match[0])), None)
    if found is None:
        return
    line = passage.line
    if line is not None:
        rows = _CODE.sub(lambda code: " " * len(code[0]), passage.text).splitlines()
        line += next((index for index, row in enumerate(rows) if found[0] in row), 0)
    yield fault("T104", f"A placeholder was left in {passage.what}: {found[0]}", context.line(line))


def _check_templates(context: CheckContext) -> Iterator[Finding]:
    """T104 for what a template or the configuration says, which is in none of the editor's words."""
    written = [passage.text for passage in context.passages()]
    for name, part in (("email.html", context.page.text), ("email.txt", context.rendered.text)):
        for line in part.splitlines():
            for found in _LEFT_OVER.finditer(line):
                if not any(found[0] in text for text in written) and not _is_shouted(line, found[0]):
                    yield fault("T104", f"A placeholder was left in the template: {found[0]}", context.built(name))
                    return


def _is_shouted(words: str, found: str) -> bool:
    """Tell whether TODO is a word of a headline in capitals, as in the Spanish "TODO LO QUE"."""
    others = [word for word in _LETTERS.findall(words) if word != found]
    return found == "TODO" and len(others) > 1 and all(word.isupper() for word in others)


def _normal(text: str) -> str:
    return " ".join(_LETTERS.findall(text.casefold()))


def _check_personal(context: CheckContext, passage: Passage) -> Iterator[Finding]:
    for match in PERSONAL_PART.finditer(passage.text):
        field = " ".join(match[1].split())
        if context.columns is None or field.casefold() in _OWN | context.columns:
            continue
        line = None if passage.line is None else passage.line + passage.text.count("\n", 0, match.start())
        known = ", ".join(sorted(_OWN | context.columns))
        message = f"{passage.what.capitalize()} has a personal part [[{field}]], and no list has such a column"
        yield fault("T112", message, context.line(line), hint=f"There are: {known}.")
