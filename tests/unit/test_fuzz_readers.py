"""Every reader of foreign input, fed with damaged input: it ends in a result or in an error of ours, and soon.

By default each target reads a fixed number of examples. For a long run, set ``DIGEST_FUZZ_EXAMPLES`` (see CONTRIBUTING).
"""
# ruff: noqa: E501 - samples are easier to read as they are

from __future__ import annotations

import base64
import contextlib
import os
import sqlite3
import time
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from digest import extract_article, parse_feed
from digest.config.load import parse_config
from digest.delivery.stores import journal
from digest.delivery.stores.ledger_schema import metadata
from digest.errors import DigestError
from digest.issues import parse_issue
from digest.providers.sendgrid.webhook_events import read_webhook_events
from digest.sources.feeds.opml import parse_opml
from digest.sources.files.article_files import parse_text
from digest.subscribers import read_list

EXAMPLES = int(os.environ.get("DIGEST_FUZZ_EXAMPLES", "25"))
#: Seconds of CPU for one input of at most 50 kB.
MOST_SECONDS = 3.0
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)

SAMPLES = {
    "feed": b"""<?xml version="1.0"?><!-- town --><rss version="2.0"><channel><title>Harbour News</title><item>
<title>The mill &amp; the river</title><link>https://a.example/1</link><author>ana@a.example (Ana Lee)</author>
<pubDate>Mon, 30 Nov 2026 08:00:00 GMT</pubDate><description><![CDATA[<p>The council <b>met</b>.</p>]]></description>
</item></channel></rss>""",
    "json feed": b"""{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour News", "items": [{"id": "1",
"url": "https://a.example/1", "title": "The mill", "content_html": "<p>The council met.</p>", "authors": [{"name": "Ana"}]}]}""",
    "page": b"""<!doctype html><html lang="en"><head><title>The mill closes</title><meta name="author" content="Ana Lee">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "The mill", "author": [{"name": "Ana"}]}</script>
</head><body><article><h1>The mill closes</h1><ul class="key-points"><li>It closes.</li></ul><p>The council met on Monday and
closed the old mill for good. It had stood by the river for three hundred years.</p></article></body></html>""",
    "text article": b"---\ntitle: The mill\ndate: 2026-11-30\nauthor: Ana Lee\ntags: [a, [b]]\n---\nBy Ana Lee\n\nThe council met.\n",
    "markdown article": b"+++\ntitle = 'The mill'\nextra.a.b = [1, {c = 2}]\n+++\n# The mill\n\n- It *closes*.\n\n[More](https://a.example)\n",
    "opml": b'<opml version="2.0"><body><outline text="Town"><outline text="News" xmlUrl="https://a.example/f"/></outline></body></opml>',
    "list": b'email,name,status,city\nana@reader.example,"Lee, Ana",active,Bonn\nbo@reader.example,Bo,,"a\nb"\n',
    "issue.md": b"""+++
subject = "The mill"
preheader = "And the river"
+++
Good *morning*, see [more](https://a.example "x").

## World

### [The mill closes](https://a.example/1)
_A note._
- [x] It `closes`.
- [ ] It had stood. <!-- why -->

Also reported by [The Paper](https://b.example/1).
""",
    "digest.toml": b"""[newsletter]
name = "Harbour Letter"
sender = "Harbour Letter <news@harbour.example>"

[[sources]]
id = "a"
feed = "https://a.example/f"
weight = 1.5

[audiences.weekly]
files = ["subscribers/weekly.csv"]
where = 'city == "Bonn"'

[theme]
light = { page = "#fff" }
""",
    "webhook": b'[{"email": "ana@reader.example", "timestamp": 1764489600, "event": "bounce", "type": "bounce", "status": "5.1.1"}]',
    "journal": b'["+","meta",{"name":"a","value":"b"}]\n["=","meta",{"name":"a"},{"value":"c"}]\n["-","meta",{"name":"a"}]\n["#",1]\n',
}
PIECES = [
    *(
        b"[",
        b"]",
        b"{",
        b"}",
        b"(",
        b")",
        b"<",
        b">",
        b'"',
        b"'",
        b"\\",
        b"`",
        b"*",
        b"_",
        b"~",
        b"|",
        b"&",
        b"#",
        b"=",
        b":",
    ),
    *(
        b",",
        b".",
        b"-",
        b"+",
        b"@",
        b" ",
        b"\n",
        b"\r",
        b"\t",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xae",
        b"0",
        b"9",
        b"a",
    ),
    *(
        b"a.",
        b"[[",
        b"{{",
        b"]]>",
        b"<!--",
        b"-->",
        b"<!---->",
        b"<?",
        b"?>",
        b"<![CDATA[",
        b"<!DOCTYPE ",
        b"<b>",
        b"</b>",
        b"<a ",
    ),
    *(
        b"&#",
        b"&lt;",
        b"+++\n",
        b"---\n",
        b"### [",
        b"](",
        b"- [x] ",
        b"```\n",
        b'"""',
        b"'''",
        b"1e999",
        b"NaN",
        b"0x",
        b"null",
    ),
    *(b'{"a":', b"a: ", b"\n  - ", b"\n\n", b"\xed\xa0\x80", b"\\ud800", b"xn--", b"http://", b"%", b"$"),
]


@st.composite
def damaged(draw, sample):
    """The sample with some parts cut out, moved, or replaced by pieces, one of which may be repeated many times."""
    data = SAMPLES[sample]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        new = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)))
        times = draw(st.sampled_from([1, 1, 2, 30, 1000, 10_000]))
        data = data[:start] + (new * times)[:40_000] + data[end:]
    return data[:50_000]


@contextlib.contextmanager
def soon():
    """Accept an error of ours, and fail if it took long."""
    start = time.process_time()
    with contextlib.suppress(DigestError):
        yield
    assert time.process_time() - start < MOST_SECONDS


def fuzz(sample, *, share=1):
    """Run a test with damaged samples: with a part of the usual number, if reading one takes long."""

    def decorate(test):
        checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
        return settings(max_examples=max(1, EXAMPLES // share), deadline=None, suppress_health_check=checks)(
            given(data=damaged(sample))(test)
        )

    return decorate


@fuzz("feed")
def test_feed(data):
    with soon():
        parse_feed(data, url="https://a.example/f")


@fuzz("json feed")
def test_json_feed(data):
    with soon():
        parse_feed(data, url="https://a.example/f", content_type="application/feed+json")


@fuzz("page", share=4)
def test_page(data):
    with soon():
        extract_article(data, url="https://a.example/1")


@fuzz("text article")
def test_text_article(data):
    with soon():
        parse_text(data, path="articles/a.txt")


@fuzz("markdown article")
def test_markdown_article(data):
    with soon():
        parse_text(data, path="articles/a.md")


@fuzz("opml")
def test_opml(data):
    with soon():
        parse_opml(data, file="a.opml")


@fuzz("list")
def test_list(data, tmp_path):
    path = tmp_path / "weekly.csv"
    path.write_bytes(data)
    with soon():
        read_list(path, file="subscribers/weekly.csv")


@fuzz("issue.md")
def test_issue(data):
    with soon():
        parse_issue(data.decode("utf-8", "replace"), id="2026-W49")


@fuzz("digest.toml")
def test_configuration(data):
    with soon():
        parse_config(data.decode("utf-8", "replace"), file="digest.toml")


@pytest.fixture(scope="module")
def signed():
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    timestamp = str(int(NOW.timestamp()))

    def sign(body):
        signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "signature": base64.b64encode(signature).decode(),
            "timestamp": timestamp,
            "public_key": base64.b64encode(public).decode(),
        }

    return sign


@fuzz("webhook")
def test_webhook(data, signed):
    with soon():
        read_webhook_events(data, **signed(data), key_name="SENDGRID_WEBHOOK_KEY", now=NOW)


@fuzz("journal")
def test_journal(data):
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(":memory:"))
    with engine.connect() as connection:
        metadata.create_all(connection)
        with soon():
            journal.replay(connection, data.splitlines(keepends=True), file="ledger.jsonl")
    engine.dispose()
