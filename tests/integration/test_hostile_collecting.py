"""`digest collect` with hostile sources, in a process of its own whose memory is measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from selectolax.lexbor import LexborHTMLParser

from digest.project import open_project
from digest.testing.feeds_server import FeedsServer
from digest.testing.hostile_server import BEHAVIOURS, PRIVATE_PLACES, HostileServer, rss_feed
from digest.workflow.building import build
from digest.workflow.new_newsletter import Answers, initialise

#: Runs `digest` with a shorter deadline than usual, and prints its peak memory at the end.
PROGRAM = """
import sys
from functools import partial
import digest.fetching
digest.fetching.Fetcher = partial(digest.fetching.Fetcher, deadline=float(sys.argv.pop(1)))
from digest.__main__ import main
from digest.testing import peak_megabytes
try:
    main()
finally:
    print("peak:", peak_megabytes(), file=sys.stderr)
"""
MOST_MEMORY = 200  # in MiB, including Python and the libraries
GOOD = ("The harbour is dredged", "Ferries run at night", "A library opens on the island")
#: Many items would fill the issue, and the billion laughs take most of the memory, so they have a test of their own.
TO_FEED = [path for path in BEHAVIOURS if path not in {"/many-items", "/laughs"}]
#: Paths whose feeds are read, with harmless titles.
HARMLESS = {"/markup-title", "/control-characters", "/bad-link", "/wrong-charset", "/no-charset", "/feed-as-image"}


@pytest.fixture
def inner():
    """A server that must not receive a request."""
    with FeedsServer() as running:
        yield running


@pytest.fixture
def hostile(inner):
    """Opens a server for each source, as if each were a separate site."""
    with ExitStack() as servers:
        yield lambda path: servers.enter_context(HostileServer(inner=inner.host)).url(path)


@pytest.fixture
def newsletter(tmp_path):
    """Makes a newsletter from (id, kind, address) of sources."""

    def make(*sources):
        root = tmp_path / "letter"
        initialise(root, Answers())
        config = root / "digest.toml"
        tables = "".join(f'[[sources]]\nid = "{id}"\n{kind} = "{address}"\n\n' for id, kind, address in sources)
        text = config.read_text().replace('[[sources]]\nid = "articles"\n', tables + '[[sources]]\nid = "articles"\n')
        text = text.replace("stories = 8 ", "stories = 60 ").replace("min_stories = 3 ", "min_stories = 1 ")
        config.write_text(text)
        return root

    return make


def start(root, *, deadline):
    command = [sys.executable, "-c", PROGRAM, str(deadline), "-C", str(root), "--json", "collect"]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "CI": ""}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def collect(root, *, deadline=2.0):
    """Run `digest collect` and return its JSON and its peak memory in MiB."""
    with start(root, deadline=deadline) as process:
        try:
            out, narration = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode in {0, 8}, narration[-2000:]  # 8: there was nothing to collect
    assert "Traceback" not in narration
    return json.loads(out), float(narration.split("peak:")[1].split()[0])


def test_collects_good_sources_and_reports_each_bad_one_in_one_line(inner, hostile, newsletter):
    with FeedsServer() as good:
        sources = []
        for number, title in enumerate(GOOD):
            good.put(f"/{number}", rss_feed(title, link=f"https://good.example/{number}"))
            sources.append((f"good-{number}", "feed", good.url(f"/{number}")))
        sources += [(path.strip("/"), "feed", hostile(path)) for path in TO_FEED]
        sources += [(f"to-{name}", "feed", hostile(f"/to/{name}")) for name in PRIVATE_PLACES]
        sources += [(f"page-{path.strip('/')}", "page", hostile(path)) for path in ("/binary-as-page", "/gzip-bomb")]
        sources += [(f"map-{path.strip('/')}", "sitemap", hostile(path)) for path in ("/gzip-inside", "/laughs")]
        root = newsletter(*sources)
        collected, memory = collect(root)

    assert inner.requests == []
    lines = {line["id"]: {**line, "error": line["error"] or ""} for line in collected["sources"]}
    assert [line["id"] for line in collected["sources"]] == [*(id for id, *_ in sources), "articles"]
    assert {id: lines[id]["error"] for id in lines if id.startswith("good-")} == dict.fromkeys(
        (f"good-{number}" for number in range(len(GOOD))), ""
    )
    readable = {id for id in lines if id.startswith(("good-", "chain-"))} - {"chain-6"}
    readable |= {
        "many-headers",
        "long",
        "short",
        "external",
        "control-header",
        "no-header",
        *(path.strip("/") for path in HARMLESS),
    }
    for id in lines.keys() - readable - {"articles", "quadratic", "deep", "long-title"}:
        assert lines[id]["error"], id
        assert lines[id]["fetched"] == 0
    assert all(line["error"].isprintable() and len(line["error"]) < 400 for line in lines.values())
    (text,) = (path.read_text() for path in root.glob("issues/*/issue.md"))
    assert [title for title in GOOD if title not in text] == []
    assert "root:" not in text  # of /etc/passwd
    assert memory < MOST_MEMORY


def test_no_markup_of_a_source_reaches_the_email(hostile, newsletter):
    root = newsletter(*((path.strip("/"), "feed", hostile(path)) for path in sorted(HARMLESS)))
    collect(root)
    session = open_project(root, environ={}, cwd=root).open_session()
    build(session)
    (html,) = (path.read_text() for path in root.glob("issues/*/build/email.html"))
    tree = LexborHTMLParser(html)
    assert tree.css("script, iframe, object, img[onerror], img[src=x]") == []
    assert [link for node in tree.css("[href]") if "script:" in (link := node.attributes["href"] or "")] == []
    # A template engine would replace the expression in a title by its value.
    assert "4501" not in tree.css_first("body").text().replace("{{ 7*643 }}", "")
    assert "\x07" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_a_billion_laughs_do_not_fill_the_memory(hostile, newsletter):
    _, memory = collect(newsletter(("laughs", "feed", hostile("/laughs"))), deadline=30.0)
    assert memory < MOST_MEMORY


def test_an_interrupt_ends_a_run_at_once_while_a_server_is_silent(newsletter):
    with HostileServer() as server:
        root = newsletter(("silent", "feed", server.url("/silent")))
        with start(root, deadline=60.0) as process:
            for _ in range(3000):
                if server.requests:
                    break
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            process.communicate(timeout=60)
        assert process.returncode == 130
        assert time.monotonic() - began < 10
