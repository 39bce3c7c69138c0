from __future__ import annotations

import pytest

from digest.checks import GMAIL_CLIP_BYTES
from digest.preview.frame import Scheme, clip_position, frame_html

DARK_RULE = "<style>@media (prefers-color-scheme: dark) { .a { color: #fff } }</style>"


def frame(html, scheme=Scheme.LIGHT, images=()):
    return frame_html(html, scheme=scheme, image=dict(images).get)


def test_changes_only_the_head_of_the_email():
    email = (
        "<!DOCTYPE html>\n<!--[if mso]><xml></xml><![endif]-->\n<html lang=en>\n<head>\n<meta charset=utf-8></head>"
        '<body bgcolor="#FFF"><P CLASS=x>a &amp; b &nbsp;<br/>ü</P><!-- (prefers-color-scheme: dark) --></body></html>'
    )

    framed = frame(email)

    start = framed.index('<base target="_blank">')
    end = framed.index("</style>", start) + len("</style>")
    assert framed[:start] + framed[end:] == email
    assert framed[:start].endswith("<head>")


@pytest.mark.parametrize(
    ("email", "before"),
    [
        ("<p>no head</p>", ""),
        ("<!doctype html><p>no head</p>", "<!doctype html>"),
        ("<!doctype html>\n<html dir=rtl><body>x", "<!doctype html>\n<html dir=rtl>"),
    ],
)
def test_an_email_without_a_head_keeps_its_doctype_first(email, before):
    assert frame(email).startswith(f"{before}<base ")


@pytest.mark.parametrize(
    ("scheme", "answer"),
    [(Scheme.LIGHT, "(max-width: 0)"), (Scheme.FORCED, "(max-width: 0)"), (Scheme.AUTHORED, "(min-width: 0)")],
)
def test_the_dark_rules_apply_only_in_the_authored_scheme(scheme, answer):
    assert f"@media {answer} {{ .a {{ color: #fff }} }}" in frame(DARK_RULE, scheme)


def test_the_light_rules_apply_in_the_other_schemes():
    rule = "<style>@media screen and (Prefers-Color-Scheme:light) { a { color: red } }</style>"

    assert "screen and (max-width: 0)" in frame(rule, Scheme.AUTHORED)
    assert "screen and (min-width: 0)" in frame(rule)


def test_pictures_chosen_by_scheme_follow_it_too():
    assert 'media="(min-width: 0)"' in frame('<source media="(prefers-color-scheme: dark)">', Scheme.AUTHORED)


def test_text_about_colour_schemes_is_unchanged():
    text = (
        '<p title="(prefers-color-scheme: dark)">Use (prefers-color-scheme: dark) and src="https://example.org/a"</p>'
    )

    assert text in frame(text, Scheme.AUTHORED, {"https://example.org/a": "/image?url=a"})


def test_colours_are_inverted_only_in_the_forced_scheme():
    assert "invert(" in frame("<p>x</p>", Scheme.FORCED)
    assert "invert(" not in frame("<p>x</p>", Scheme.LIGHT) + frame("<p>x</p>", Scheme.AUTHORED)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ('<img src="https://a.example/x.png?a=1&amp;b=2">', '<img src="/image?url=1&amp;x=2">'),
        ("<td background='https://a.example/x.png?a=1&b=2'>", '<td background="/image?url=1&amp;x=2">'),
        (
            "<td style=\"color: red; background: url('https://a.example/x.png?a=1&amp;b=2') top\">",
            '<td style="color: red; background: url(&#x27;/image?url=1&amp;x=2&#x27;) top">',
        ),
        ("<style>p{background:url(https://a.example/x.png?a=1&b=2)}</style>", "url('/image?url=1&x=2')}</style>"),
        ('<img src="https://b.example/other.png">', '<img src="https://b.example/other.png">'),
    ],
)
def test_the_newsletters_images_are_shown_from_disk(markup, shown):
    assert shown in frame(markup, images={"https://a.example/x.png?a=1&b=2": "/image?url=1&x=2"})


def test_a_short_email_is_not_clipped():
    assert clip_position("x" * GMAIL_CLIP_BYTES) is None
    assert "data-digest-clip" not in frame("<p>x</p>")


def test_the_clip_is_counted_in_bytes_and_never_splits_a_character():
    assert clip_position("x" + "é" * GMAIL_CLIP_BYTES) == 1 + (GMAIL_CLIP_BYTES - 1) // 2


def test_only_the_first_element_after_the_clip_is_marked():
    filler = "é" * (GMAIL_CLIP_BYTES // 2)

    framed = frame(f"<body><p>before</p>{filler}<br><p class=a>after</p><p>later</p></body>")

    assert "<p data-digest-clip class=a>after</p>" in framed
    assert framed.count("data-digest-clip") == 1
