from __future__ import annotations

from dataclasses import replace

import pytest

from digest.checks import check_issue
from digest.models import NEW_SECTION, Section, Story

FILE = "issues/2026-W47/issue.md"


def waiting(*lines):
    stories = tuple(Story(url=f"https://late.example/{line}", headline="Late", line=line) for line in lines)
    return Section(title=NEW_SECTION, stories=stories, line=28)


def only(check, case):
    [finding] = check(case)
    return finding


def test_t108_reports_fewer_stories_than_min_stories(check, clean, configure):
    section = clean.issue.sections[0]
    clean.issue = replace(clean.issue, sections=(replace(section, stories=section.stories[:1]),))

    finding = only(check, configure(clean, "selection", min_stories=3))

    assert (finding.code, finding.severity, str(finding.place)) == ("T108", "error", f"{FILE}:2")
    assert finding.message == "The issue has 1 story, and selection.min_stories is 3"
    assert "lower selection.min_stories" in finding.hint


def test_t108_points_at_line_1_if_there_is_no_subject(problems, clean, configure):
    clean.issue = replace(clean.issue, lines={})
    assert problems(configure(clean, "selection", min_stories=3)) == [("T108", f"{FILE}:1")]


def test_t108_does_not_count_waiting_stories(check, clean, configure):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(30)))
    few, _ = check(configure(clean, "selection", min_stories=3))
    assert few.message == "The issue has 2 stories, and selection.min_stories is 3"


def test_t109_reports_a_story_that_was_sent_before(check, clean):
    clean.sent = {"https://a.example/1": "2026-W45", "https://elsewhere.example": "2026-W44"}

    finding = only(check, clean)

    assert (finding.code, finding.severity, str(finding.place)) == ("T109", "warning", f"{FILE}:12")
    assert finding.message == "The story went out in 2026-W45: Towns make peace with the tide"


@pytest.mark.parametrize("url", ["https://A.example/1/", "https://a.example/1?utm_source=feed#top"])
def test_t109_compares_canonical_addresses(problems, clean, plant, url):
    clean.sent = {"https://a.example/1": "2026-W45"}
    assert problems(plant(clean, url=url)) == [("T109", f"{FILE}:12")]


def test_t109_compares_the_paths_of_local_articles(problems, clean):
    clean.sent = {"articles/letter.md": "2026-W45"}
    assert problems(clean) == [("T109", f"{FILE}:20")]


def test_t109_accepts_a_story_sent_in_this_issue(problems, clean):
    clean.sent = {"https://a.example/1": clean.issue.id}
    assert problems(clean) == []


def test_t113_reports_a_story_of_another_open_issue(check, clean):
    clean.open_elsewhere = {"https://a.example/1": "2026-W46"}
    finding = only(check, clean)
    assert (finding.code, finding.severity, str(finding.place)) == ("T113", "warning", f"{FILE}:12")
    assert finding.message.startswith("The story is in 2026-W46 as well, which is open, too: ")


def test_t109_ignores_waiting_stories(problems, clean):
    clean.sent = {"https://late.example/30": "2026-W45"}
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(30)))
    assert problems(clean) == [("T110", f"{FILE}:30")]


def test_t109_has_no_findings_without_a_history(clean, built, tmp_path):
    findings = check_issue(
        clean.issue, built(clean), config=clean.config, file=FILE, root=tmp_path, articles=clean.articles
    )
    assert findings == ()


@pytest.mark.parametrize(
    ("lines", "message"), [((30,), "1 story waits under “{}”, which"), ((30, 34), "2 stories wait under “{}”, which")]
)
def test_t110_reports_waiting_stories(check, clean, lines, message):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(*lines)))

    finding = only(check, clean)

    assert (finding.code, finding.severity, str(finding.place)) == ("T110", "info", f"{FILE}:30")
    assert finding.message == f"{message.format(NEW_SECTION)} is not sent"


def test_t110_ignores_an_empty_section(problems, clean):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting()))
    assert problems(clean) == []
