"""Contrast in the three schemes, on a page of its own."""

from __future__ import annotations

import pytest

from digest.checks.contrast_rules import contrast

DARK = "<style>@media (prefers-color-scheme: dark) {{ {} }}</style>"


@pytest.fixture
def said(check, clean, built):
    """What A404 says of a page with this head and body."""

    def call(head: str, body: str) -> list[str]:
        page = f"<html lang='en' dir='ltr'><head>{head}</head><body><div lang='en' dir='ltr'>{body}</div></body></html>"
        clean.rendered = built(clean, html=lambda _: page)
        return [finding.message for finding in check(clean) if finding.code == "A404"]

    return call


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [((0, 0, 0), (1, 1, 1), 21.0), ((1, 1, 1), (1, 1, 1), 1.0), ((0.4667,) * 3, (1, 1, 1), 4.48)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_text_takes_the_ground_of_what_it_stands_in(said):
    assert said("", "<div style='background:#333'><p style='color:#fff'>Fine</p></div>") == []
    (message,) = said("", "<div style='background:#333'><p style='color:#555'>Hidden</p></div>")[:1]
    assert message == "The contrast is 1.7 to 1 in light mode (#555555 on #333333): “Hidden”"


def test_large_text_needs_less(said):
    style = "color:#888;background:#fff"
    assert any("light mode" in each for each in said("", f"<p style='{style}'>Small</p>"))
    assert not any("light mode" in each for each in said("", f"<p style='{style};font-size:24px'>Large</p>"))


def test_a_dark_rule_wins_over_what_is_inlined_and_the_more_specific_over_the_later(said):
    body = "<div class='card' style='background:#fff'><p class='a' id='b' style='color:#222'>Text</p></div>"
    ground = ".card { background-color: #111 !important; }"
    assert any("in dark mode (#222222 on #111111)" in each for each in said(DARK.format(ground), body))
    light = ground + " p#b { color: #eee !important; } p.a { color: #222 !important; }"
    assert not any("in dark mode" in each for each in said(DARK.format(light), body))


def test_what_is_hidden_or_stands_over_a_picture_is_not_judged(said):
    assert said("", "<p style='display:none;color:#fff'>Preheader</p>") == []
    assert said("", "<div style='background:url(x.png)'><p style='color:#fff'>Over a picture</p></div>") == []


def test_colours_of_middling_lightness_are_hard_to_read_when_turned_over(said):
    # 4.6 to 1 as it is; the other way round the ground becomes dark and the text only a little lighter.
    messages = said("", "<p style='background:#ffe14d;color:#6b6100'>Note</p>")
    assert [("light mode" in each, "turns the colours over" in each) for each in messages] == [(False, True)]
