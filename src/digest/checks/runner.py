"""Run every rule over an issue and its build."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.checks.accessibility_rules import check_accessibility, check_targets
from digest.checks.check_context import CheckContext, parse_page
from digest.checks.client_rules import check_clients, check_styles
from digest.checks.client_support_rules import check_support
from digest.checks.contrast_rules import check_contrast
from digest.checks.delivery_rules import check_delivery
from digest.checks.image_rules import check_images
from digest.checks.link_rules import check_links, check_online
from digest.checks.rule_registry import all_rules
from digest.checks.safety_rules import check_safety
from digest.checks.source_rules import check_sources
from digest.checks.story_rules import check_stories
from digest.checks.text_rules import check_text
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from digest.checks.check_context import LinkAnswer, PeopleInGit
    from digest.checks.rule_registry import Finding
    from digest.config import Config
    from digest.errors import IssueError, Place
    from digest.issues import Build, SourceState
    from digest.models import Article, Issue, RenderedIssue

__all__ = ["check_issue"]

_FAMILIES = (
    check_text,
    check_stories,
    check_links,
    check_online,
    check_images,
    check_accessibility,
    check_contrast,
    check_targets,
    check_support,
    check_styles,
    check_clients,
    check_delivery,
    check_safety,
    check_sources,
)
_NO_ARTICLES: Mapping[str, Article] = MappingProxyType({})
_NO_ISSUES: Mapping[str, str] = MappingProxyType({})
_NO_PLACES: Mapping[str, Place] = MappingProxyType({})
_NO_ANSWERS: Mapping[str, LinkAnswer] = MappingProxyType({})


def check_issue(
    issue: Issue,
    rendered: RenderedIssue,
    *,
    config: Config,
    file: str,
    root: Path,
    articles: Mapping[str, Article] = _NO_ARTICLES,
    sent: Mapping[str, str] = _NO_ISSUES,
    open_elsewhere: Mapping[str, str] = _NO_ISSUES,
    source_states: Sequence[Mapping[str, SourceState]] = (),
    source_places: Mapping[str, Place] = _NO_PLACES,
    answers: Mapping[str, LinkAnswer] = _NO_ANSWERS,
    columns: frozenset[str] | None = None,
    people_in_git: Sequence[PeopleInGit] = (),
    build: Build | None = None,
    approval_error: IssueError | None = None,
) -> tuple[Finding, ...]:
    """Apply every rule to an issue. Nothing is fetched; only local articles and pictures are read from disk.

    Args:
        issue: The issue, as parsed from issue.md.
        rendered: The issue rendered as it would be built now.
        config: The newsletter's configuration.
        file: The path of issue.md as shown to users, such as ``issues/2026-W47/issue.md``.
        root: The newsletter's folder, which holds local articles and pictures.
        articles: The collected articles, by their keys; needed for the checks of pictures.
        sent: The id of the issue in which a story was sent, by the story's key.
        open_elsewhere: The id of another open issue that has a story, by the story's key.
        source_states: The result of collecting each source, by source id, for each issue; this issue first, then
            earlier ones, newest first.
        source_places: Where each source is configured, by source id.
        answers: The servers' answers for links, by address; empty if no links were requested.
        columns: The casefolded columns of the audience's lists; None if they could not be read.
        people_in_git: The files with people's addresses that git tracks, or would add.
        build: The build on disk; None if there is none, or if the issue has been sent already.
        approval_error: What is wrong with approval.toml; None if nothing is, or if the issue has been sent already.

    Returns:
        The findings that the configuration does not ignore: most serious first, then in the order of issue.md, then
        those about the build alone.

    Raises:
        ConfigError: ``[check] ignore`` names an unknown rule.
    """
    context = CheckContext(
        issue=issue,
        rendered=rendered,
        config=config,
        file=file,
        root=root,
        articles=articles,
        sent=sent,
        open_elsewhere=open_elsewhere,
        source_states=source_states,
        source_places=source_places,
        page=parse_page(rendered.html),
        answers=answers,
        columns=columns,
        people_in_git=people_in_git,
        build=build,
        approval_error=approval_error,
    )
    findings = _without_ignored([finding for family in _FAMILIES for finding in family(context)], config)
    return tuple(sorted(findings, key=lambda finding: _order(finding, file)))


def _without_ignored(findings: Iterable[Finding], config: Config) -> Iterator[Finding]:
    codes = {rule.code for rule in all_rules()}
    ignored: dict[str, list[str]] = {}
    for entry in config.check.ignore:
        code = entry.code.upper()
        if code not in codes:
            hint = "List the rules with: digest rules"
            raise ConfigError(f"check.ignore names an unknown rule: {entry.code}", hint=hint)
        ignored.setdefault(code, []).append(entry.contains.casefold())
    for finding in findings:
        if not any(text in finding.message.casefold() for text in ignored.get(finding.code, ())):
            yield finding


def _order(finding: Finding, file: str) -> tuple[int, bool, str, int, str]:
    place = finding.place
    return finding.severity.rank, place.file != file, place.file, place.line or 0, finding.code
