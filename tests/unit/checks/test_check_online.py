from __future__ import annotations

import pytest

from digest.checks import LinkAnswer, links_of

FILE = "issues/2026-W47/issue.md"
STORY, BULLET, INTRO = "https://a.example/1", "https://b.example", "https://c.example"


def test_every_link_of_the_issue_is_asked_for_once(clean):
    assert links_of(clean.issue, sponsor="") == (STORY, INTRO, BULLET)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (LinkAnswer(status=200, url=STORY), None),
        (LinkAnswer(status=200, url="https://www.a.example/1?again"), None),
        (LinkAnswer(status=200, url="https://elsewhere.example/"), "L203"),
        (LinkAnswer(status=404, reason="it answers 404"), "L201"),
        (LinkAnswer(status=410, reason="it answers 410"), "L201"),
        (LinkAnswer(status=500, reason="it answers 500"), "L201"),
        (LinkAnswer(status=401, reason="it answers 401"), "L202"),
        (LinkAnswer(status=403, reason="it answers 403"), "L202"),
        (LinkAnswer(status=429, reason="it answers 429"), "L202"),
        (LinkAnswer(status=999, reason="it answers 999"), "L202"),
        (LinkAnswer(reason="timed out"), "L202"),
    ],
)
def test_blocked_is_not_broken(found, clean, answer, code):
    clean.answers = {STORY: answer}
    assert found(clean) == ([] if code is None else [(code, f"{FILE}:12")])


def test_a_link_in_a_bullet_and_in_the_intro_is_named_at_its_line(found, clean):
    gone = LinkAnswer(status=404, reason="it answers 404")
    clean.answers = {BULLET: gone, INTRO: gone}
    assert found(clean) == [("L201", f"{FILE}:7"), ("L201", f"{FILE}:22")]
