"""Rewrites what Obsidian, Pandoc, kramdown, WordPress and Hugo add to Markdown as plain Markdown. Pure."""

from __future__ import annotations

import re

__all__ = ["plain_markdown", "read_title_block"]

_CODE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})")
_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_WIKI_LINK = re.compile(
    r"\[\[(?P<page>[^\[\]|#\n]{0,200})(?P<place>#[^\[\]|\n]{0,200})?(?:\|(?P<shown>[^\[\]\n]{1,300}))?\]\]"
)
_HIGHLIGHT = re.compile(r"(?<![=\w])==(?=\S)([^=\n]{1,500}?)(?<=\S)==(?![=\w])")
_BLOCK_ID = re.compile(r"[ \t]+\^[\w-]{1,40}[ \t]*$")
_TAGS_ONLY = re.compile(r"[ \t]*(?:#[^\W\d_][\w/-]*[ \t]*)+")
_PROPERTY = re.compile(r"[ \t]*[\w-]{1,40}::(?:[ \t].*)?")
_FENCED_DIV = re.compile(r"[ \t]*:{3,}(?:[ \t]*\{[^{}\n]{0,200}\}|[ \t]*[\w-]{0,40})[ \t]*:*[ \t]*")
#: {#id .class key=value}, {: .class} and {-}, after a heading, an image, a span or on a line of its own.
_ATTRIBUTES = re.compile(
    r"[ \t]*\{:?[ \t]*(?:[#.][\w:-]+|[\w-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s{}]+)|-)(?:[ \t]+[^{}\n]{0,200})?\}"
)
_SPAN = re.compile(r"\[([^\[\]\n]{1,500})\](?=\{[ \t]*[#.])")
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,60}\](?!:)|\^\[[^\]\n]{1,500}\]")
_FOOTNOTE_TEXT = re.compile(r"[ ]{0,3}\[\^[^\]\s]{1,60}\]:.*")
_CITATION = re.compile(r"[ \t]*\[[^\[\]\n]{0,60}-?@[\w][\w:.#$%&+?<>~/-]*[^\[\]\n]{0,120}\]")
#: Short codes of WordPress, Hugo and Liquid, which readers never see as such.
_SHORT_CODE = re.compile(
    r"\[/?(?:caption|gallery|embed|audio|video|playlist|shortcode|vc_\w+|et_pb_\w+|fusion_\w+|wp_caption|contact-form-7|"
    r"su_\w+|button|pullquote|toc|more)\b[^\[\]\n]{0,500}\]"
    r"|\{\{[<%][^{}\n]{0,500}[>%]\}\}|\{%-?[^{}\n]{0,500}-?%\}",
    re.IGNORECASE,
)
_CAPTION = re.compile(r"\[caption\b[^\]\n]{0,500}\].{0,2000}?\[/caption\]", re.IGNORECASE)


def read_title_block(text: str) -> tuple[list[str], str]:
    """Separate Pandoc's title block: lines that begin with ``%``, for the title, the authors and the date.

    See https://pandoc.org/MANUAL.html#extension-pandoc_title_block.

    Returns:
        The title, the authors (separated by semicolons) and the date, as far as they are there; and the rest.
    """
    lines = text.splitlines()
    if not lines or not re.match(r"%[ \t]+\S|%$", lines[0]):
        return [], text
    fields: list[str] = []
    at = 0
    while at < len(lines) and len(fields) <= 3:
        if lines[at].startswith("%") and len(fields) < 3:
            fields.append(lines[at][1:].strip())
        elif lines[at][:1] in {" ", "\t"} and lines[at].strip() and fields:
            fields[-1] += ("; " if len(fields) == 2 else " ") + lines[at].strip()
        else:
            break
        at += 1
    return fields, "\n".join(lines[at:])


def plain_markdown(text: str) -> str:
    """Rewrite notation that CommonMark does not know. Code is left as it is."""
    text = _CAPTION.sub("", text)
    lines: list[str] = []
    fence = ""
    begun = False
    for line in text.split("\n"):
        mark = _CODE.match(line)
        if fence or mark:
            if mark and (not fence or mark[1].startswith(fence)):
                fence = "" if fence else mark[1]
            lines.append(line)
        elif _FENCED_DIV.fullmatch(line) or _FOOTNOTE_TEXT.fullmatch(line) or (_PROPERTY.fullmatch(line) and not begun):
            continue
        elif _TAGS_ONLY.fullmatch(line):
            lines.append("")
        else:
            lines.append(_plain_line(line))
        begun = begun or bool(line.strip() and not line.startswith("#"))
    return "\n".join(lines)


def _plain_line(line: str) -> str:
    if "[" in line:
        line = _EMBED.sub("", line)
        line = _WIKI_LINK.sub(_shown, line)
        line = _FOOTNOTE.sub("", line)
        if "@" in line:
            line = _CITATION.sub("", line)
        line = _SPAN.sub(r"\1", line)
    if "[" in line or "{" in line:
        line = _SHORT_CODE.sub("", line)
        line = _ATTRIBUTES.sub("", line)
    if "==" in line:
        line = _HIGHLIGHT.sub(r"\1", line)
    return _BLOCK_ID.sub("", line) if "^" in line else line


def _shown(link: re.Match[str]) -> str:
    """The words of a wiki link that readers see: those after the bar, or else the page's name without its folder."""
    return (link["shown"] or link["page"].rpartition("/")[2] or (link["place"] or "").lstrip("#^")).strip()
