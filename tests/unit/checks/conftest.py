from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from digest.checks import check_issue
from digest.config import Config
from digest.issues import Build
from digest.models import Article, Bullet, Candidate, Issue, Section, Story, canonical_url
from digest.providers.outbox import OutboxSettings
from digest.rendering import dump_manifest, render_issue

THEME = Path(__file__).parents[3] / "templates"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = " ".join(["The harbour was quiet this week, and so the boats had time for one another."] * 3)
FILE = "issues/2026-W47/issue.md"


def story(url, headline, *, line, texts):
    candidates = (Candidate(bullet=Bullet(text=text), line=line + n) for n, text in enumerate(texts, start=2))
    return Story(url=url, headline=headline, line=line, candidates=tuple(candidates))


@pytest.fixture
def clean():
    """An issue without findings, and everything that is checked with it. Tests plant faults in it."""
    lead = story("https://a.example/1", "Towns make peace with the tide", line=12, texts=["Twice a year", "For 41 %"])
    other = story("articles/letter.md", "A letter from Ostend", line=20, texts=["Her [boat](https://b.example)"])
    lead = replace(lead, note=WORDS)
    article = Article(url=lead.url, title="t", text="x", image="https://images.example/tide.png")
    letter = Article(url=other.url, title="t", text="x")
    return SimpleNamespace(
        issue=Issue(
            id="2026-W47",
            subject="Three towns and the tide",
            preheader="Two reads, four minutes",
            intro="Good morning.\n\nRead [all of it](https://c.example).",
            sections=(Section(title="World", stories=(lead, other), line=10),),
            lines={"subject": 2, "preheader": 3, "sponsor": 4, "intro": 5},
        ),
        config=Config.model_validate(
            {
                "newsletter": {
                    "name": "Harbour Letter",
                    "sender": "Harbour Letter <news@example.org>",
                    "postal_address": "1 Example Street, 12345 Town",
                    "homepage": "https://example.org",
                },
                "delivery": {"unsubscribe_url": "https://example.org/u/{token}"},
                "selection": {"min_stories": 2},
                "providers": {"outbox": OutboxSettings()},  # as `load_config` fills it in
            }
        ),
        articles={canonical_url(item.url): item for item in (article, letter)},
        sent={},
        open_elsewhere={},
        answers={},
        people_in_git=(),
        build=None,
        approval_error=None,
        rendered=None,
    )


@pytest.fixture
def check(tmp_path):
    def call(case):
        rendered = case.rendered or render(case)
        return check_issue(
            case.issue,
            rendered,
            config=case.config,
            file=FILE,
            root=tmp_path,
            articles=case.articles,
            sent=case.sent,
            open_elsewhere=case.open_elsewhere,
            answers=case.answers,
            columns=frozenset({"email", "name", "city"}),
            people_in_git=case.people_in_git,
            build=case.build,
            approval_error=case.approval_error,
        )

    return call


@pytest.fixture
def problems(check):
    """The code and place of every finding."""
    return lambda case: [(finding.code, str(finding.place)) for finding in check(case)]


@pytest.fixture
def built():
    """Render the case, then change fields of the rendered issue by functions of their values."""

    def call(case, **changes):
        rendered = render(case)
        return replace(rendered, **{field: change(getattr(rendered, field)) for field, change in changes.items()})

    return call


@pytest.fixture
def build_of():
    """The case as `digest build` would write it to disk."""

    def call(case):
        rendered = render(case)
        manifest = dump_manifest(rendered.manifest)
        return Build(html=rendered.html.encode(), text=rendered.text.encode(), manifest=manifest)

    return call


@pytest.fixture
def plant():
    """Change the first story, or one of its bullets."""

    def call(case, *, bullet=None, **fields):
        section, *others = case.issue.sections
        lead, *rest = section.stories
        if bullet is not None:
            first, *more = lead.candidates
            fields["candidates"] = (replace(first, bullet=Bullet(text=bullet)), *more)
        lead = replace(lead, **fields)
        section = replace(section, stories=(lead, *rest))
        case.issue = replace(case.issue, sections=(section, *others))
        return case

    return call


@pytest.fixture
def configure():
    """Change keys of one table of the case's configuration."""

    def call(case, table, **keys):
        changed = getattr(case.config, table).model_copy(update=keys)
        case.config = case.config.model_copy(update={table: changed})
        return case

    return call


def render(case):
    return render_issue(case.issue, articles=case.articles, config=case.config, templates=[THEME], now=NOW)
