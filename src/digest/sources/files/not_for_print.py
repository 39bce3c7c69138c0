"""What an editor's file holds that is not for readers: files marked as drafts, comments, and notes to oneself. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from digest.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["DraftError", "draft_mark", "draft_mark_in_lines", "without_remarks"]

#: The words for true and false of YAML 1.1, https://yaml.org/type/bool.html.
_TRUE = frozenset({"true", "yes", "on", "y", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "0"})
#: Keys that keep a page out if they are true: Hugo, Zola, Quarto, Eleventy; Astro; Hashnode; Docusaurus.
_DRAFT_KEYS = frozenset({"draft", "drafts", "isdraft", "is_draft", "saveasdraft", "unlisted", "private", "hidden"})
#: Keys that keep a page out if they are false: Jekyll and DEV; Obsidian Publish and Quartz.
_PUBLISH_KEYS = frozenset({"published", "publish", "is_published", "ispublished", "dg-publish", "public"})
#: Keys that name a state: Pelican, Ghost and WordPress; Nikola; notes in Obsidian.
_STATE_KEYS = frozenset({"status", "state", "post_status", "publish_status", "stage"})
_STATES = frozenset(
    {
        "draft", "drafts", "auto-draft", "wip", "work in progress", "in progress", "pending", "pending review",
        "private", "hidden", "skip", "trash", "unpublished", "unlisted", "idea", "todo", "to do", "not ready",
        "in review", "to review", "needs review", "on hold", "embargoed", "spiked", "killed",
    }
)  # fmt: skip
#: Tables of front matter that hold keys of the page.
_NESTS = frozenset({"params", "extra", "metadata", "meta"})
_PAIR = re.compile(r"(?P<quote>[\"']?)(?P<key>[A-Za-z][\w -]{0,40}?)(?P=quote)[ \t]*:(?:[ \t]+(?P<value>.*)|[ \t]*)")
#: Before a value: an anchor or a type, as in `!!bool true`; after it: a comment.
_BEFORE_VALUE = re.compile(r"(?:[!&][^\s,\[\]{}]*[ \t]+)+")
_COMMENT = re.compile(r"(?:^|[ \t])#.*$")


class DraftError(SourceError):
    """The file is marked as not for print, so it is no article yet."""


def draft_mark(values: Mapping[str, Any]) -> str:
    """The mark in front matter that keeps a file out of print, such as ``draft: true``; empty without one.

    Args:
        values: The front matter, with keys in lower case. Values are as TOML gives them, or texts.
    """
    nested = (table for key, table in values.items() if key in _NESTS and isinstance(table, dict))
    tables = (values, *({str(key).lower(): value for key, value in table.items()} for table in nested))
    return next((mark for table in tables for key, value in table.items() if (mark := _mark(key, value))), "")


def _mark(key: str, value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    settings = [_setting(each) for each in values]
    if key in _DRAFT_KEYS:
        marked = any(setting in _TRUE for setting in settings)
    elif key in _PUBLISH_KEYS:
        marked = any(setting in _FALSE or setting in _STATES for setting in settings)
    else:
        marked = key in _STATE_KEYS and any(setting in _STATES for setting in settings)
    return f"{key}: {settings[0]}" if marked else ""


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return ""
    text = _COMMENT.sub("", _BEFORE_VALUE.sub("", str(value).strip(), count=1)).strip()
    return " ".join(text.strip("\"'").replace("_", " ").casefold().split())


def draft_mark_in_lines(lines: Iterable[str]) -> str:
    """What `draft_mark` returns, from lines of YAML. Only as much of YAML is understood as drafts are marked with."""
    return next((mark for key, value in _pairs(lines) if (mark := _mark(key, value))), "")


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The keys, in lower case, and the values of the page itself, not of tables in it that mean something else."""
    outer = indent = 0
    first = True
    key = table = ""
    for raw in lines:
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line[0] == "{" and line[-1] == "}":
            yield from _pairs(map(str.strip, line[1:-1].split(",")))
            continue
        indent = len(raw) - len(raw.lstrip())
        if first:
            outer, first = indent, False
        item = line.removeprefix("- ").strip() if line.startswith("- ") else ""
        match = None if item else _PAIR.fullmatch(line)
        if match is None:
            if key and (item or indent > outer):  # a list, or a value on a line of its own
                yield key, item or line
            continue
        name, value = match["key"].strip().lower(), (match["value"] or "").strip()
        if indent <= outer:
            table = name if not value else ""
        key = name if indent <= outer or table in _NESTS else ""
        if key and value:
            listed = value[0] == "[" and value[-1] == "]"
            yield key, value[1:-1].split(",") if listed else value


# --- Remarks in the text ---------------------------------------------------------------------------------------------

#: What begins a comment in Markdown and its templates, and what ends it: HTML; Obsidian; CriticMarkup; Hugo;
#: Handlebars; MDX; Jinja.
_ENDS = {
    "<!--": "-->",
    "%%": "%%",
    "{>>": "<<}",
    "{{/*": "*/}}",
    "{{!--": "--}}",
    "{/*": "*/}",
    "{#": "#}",
}
_OPENING = re.compile(
    r"(?P<fence>^[ \t]{0,3}(?:`{3,}|~{3,}))|(?P<code>`+)|(?P<escape>\\.)"
    r"|(?P<liquid>\{%-?[ \t]*comment\b)|(?P<open><!--|%%|\{>>|\{\{/\*|\{\{!--|\{/\*|\{#(?=[ \t]))",
    re.MULTILINE,
)
_LIQUID_END = re.compile(r"\{%-?[ \t]*endcomment\b[^%]{0,20}%\}")
_CALL_OUT = re.compile(r"[ \t]{0,3}>[ \t]?\[!(?P<kind>[\w-]{1,30})(?:\|[^\]]{0,60})?\][+-]?[ \t]*(?P<title>.*)")
#: Call-outs of Obsidian and GitHub that belong to the text: https://help.obsidian.md/callouts.
_FOR_READERS = frozenset(
    {"note", "info", "tip", "hint", "important", "abstract", "summary", "tldr", "quote", "cite", "example", "success",
     "done", "key", "recap", "fact", "definition"}
)  # fmt: skip
_TO_THE_DESK = re.compile(
    r"\b(?:for|to|note to|from) the (?:editor|desk)|\bnote to self\b|\beditor(?:s|ial)?\s?:|\beditors? only\b"
    r"|\binternal\b|\bto-?do\b|\btk(?:tk)?\b|\bfixme\b|\boff the record\b|\bnot for (?:print|publication)\b"
    r"|\b(?:do not|don.t) (?:print|publish|run)\b|\A\W*(?:ask|check|confirm|verify|fact-?check)\b",
    re.IGNORECASE,
)


def without_remarks(text: str, *, markdown: bool = True) -> str:
    """Remove what no reader of the published text sees: comments, and call-outs addressed to editors.

    Code is left as it is. An HTML or Obsidian comment that is never closed hides the rest of the text, as it does in a
    browser and in Obsidian; other openings without an end are text.

    Args:
        markdown: Whether the text is Markdown. Otherwise only HTML comments count.
    """
    parts: list[str] = []
    at = search = 0
    open_ended: set[str] = set()
    while match := _OPENING.search(text, search):
        start, search = match.start(), match.end()
        if match["fence"] or match["code"] or match["escape"]:
            if markdown and not match["escape"] and match[0] not in open_ended:
                end = _code_end(text, match)
                if end < 0:
                    open_ended.add(match[0])
                search = max(search, end)
            continue
        end = _remark_end(text, match, open_ended, markdown=markdown)
        if end >= 0:
            parts.append(text[at:start])
            at = search = end
    plain = "".join((*parts, text[at:]))
    return "\n".join(_without_call_outs(plain.split("\n"))) if markdown and "[!" in plain else plain


def _code_end(text: str, opening: re.Match[str]) -> int:
    """Where code ends that begins with this mark; -1 if it never does."""
    mark = opening[0].strip()
    if opening["fence"]:
        closing = re.compile(rf"^[ \t]{{0,3}}{re.escape(mark)}[{re.escape(mark[0])}]*[ \t]*$", re.MULTILINE)
    else:
        closing = re.compile(rf"(?<!`){mark}(?!`)")
    end = closing.search(text, opening.end())
    return end.end() if end else -1


def _remark_end(text: str, opening: re.Match[str], open_ended: set[str], *, markdown: bool) -> int:
    """Where a comment ends; -1 if it is not a comment."""
    mark = opening[0]
    if mark != "<!--" and (not markdown or mark in open_ended):
        return -1
    if opening["liquid"]:
        closing = _LIQUID_END.search(text, opening.end())
        end = closing.end() if closing else -1
    else:
        closing_at = text.find(_ENDS[mark], opening.end())
        end = closing_at + len(_ENDS[mark]) if closing_at >= 0 else -1
    if end < 0:
        open_ended.add(mark)
        own_line = not text[text.rfind("\n", 0, opening.start()) + 1 : opening.start()].strip()
        return len(text) if mark == "<!--" or (mark == "%%" and own_line) else -1
    return end


def _without_call_outs(lines: Iterable[str]) -> Iterator[str]:
    """Drop the call-outs to editors; of others, the mark is dropped and the title stays."""
    hidden = quoted = False
    block: list[str] = []

    def flush() -> Iterator[str]:
        first_lines = " ".join(line.lstrip("> ") for line in block[:2])
        if not (hidden or _TO_THE_DESK.search(first_lines)):
            yield from block
        block.clear()

    for line in lines:
        match = _CALL_OUT.match(line)
        if match:
            yield from flush()
            hidden, quoted = match["kind"].casefold() not in _FOR_READERS, True
            block.append(f"> {match['title']}" if match["title"].strip() else ">")
        elif quoted and line.lstrip().startswith(">"):
            block.append(line)
        else:
            yield from flush()
            hidden = quoted = False
            yield line
    yield from flush()
