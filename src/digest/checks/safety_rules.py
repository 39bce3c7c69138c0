"""S701 to S704: secrets, local paths, outdated builds and damaged approvals, which must not be sent by mistake."""

from __future__ import annotations

import posixpath
import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from digest.checks.rule_registry import fault
from digest.errors import IssueError
from digest.rendering import dump_manifest, load_build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_safety"]

_LOCAL_PATH = re.compile(
    r"(?<![\w/.:-])/(?:home|Users)/[\w.-]+|(?<![\w/.:-])/root/[\w.-]+|\b[A-Za-z]:[\\/]Users[\\/]"
    r"|(?<![\w/.:-])/(?:mnt/[a-z]/Users|private/var|var/folders)/",
    re.ASCII,
)


def check_safety(context: CheckContext) -> Iterator[Finding]:
    """Check for secrets and local paths, at the editor's line if they are there, and that the build is current."""
    for what, pattern in _secret_patterns():
        yield from _places(context, "S701", pattern, f"{what[0].upper()}{what[1:]} would be sent")
    yield from _places(context, "S702", _LOCAL_PATH, "A path on your computer would be sent")
    yield from _check_build(context)
    if (error := context.approval_error) is not None:
        place = error.place or context.build_folder
        yield fault("S704", error.message, place, hint=f"Look at the build, then: digest approve {context.issue.id}")


@cache
def _secret_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The name and the pattern of each kind of secret."""
    table = tomllib.loads(resources.files("digest.checks").joinpath("secret_patterns.toml").read_text(encoding="utf-8"))
    return tuple((name, re.compile(pattern)) for name, pattern in table.items())


def _places(context: CheckContext, code: str, pattern: re.Pattern[str], message: str) -> Iterator[Finding]:
    reported = False
    for story in context.issue.stories if code == "S701" else ():
        for url, line in (
            (story.url, story.line),
            *((mention.url, story.also_line or story.line) for mention in story.also),
        ):
            if match := pattern.search(url):
                reported = True
                yield fault(code, f"{message}: {match[0][:8]}…", context.line(line))
    for passage in context.passages():
        # A local path in an address is reported as L204; a key in an address is reported here.
        if match := pattern.search(passage.text if code == "S701" else passage.plain_text):
            reported = True
            line = passage.line and passage.line + passage.text.count("\n", 0, max(0, passage.text.find(match[0])))
            yield fault(code, f"{message}: {match[0][:8]}…", context.line(line))
    # A path in code is shown on purpose.
    if not reported and not (code == "S702" and any(pattern.search(passage.text) for passage in context.passages())):
        for name, part in (("email.html", context.rendered.html), ("email.txt", context.rendered.text)):
            if match := pattern.search(part):
                yield fault(code, f"{message}: {match[0][:8]}…", context.built(name))


def _check_build(context: CheckContext) -> Iterator[Finding]:
    """S703: whether the build, which may have been approved, is intact and up to date."""
    build = context.build
    if build is None:
        return
    hint = f"Run digest build {context.issue.id}."
    try:
        load_build(build.html, build.text, build.manifest)
    except IssueError as error:
        place = context.built(posixpath.basename(error.place.file)) if error.place else context.build_folder
        yield fault("S703", error.message, place, hint=hint)
        return
    if build.manifest != dump_manifest(context.rendered.manifest):
        yield fault(
            "S703", "The build is older than issue.md, a template or the configuration", context.build_folder, hint=hint
        )
