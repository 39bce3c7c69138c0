from __future__ import annotations

from dataclasses import replace

import pytest

from digest.checks import LinkAnswer, links_of
from digest.models import Mention

FILE = "issues/2026-W47/issue.md"
STORY, BULLET, INTRO = "https://a.example/1", "https://b.example", "https://c.example"
DEAD = [
    "#",
    "../notes.md",
    "www.example.com/page",
    "file:///home/ana/x.html",
    "C:\\x.html",
    "javascript:alert(1)",
    "http://localhost:8000/x",
    "http://127.0.0.1/",
    "http://127.1/x",
    "http://[::1]/",
    "https://192.168.1.7/x",
    "http://10.0.0.1:8080",
    "https://wiki/page",
    "https://printer.local/x",
]


@pytest.mark.parametrize("url", [*DEAD, ""])
def test_l204_reports_the_link_of_a_story(problems, clean, plant, url):
    assert problems(plant(clean, url=url)) == [("L204", f"{FILE}:12")]


@pytest.mark.parametrize("url", DEAD)
def test_l204_reports_a_link_in_a_bullet(problems, clean, plant, url):
    assert problems(plant(clean, bullet=f"See [it](<{url}>)")) == [("L204", f"{FILE}:14")]


@pytest.mark.parametrize("url", [*DEAD, ""])
def test_l204_reports_a_link_of_also_reported_by(check, clean, plant, url):
    (finding,) = check(plant(clean, also=(Mention(name="B", url="https://b.example/2"), Mention(name="C", url=url))))
    assert (finding.code, str(finding.place)) == ("L204", f"{FILE}:12")
    assert finding.message.startswith("“Also reported by”: the link to C ")


def test_l204_ignores_a_local_article_in_also_reported_by(problems, clean, plant):
    assert problems(plant(clean, also=(Mention(name="Ostend", url="articles/letter.md"),))) == []


def test_l204_reports_a_link_in_the_intro(problems, clean):
    clean.issue = replace(clean.issue, intro="One\ntwo [three](draft.md)")
    assert problems(clean) == [("L204", f"{FILE}:6")]


def test_l204_reports_a_link_in_a_template(problems, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace('href="https://example.org"', 'href="/home"'))
    assert problems(clean) == [("L204", "issues/2026-W47/build/email.html")]


@pytest.mark.parametrize("url", ["https://a.example/ü x?y=1", "https://93.184.215.14/", "mailto:ana@example.com"])
def test_l204_accepts_addresses_that_readers_can_open(problems, clean, plant, url):
    assert problems(plant(clean, bullet=f"See [it](<{url}>)")) == []


def test_l204_accepts_a_local_article_which_gets_no_link(problems, clean, plant, tmp_path):
    clean.articles = {}
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "letter.md").write_text("# A letter")
    assert problems(clean) == []
    assert problems(plant(clean, url="articles/gone.md")) == [("L204", f"{FILE}:12")]


def test_l204_accepts_hosts_that_the_configuration_allows(problems, clean, plant):
    case = plant(clean, url="http://127.0.0.1:8000/a", bullet="See [it](http://intranet/x)")
    fetching = case.config.fetching.model_copy(update={"allow_hosts": ("127.0.0.1:8000", "intranet")})
    case.config = case.config.model_copy(update={"fetching": fetching})
    assert problems(case) == []


def test_lists_each_link_of_the_issue_once(clean):
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
def test_a_server_that_refuses_programs_is_a_warning(problems, clean, answer, code):
    clean.answers = {STORY: answer}
    assert problems(clean) == ([] if code is None else [(code, f"{FILE}:12")])


def test_reports_a_broken_link_at_its_line_of_the_bullet_or_intro(problems, clean):
    gone = LinkAnswer(status=404, reason="it answers 404")
    clean.answers = {BULLET: gone, INTRO: gone}
    assert problems(clean) == [("L201", f"{FILE}:7"), ("L201", f"{FILE}:22")]
