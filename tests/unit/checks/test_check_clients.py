from __future__ import annotations

from dataclasses import replace

from digest.checks import Severity
from digest.rendering.personal import find_tag

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
