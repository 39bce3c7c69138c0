from __future__ import annotations

from dataclasses import replace

import pytest

FILE = "issues/2026-W47/issue.md"
HTML = "issues/2026-W47/build/email.html"


@pytest.fixture
def local(clean):
    """The lead story's picture is a file of the newsletter's."""
    first, *others = clean.articles.items()
    clean.articles = dict([(first[0], replace(first[1], image="images/tide.png")), *others])
    return clean


def serve(case):
    images = case.config.images.model_copy(update={"base_url": "https://cdn.example/i"})
    case.config = case.config.model_copy(update={"images": images})
    return case


def test_m301_an_image_has_no_alt(found, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace('alt=""', ""))
    assert found(clean) == [("M301", HTML)]


@pytest.mark.parametrize("src", ["data:image/png;base64,AAAA", "images/tide.png", "file:///x.png", ""])
def test_m304_an_image_of_the_page_is_not_on_the_web(found, clean, built, src):
    clean.rendered = built(clean, html=lambda html: html.replace("https://images.example/tide.png", src))
    assert found(clean) == [("M304", HTML)]


def test_m304_the_editor_embeds_an_image(found, clean):
    clean.issue = replace(clean.issue, intro="One\n\n![x](data:image/png;base64,AAAA)")
    assert found(clean) == [("M304", f"{FILE}:7")]


def test_m305_a_local_picture_has_no_base_address(found, local):
    assert found(local) == [("M305", f"{FILE}:12")]


def test_m305_a_local_picture_is_missing(found, local):
    assert found(serve(local)) == [("M305", f"{FILE}:12")]


def test_a_local_picture_that_is_there_and_served_is_fine(found, local, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "tide.png").write_bytes(b"png")
    assert found(serve(local)) == []


def test_m303_a_local_picture_is_heavy(found, local, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "tide.png").write_bytes(bytes(200_000))
    assert found(serve(local)) == []
    (tmp_path / "images" / "tide.png").write_bytes(bytes(200_001))
    assert found(local) == [("M303", f"{FILE}:12")]


def test_m305_in_the_intro(found, clean):
    clean.issue = replace(clean.issue, intro="![A boat](images/boat.png)")
    assert found(clean) == [("M305", f"{FILE}:5")]


def test_a_picture_that_no_story_shows_is_not_looked_at(found, local):
    section = local.issue.sections[0]
    local.issue = replace(local.issue, sections=(replace(section, stories=section.stories[::-1]),))
    assert found(local) == []
