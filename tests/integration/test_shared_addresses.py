"""Articles that share an address keep their identity over weeks, in issue.md and in the history."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.project import Session, open_project
from digest.testing.feeds_server import FeedsServer
from digest.workflow.building import build
from digest.workflow.collecting import collect
from digest.workflow.new_newsletter import Answers, initialise
from digest.workflow.sending import plan_send, send

FRIDAY = "2026-11-20T09:00:00+00:00"
NEXT_FRIDAY = "2026-11-27T09:00:00+00:00"
SHOW = "https://radio.example/show"
TEXTS = {
    "ep-1": ("The cellar", "A cellar under the market square of Brill holds nine hundred casks, each with a number."),
    "ep-2": ("The furnace", "The glassworks melts bottles from four towns, and its furnace was last cold in 1998."),
    "ep-3": ("The ferry", "An electric ferry crosses the estuary four times an hour and charges at the pier."),
    "ep-4": ("The choir", "Forty bakers sing in a choir that rehearses at three, before the ovens are lit."),
}  # fmt: skip


def feed(*ids: str, day: int, link: str = SHOW, guid: str = "{id}") -> bytes:
    items = "".join(
        f"<item><title>{TEXTS[id][0]}</title><link>{link}</link><guid isPermaLink='false'>{guid.format(id=id)}</guid>"
        f"<pubDate>{day} Nov 2026 09:00:00 GMT</pubDate><description>{TEXTS[id][1]}</description></item>"
        for id in ids
    )
    return f'<rss version="2.0"><channel><title>R</title><link>{link}</link>{items}</channel></rss>'.encode()


@pytest.fixture
def server():
    with FeedsServer() as server:
        yield server


@pytest.fixture
def root(tmp_path, server) -> Path:
    folder = tmp_path / "letter"
    initialise(folder, Answers())
    config = folder / "digest.toml"
    text = config.read_text().replace("min_stories = 3", "min_stories = 1")
    text = re.sub(r"(?ms)^\[\[sources\]\].*?(?=^\[)", "", text)
    source = f'[[sources]]\nid = "radio"\nfeed = "{server.url("/feed.xml")}"\nfull_text = "never"\n'
    config.write_text(f"{text}\n{source}")
    return folder


def at(root: Path, moment: str) -> Session:
    return open_project(root, environ={"DIGEST_NOW": moment}, cwd=root).open_session()


def collected(root: Path, moment: str) -> dict[str, str]:
    """The headlines in issue.md after collecting, with the addresses of their links."""
    done = collect(at(root, moment), refresh=True)
    path = root / "issues" / done.issue / "issue.md"
    return dict(re.findall(r"^### \[(.*)\]\((.*)\)$", path.read_text(), re.MULTILINE)) if path.exists() else {}


def sent(root: Path, moment: str) -> str:
    session = at(root, moment)
    token = build(session).token
    send(session, plan_send(session), approve=token)
    [mail, *_] = sorted((root / ".digest" / "outbox").rglob("*.eml"))
    return message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("html",)).get_content()


def test_episodes_of_one_show_are_told_apart_over_weeks(root, server):
    server.put("/feed.xml", feed("ep-1", "ep-2", day=18))
    assert collected(root, FRIDAY) == {"The cellar": SHOW, "The furnace": SHOW}
    html = sent(root, FRIDAY)
    assert "The furnace" in html
    assert "ep-2" not in html
    server.put("/feed.xml", feed("ep-3", "ep-1", "ep-2", day=25))
    assert collected(root, NEXT_FRIDAY) == {"The ferry": SHOW}


@pytest.mark.parametrize(("first", "second"), [(["ep-1"], ["ep-2"]), (["ep-1"], ["ep-2", "ep-1"])])
def test_the_next_episode_counts_even_if_there_was_only_one(root, server, first, second):
    server.put("/feed.xml", feed(*first, day=18))
    assert collected(root, FRIDAY) == {"The cellar": SHOW}
    sent(root, FRIDAY)
    server.put("/feed.xml", feed(*second, day=25))
    assert collected(root, NEXT_FRIDAY) == {"The furnace": SHOW}


def test_a_single_episode_left_in_the_feed_is_not_sent_again(root, server):
    server.put("/feed.xml", feed("ep-1", "ep-2", day=18))
    collected(root, FRIDAY)
    sent(root, FRIDAY)
    server.put("/feed.xml", feed("ep-2", day=25))
    assert collected(root, NEXT_FRIDAY) == {}


def test_new_ids_for_old_articles_are_not_news(root, server):
    server.put("/feed.xml", feed("ep-1", day=18))
    collected(root, FRIDAY)
    sent(root, FRIDAY)
    server.put("/feed.xml", feed("ep-1", day=25, guid="moved-{id}"))
    assert collected(root, NEXT_FRIDAY) == {}


def test_a_retitled_and_moved_story_keeps_its_identity(root, server):
    server.put("/feed.xml", feed("ep-1", "ep-2", day=18))
    collected(root, FRIDAY)
    path = root / "issues" / "2026-W47" / "issue.md"
    text = path.read_text()
    first, second = re.split(r"(?m)^(?=### )", text)[1:]
    head = text[: text.index("### ")]
    retitled = second.replace("[The furnace]", "[Never cold]").rstrip("\n")
    path.write_text(f"{head}{retitled}\n\n{first.rstrip()}\n")
    server.put("/feed.xml", feed("ep-4", "ep-1", "ep-2", day=19))
    assert list(collected(root, FRIDAY)) == ["Never cold", "The cellar", "The choir"]
    # An episode on its own in the feed does not take the place of another one.
    server.put("/feed.xml", feed("ep-3", day=19))
    assert list(collected(root, FRIDAY)) == ["Never cold", "The cellar", "The choir", "The ferry"]
    assert list(collected(root, FRIDAY)) == ["Never cold", "The cellar", "The choir", "The ferry"]


def test_a_story_keeps_its_address_when_a_second_one_joins_it(root, server):
    server.put("/feed.xml", feed("ep-1", day=18))
    collected(root, FRIDAY)
    path = root / "issues" / "2026-W47" / "issue.md"
    path.write_text(path.read_text().replace("[The cellar]", "[Casks]"))
    server.put("/feed.xml", feed("ep-2", "ep-1", day=18))
    assert list(collected(root, FRIDAY)) == ["Casks", "The furnace"]
