from __future__ import annotations

from dataclasses import replace

from digest.checks import Severity
from digest.config import IgnoredFinding
from digest.providers.sendgrid import SendGridSettings
from digest.rendering.personal_tags import find_tag

HTML = "issues/2026-W47/build/email.html"
TEXT = "issues/2026-W47/build/email.txt"


def pad(html, count, *, before):
    """Insert a comment of ``count`` bytes, two per character, before ``before``."""
    place = html.index(before)
    return html[:place] + "<!--" + "é" * (count // 2) + "-->" + html[place:]


def shifted(case, built, count, *, before):
    """Render the case with a longer page, and a manifest that matches it."""
    rendered = built(case, html=lambda html: pad(html, count, before=before))
    (tag,) = rendered.manifest.tags
    tag = find_tag(tag.name, tag.tag, html=rendered.html, text=rendered.text, subject="")
    case.rendered = replace(rendered, manifest=replace(rendered.manifest, tags=(tag,)))
    return case


def test_c504_reports_a_story_link_missing_from_the_text_part(problems, clean, built):
    clean.rendered = built(clean, text=lambda text: text.replace("https://a.example/1", ""))
    assert problems(clean) == [("C504", TEXT)]


def test_c504_reports_an_empty_text_part(problems, clean, built):
    clean.rendered = built(clean, text=lambda _: " \n")
    assert ("C504", TEXT) in problems(clean)


def test_c504_accepts_an_address_that_is_percent_encoded_in_one_part(problems, clean, plant):
    assert problems(plant(clean, url="https://a.example/größe?q=a b&c=%20")) == []


def test_c505_warns_near_the_clip(check, clean, built):
    (finding,) = check(shifted(clean, built, 85_000, before="</body>"))
    assert (finding.code, finding.severity, finding.place.file) == ("C505", Severity.WARNING, HTML)


def test_c505_warns_beyond_the_clip_if_the_unsubscribe_link_is_before_it(check, clean, built):
    (finding,) = check(shifted(clean, built, 120_000, before="</body>"))
    assert (finding.code, finding.severity) == ("C505", Severity.WARNING)


def test_c505_is_an_error_if_the_unsubscribe_link_is_clipped(check, clean, built):
    (finding,) = check(shifted(clean, built, 102_000, before="<h1"))
    assert (finding.code, finding.severity) == ("C505", Severity.ERROR)


def test_c505_counts_the_longer_addresses_of_click_tracking(check, clean, built, configure):
    configure(clean, "providers", sendgrid=SendGridSettings())
    configure(clean, "delivery", provider="sendgrid")
    configure(
        clean, "check", ignore=(IgnoredFinding(code="D605", reason="The clean issue has the example's addresses."),)
    )
    assert check(clean) == ()
    link = '<p style="background-color:#ffffff;color:#2b2a27">a <a style="color:#9a3412" href="https://a.example/1">b</a></p>'
    links = link * 200
    clean.rendered = built(clean, html=lambda html: html.replace("</body>", f"{links}</body>"))
    assert [(finding.code, finding.severity) for finding in check(clean)] == [("C505", "warning")]
    assert "click tracking" in check(clean)[0].message
    configure(clean, "delivery", provider="outbox")
    assert check(clean) == ()


def test_c502_counts_all_style_blocks_together(check, clean, built):
    rules = "<style>" + "p { margin: 0 } " * 600 + "</style>"
    clean.rendered = built(clean, html=lambda html: html.replace("</head>", f"{rules * 2}</head>"))
    assert [finding.code for finding in check(clean)] == ["C502"]
    clean.rendered = built(
        clean, html=lambda html: html.replace("</head>", f"<!--[if mso]>{rules * 2}<![endif]--></head>")
    )
    assert check(clean) == ()
