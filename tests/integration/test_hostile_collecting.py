"""A newsletter among wolves: `digest collect` as people run it, in a process of its own whose memory is measured."""

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
from digest.testing.hostile_server import BEHAVIOURS, PRIVATE_PLACES, HostileServer, feed_of
from digest.workflow.building import build
from digest.workflow.new_newsletter import Answers, initialise

#: `digest` with less patience than usual, which says at its end how much memory it had.
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
MOST_MEMORY = 200  # in MiB, all of Python and the libraries included
GOOD = ("The harbour is dredged", "Ferries run at night", "A library opens on the island")
#: The many articles would fill the issue, and reading the laughs takes most of the memory: a run of its own.
TO_FEED = [path for path in BEHAVIOURS if path not in {"/many-items", "/laughs"}]
#: What an article may say and a reader may see, where the title was not refused.
HARMLESS = {"/markup-title", "/control-characters", "/bad-link", "/wrong-charset", "/no-charset", "/feed-as-image"}


@pytest.fixture
def inner():
    """Nobody may come here."""
    with FeedsServer() as running:
        yield running


@pytest.fixture
def hostile(inner):
    """Opens one server for each source, as if each were a site of its own."""
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
    """Run `digest collect`; its JSON, and the MiB of memory that it took at most."""
    with start(root, deadline=deadline) as process:
        try:
            out, narration = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode in {0, 8}, narration[-2000:]  # 8: there was nothing to collect
    assert "Traceback" not in narration
    return json.loads(out), float(narration.split("peak:")[1].split()[0])


def test_good_sources_are_in_the_issue_and_each_bad_one_is_one_line(inner, hostile, newsletter):
    with FeedsServer() as good:
        sources = []
        for number, title in enumerate(GOOD):
            good.put(f"/{number}", feed_of(title, link=f"https://good.example/{number}"))
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
    well = {id for id in lines if id.startswith(("good-", "chain-"))} - {"chain-6"}
    well |= {"many-headers", "long", "external", *(path.strip("/") for path in HARMLESS)}
    for id in lines.keys() - well - {"articles", "quadratic", "deep", "long-title"}:
        assert lines[id]["error"], id
        assert lines[id]["fetched"] == 0
    assert all(line["error"].isprintable() and len(line["error"]) < 400 for line in lines.values())
    (text,) = (path.read_text() for path in root.glob("issues/*/issue.md"))
    assert [title for title in GOOD if title not in text] == []
    assert "root:" not in text  # of /etc/passwd
    assert memory < MOST_MEMORY


def test_nothing_reaches_the_email_as_markup(hostile, newsletter):
    root = newsletter(*((path.strip("/"), "feed", hostile(path)) for path in sorted(HARMLESS)))
    collect(root)
    session = open_project(root, environ={}, cwd=root).open_session()
    build(session)
    (html,) = (path.read_text() for path in root.glob("issues/*/build/email.html"))
    tree = LexborHTMLParser(html)
    assert tree.css("script, iframe, object, img[onerror], img[src=x]") == []
    assert [link for node in tree.css("[href]") if "script:" in (link := node.attributes["href"] or "")] == []
    assert "49" not in tree.css_first("body").text().replace("{{ 7*7 }}", "")  # what the template would have made of it
    assert "\x07" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_a_billion_laughs_stay_within_the_memory(hostile, newsletter):
    _, memory = collect(newsletter(("laughs", "feed", hostile("/laughs"))), deadline=30.0)
    assert memory < MOST_MEMORY


def test_an_interrupt_ends_it_at_once_although_a_server_says_nothing(newsletter):
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
