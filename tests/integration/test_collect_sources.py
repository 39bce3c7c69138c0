"""What `collect` reports about each source, and what it remembers from issue to issue."""

from __future__ import annotations

import re
import shutil
import time
from datetime import UTC, datetime

import pytest

from digest.errors import ConfigError, NothingToDoError, SourceError
from digest.project import open_project
from digest.testing.feeds_server import FeedsServer
from digest.workflow.building import build, check
from digest.workflow.collecting import collect
from digest.workflow.curation.adding import add
from digest.workflow.new_newsletter import Answers, initialise
from digest.workflow.sending import plan_send, send

WEEKS = [f"2026-11-{day:02}T08:00:00+00:00" for day in (2, 9, 16, 23, 30)]
SNIPPET = "The council of the town shut the old stone bridge on Monday."
WHOLE = "".join(
    f"<p>{SNIPPET} {sentence}</p>"
    for sentence in (
        "Engineers found deep cracks in its arch in the first week of autumn, and nobody may cross it on foot.",
        "A ferry runs every quarter of an hour from the fish steps until the spring, and costs nothing at all.",
        "Repairs will take two years, said the mayor, who had hoped to open the harbour museum on the other side.",
        "Shops on the island ask for help, because fewer people come to them than in any winter before.",
        "Children of the island take the boat to school, with a teacher on board and hot chocolate at the pier.",
    )
)


def rss(*items, name="Courier"):
    entries = "".join(
        f"<item><title>{title}</title><link>{link}</link><description>{text}</description>"
        f"<pubDate>{day:02} Nov 2026 10:00:00 GMT</pubDate></item>"
        for title, link, text, day in items
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{entries}</channel></rss>"


def page(title, body):
    article = f"<article><h1>{title}</h1>{body}</article>"
    return f"<html lang='en'><head><title>{title}</title></head><body>{article}</body></html>"


@pytest.fixture
def server():
    with FeedsServer() as running:
        yield running


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "letter"
    initialise(folder, Answers())
    (folder / "articles" / "letter.txt").write_text("A letter\n\nThe editor writes about the town and the sea.\n")
    config = folder / "digest.toml"
    config.write_text(config.read_text().replace("min_stories = 3", "min_stories = 1"))
    return folder


@pytest.fixture
def name_source(root, server):
    def name(id="courier", path="/feed.xml", more=""):
        with (root / "digest.toml").open("a") as config:
            config.write(f'\n[[sources]]\nid = "{id}"\nfeed = "{server.url(path)}"\n{more}\n')

    return name


def at(root, moment=WEEKS[0]):
    return open_project(root, environ={"DIGEST_NOW": moment}, cwd=root).open_session()


def line_of(done, id="courier"):
    return next(line for line in done.sources if line.source == id)


def requested_paths(server):
    return [request.path for request in server.requests]


# -- the pages behind snippets ----------------------------------------------------------------------------------------


def test_completes_a_snippet_from_its_page_and_fetches_only_the_feed_again(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)), etag='"1"')
    server.put("/1", page("Old bridge shut", WHOLE))
    name_source()
    first = line_of(collect(at(root)))
    assert (first.fetched, first.counted, first.pages, first.problems) == (1, 1, 1, ())
    articles = at(root).issue().articles
    assert "costs nothing at all" in next(one.text for one in articles if one.source == "courier")
    server.requests.clear()
    before = (root / "issues" / "2026-W45" / "issue.md").read_bytes()
    second = line_of(collect(at(root)))
    assert second.unchanged
    assert requested_paths(server) == ["/feed.xml"]
    assert (root / "issues" / "2026-W45" / "issue.md").read_bytes() == before


def test_keeps_the_full_text_when_its_page_fails_later(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    server.put("/1", page("Old bridge shut", WHOLE))
    name_source()
    collect(at(root))
    before = (root / "issues" / "2026-W45" / "issue.md").read_bytes()
    shutil.rmtree(root / ".digest", ignore_errors=True)  # another machine
    server.put("/1", status=500)
    assert "500" in line_of(collect(at(root))).problems[0]
    assert (root / "issues" / "2026-W45" / "issue.md").read_bytes() == before


def test_respects_robots_txt_for_pages_of_items(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    server.put("/1", page("Old bridge shut", WHOLE))
    server.put("/robots.txt", "User-agent: *\nDisallow: /")
    name_source()
    line = line_of(collect(at(root)))
    assert "1 of 1 pages were not read" in line.problems[0]
    assert "robots.txt" in line.problems[0]
    assert "/1" not in requested_paths(server)


def test_reads_no_pages_when_full_text_is_never(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    name_source(more='full_text = "never"')
    assert line_of(collect(at(root))).problems == ()
    assert requested_paths(server) == ["/feed.xml"]


@pytest.mark.parametrize("full_text", ["auto", "never"])
def test_reads_the_transcript_of_an_episode_unless_full_text_is_never(root, server, name_source, full_text):
    link = f'<podcast:transcript xmlns:podcast="https://podcastindex.org/namespace/1.0" url="{server.url("/1.vtt")}"/>'
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), WHOLE, 1)).replace("</item>", f"{link}</item>"))
    server.put("/1.vtt", "WEBVTT\n\n00:00.000 --> 00:04.000\n<v Ann>The keeper of the bridge has the word.\n")
    name_source(more=f'full_text = "{full_text}"')
    assert line_of(collect(at(root))).problems == ()
    text = next(one.text for one in at(root).issue().articles if one.source == "courier")
    assert ("The keeper of the bridge has the word." in text) == (full_text == "auto")
    assert ("/1.vtt" in requested_paths(server)) == (full_text == "auto")


def test_stops_reading_pages_of_a_site_that_refuses(root, server, name_source):
    items = [(f"Story {number} of the town", server.url(f"/{number}"), SNIPPET, 1) for number in range(20)]
    server.put("/feed.xml", rss(*items))
    name_source()
    assert "20 of 20 pages were not read" in line_of(collect(at(root))).problems[0]
    assert len(requested_paths(server)) == 1 + 1 + 5  # the feed, robots.txt, and five pages


# -- sources that move, go and fall silent ----------------------------------------------------------------------------


def test_fetches_a_moved_source_at_its_new_address_on_any_machine(root, server, name_source):
    server.put("/feed.xml", status=301, headers={"Location": "/new.xml"})
    server.put("/new.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    assert line_of(collect(at(root))).moved_to == server.url("/new.xml")
    shutil.rmtree(root / ".digest", ignore_errors=True)
    server.requests.clear()
    assert line_of(collect(at(root))).moved_to == server.url("/new.xml")
    assert requested_paths(server) == ["/new.xml"]
    assert [f.code for f in check(at(root)).findings if f.code.startswith("F")] == ["F804"]


def test_does_not_fetch_a_gone_source_until_a_refresh(root, server, name_source):
    server.put("/feed.xml", status=410)
    name_source()
    first = line_of(collect(at(root)))
    assert (first.state, first.gone) == ("gone", True)
    shutil.rmtree(root / ".digest", ignore_errors=True)
    server.requests.clear()
    again = line_of(collect(at(root)))
    assert (again.state, requested_paths(server)) == ("gone", [])
    assert "collect --refresh" in again.hint
    finding = next(f for f in check(at(root)).findings if f.code == "F801")
    assert finding.place.file == "digest.toml"
    assert 'id = "courier"' in (root / "digest.toml").read_text().splitlines()[finding.place.line - 1]
    server.put("/feed.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    assert line_of(collect(at(root), refresh=True)).state == "fetched"
    assert line_of(collect(at(root))).state == "fetched"


def test_fetches_a_gone_source_when_its_address_changes(root, server, name_source):
    server.put("/feed.xml", status=410)
    server.put("/new.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source()
    collect(at(root))
    config = root / "digest.toml"
    config.write_text(config.read_text().replace("/feed.xml", "/new.xml"))
    assert line_of(collect(at(root))).state == "fetched"


def lived(root, weeks):
    """Collect and send one issue a week, and return the result of the last collection."""
    for number, moment in enumerate(weeks):
        (root / "articles" / f"{number}.txt").write_text(
            f"Letter {number}\n\nA letter about week {number} of the year.\n"
        )
        session = at(root, moment)
        done = collect(session)
        token = build(session).token
        send(session, plan_send(session), approve=token)
    return done


def test_reports_a_feed_without_news_for_four_issues(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    lived(root, WEEKS[:4])
    (root / "articles" / "last.txt").write_text("The last letter\n\nA letter about the end of this year.\n")
    last = collect(at(root, WEEKS[4]), "2026-W49")
    assert line_of(last).newest == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert line_of(last).counted == 0
    (finding,) = (f for f in check(at(root, WEEKS[4]), "2026-W49").findings if f.code.startswith("F"))
    assert (finding.code, finding.severity) == ("F803", "warning")
    assert "nothing new for 4 issues; its newest article is from 01 Nov 2026" in finding.message


def test_reports_a_feed_that_fails_for_four_issues_and_since_when(root, server, name_source):
    server.put("/feed.xml", status=500)
    name_source()
    line = line_of(lived(root, WEEKS[:4]))
    assert line.failing_since == datetime(2026, 11, 2, 8, tzinfo=UTC)
    findings = check(at(root, WEEKS[3]), "2026-W48").findings
    assert [f.code for f in findings if f.code.startswith("F")] == ["F802"]


def test_includes_what_a_feed_published_while_it_failed(root, server, name_source):
    bridge = ("Old bridge shut", "https://courier.example/1", WHOLE, 1)
    server.put("/feed.xml", status=500)
    server.put("/feed.xml", rss(bridge), once=True)
    name_source(more='full_text = "never"')
    lived(root, WEEKS[:3])  # W46 and W47 are sent without it
    (root / "articles" / "last.txt").write_text("The last letter\n\nA letter about the end of this year.\n")
    clock = ("A clock for tides", "https://courier.example/2", "Fishermen built a clock that follows the moon.", 10)
    server.put("/feed.xml", rss(bridge, clock))
    for _ in range(2):  # a page that was read is not read again
        assert line_of(collect(at(root, WEEKS[3]), "2026-W48")).counted == 1
        text = at(root, WEEKS[3]).issue("2026-W48").text
        assert "A clock for tides" in text
        assert "Old bridge shut" not in text


def test_includes_late_articles_but_not_those_considered_before(root, server, name_source):
    config = root / "digest.toml"
    config.write_text(config.read_text().replace("stories = 8", "stories = 2"))
    bridge = ("Old bridge shut", "https://courier.example/1", WHOLE, 8)
    clock = ("A clock for tides", "https://courier.example/2", "Fishermen built a clock that follows the moon.", 9)
    older = ("A choir sings", "https://courier.example/3", "Two hundred people sang on the market square.", 5)
    server.put("/feed.xml", rss(bridge))
    name_source(more='full_text = "never"')
    lived(root, WEEKS[:2])
    sent = at(root).issue("2026-W46").text
    # Collected at eight o'clock. The article of ten comes later; a date without a time counts as midnight.
    day_alone = rss(bridge, clock, older).replace("09 Nov 2026 10:00:00 GMT", "2026-11-09")
    server.put("/feed.xml", day_alone)
    done = collect(at(root, WEEKS[2]), "2026-W47")
    assert line_of(done).counted == 1
    text = at(root).issue("2026-W47").text
    assert "A clock for tides" in text
    assert "Old bridge shut" not in text
    assert "Old bridge shut" in sent
    reasons = {drop.title: drop.reason for drop in done.dropped}
    assert reasons["A choir sings"] == "older than the last sent issue (Mon 9 Nov)"


@pytest.fixture
def taken_out(root, server, name_source):
    """A feed whose one article was collected for an issue, and removed from it before it was sent."""
    name_source()
    server.put("/feed.xml", rss())
    lived(root, WEEKS[:1])
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 8)))
    server.put("/1", page("Old bridge shut", WHOLE))
    (root / "articles" / "more.txt").write_text("One more letter\n\nA letter about the second week of the year.\n")
    session = at(root, WEEKS[1])
    assert line_of(collect(session)).counted == 1
    file = session.issue("2026-W46").folder.issue_md
    text, cuts = re.subn(r"^### \[Old bridge.*?(?=^##|\Z)", "", file.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert cuts == 1
    file.write_text(text)
    session = at(root, WEEKS[1])
    token = build(session).token
    send(session, plan_send(session), approve=token)
    shutil.rmtree(root / ".digest" / "http")  # another machine
    server.requests.clear()


def test_does_not_read_the_page_of_an_article_considered_before(root, server, taken_out):
    assert line_of(collect(at(root, WEEKS[2]), "2026-W47")).counted == 0
    assert requested_paths(server) == ["/feed.xml"]


@pytest.mark.parametrize("lost", ["articles.jsonl", ""])
def test_counts_nothing_as_late_without_a_record_of_what_was_considered(root, taken_out, lost):
    gone = root / "issues" / "2026-W46" / lost
    gone.unlink() if lost else shutil.rmtree(gone)
    assert line_of(collect(at(root, WEEKS[2]), "2026-W47")).counted == 0


def test_records_its_sources_even_without_articles(root, server, name_source):
    (root / "articles" / "letter.txt").unlink()
    server.put("/feed.xml", status=410)
    name_source()
    collect(at(root))
    assert not (root / "issues" / "2026-W45" / "issue.md").exists()
    shutil.rmtree(root / ".digest", ignore_errors=True)
    server.requests.clear()
    assert line_of(collect(at(root, WEEKS[1]))).state == "gone"
    assert requested_paths(server) == []
    assert at(root).issue_ids == ()


def test_offline_runs_do_not_change_the_record_of_sources(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    collect(at(root))
    states = (root / "issues" / "2026-W45" / "sources.json").read_bytes()
    shutil.rmtree(root / ".digest")
    session = open_project(root, environ={"DIGEST_NOW": WEEKS[0]}, cwd=root, offline=True).open_session()
    assert "not in the cache" in line_of(collect(session)).error
    assert (root / "issues" / "2026-W45" / "sources.json").read_bytes() == states


def test_a_rate_limited_feed_does_not_delay_other_feeds_of_its_host(root, server, name_source):
    server.put("/feed.xml", status=429, headers={"Retry-After": "7200"})
    server.put("/two.xml", rss(("Old bridge shut", "https://two.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    name_source("two", "/two.xml", 'full_text = "never"')
    first = collect(at(root))
    states = (root / "issues" / "2026-W45" / "sources.json").read_bytes()
    again = collect(at(root))
    assert [line_of(done, "two").state for done in (first, again)] == ["fetched", "fetched"]
    assert "answered 429" in line_of(first).error
    assert "asked for no requests before" in line_of(again).error
    assert requested_paths(server).count("/feed.xml") == 1
    assert (root / "issues" / "2026-W45" / "sources.json").read_bytes() == states


def test_forgets_a_move_to_something_that_is_not_a_feed(root, server, name_source):
    server.put("/feed.xml", status=301, headers={"Location": "/new.xml"})
    server.put("/new.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    assert line_of(collect(at(root))).moved_to
    server.put("/new.xml", page("This domain is for sale", WHOLE))
    server.put("/feed.xml", rss(("Old bridge open", "https://courier.example/2", WHOLE, 2)))
    line = line_of(collect(at(root)))
    assert (line.state, line.moved_to) == ("fetched", "")


def test_a_broken_record_of_sources_does_not_stop_collecting(root):
    collect(at(root))
    states = root / "issues" / "2026-W45" / "sources.json"
    before = states.read_bytes()
    states.write_text("<<<<<<< ours")
    collect(at(root))
    assert states.read_bytes() == before


def test_drops_articles_of_a_source_removed_from_the_configuration(root, server, name_source):
    old = [(f"Old story {number}", f"https://courier.example/{number}", WHOLE, number) for number in range(1, 8)]
    server.put("/feed.xml", rss(*old).replace("Nov 2026", "Oct 2026"))
    before = (root / "digest.toml").read_text()
    name_source(more='full_text = "never"')
    assert collect(at(root)).stories == 1
    (root / "digest.toml").write_text(before)
    assert collect(at(root)).stories == 1


# -- what the editor did -----------------------------------------------------------------------------------------------


def test_never_takes_the_subject_from_a_story_that_is_not_sent(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"\nweight = 2')
    collect(at(root))
    file = root / "issues" / "2026-W45" / "issue.md"
    file.write_text(file.read_text().replace("### [A letter]", "### [My letter]"))
    server.put("/feed.xml", rss(("Minister resigns", "https://courier.example/9", OTHER, 2)))
    done = collect(at(root))
    assert (done.ranking[0].story[0].title, done.waiting) == ("Minister resigns", 1)
    assert 'subject = "Old bridge shut"' in file.read_text()
    assert "T111" not in [finding.code for finding in check(at(root)).findings]
    text = file.read_text()
    file.write_text(text[: text.index("### [Old")] + text[text.index("### [My") :])
    collect(at(root))
    finding = next(finding for finding in check(at(root)).findings if finding.code == "T111")
    assert (finding.place.line, finding.severity) == (2, "warning")


def test_accounts_for_a_story_that_the_editor_removed(root, server, name_source):
    server.put("/feed.xml", rss(("Old bridge shut", "https://courier.example/1", WHOLE, 1)))
    name_source(more='full_text = "never"')
    collect(at(root))
    file = root / "issues" / "2026-W45" / "issue.md"
    text = file.read_text()
    file.write_text(text[: text.index("### [Old bridge shut]")])
    done = collect(at(root))
    (dropped,) = done.dropped
    assert (dropped.title, dropped.reason) == ("Old bridge shut", "you removed it from the issue")
    assert [ranked.reason for ranked in done.ranking if not ranked.chosen] == ["you removed it from the issue"]


# -- what readers have had --------------------------------------------------------------------------------------------

OTHER = """Ada Verhoeven resigned as minister on Friday after three weeks of argument about the price of bread. Nobody
has been named to follow her, and parliament meets on Tuesday to vote on the budget of the bakers and the millers."""
FIRST = """The council of Port Ensor shut the old stone bridge on Monday after engineers found deep cracks in its arch.
A ferry will carry people from the fish steps to the island every quarter of an hour until the spring. Repairs will take
two years and cost four million, the mayor said after a meeting of the council that ran past midnight."""
NEWS = """The old stone bridge of Port Ensor collapsed into the harbour on Saturday night in a storm, killing nobody.
Divers from Ostend began on Sunday to clear 900 tonnes of rubble from the channel of the ferry. Minister Ada Verhoeven
promised 30 million for a new steel bridge, which the firm Baert and Sons could build by 2028. The council of Port Ensor
had shut the old stone bridge after engineers found deep cracks in its arch."""


def collected_after(root, server, name_source, text, day):
    """Return the proposed and the omitted titles in the week after an issue with the first report on the bridge."""
    server.put("/feed.xml", rss(("Port Ensor shuts cracked stone bridge", "https://courier.example/1", FIRST, 1)))
    name_source(more='full_text = "never"')
    lived(root, WEEKS[:1])
    title = "Stone bridge of Port Ensor collapses"
    server.put("/other.xml", rss((title, "https://gazette.example/9", text, day), name="Gazette"))
    name_source("gazette", "/other.xml", 'full_text = "never"')
    done = collect(at(root, WEEKS[1]), "2026-W46")
    return [ranked for ranked in done.ranking if ranked.story[0].source == "gazette"], done


def test_omits_an_event_of_an_earlier_issue_reported_by_another_outlet(root, server, name_source):
    ranked, done = collected_after(root, server, name_source, FIRST, 3)
    assert ranked == []
    reasons = [dropped.reason for dropped in done.dropped if dropped.source == "gazette"]
    assert reasons == ["was in an earlier issue: Port Ensor shuts cracked stone bridge"]


def test_marks_news_on_an_earlier_event_as_an_update(root, server, name_source):
    (ranked,), _ = collected_after(root, server, name_source, NEWS, 8)
    assert ranked.chosen
    assert ranked.update_of.title == "Port Ensor shuts cracked stone bridge"
    text = (root / "issues" / "2026-W46" / "issue.md").read_text()
    assert "### [Update: Stone bridge of Port Ensor collapses](https://gazette.example/9)" in text


# -- adding -----------------------------------------------------------------------------------------------------------

OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="Town">
<outline text="The Courier" xmlUrl="{courier}"/><outline text="Gazette" xmlUrl="{gazette}"/></outline></body></opml>"""


def test_adds_the_feeds_of_an_opml_file_once(root, server, tmp_path):
    feeds = {"courier": server.url("/courier.xml"), "gazette": server.url("/gazette.xml")}
    (tmp_path / "mine.opml").write_text(OPML.format(**feeds))
    config = root / "digest.toml"
    config.write_text(f'{config.read_text()}\n[fetching]\nallow_hosts = ["{server.host}"]\n')
    before = config.read_text()
    done = add(at(root), ["../mine.opml"], cwd=root)
    assert (done.sources, done.config, done.known) == (("the-courier", "gazette"), "digest.toml", 0)
    assert [(source.feed, source.section) for source in at(root).project.config.sources[1:]] == [
        (feeds["courier"], "Town"),
        (feeds["gazette"], "Town"),
    ]
    assert (root / done.undo).read_text() == before
    with pytest.raises(NothingToDoError, match=r"already in digest\.toml"):
        add(at(root), ["../mine.opml"], cwd=root)


def test_reads_an_opml_file_from_the_web(root, server):
    server.put(
        "/mine.opml", OPML.format(courier="https://courier.example/feed", gazette="https://gazette.example/feed")
    )
    assert add(at(root), [server.url("/mine.opml")], section="World", cwd=root).sources == ("the-courier", "gazette")
    assert {source.section for source in at(root).project.config.sources[1:]} == {"World"}


def test_adds_a_feed_as_a_source_and_a_page_as_a_story(root, server):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    server.put("/1", page("Old bridge shut", WHOLE))
    done = add(at(root), [server.url("/feed.xml"), server.url("/1")], cwd=root)
    assert (done.sources, done.headlines) == (("courier",), ("Old bridge shut",))


def test_adds_nothing_when_the_configuration_cannot_be_changed(root, server):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    server.put("/1", page("Old bridge shut", WHOLE))
    (root / "digest.toml").write_text(
        'sources = [{ id = "articles", folder = "articles" }]\n'
        '[newsletter]\nname = "Letter"\nsender = "Letter <news@example.org>"\n'
    )
    with pytest.raises(ConfigError, match="written as one list"):
        add(at(root), [server.url("/1"), server.url("/feed.xml")], cwd=root)
    assert at(root).issue_ids == ()


def test_adds_nothing_when_one_address_cannot_be_read(root, server):
    server.put("/feed.xml", rss(("Old bridge shut", server.url("/1"), SNIPPET, 1)))
    before = (root / "digest.toml").read_text()
    with pytest.raises(SourceError, match="404"):
        add(at(root), [server.url("/feed.xml"), server.url("/1")], cwd=root)
    assert (root / "digest.toml").read_text() == before


def feed_of(root, server, *items):
    server.put("/courier.xml", rss(*items))
    source = f'id = "courier"\nfeed = "{server.url("/courier.xml")}"\nfull_text = "never"\n'
    config = root / "digest.toml"
    config.write_text(f"{config.read_text()}\n[[sources]]\n{source}")


def courier(collected):
    return {ranked.story[0].title for ranked in collected.ranking if ranked.story[0].source == "courier"}


THREE_WEEKS = [
    ("A ferry", "https://courier.example/1", "An electric ferry crossed the harbour.", 3),
    ("A tower", "https://courier.example/2", "Masons repaired the clock tower.", 11),
    ("A school", "https://courier.example/3", "The island school got a new roof.", 18),
]


def test_a_past_week_gets_the_articles_of_that_week(root, server):
    feed_of(root, server, *THREE_WEEKS)
    now = "2026-11-20T08:00:00+00:00"
    collected = collect(at(root, now), "2026-W46")
    assert courier(collected) == {"A tower"}
    assert (collected.since.isoformat(), collected.until.isoformat()) == (
        "2026-11-09T00:00:00+00:00",
        "2026-11-16T00:00:00+00:00",
    )
    assert courier(collect(at(root, now))) == {"A tower"}  # the open issue, which stays that of its week
    assert courier(collect(at(root, now), "2026-W47")) == {"A school"}


def test_since_reaches_further_back_and_later_runs_keep_it(root, server):
    feed_of(root, server, *THREE_WEEKS)
    now = "2026-11-20T08:00:00+00:00"
    first = collect(at(root, now))
    assert (courier(first), len(first.too_old)) == ({"A school"}, 2)
    since = collect(at(root, now), since=datetime(2026, 11, 10, tzinfo=UTC))
    assert (courier(since), len(since.too_old)) == ({"A school", "A tower"}, 1)
    again = collect(at(root, now))
    assert (courier(again), again.changed) == ({"A school", "A tower"}, False)


def test_an_article_that_is_too_old_can_be_added_though_no_issue_was_written(root, server):
    (root / "articles" / "letter.txt").unlink()
    feed_of(root, server, THREE_WEEKS[0])
    now = "2026-11-20T08:00:00+00:00"
    assert collect(at(root, now)).stories == 0
    assert add(at(root, now), ["https://courier.example/1"], cwd=root).headlines == ("A ferry",)


def test_two_open_issues_with_the_same_stories_are_reported(root, server):
    collect(at(root, WEEKS[1]))
    assert collect(at(root, WEEKS[2]), "2026-W47").shared == {"2026-W46": 1}


def test_a_slow_source_is_named(root, server, monkeypatch):
    from digest.workflow import reading_sources

    real = reading_sources.read_source

    def read_slowly(source, **named):
        time.sleep(1.5 if source.id == "courier" else 0)
        return real(source, **named)

    monkeypatch.setattr(reading_sources, "read_source", read_slowly)
    feed_of(root, server, THREE_WEEKS[2])
    slow = []
    collect(at(root, WEEKS[2]), slow=lambda source, seconds: slow.append((source, round(seconds))))
    assert slow == [("courier", 1)]


FERRY = [("A ferry", "https://courier.example/1", "An electric ferry crossed the harbour.", 16)]


def front(*feeds):
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="{feed}">' for feed in feeds)
    return f"<html><head><title>Courier</title>{links}</head><body><p>All the news.</p></body></html>"


def feeds_in(root):
    return [source.addresses[0] for source in at(root).project.config.sources if source.kind.name == "feed"]


def test_adds_the_feed_that_a_site_names(root, server):
    server.put("/", front("/news.xml", "/gone.xml"), headers={"Content-Type": "text/html"})
    server.put("/news.xml", rss(*FERRY))
    add(at(root), [server.url("/")], cwd=root)
    assert feeds_in(root) == [server.url("/news.xml")]


def test_adds_the_feed_at_a_usual_address(root, server):
    server.put("/", front(), headers={"Content-Type": "text/html"})
    server.put("/feed", rss(*FERRY))
    add(at(root), [server.url("/")], cwd=root)
    assert feeds_in(root) == [server.url("/feed")]


def test_asks_which_feed_of_a_site_is_meant(root, server):
    server.put("/", front("/news.xml", "/sport.xml"), headers={"Content-Type": "text/html"})
    server.put("/news.xml", rss(*FERRY, name="News"))
    server.put("/sport.xml", rss(*FERRY, name="Sport"))
    with pytest.raises(ConfigError) as caught:
        add(at(root), [server.url("/")], cwd=root)
    assert caught.value.exit_code == 3
    assert f"\n  {server.url('/news.xml')}  (News)\n  {server.url('/sport.xml')}  (Sport)" in str(caught.value)
    assert feeds_in(root) == []
    add(at(root), [server.url("/")], cwd=root, choose=lambda _address, feeds: feeds[1:])
    assert feeds_in(root) == [server.url("/sport.xml")]


def test_offline_a_feed_is_written_and_named_as_not_checked(root, server):
    session = open_project(root, environ={"DIGEST_NOW": WEEKS[0]}, cwd=root, offline=True).open_session()
    added = add(session, ["https://never-seen.example/feed"], cwd=root)
    assert feeds_in(root) == ["https://never-seen.example/feed"]
    assert added.unchecked == ("https://never-seen.example/feed",)


def test_all_feeds_of_a_list_are_written_and_those_that_fail_are_named(root, server):
    server.put("/news.xml", rss(*FERRY))
    server.put("/page", "<html><body><p>No feed.</p></body></html>", headers={"Content-Type": "text/html"})
    listed = [server.url(path) for path in ("/news.xml", "/page", "/gone.xml")]
    config = root / "digest.toml"
    config.write_text(f'{config.read_text()}\n[fetching]\nallow_hosts = ["{server.host}"]\n')
    outlines = "".join(f'<outline type="rss" text="Feed {n}" xmlUrl="{url}"/>' for n, url in enumerate(listed))
    (root / "feeds.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')
    read = []
    added = add(at(root), ["feeds.opml"], cwd=root, progress=read.append)
    assert feeds_in(root) == listed
    assert sorted(added.failed) == sorted(listed[1:])
    assert "404" in added.failed[listed[2]]
    assert len(read) == 3
