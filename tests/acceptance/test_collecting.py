"""`digest collect` and `digest add` as an editor uses them, with real feeds on this machine."""

from __future__ import annotations

import json
import re

import pytest

from digest.testing.feeds_server import FeedsServer

COURIER = """The council of Port Ensor shut the old stone bridge on Monday after engineers found deep cracks in its
arch. A ferry will carry people from the fish steps to the island every quarter of an hour until the spring. Repairs
will take two years and cost four million, the mayor said after a meeting of the council that ran past midnight."""
GAZETTE = """Engineers found deep cracks in the arch of the old stone bridge of Port Ensor, and the council shut it on
Monday. Until the spring a ferry carries people to the island every quarter of an hour. The mayor expects repairs of two
years, which would cost the town four million, and asks the province to pay for half of that."""
LIBRARY = """A lending library of nine hundred volumes sails between the islands of the sound from this week, on a boat
that used to carry gravel. Two librarians live on board, and take returns through a hatch while the tide allows. Readers
on Little Holm had waited since the spring, when their school closed and its shelves were emptied."""
REPORTS = {
    "Courier": ("Old stone bridge shut after engineers find cracks", COURIER),
    "Gazette": ("Port Ensor shuts cracked stone bridge", GAZETTE),
}
OTHER = ("A library sails between the islands", LIBRARY)


def item(slug, title, text):
    return (
        f"<item><title>{title}</title><link>{slug}</link><description>{text}</description>"
        "<pubDate>Mon, 16 Nov 2026 10:00:00 GMT</pubDate></item>"
    )


def rss(*items):
    return f"<rss version='2.0'><channel><title>News</title>{''.join(items)}</channel></rss>"


@pytest.fixture
def server():
    with FeedsServer() as running:
        for name, (title, text) in REPORTS.items():
            entries = [item(f"https://{name.lower()}.example/bridge", title, text)]
            if name == "Gazette":
                entries.append(item("https://gazette.example/library", *OTHER))
            running.put(f"/{name.lower()}.xml", rss(*entries), etag=f'"{name}"')
        yield running


@pytest.fixture
def letter(run, tmp_path, server):
    """A newsletter with both papers, from an OPML file as a feed reader exports it."""
    assert run("init", "letter", "--yes").code == 0
    root = tmp_path / "letter"
    config = root / "digest.toml"
    # Private addresses in a feed reader's list are left out unless they are allowed.
    allowed = '\n[fetching]\nallow_hosts = ["127.0.0.1"]\n'
    config.write_text(config.read_text().replace("min_stories = 3", "min_stories = 1") + allowed)
    outlines = "".join(f'<outline text="{name}" xmlUrl="{server.url(f"/{name.lower()}.xml")}"/>' for name in REPORTS)
    body = f'<body><outline text="Town">{outlines}</outline></body>'
    (tmp_path / "reader.opml").write_text(f'<opml version="2.0">{body}</opml>')
    return root


NOW = {"DIGEST_NOW": "2026-11-17T08:00:00+00:00"}


def test_an_opml_file_leads_to_one_story_that_names_both_papers(run, letter, server):
    added = run("add", "../reader.opml", cwd=letter)
    assert (added.code, added.out) == (0, "Added to digest.toml: 2 sources\n  courier\n  gazette\n")
    assert "To undo it: cp .digest/undo/digest.toml digest.toml" in added.err
    assert "Next: digest collect" in added.err

    collected = run("collect", "--explain", cwd=letter, env=NOW)
    assert collected.code == 0, collected.err
    assert "courier      1     1  22 hours ago" in collected.err
    assert "gazette      2     2  22 hours ago" in collected.err
    assert "coverage 0.80" in collected.out
    assert "Bullets and the sentences that they come from" in collected.out
    assert ": word for word" in collected.out

    text = (letter / "issues/2026-W47/issue.md").read_text()
    assert text.count("### [") == 2
    assert "## Town" in text
    lead, other = ("Courier", "Gazette") if "### [Old stone bridge" in text else ("Gazette", "Courier")
    assert f"### [{REPORTS[lead][0]}](https://{lead.lower()}.example/bridge)" in text
    assert f"Also reported by [{other}](https://{other.lower()}.example/bridge)" in text

    assert run("build", cwd=letter, env=NOW).code == 0
    html = (letter / "issues/2026-W47/build/email.html").read_text()
    assert f"https://{other.lower()}.example/bridge" in html
    assert "Also reported by" in (letter / "issues/2026-W47/build/email.txt").read_text()

    server.requests.clear()
    again = run("collect", "--json", cwd=letter, env=NOW)
    assert {source["state"] for source in again.data["sources"] if source["kind"] == "feed"} == {"unchanged"}
    assert {request.headers["if-none-match"] for request in server.requests} == {'"Courier"', '"Gazette"'}
    assert (letter / "issues/2026-W47/issue.md").read_text() == text


def test_json_accounts_for_every_source_and_every_article(run, letter, server):
    run("add", "../reader.opml", cwd=letter)
    server.put("/gazette.xml", status=503)
    result = run("collect", "--json", "--explain", cwd=letter, env=NOW)
    assert result.code == 0, result.err
    courier, gazette = (source for source in result.data["sources"] if source["kind"] == "feed")
    assert (courier["state"], courier["fetched"], courier["new"], courier["silent_days"]) == ("fetched", 1, 1, 0)
    assert (gazette["state"], gazette["failing_since"]) == ("failed", "2026-11-17T08:00:00+00:00")
    assert "503" in gazette["error"]
    assert gazette["hint"]
    (ranked,) = result.data["ranking"]
    assert ranked["chosen"]
    weight, *parts = ranked["parts"].values()
    assert ranked["score"] == pytest.approx(weight * (1 + sum(parts)))
    assert result.data["dropped"] == []
    assert {bullet["headline"] for bullet in result.data["bullets"]} == {ranked["title"]}
    assert all(bullet["origin"] == "extracted" and bullet["sentence"] for bullet in result.data["bullets"])


def test_no_hostile_markup_reaches_the_issue(run, letter, server):
    run("add", "../reader.opml", cwd=letter)
    title = "&lt;script&gt;alert(1)&lt;/script&gt;Bridge {{ 7*7 }} ](javascript:alert(1)) shut"
    server.put(
        "/courier.xml",
        rss(item("https://courier.example/bridge", title, "&lt;img src=x onerror=alert(1)&gt;" + OTHER[1])),
    )
    assert run("collect", cwd=letter, env=NOW).code == 0
    assert run("build", cwd=letter, env=NOW).code == 0
    html = (letter / "issues/2026-W47/build/email.html").read_text().lower()
    assert "<script" not in html
    assert "onerror" not in html
    assert 'href="javascript' not in html
    assert "{{ 7*7 }}" in html


@pytest.mark.parametrize(
    ("content", "message"),
    [("<opml><body/></opml>", "lists no feed"), ("<html></html>", "not an OPML file")],
)
def test_names_a_file_that_is_not_a_list(run, letter, tmp_path, content, message):
    (tmp_path / "odd.opml").write_text(content)
    result = run("add", "../odd.opml", "--json", cwd=letter)
    assert result.code == 1
    assert message in result.data["error"]["message"]
    assert json.dumps("../odd.opml")[1:-1] in result.err


def test_feeds_with_private_addresses_in_an_opml_file_are_left_out_and_listed(run, letter, server, tmp_path):
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace('allow_hosts = ["127.0.0.1"]', ""))
    outlines = (
        '<outline text="Paper" xmlUrl="https://paper.example/feed.xml"/><outline text="NAS" xmlUrl="http://nas/x"/>'
    )
    (tmp_path / "reader.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    added = run("add", "../reader.opml", "--json", cwd=letter)
    assert (added.data["sources"], added.data["left_out"]) == (["paper"], ["http://nas/x"])

    (tmp_path / "reader.opml").write_text(
        f'<opml version="2.0"><body><outline text="Own" xmlUrl="{server.url("/courier.xml")}"/></body></opml>'
    )
    before = config.read_text()
    refused = run("add", "../reader.opml", cwd=letter)
    assert refused.code == 1
    assert f"digest add {server.url('/courier.xml')}" in refused.err
    assert config.read_text() == before
    assert run("add", server.url("/courier.xml"), cwd=letter).code == 0  # typed, it is the editor's own


def test_an_address_with_a_password_is_not_added(run, letter, server, tmp_path):
    before = {path: path.read_bytes() for path in letter.rglob("*") if path.is_file()}
    address = server.url("/courier.xml").replace("://", "://ann:tidepool@")
    (tmp_path / "reader.opml").write_text(
        f'<opml version="2.0"><body><outline text="Own" xmlUrl="{address}"/></body></opml>'
    )
    for given in (address, "../reader.opml"):
        refused = run("add", given, cwd=letter)
        assert refused.code == 1
        assert "holds a user name or password" in refused.err
        assert "tidepool" not in refused.out + refused.err
    after = {path: path.read_bytes() for path in letter.rglob("*") if path.is_file()}
    assert {path for path in after if after[path] != before.get(path)} <= set(letter.glob(".digest/**/*"))


def test_a_password_in_a_sources_address_reaches_no_file_and_no_screen(run, letter, server):
    config = letter / "digest.toml"
    for name in ("courier", "missing"):
        address = server.url(f"/{name}.xml?auth=highwater77").replace("://", "://ann:tidepool@")
        config.write_text(f'{config.read_text()}\n[[sources]]\nid = "{name}"\nfeed = "{address}"\n')
    collected = run("collect", "--explain", cwd=letter)
    assert collected.code in {0, 8}
    printed = collected.out + collected.err + run("status", cwd=letter).out
    assert "tidepool" not in printed
    assert "highwater77" not in printed
    kept = [path for path in letter.glob("issues/**/*") if path.is_file()]
    assert kept
    assert [path for path in kept if re.search("tidepool|highwater77", path.read_text(encoding="utf-8"))] == []


def test_a_feed_with_a_key_in_its_address_is_added_with_a_warning(run, letter, tmp_path):
    (tmp_path / "reader.opml").write_text(
        '<opml version="2.0"><body><outline text="Pod" xmlUrl="https://pod.example/rss?auth=highwater77"/></body></opml>'
    )
    added = run("add", "../reader.opml", cwd=letter)
    assert added.code == 0
    assert "https://pod.example/rss holds a key, which is now in digest.toml: keep the repository private" in added.err
    assert "highwater77" not in added.out + added.err
    assert "https://pod.example/rss?auth=highwater77" in (letter / "digest.toml").read_text()


def test_a_feed_is_added_before_the_ledgers_branch_can_be_reached(run, letter, server):
    config, ledger = letter / "digest.toml", "sqlite:///.digest/ledger.db"
    assert ledger in config.read_text()
    config.write_text(config.read_text().replace(ledger, "git+branch://digest-state"))
    assert run("add", server.url("/courier.xml"), cwd=letter).code == 0
    assert server.url("/courier.xml") in config.read_text()
