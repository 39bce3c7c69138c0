"""S: what must never leave the newsletter's own machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.checks.registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_secrets"]

#: The forms that these services document for their keys; what is called by one is shown by its first characters only.
_KEYS = {
    "a SendGrid key": re.compile(r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,})"),
    "a Slack token": re.compile(r"\bxox[abprs]-[\w-]{10,}"),
    "a Stripe key": re.compile(r"\b[rs]k_(?:live|test)_\w{16,}"),
    "an OpenAI key": re.compile(r"\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}"),
    "a Google key": re.compile(r"\bAIza[\w-]{30,}"),
    "a GitLab token": re.compile(r"\bglpat-[\w-]{16,}"),
    "an npm token": re.compile(r"\bnpm_\w{30,}"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{30,}"),
    "a Slack address": re.compile(r"hooks\.slack\.com/services/T\w+/B\w+/\w+"),
    "a Mailchimp key": re.compile(r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>]+:[^\s/@\"'<>]+@", re.IGNORECASE),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\bAGE-SECRET-KEY-1[A-Z0-9]{20,}"),
}
_INSIDE = re.compile(
    r"(?<![\w/.:-])/(?:home|Users)/[\w.-]+|(?<![\w/.:-])/root/[\w.-]+|\b[A-Za-z]:[\\/]Users[\\/]"
    r"|(?<![\w/.:-])/(?:mnt/[a-z]/Users|private/var|var/folders)/",
    re.ASCII,
)


def check_secrets(material: Material) -> Iterator[Finding]:
    """S701 and S702. Where the editor wrote it, at its line; else in the part of the build."""
    for what, pattern in _KEYS.items():
        yield from _places(material, "S701", pattern, f"{what[0].upper()}{what[1:]} would be sent")
    yield from _places(material, "S702", _INSIDE, "A path of one computer would be sent")


def _places(material: Material, code: str, pattern: re.Pattern[str], message: str) -> Iterator[Finding]:
    written = False
    for story in material.issue.stories if code == "S701" else ():
        for url, at in ((story.url, story.line), *((one.url, story.also_line or story.line) for one in story.also)):
            if found := pattern.search(url):
                written = True
                yield fault(code, f"{message}: {found[0][:8]}…", material.line(at))
    for passage in material.passages():
        # An address is L204's, unless there is a key in it.
        if found := pattern.search(passage.text if code == "S701" else passage.words):
            written = True
            line = passage.line and passage.line + passage.text.count("\n", 0, max(0, passage.text.find(found[0])))
            yield fault(code, f"{message}: {found[0][:8]}…", material.line(line))
    coded = any(pattern.search(passage.text) for passage in material.passages())  # as code, which is meant to be seen
    if not written and not (code == "S702" and coded):
        for name, part in (("email.html", material.rendered.html), ("email.txt", material.rendered.text)):
            if found := pattern.search(part):
                yield fault(code, f"{message}: {found[0][:8]}…", material.built(name))
