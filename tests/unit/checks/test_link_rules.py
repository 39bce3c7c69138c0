from __future__ import annotations

from dataclasses import replace

import pytest

from digest.models import Mention

FILE = "issues/2026-W47/issue.md"
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
def test_l204_a_story_leads_nowhere(found, clean, plant, url):
    assert found(plant(clean, url=url)) == [("L204", f"{FILE}:12")]


@pytest.mark.parametrize("url", DEAD)
def test_l204_a_bullet_leads_nowhere(found, clean, plant, url):
    assert found(plant(clean, bullet=f"See [it](<{url}>)")) == [("L204", f"{FILE}:14")]


@pytest.mark.parametrize("url", [*DEAD, ""])
def test_l204_another_report_leads_nowhere(check, clean, plant, url):
    (finding,) = check(plant(clean, also=(Mention(name="B", url="https://b.example/2"), Mention(name="C", url=url))))
    assert (finding.code, str(finding.place)) == ("L204", f"{FILE}:12")
    assert finding.message.startswith("“Also reported by”: the link to C ")


def test_another_report_that_is_a_file_of_the_newsletters_has_no_link(found, clean, plant):
    assert found(plant(clean, also=(Mention(name="Ostend", url="articles/letter.md"),))) == []


def test_l204_the_intro_leads_nowhere(found, clean):
    clean.issue = replace(clean.issue, intro="One\ntwo [three](draft.md)")
    assert found(clean) == [("L204", f"{FILE}:6")]


def test_l204_only_a_template_leads_nowhere(found, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace('href="https://example.org"', 'href="/home"'))
    assert found(clean) == [("L204", "issues/2026-W47/build/email.html")]


@pytest.mark.parametrize("url", ["https://a.example/ü x?y=1", "https://93.184.215.14/", "mailto:ana@example.com"])
def test_addresses_that_readers_can_follow_are_let_through(found, clean, plant, url):
    assert found(plant(clean, bullet=f"See [it](<{url}>)")) == []


def test_a_file_of_the_newsletters_is_a_story_without_a_link(found, clean, plant, tmp_path):
    clean.articles = {}
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "letter.md").write_text("# A letter")
    assert found(clean) == []
    assert found(plant(clean, url="articles/gone.md")) == [("L204", f"{FILE}:12")]


def test_hosts_that_the_newsletter_allows_are_let_through(found, clean, plant):
    case = plant(clean, url="http://127.0.0.1:8000/a", bullet="See [it](http://intranet/x)")
    fetching = case.config.fetching.model_copy(update={"allow_hosts": ("127.0.0.1:8000", "intranet")})
    case.config = case.config.model_copy(update={"fetching": fetching})
    assert found(case) == []
