from __future__ import annotations

from dataclasses import replace

import pytest

FILE = "issues/2026-W47/issue.md"
HTML = "issues/2026-W47/build/email.html"


@pytest.fixture
def local(clean):
    """The lead story's picture is a file in the newsletter's folder."""
    first, *others = clean.articles.items()
    clean.articles = dict([(first[0], replace(first[1], image="images/tide.png")), *others])
    return clean


def serve(case):
    images = case.config.images.model_copy(update={"base_url": "https://cdn.example/i"})
    case.config = case.config.model_copy(update={"images": images})
    return case


def test_m301_reports_an_image_without_alt(problems, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace('alt=""', ""))
    assert problems(clean) == [("M301", HTML)]


@pytest.mark.parametrize("src", ["data:image/png;base64,AAAA", "images/tide.png", "file:///x.png", ""])
def test_m304_reports_an_image_without_a_web_address(problems, clean, built, src):
    clean.rendered = built(clean, html=lambda html: html.replace("https://images.example/tide.png", src))
    assert problems(clean) == [("M304", HTML)]


def test_m304_reports_an_image_that_the_editor_embeds(problems, clean):
    clean.issue = replace(clean.issue, intro="One\n\n![x](data:image/png;base64,AAAA)")
    assert problems(clean) == [("M304", f"{FILE}:7")]


def test_m305_reports_a_local_picture_without_a_base_url(problems, local):
    assert problems(local) == [("M305", f"{FILE}:12")]


def test_m305_reports_a_local_picture_that_does_not_exist(problems, local):
    assert problems(serve(local)) == [("M305", f"{FILE}:12")]


def test_accepts_a_local_picture_that_exists_and_is_published(problems, local, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "tide.png").write_bytes(b"png")
    assert problems(serve(local)) == []


def test_m303_reports_a_heavy_local_picture(problems, local, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "tide.png").write_bytes(bytes(200_000))
    assert problems(serve(local)) == []
    (tmp_path / "images" / "tide.png").write_bytes(bytes(200_001))
    assert problems(local) == [("M303", f"{FILE}:12")]


def test_m305_reports_a_local_picture_in_the_intro(problems, clean):
    clean.issue = replace(clean.issue, intro="![A boat](images/boat.png)")
    assert problems(clean) == [("M305", f"{FILE}:5")]


def test_ignores_the_picture_of_a_story_that_does_not_show_it(problems, local):
    section = local.issue.sections[0]
    local.issue = replace(local.issue, sections=(replace(section, stories=section.stories[::-1]),))
    assert problems(local) == []
