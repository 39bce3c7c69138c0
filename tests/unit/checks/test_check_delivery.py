from __future__ import annotations

import re

import pytest

HTML = "issues/2026-W47/build/email.html"
TEXT = "issues/2026-W47/build/email.txt"


def test_d601_the_html_part_has_no_unsubscribe_link(found, clean, built):
    clean.rendered = built(clean, html=lambda html: re.sub(r'href="digest-[^"]*"', 'href="https://example.org"', html))
    assert found(clean) == [("D601", HTML)]


def test_d601_the_text_part_has_no_unsubscribe_link(found, clean, built):
    clean.rendered = built(clean, text=lambda text: re.sub(r"digest-\w+-unsubscribe-url", "", text))
    assert found(clean) == [("D601", TEXT)]


def test_d601_no_way_to_leave_is_configured(found, clean):
    delivery = clean.config.delivery.model_copy(update={"unsubscribe_url": ""})
    clean.config = clean.config.model_copy(update={"delivery": delivery})
    assert found(clean) == [("D601", HTML)]


@pytest.mark.parametrize("address", ["", "  "])
def test_d603_no_postal_address_is_configured(found, clean, address):
    newsletter = clean.config.newsletter.model_copy(update={"postal_address": address})
    clean.config = clean.config.model_copy(update={"newsletter": newsletter})
    assert found(clean) == [("D603", HTML)]


@pytest.mark.parametrize(("part", "file"), [("html", HTML), ("text", TEXT)])
def test_d603_a_part_does_not_show_the_postal_address(found, clean, built, part, file):
    clean.rendered = built(clean, **{part: lambda content: content.replace("1 Example Street", "")})
    assert found(clean) == [("D603", file)]


def test_a_postal_address_of_several_lines_is_found(found, clean):
    newsletter = clean.config.newsletter.model_copy(update={"postal_address": "1 Example Street\n12345 Town & Sons"})
    clean.config = clean.config.model_copy(update={"newsletter": newsletter})
    assert found(clean) == []
