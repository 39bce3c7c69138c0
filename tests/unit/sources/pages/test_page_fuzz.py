"""Any page and any file is read as an article that is fit to print, or refused with an error of ours."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import DigestError
from digest.models import is_web_address
from digest.sources import extract_article, parse_text

URL = "https://www.news.example/2026/01/harbour"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Ferries &amp; piers | The News</title>
<meta property="og:title" content="Ferries &lt;b&gt;back&lt;/b&gt;"><meta property="og:image" content="/ferry.jpg">
<meta name="author" content="Ann Lee"><link rel="canonical" href="/2026/harbour">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Ferries are back", "datePublished":
"2026-01-05T10:00:00+01:00", "author": [{"name": "Ann Lee"}, "Bob \\ud800 Ray"],
"image": ["javascript:x", "f.png"]}</script>
</head><body><article><h1>Ferries are back</h1><div class="byline">By <a rel="author" href="/ann">Ann Lee</a></div>
<div class="key-points"><h3>Key points</h3><ul><li>The harbour was dredged for a fourth time</li>
<li>Ferries came back at noon on Monday</li></ul></div><time datetime="2026-01-05">Monday</time>
<p>The harbour of the town was dredged for the first time on Monday, and the ferries came back at noon.</p>
<p>Grüße: the mayor of the town welcomed the <b>ferries</b> &#150; and the anglers &#x1F600; on the pier at noon.</p>
<p>Also read: The mayor speaks about the harbour and the ferries of the town at length</p></article></body></html>"""
PLAIN = """Ferries are back

By Ann Lee | Jan 5, 2026

• The harbour was dredged for a fourth time
• Ferries came back at noon

The harbour of the town was dredged for the first time on Monday.

Also Read: Another harbour"""
WRITTEN = r"""\0 \x0b \x1b[31m \ud800 \udfff \u2028 \x85 \u202e \ufffe < > & " ]]> <!-- &#0; &#xD800; <b> </p> <script>
</script> <plaintext> <svg><title> \\ud800 &lt;i&gt; &lt;title&gt;"""
ODD = st.sampled_from([part.encode("ascii").decode("unicode_escape") for part in WRITTEN.split()])
#: Elements with an end or with attributes. "Why <b> is not <strong>" has none.
MARKUP = re.compile(
    r"<(b|i|p|script|h1|div|svg|title|a|li)\b[^<>]*>.*</\1\b[^<>]*>|<[a-z]\w*\s[^<>]*=[^<>]*>", re.IGNORECASE
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def printable(text):
    return all(letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cs"} for letter in text)


def check(article, base):
    lines = (article.title, article.source, *article.authors, *article.key_points)
    assert all(map(printable, (*lines, article.text, article.url)))
    assert not any("\n" in line or line != line.strip() for line in lines)
    assert article.title
    assert len(article.title) <= 500
    assert not MARKUP.search(article.title)
    assert article.published is None or article.published.utcoffset() == timedelta(0)
    local = not is_web_address(base)
    assert is_web_address(article.url) or (local and "://" not in article.url)
    image = article.image
    assert image is None or is_web_address(image) or (local and ":" not in image.partition("/")[0])
    assert all(article.key_points)
    assert len(set(article.key_points)) == len(article.key_points)
    assert not set(article.key_points) & set(article.text.split("\n\n"))


def read_page(html):
    try:
        article = extract_article(html, url=URL)
    except DigestError:
        return
    check(article, URL)


def read_file(data, name):
    try:
        article = parse_text(data, path=name)
    except DigestError:
        return
    check(article, name)


@st.composite
def mutated(draw, sample):
    """Draw a sample with parts removed, doubled, moved and replaced."""
    parts = re.split(r"(<[^>]*>|[\n ])", sample)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(["drop", "double", "swap", "odd", "cut", "inside"])):
            case "drop":
                del parts[at : at + draw(st.integers(1, 4))]
            case "double":
                parts.insert(at, parts[at])
            case "swap":
                other = draw(st.integers(0, len(parts) - 1))
                parts[at], parts[other] = parts[other], parts[at]
            case "odd":
                parts.insert(at, draw(ODD))
            case "inside":
                middle = len(parts[at]) // 2
                parts[at] = parts[at][:middle] + draw(ODD) + parts[at][middle:]
            case "cut":
                parts = parts[: max(at, 1)]
        parts = parts or [""]
    return "".join(parts)


def damaged(data, replacements):
    """Replace parts of bytes: at each position, drop some bytes and insert others."""
    result = bytearray(data)
    for at, length, new in replacements:
        result[at : at + length] = new
    return bytes(result)


@st.composite
def encoded(draw, sample):
    """Draw a mutated sample in some encoding, with some bytes replaced."""
    encoding = draw(
        st.sampled_from(["utf-8", "cp1252", "utf-16", "utf-16-le", "koi8-r", "shift_jis", "utf-7", "cp037"])
    )
    label = draw(st.sampled_from(["utf-8", "iso-8859-1", "utf-16", "x-user-defined", "rot13", "idna", "gb2312", "\0"]))
    data = draw(mutated(sample)).replace('"utf-8"', label).encode(encoding, errors="ignore")
    replacement = st.tuples(st.integers(0, len(data)), st.integers(0, 3), st.binary(max_size=3))
    return damaged(data, draw(st.lists(replacement, max_size=6)))


def test_damage_replaces_inserts_and_drops_bytes():
    assert damaged(b"abcdef", [(1, 1, b"XY")]) == b"aXYcdef"
    assert damaged(b"abcdef", [(1, 0, b"X"), (0, 2, b""), (99, 1, b"Z")]) == b"bcdefZ"


@pytest.mark.parametrize("sample", [PAGE, PLAIN])
def test_most_damaged_samples_differ_from_the_sample(sample):
    examples = []

    @given(encoded(sample))
    @settings(max_examples=50, deadline=None, database=None)
    def collect(data):
        examples.append(data)

    collect()
    assert len(set(examples) - {sample.encode()}) > len(examples) / 2


@given(mutated(PAGE))
@SLOW
def test_a_broken_page_is_fit_to_print_or_refused(html):
    read_page(html)


@given(encoded(PAGE))
@SLOW
def test_a_page_in_any_encoding_is_fit_to_print_or_refused(data):
    read_page(data)


@given(st.one_of(st.binary(max_size=400), st.text(st.characters(), max_size=400), st.lists(ODD).map("".join)))
@SLOW
def test_noise_is_fit_to_print_or_refused(html):
    read_page(html)


@given(st.one_of(encoded(PLAIN), st.binary(max_size=300)), st.sampled_from(["a/b.txt", "a/b.md"]))
@settings(max_examples=150, deadline=None)
def test_a_broken_file_is_fit_to_print_or_refused(data, name):
    read_file(data, name)


@given(encoded(PAGE))
@settings(max_examples=25, deadline=None)
def test_a_broken_local_page_is_fit_to_print_or_refused(data):
    read_file(data, "a/b.html")


def test_drops_what_json_and_entities_hide():
    article = extract_article(PAGE.replace("Ferries are back", "Fer\\u0007ries \\ud83d &lt;script&gt;x"), url=URL)
    assert article.title == "Ferries x"
    assert article.authors == ("Ann Lee", "Bob Ray")
    assert article.image == "https://www.news.example/2026/01/f.png"
