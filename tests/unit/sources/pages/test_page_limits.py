"""Pages larger, deeper or odder than ordinary ones are read in little memory and in linear time."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from digest.sources import extract_article
from digest.sources.pages.page_limits import bounded_page, is_bounded

URL = "https://www.news.example/2026/01/harbour"
HEAD = "<html><head><title>Ferries are back</title></head><body><article><h1>Ferries are back</h1>"
TEXT = "".join(
    f"<p>The harbour of the town was dredged for the {word} time on Monday, and ferry number {number} came at noon.</p>"
    for number, word in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"))
)
LIMIT_MB, LIMIT_SECONDS = 200, 40

#: What is repeated, how often, and before or after the text. A separate process reads them, to measure its memory.
PAGES = {
    "small elements": "HEAD + '<i>x</i>' * 500_000 + TEXT",
    "a hundred thousand within each other": "HEAD + '<div>' * 100_000 + TEXT",
    "one text": "HEAD + TEXT + 'word ' * 2_000_000",
    "a title": "HEAD.replace('</title>', 'word ' * 2_000_000 + '</title>') + TEXT",
    "a script": "HEAD + '<script>' + 'var a = 1 < 2;\\n' * 700_000 + '</script>' + TEXT",
    "scripts": "HEAD + '<script>x</script>' * 200_000 + TEXT",
    "deep data": "HEAD + '<script type=application/ld+json>' + '[' * 10_000_000 + '</script>' + TEXT",
    "much data": 'HEAD + \'<script type=application/ld+json>{"@type":"Article"}</script>\' * 150_000 + TEXT',
    "attributes": "HEAD + ('<p class=\"' + 'x y ' * 250_000 + '\">x</p>') * 10 + TEXT",
    "cells": "HEAD + '<table>' + ('<tr>' + '<td>cell</td>' * 10) * 30_000 + '</table>' + TEXT",
    "entities": "HEAD + TEXT + '<p>' + '&amp;' * 1_000_000",
    "comments": "HEAD + '<!-- x -->' * 400_000 + TEXT",
    "formats never closed": "HEAD + ''.join(f'<font size={n}>' for n in range(9000)) + '<p>x' * 9000 + TEXT",
    "heads of key points": "HEAD + TEXT + '<div><b>Key points</b><p>x</p>' * 60_000",
    "drawings never closed": "HEAD + '<svg><g>' * 60_000 + TEXT",
}

PROGRAM = """
import resource, sys, time
HEAD, TEXT, URL, LIMIT = {head!r}, {text!r}, {url!r}, {seconds}
from digest.sources import extract_article
from digest.testing import peak_megabytes
resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
for page in {pages!r}:
    html = eval(page).encode()
    began = time.process_time()
    article = extract_article(html, url=URL)
    assert "dredged for the first time" in article.text, (page, article.text[:200])
    assert len(article.title) <= 500 and article.title.startswith("Ferries are back"), (page, article.title)
    assert time.process_time() - began < 9, (page, time.process_time() - began)
    del html
    assert peak_megabytes() < {limit}, page
"""


def run(pages):
    program = PROGRAM.format(head=HEAD, text=TEXT, url=URL, pages=pages, limit=LIMIT_MB, seconds=LIMIT_SECONDS)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
@pytest.mark.parametrize("names", [list(PAGES)[start::3] for start in range(3)], ids=["first", "second", "third"])
def test_reads_absurd_pages_in_bounded_memory_and_time(names):
    finished = run([PAGES[name] for name in names])
    assert finished.returncode == 0, finished.stderr[-2000:]


def test_does_not_change_an_ordinary_page():
    assert is_bounded(HEAD + TEXT * 500)
    assert is_bounded(HEAD + "<div>" * 100 + TEXT + "</div>" * 100)


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200,
        "<b>" * 40,
        "<p>x" * 21_000,
        "x" * 700_001,
        f"<p title='{'x' * 200_001}'>",
        "<p>" + "<!-- x -->" * 160_000,
    ],
)
def test_notices_pages_that_parsers_cannot_handle(html):
    assert not is_bounded(html)


def test_cuts_a_page_to_the_parts_that_are_read():
    data = json.dumps({"@type": "Article", "headline": "a < b"})
    html = (
        f"<script type='application/LD+json'>{data}</script><STYLE>p {{}}</style>"
        "<!-- <p>no</p> --><title>a <b> c</title>"
        "<svg><text>no</text></svg><p class=\"a > b\">yes</p><?php no ?><p title='it's'>more</p>"
    )
    assert bounded_page(html) == (
        f"<script type='application/LD+json'>{data}</script> <title>a <b> c</title>"
        " <p class=\"a > b\">yes</p><p title='it's'>more</p>"
    )


def test_keeps_the_text_of_elements_nested_too_deeply():
    cut = bounded_page("<div>" * 300 + "<p>one</p><section>two</section>" + "</div>" * 300 + "<p>three</p>")
    assert cut.count("<div>") == cut.count("</div>") <= 128
    assert cut.replace(" ", "").split("<p>one</p>")[1].startswith("two</div>")
    assert cut.endswith("<p>three</p>")


def test_drops_a_huge_attribute_and_keeps_the_others():
    cut = bounded_page(f"<p class=lead title='{'x' * 1_000_000}' id=\"a\">text</p>")
    assert cut == '<p class=lead id="a">text</p>'


def test_reads_paragraphs_after_the_last_element_that_is_kept():
    cut = bounded_page("<table>" + "<tr><td>c</td></tr>" * 9000 + "</table>" + TEXT)
    assert cut.endswith(TEXT)
    assert cut.count("<td>") < 5001


def test_reads_a_page_with_ordinary_nesting_whole():
    article = extract_article(HEAD + "<div>" * 2900 + TEXT + "</div>" * 2900, url=URL)
    assert len(article.text.split("\n\n")) == 6


@pytest.mark.parametrize("unit", ["{", "[", "(", "<", "&", "a "])
def test_an_author_of_40_kb_is_read_within_a_second(unit):
    author = unit * (40_000 // len(unit))
    page = f'<title>The mill</title><meta name="author" content="{author}"><p>The council met on Monday.'
    start = time.process_time()
    extract_article(page, url="https://a.example/1")
    assert time.process_time() - start < 1.5
