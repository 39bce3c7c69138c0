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


def test_t108_there_are_fewer_stories_than_the_least(check, clean, configure):
    section = clean.issue.sections[0]
    clean.issue = replace(clean.issue, sections=(replace(section, stories=section.stories[:1]),))

    finding = only(check, configure(clean, "selection", min_stories=3))

    assert (finding.code, finding.severity, str(finding.place)) == ("T108", "error", f"{FILE}:2")
    assert finding.message == "The issue has 1 story, and selection.min_stories is 3"
    assert "lower selection.min_stories" in finding.hint


def test_t108_without_a_subjects_line_names_the_first(found, clean, configure):
    clean.issue = replace(clean.issue, lines={})
    assert found(configure(clean, "selection", min_stories=3)) == [("T108", f"{FILE}:1")]


def test_t108_does_not_count_what_waits(check, clean, configure):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(30)))
    few, _ = check(configure(clean, "selection", min_stories=3))
    assert few.message == "The issue has 2 stories, and selection.min_stories is 3"


def test_t109_a_story_went_out_before(check, clean):
    clean.sent = {"https://a.example/1": "2026-W45", "https://elsewhere.example": "2026-W44"}

    finding = only(check, clean)

    assert (finding.code, finding.severity, str(finding.place)) == ("T109", "warning", f"{FILE}:12")
    assert finding.message == "The story went out in 2026-W45: Towns make peace with the tide"


@pytest.mark.parametrize("url", ["https://A.example/1/", "https://a.example/1?utm_source=feed#top"])
def test_t109_knows_a_story_by_its_canonical_address(found, clean, plant, url):
    clean.sent = {"https://a.example/1": "2026-W45"}
    assert found(plant(clean, url=url)) == [("T109", f"{FILE}:12")]


def test_t109_knows_a_local_article_by_its_path(found, clean):
    clean.sent = {"articles/letter.md": "2026-W45"}
    assert found(clean) == [("T109", f"{FILE}:20")]


def test_t109_lets_a_story_through_that_went_out_in_this_very_issue(found, clean):
    clean.sent = {"https://a.example/1": clean.issue.id}
    assert found(clean) == []


def test_t109_does_not_look_at_what_waits(found, clean):
    clean.sent = {"https://late.example/30": "2026-W45"}
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(30)))
    assert found(clean) == [("T110", f"{FILE}:30")]


def test_nothing_was_sent_where_nobody_says_so(clean, built, tmp_path):
    findings = check_issue(
        clean.issue, built(clean), config=clean.config, file=FILE, root=tmp_path, articles=clean.articles
    )
    assert findings == ()


@pytest.mark.parametrize(
    ("lines", "said"), [((30,), "1 story waits under “{}”, which"), ((30, 34), "2 stories wait under “{}”, which")]
)
def test_t110_stories_wait_and_are_not_sent(check, clean, lines, said):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting(*lines)))

    finding = only(check, clean)

    assert (finding.code, finding.severity, str(finding.place)) == ("T110", "info", f"{FILE}:30")
    assert finding.message == f"{said.format(NEW_SECTION)} is not sent"


def test_t110_is_silent_about_an_empty_section(found, clean):
    clean.issue = replace(clean.issue, sections=(*clean.issue.sections, waiting()))
    assert found(clean) == []
