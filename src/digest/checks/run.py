"""Run every rule over an issue and its build."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.checks.accessibility import check_accessibility
from digest.checks.clients import check_clients
from digest.checks.contrast import check_contrast
from digest.checks.delivery import check_delivery
from digest.checks.images import check_images
from digest.checks.links import check_links
from digest.checks.material import Material, read_page
from digest.checks.online import check_online
from digest.checks.registry import all_rules
from digest.checks.secrets import check_secrets
from digest.checks.sources import check_sources
from digest.checks.stories import check_stories
from digest.checks.styles import check_styles
from digest.checks.support import check_support
from digest.checks.targets import check_targets
from digest.checks.text import check_text
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from digest.checks.finding import Finding
    from digest.checks.material import LinkAnswer
    from digest.config import Config
    from digest.errors import Place
    from digest.issues import SourceState
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
    check_secrets,
    check_sources,
)
_NO_ARTICLES: Mapping[str, Article] = MappingProxyType({})
_NOTHING_SENT: Mapping[str, str] = MappingProxyType({})
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
    sent: Mapping[str, str] = _NOTHING_SENT,
    source_states: Sequence[Mapping[str, SourceState]] = (),
    source_places: Mapping[str, Place] = _NO_PLACES,
    answers: Mapping[str, LinkAnswer] = _NO_ANSWERS,
    columns: frozenset[str] | None = None,
) -> tuple[Finding, ...]:
    """Look for everything that makes an issue unfit to send, or less good than it could be. Nothing is fetched.

    Args:
        file: issue.md as a person would type it, such as ``issues/2026-W47/issue.md``.
        root: The newsletter's folder, where local articles and pictures are looked for.
        articles: What was collected, by canonical URL; needed for pictures.
        sent: The id of the issue in which a story went out, by its canonical URL.
        source_states: How the sources fared in each issue, by their ids; this issue first, then the ones before it.
        source_places: Where each source is configured, by its id.
        answers: What servers said of links, by address.
        columns: The casefolded columns of the audience's lists, where they are known.

    Returns:
        The worst first, then in the order of issue.md, then what stands only in the build; without what the
        configuration ignores.

    Raises:
        ConfigError: ``[check] ignore`` names a rule that there is not.
    """
    material = Material(
        issue=issue,
        rendered=rendered,
        config=config,
        file=file,
        root=root,
        articles=articles,
        sent=sent,
        source_states=source_states,
        source_places=source_places,
        page=read_page(rendered.html),
        answers=answers,
        columns=columns,
    )
    found = _without_ignored([finding for family in _FAMILIES for finding in family(material)], config)
    return tuple(sorted(found, key=lambda finding: _order(finding, file)))


def _without_ignored(found: Iterable[Finding], config: Config) -> Iterator[Finding]:
    codes = {rule.code for rule in all_rules()}
    ignored: dict[str, list[str]] = {}
    for each in config.check.ignore:
        code = each.code.upper()
        if code not in codes:
            hint = "digest rules lists them all."
            raise ConfigError(f"check.ignore names a rule that there is not: {each.code}", hint=hint)
        ignored.setdefault(code, []).append(each.contains.casefold())
    for finding in found:
        if not any(words in finding.message.casefold() for words in ignored.get(finding.code, ())):
            yield finding


def _order(finding: Finding, file: str) -> tuple[int, bool, str, int, str]:
    place = finding.place
    return finding.severity.rank, place.file != file, place.file, place.line or 0, finding.code
