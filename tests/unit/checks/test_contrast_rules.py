"""Contrast in the three colour schemes, on small pages."""

from __future__ import annotations

import pytest

from digest.checks.contrast_rules import contrast

DARK = "<style>@media (prefers-color-scheme: dark) {{ {} }}</style>"


@pytest.fixture
def messages_for(check, clean, built):
    """The messages of A404 about a page with this head and body."""

    def call(head: str, body: str) -> list[str]:
        page = f"<html lang='en' dir='ltr'><head>{head}</head><body><div lang='en' dir='ltr'>{body}</div></body></html>"
        clean.rendered = built(clean, html=lambda _: page)
        return [finding.message for finding in check(clean) if finding.code == "A404"]

    return call


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [((0, 0, 0), (1, 1, 1), 21.0), ((1, 1, 1), (1, 1, 1), 1.0), ((0.4667,) * 3, (1, 1, 1), 4.48)],
)
def test_contrast_ratios_match_wcag(first, second, ratio):
    assert contrast(first, second) == contrast(second, first) == pytest.approx(ratio, abs=0.01)


def test_text_has_the_background_of_the_nearest_ancestor_with_one(messages_for):
    assert messages_for("", "<div style='background:#333'><p style='color:#fff'>Fine</p></div>") == []
    (message,) = messages_for("", "<div style='background:#333'><p style='color:#555'>Hidden</p></div>")[:1]
    assert message == "The contrast is 1.7 to 1 in light mode (#555555 on #333333): “Hidden”"


def test_large_text_needs_less_contrast(messages_for):
    style = "color:#888;background:#fff"
    assert any("light mode" in text for text in messages_for("", f"<p style='{style}'>Small</p>"))
    assert not any(
        "light mode" in message for message in messages_for("", f"<p style='{style};font-size:24px'>Large</p>")
    )


def test_a_dark_rule_beats_inline_styles_and_a_more_specific_rule_beats_a_later_one(messages_for):
    body = "<div class='card' style='background:#fff'><p class='a' id='b' style='color:#222'>Text</p></div>"
    background = ".card { background-color: #111 !important; }"
    assert any(
        "in dark mode (#222222 on #111111)" in message for message in messages_for(DARK.format(background), body)
    )
    light = background + " p#b { color: #eee !important; } p.a { color: #222 !important; }"
    assert not any("in dark mode" in text for text in messages_for(DARK.format(light), body))


def test_ignores_hidden_text_and_text_over_an_image(messages_for):
    assert messages_for("", "<p style='display:none;color:#fff'>Preheader</p>") == []
    assert messages_for("", "<div style='background:url(x.png)'><p style='color:#fff'>Over a picture</p></div>") == []


def test_mid_tones_become_unreadable_when_inverted(messages_for):
    # 4.6 to 1 as it is; the other way round the background becomes dark and the text only a little lighter.
    messages = messages_for("", "<p style='background:#ffe14d;color:#6b6100'>Note</p>")
    assert [("light mode" in message, "inverts the colours" in message) for message in messages] == [(False, True)]
