from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import RenderError
from digest.models import PersonalTag
from digest.rendering import personal_parts
from digest.rendering.personal_tags import find_tag, nonce_of, tag_literal

THEME = Path(__file__).parents[3] / "templates"
URL = "https://example.org/u/t0k3n?list=weekly&x='\"<>"


def test_a_tag_consists_of_letters_digits_and_hyphens():
    tag = tag_literal("unsubscribe_url", nonce_of("an issue"))
    assert re.fullmatch(r"digest-[0-9a-f]{12}-unsubscribe-url", tag)


def test_the_nonce_depends_on_the_content():
    assert nonce_of("a") == nonce_of("a") != nonce_of("b")


@given(st.text())
def test_content_never_contains_its_own_tag(content):
    assert f"digest-{nonce_of(content)}-" not in content


@given(st.lists(st.sampled_from(["TAG", "é", "👩‍💻", "x"])))
def test_lists_every_position_of_a_tag(pieces):
    text = "".join(pieces)
    places = find_tag("name", "TAG", html=text, text="", subject="TAG").html
    assert len(places) == pieces.count("TAG")
    assert all(text[place : place + 3] == "TAG" for place in places)


def test_escapes_values_in_html_only(render):
    rendered = render()
    subject, html, text = personal_parts(rendered, {"unsubscribe_url": URL, "name": "unused"})
    assert subject == "Three towns and the tide"
    assert 'href="https://example.org/u/t0k3n?list=weekly&amp;x=&#x27;&quot;&lt;&gt;"' in html
    assert URL in text
    assert rendered.manifest.tags[0].tag not in html + text


def test_a_personal_subject_stays_on_one_line(render):
    rendered = render()
    tag = PersonalTag(name="name", tag="digest-0123456789ab-name", subject=(0,))
    manifest = replace(rendered.manifest, subject=f"{tag.tag}, hello", tags=(*rendered.manifest.tags, tag))
    values = {"name": "Ana\r\nBcc: x@example.com", "unsubscribe_url": URL}
    subject, _, _ = personal_parts(replace(rendered, manifest=manifest), values)
    assert subject == "Ana Bcc: x@example.com, hello"


def test_refuses_a_missing_value(render):
    with pytest.raises(RenderError, match="unsubscribe_url"):
        personal_parts(render(), {})


def test_the_editor_may_use_personal_parts_in_subject_and_body(render, issue):
    section = issue.sections[0]
    lead = replace(section.stories[0], note="For [[ City ]] & others")
    personal = replace(
        issue,
        subject="Hello [[name|there]], three towns",
        intro="Dear **[[name|there]]**,\n\n[[unsubscribe_url]]",
        sponsor="Near [[city]]",
        sections=(replace(section, text="To [[email]]", stories=(lead,)),),
    )
    rendered = render(issue=personal)
    names = {tag.name for tag in rendered.manifest.tags}
    assert names == {"unsubscribe_url", "name|there", "email", "City", "city"}
    values = {**dict.fromkeys(names, "Bonn"), "name|there": "Ana & <Bo>", "email": "a@example.com"}
    subject, html, text = personal_parts(rendered, values | {"unsubscribe_url": "https://example.org/u/x"})
    assert subject == "Hello Ana & <Bo>, three towns"
    assert "<strong>Ana &amp; &lt;Bo&gt;</strong>" in html
    assert "Dear Ana & <Bo>," in text
    for part in (html, text):
        assert part.count("https://example.org/u/x") >= 2
        assert "a@example.com" in part
        assert "[[" not in part
    assert "For Bonn & others" in text
    assert "Near Bonn" in text


def test_the_text_of_an_article_is_never_a_personal_part(render, issue):
    section = issue.sections[0]
    candidate = section.stories[0].candidates[0]
    text = "Write [[email]] and [[name|there]]"
    lead = replace(
        section.stories[0], headline=text, candidates=(replace(candidate, bullet=replace(candidate.bullet, text=text)),)
    )
    rendered = render(issue=replace(issue, sections=(replace(section, stories=(lead,)),)))
    assert [tag.name for tag in rendered.manifest.tags] == ["unsubscribe_url"]
    assert rendered.text.count(text) == 2


def test_a_template_may_use_any_field(render, tmp_path):
    own = tmp_path / "templates"
    own.mkdir()
    greeting = "<mj-text>{{ personal('first name', 'reader') }}, {{ personal('city') }}</mj-text>"
    (own / "intro.mjml.j2").write_text(greeting)
    rendered = render(templates=[own, THEME])
    names = [tag.name for tag in rendered.manifest.tags]
    assert names == ["unsubscribe_url", "first name|reader", "city"]
    assert all(len(tag.html) == 1 for tag in rendered.manifest.tags)
