from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import RenderError
from digest.models import PersonalTag
from digest.rendering import personal_parts
from digest.rendering.personal import find_tag, nonce_of, tag_literal

URL = "https://example.org/u/t0k3n?list=weekly&x='\"<>"


def test_a_tag_is_made_of_letters_digits_and_hyphens():
    tag = tag_literal("unsubscribe_url", nonce_of("an issue"))
    assert re.fullmatch(r"digest-[0-9a-f]{12}-unsubscribe-url", tag)


def test_the_nonce_follows_the_content():
    assert nonce_of("a") == nonce_of("a") != nonce_of("b")


@given(st.text())
def test_content_never_holds_its_own_tag(content):
    assert f"digest-{nonce_of(content)}-" not in content


@given(st.lists(st.sampled_from(["TAG", "é", "👩‍💻", "x"])))
def test_every_place_of_a_tag_is_listed(pieces):
    text = "".join(pieces)
    places = find_tag("name", "TAG", html=text, text="", subject="TAG").html
    assert len(places) == pieces.count("TAG")
    assert all(text[place : place + 3] == "TAG" for place in places)


def test_values_are_escaped_in_html_only(render):
    rendered = render()
    subject, html, text = personal_parts(rendered, {"unsubscribe_url": URL, "name": "unused"})
    assert subject == "Three towns and the tide"
    assert 'href="https://example.org/u/t0k3n?list=weekly&amp;x=&#x27;&quot;&lt;&gt;"' in html
    assert URL in text
    assert rendered.manifest.tags[0].tag not in html + text


def test_a_subject_can_be_personal_and_stays_on_one_line(render):
    rendered = render()
    tag = PersonalTag(name="name", tag="digest-0123456789ab-name", subject=(0,))
    manifest = replace(rendered.manifest, subject=f"{tag.tag}, hello", tags=(*rendered.manifest.tags, tag))
    values = {"name": "Ana\r\nBcc: x@example.com", "unsubscribe_url": URL}
    subject, _, _ = personal_parts(replace(rendered, manifest=manifest), values)
    assert subject == "Ana Bcc: x@example.com, hello"


def test_a_missing_value_is_refused(render):
    with pytest.raises(RenderError, match="unsubscribe_url"):
        personal_parts(render(), {})
