"""What the commands of the panel Edit print with ``--json``: collect, add, edit and diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digest.cli.json_objects.json_object import JsonObject
from digest.cli.json_objects.ship_objects import CheckFinding

if TYPE_CHECKING:
    from digest.workflow.collecting import Collected
    from digest.workflow.issue_report import Difference

__all__ = [
    "AddResult",
    "CollectResult",
    "CollectWhichResult",
    "DiffResult",
    "EditResult",
    "collect_result",
    "diff_result",
]


class CollectConflict(JsonObject):
    """A field that both the editor and the source changed. The editor's version was kept."""

    field: str
    """What was changed, such as the headline."""
    line: int
    """The line in ``issue.md``."""
    yours: str
    """The editor's version."""
    fresh: str
    """The source's new version."""


class CollectSource(JsonObject):
    """One source, and how reading it went."""

    id: str
    """The source's id."""
    kind: str
    """The key that holds its address, such as ``feed``."""
    state: str
    """How reading it went, as a word for programs."""
    fetched: int
    """How many articles it offered."""
    new: int
    """How many of them are new."""
    pages: int
    """How many pages of articles were fetched."""
    newest: str | None
    """When its newest article was published, as ISO 8601; null if unknown."""
    silent_days: int | None
    """How many days ago that was; null if unknown."""
    failing_since: str | None
    """Since when it has failed, as ISO 8601; null if it works."""
    moved_to: str | None
    """Its new address, if it has moved permanently."""
    error: str | None
    """Why it could not be read; null if it could."""
    hint: str | None
    """What to do about it."""
    problems: list[str]
    """What was wrong with single articles."""


class CollectDrop(JsonObject):
    """An article that was left out."""

    url: str
    """The article's address."""
    title: str
    """The article's title."""
    source: str
    """The id of its source; empty if it was added by hand."""
    reason: str
    """Why it was left out."""


class CollectRanked(JsonObject):
    """A story as it was ranked."""

    url: str
    """The address of its best article."""
    title: str
    """The title of its best article."""
    source: str
    """The id of that article's source; empty if it was added by hand."""
    also: list[str]
    """The addresses of other articles about the same event."""
    chosen: bool
    """Whether it is in the issue."""
    reason: str | None
    """Why it is not; null if it is."""
    update_of: str | None
    """The address of the story in an earlier issue that this one continues."""
    score: float
    """Its total score."""
    parts: dict[str, float]
    """What the score is made of."""
    variety: dict[str, float]
    """What was taken off for repetition."""


class CollectBullet(JsonObject):
    """A bullet, and the sentence that it comes from."""

    headline: str
    """The headline of its story."""
    text: str
    """The bullet."""
    origin: str
    """Who wrote it: ``extracted``, ``author``, ``editor`` or ``llm``."""
    sentence: str | None
    """The sentence that it was taken from; null if there is none."""
    line: int | None
    """Its line in ``issue.md``, counted from 1; null if it is not there."""


class CollectResult(JsonObject):
    """What was collected and merged into the issue."""

    issue: str
    """The issue's id, such as ``2026-W47``."""
    file: str
    """The issue's ``issue.md``, relative to the newsletter's folder."""
    since: str | None
    """Articles published after this moment were considered, as ISO 8601; null for the last seven days."""
    until: str | None
    """For an issue of a past week: articles published before this moment were considered, as ISO 8601."""
    stories: int
    """How many stories the email will have."""
    waiting: int
    """How many new stories wait in "New since you last looked" for the editor to move them up."""
    new: int
    """How many stories were added."""
    refreshed: int
    """How many fields were updated from their sources."""
    stay_dropped: int
    """How many stories stayed out because the editor had deleted them."""
    too_old: int
    """How many articles were left out because they are too old; `--since` includes them."""
    shared: dict[str, int]
    """How many stories are in another open issue as well, by its id."""
    bench_edited: bool
    """Whether "Not in this issue" was left as it is because the editor has changed it."""
    conflicts: list[CollectConflict]
    """The fields that both sides changed."""
    sources: list[CollectSource]
    """All sources, in the order of the configuration."""
    dropped: list[CollectDrop]
    """The articles that were left out."""
    ranking: tuple[CollectRanked, ...] = ()
    """With ``--explain``: all stories, the best first."""
    bullets: tuple[CollectBullet, ...] = ()
    """With ``--explain``: all bullets of the issue."""


class CollectWhichResult(JsonObject):
    """What ``digest collect --which`` prints."""

    issue: str
    """The id of the issue that would be collected."""


class AddResult(JsonObject):
    """What was added to the issue, and to the configuration."""

    issue: str | None
    """The issue's id; null if no article was added."""
    file: str | None
    """The issue's ``issue.md``; null if no article was added."""
    added: list[str]
    """The headlines that were added."""
    sources: list[str]
    """The ids of the sources that were added."""
    config: str | None
    """The configuration file; null if no source was added."""
    known: int
    """How many of the feeds were sources already."""
    left_out: list[str]
    """The feeds of an OPML file that were not added, because their addresses are private."""
    unread: list[str]
    """The outlines of an OPML file that give no feed, each with its line and the reason."""
    failed: dict[str, str]
    """Why feeds of an OPML file could not be read, by their addresses. They were added nevertheless."""
    unchecked: list[str]
    """The feeds that were added without a look at them, because of `--offline`."""
    undo: str | None
    """The copy of the configuration before the change; null if it was not changed."""


class EditResult(JsonObject):
    """What became of ``issue.md`` in the editor, and what ``digest check`` says about it."""

    file: str
    """The issue's ``issue.md``."""
    changed: bool
    """Whether it was changed."""
    undo: str | None
    """The copy from before the change; null if nothing was changed."""
    issue: str
    """The issue's id."""
    errors: int
    """How many errors were found."""
    warnings: int
    """How many warnings were found."""
    findings: list[CheckFinding]
    """What was found."""


class DiffText(JsonObject):
    """A text of both issues."""

    before: str
    """In the previous issue."""
    now: str
    """In this issue."""


class DiffNumber(JsonObject):
    """A number of both issues."""

    before: int
    """In the previous issue."""
    now: int
    """In this issue."""


class DiffNames(JsonObject):
    """Names that only one of the issues has."""

    new: list[str]
    """Those that only this issue has."""
    gone: list[str]
    """Those that only the previous issue had."""


class DiffResult(JsonObject):
    """What changed since the previous issue."""

    issue: str
    """The issue's id."""
    before: str
    """The id of the previous issue."""
    subject: DiffText
    """The subject lines."""
    stories: DiffNumber
    """How many stories there are."""
    words: DiffNumber
    """How many words of headlines, bullets and the editor's own text there are."""
    again: list[str]
    """The headlines of stories that both issues have."""
    sections: DiffNames
    """The titles of sections."""
    sites: DiffNames
    """The hosts that are linked to."""


def collect_result(collected: Collected, *, explain: bool) -> CollectResult:
    """What `digest collect` prints; ``explain`` adds the ranking and the bullets."""
    merge = collected.merge
    more: dict[str, Any] = {}
    if explain:
        more = {"ranking": _ranking(collected), "bullets": _bullets(collected)}
    return CollectResult(
        issue=collected.issue,
        file=collected.file,
        since=collected.since.isoformat() if collected.since else None,
        until=collected.until.isoformat() if collected.until else None,
        stories=collected.stories,
        waiting=collected.waiting,
        new=len(merge.added),
        refreshed=len(merge.refreshed),
        stay_dropped=len(merge.kept_out),
        too_old=len(collected.too_old),
        shared=dict(collected.shared),
        bench_edited=merge.bench_edited,
        conflicts=[
            CollectConflict(field=conflict.field, line=conflict.line, yours=conflict.yours, fresh=conflict.fresh)
            for conflict in merge.conflicts
        ],
        sources=_sources(collected),
        dropped=[
            CollectDrop(url=drop.url, title=drop.title, source=drop.source, reason=drop.reason)
            for drop in collected.dropped
        ],
        **more,
    )


def diff_result(difference: Difference) -> DiffResult:
    """What `digest diff` prints."""
    return DiffResult(
        issue=difference.issue,
        before=difference.before,
        subject=DiffText(before=difference.subjects[0], now=difference.subjects[1]),
        stories=DiffNumber(before=difference.stories[0], now=difference.stories[1]),
        words=DiffNumber(before=difference.words[0], now=difference.words[1]),
        again=list(difference.again),
        sections=DiffNames(new=list(difference.sections_new), gone=list(difference.sections_gone)),
        sites=DiffNames(new=list(difference.sites_new), gone=list(difference.sites_gone)),
    )


def _sources(collected: Collected) -> list[CollectSource]:
    return [
        CollectSource(
            id=line.source,
            kind=line.kind,
            state=line.state,
            fetched=line.fetched,
            new=line.new,
            pages=line.pages,
            newest=line.newest.isoformat() if line.newest else None,
            silent_days=None if line.newest is None else max(0, (collected.at - line.newest).days),
            failing_since=line.failing_since.isoformat() if line.failing_since else None,
            moved_to=line.moved_to or None,
            error=line.error or None,
            hint=line.hint or None,
            problems=list(line.problems),
        )
        for line in collected.sources
    ]


def _ranking(collected: Collected) -> list[CollectRanked]:
    return [
        CollectRanked(
            url=ranked.story[0].url,
            title=ranked.story[0].title,
            source=ranked.story[0].source,
            also=[article.url for article in ranked.story[1:]],
            chosen=ranked.chosen,
            reason=ranked.reason or None,
            update_of=ranked.update_of.url if ranked.update_of else None,
            score=ranked.score.total,
            parts=dict(ranked.score.parts),
            variety=dict(ranked.score.variety),
        )
        for ranked in collected.ranking
    ]


def _bullets(collected: Collected) -> list[CollectBullet]:
    return [
        CollectBullet(
            headline=trace.headline,
            text=trace.text,
            origin=trace.origin,
            sentence=trace.source or None,
            line=trace.line,
        )
        for trace in collected.bullets
    ]
