from __future__ import annotations

from dataclasses import replace

from digest.checks import Severity
from digest.config import IgnoredFinding
from digest.rendering.personal_tags import find_tag

HTML = "issues/2026-W47/build/email.html"
TEXT = "issues/2026-W47/build/email.txt"


def pad(html, count, *, before):
    """Put ``count`` bytes of comment before ``before``, two bytes a character."""
    place = html.index(before)
    return html[:place] + "<!--" + "é" * (count // 2) + "-->" + html[place:]


def shifted(case, built, count, *, before):
    """The case with a page that grew, its manifest telling the truth about it."""
    rendered = built(case, html=lambda html: pad(html, count, before=before))
    (tag,) = rendered.manifest.tags
    tag = find_tag(tag.name, tag.tag, html=rendered.html, text=rendered.text, subject="")
    case.rendered = replace(rendered, manifest=replace(rendered.manifest, tags=(tag,)))
    return case


def test_c504_the_text_part_lacks_a_storys_link(found, clean, built):
    clean.rendered = built(clean, text=lambda text: text.replace("https://a.example/1", ""))
    assert found(clean) == [("C504", TEXT)]


def test_c504_the_text_part_is_empty(found, clean, built):
    clean.rendered = built(clean, text=lambda _: " \n")
    assert ("C504", TEXT) in found(clean)


def test_c504_an_address_may_be_written_in_two_ways(found, clean, plant):
    assert found(plant(clean, url="https://a.example/größe?q=a b&c=%20")) == []


def test_c505_near_the_clip_is_a_warning(check, clean, built):
    (finding,) = check(shifted(clean, built, 85_000, before="</body>"))
    assert (finding.code, finding.severity, finding.place.file) == ("C505", Severity.WARNING, HTML)


def test_c505_beyond_the_clip_is_a_warning_while_the_unsubscribe_link_is_seen(check, clean, built):
    (finding,) = check(shifted(clean, built, 120_000, before="</body>"))
    assert (finding.code, finding.severity) == ("C505", Severity.WARNING)


def test_c505_is_an_error_when_the_unsubscribe_link_is_cut_off(check, clean, built):
    (finding,) = check(shifted(clean, built, 102_000, before="<h1"))
    assert (finding.code, finding.severity) == ("C505", Severity.ERROR)


def test_c505_counts_with_the_providers_own_addresses(check, clean, built, configure):
    configure(clean, "delivery", provider="sendgrid")
    configure(
        clean, "check", ignore=(IgnoredFinding(code="D605", reason="The clean issue has the example's addresses."),)
    )
    assert check(clean) == ()
    link = '<p style="background-color:#ffffff;color:#2b2a27">a <a style="color:#9a3412" href="https://a.example/1">b</a></p>'
    links = link * 200
    clean.rendered = built(clean, html=lambda html: html.replace("</body>", f"{links}</body>"))
    assert [(found.code, found.severity) for found in check(clean)] == [("C505", "warning")]
    assert "count clicks" in check(clean)[0].message
    configure(clean, "delivery", provider="outbox")
    assert check(clean) == ()


def test_c502_all_style_blocks_together_are_too_long(check, clean, built):
    rules = "<style>" + "p { margin: 0 } " * 600 + "</style>"
    clean.rendered = built(clean, html=lambda html: html.replace("</head>", f"{rules * 2}</head>"))
    assert [found.code for found in check(clean)] == ["C502"]
    clean.rendered = built(
        clean, html=lambda html: html.replace("</head>", f"<!--[if mso]>{rules * 2}<![endif]--></head>")
    )
    assert check(clean) == ()
