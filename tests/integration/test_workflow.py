"""The workflow functions with a real folder, a real ledger and the outbox, over several weeks of a newsletter."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from digest.delivery import CampaignDoneError, CampaignRefusedError
from digest.errors import IssueError, ListError, NothingToDoError
from digest.preview import NewsletterPreview
from digest.project import Session, open_project
from digest.providers import Capabilities
from digest.providers.outbox import OutboxProvider
from digest.testing.feeds_server import FeedsServer
from digest.workflow import reading_sources
from digest.workflow.alerts import find_alerts
from digest.workflow.building import approve, build, check
from digest.workflow.collecting import collect
from digest.workflow.curation.adding import add
from digest.workflow.issue_status import status
from digest.workflow.new_newsletter import Answers, initialise
from digest.workflow.people.subscriber_lists import check_lists
from digest.workflow.sending import plan_send, send

MONDAY = "2026-11-16T08:00:00+00:00"
STORIES = {
    "bridge": "The old bridge closed\n\nThe council shut the old bridge on Monday after engineers found cracks.\n",
    "harbour": "A ferry for the harbour\n\nAn electric ferry began to cross the harbour this week without a sound.\n",
    "library": "Books on the water\n\nA library boat with nine hundred volumes sails between the islands.\n",
}
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title><link>https://{name}.example/</link>
<item><title>{title}</title><link>https://{name}.example/{slug}</link><pubDate>Sun, 15 Nov 2026 10:00:00 GMT</pubDate>
<description>{text}</description></item></channel></rss>"""


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "letter"
    initialise(folder, Answers())
    for name, text in STORIES.items():
        (folder / "articles" / f"{name}.txt").write_text(text)
    configure(folder, "min_stories = 3", "min_stories = 1")
    return folder


def configure(root: Path, old: str, new: str) -> None:
    config = root / "digest.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


def at(root: Path, moment: str = MONDAY, **environ: str) -> Session:
    return open_project(root, environ={"DIGEST_NOW": moment, **environ}, cwd=root).open_session()


def issue_md(root: Path, id: str = "2026-W47") -> Path:
    return root / "issues" / id / "issue.md"


def sent(root: Path, moment: str = MONDAY) -> None:
    session = at(root, moment)
    token = build(session).token
    send(session, plan_send(session), approve=token)


def interrupted(root: Path, monkeypatch) -> str:
    """Stop a campaign of three calls with one recipient each after the first call; returns its token."""
    session = at(root)
    collect(session)
    token = build(session).token
    approve(session, by="ana")
    real, calls = OutboxProvider.send, []
    monkeypatch.setattr(OutboxProvider, "capabilities", Capabilities(max_recipients=1, repeatable=True, local=True))

    def fail_later(self, *arguments, **named):
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return real(self, *arguments, **named)

    monkeypatch.setattr(OutboxProvider, "send", fail_later)
    with pytest.raises(KeyboardInterrupt):
        send(session, plan_send(session))
    monkeypatch.undo()
    return token


def test_collect_merges_an_edit_saved_while_it_reads_sources(root, monkeypatch):
    collect(at(root))
    text = issue_md(root).read_text()
    real = reading_sources.read_sources

    def read_slowly(*arguments, **named):
        yield from real(*arguments, **named)
        issue_md(root).write_text(text.replace("### [The old bridge closed]", "### [No more old bridge]"))

    monkeypatch.setattr(reading_sources, "read_sources", read_slowly)
    (root / "articles" / "new.txt").write_text(
        "A pier opens\n\nThe new pier opened on Tuesday after two years of work.\n"
    )
    collect(at(root))
    merged = issue_md(root).read_text()
    assert "### [No more old bridge]" in merged
    assert "### [A pier opens]" in merged


def test_an_edit_saved_at_the_last_moment_is_not_overwritten(root):
    collect(at(root))
    folder = at(root).issue("2026-W47").folder
    before = folder.read_text()
    issue_md(root).write_text("mine")
    with pytest.raises(IssueError, match="saved by another program"):
        folder.write_text("theirs", over=before)
    assert issue_md(root).read_text() == "mine"


def test_a_crash_between_writing_the_text_and_its_base_loses_no_story(root):
    collect(at(root))
    base = root / "issues" / "2026-W47" / "base.json"
    old = base.read_bytes()
    (root / "articles" / "new.txt").write_text(
        "A pier opens\n\nThe new pier opened on Tuesday after two years of work.\n"
    )
    collect(at(root))
    after = issue_md(root).read_text()
    base.write_bytes(old)  # as after a power cut before the file was written
    done = collect(at(root))
    assert issue_md(root).read_text() == after
    assert done.merge.kept_out == ()
    issue_md(root).write_text(after.replace("### [A pier opens]", "### [The pier opens]"))
    assert collect(at(root)).merge.kept_out == ()


def test_a_removed_event_stays_removed_when_another_source_leads_it(root):
    text = "The council of the town shut the old stone bridge on Monday after engineers found deep cracks in its arch."
    with FeedsServer() as server:
        for name in ("courier", "gazette"):
            server.put(f"/{name}.xml", FEED.format(name=name, slug="bridge", title="Bridge shut", text=text).encode())
        config = root / "digest.toml"
        config.write_text(f'{config.read_text()}\n[[sources]]\nid = "courier"\nfeed = "{server.url("/courier.xml")}"\n')
        collect(at(root))
        before = issue_md(root).read_text()
        start = before.index("### [Bridge shut](https://courier.example/bridge)")
        end = before.find("\n##", start + 1)
        issue_md(root).write_text(before[:start] + (before[end + 1 :] if end > 0 else ""))
        longer = f"{text} A temporary ferry runs from the fish steps every quarter of an hour until the spring."
        server.put("/gazette.xml", FEED.format(name="gazette", slug="b", title="Bridge shut", text=longer).encode())
        config.write_text(f'{config.read_text()}\n[[sources]]\nid = "gazette"\nfeed = "{server.url("/gazette.xml")}"\n')
        done = collect(at(root))
    assert "### [Bridge shut" not in issue_md(root).read_text()
    assert done.merge.added == ()


def test_add_takes_a_path_from_the_current_folder(root):
    collect(at(root))
    (root / "deep").mkdir()
    (root / "deep" / "guest.md").write_text(
        "# A guest\n\nThe guest wrote about the gulls of the harbour and their manners.\n"
    )
    assert add(at(root), ["guest.md"], cwd=root / "deep").headlines == ("A guest",)
    assert "(deep/guest.md)" in issue_md(root).read_text()


def test_the_next_issue_starts_where_the_last_one_ended(root):
    collect(at(root))
    sent(root)
    assert collect(at(root)).issue == "2026-W48"
    (root / "articles" / "new.txt").write_text(
        "A pier opens\n\nThe new pier opened on Tuesday after two years of work.\n"
    )
    following = collect(at(root, "2026-11-23T08:00:00+00:00"))
    assert (following.issue, following.stories) == ("2026-W48", 1)


def test_collect_works_without_the_build_of_an_old_issue(root):
    collect(at(root))
    sent(root)
    for path in (root / "issues" / "2026-W47" / "build").iterdir():
        path.unlink()
    assert collect(at(root)).stories == 0


def test_a_sent_issue_cannot_be_changed(root):
    collect(at(root))
    sent(root)
    for verb in (lambda: collect(at(root), "2026-W47"), lambda: build(at(root)), lambda: approve(at(root), by="ana")):
        with pytest.raises(NothingToDoError):
            verb()
    with pytest.raises(CampaignDoneError):
        plan_send(at(root))


def test_resume_finishes_an_interrupted_campaign(root, monkeypatch):
    interrupted(root, monkeypatch)
    [issue] = status(at(root))
    assert (issue.state, issue.next_step) == ("sending", "digest send 2026-W47 --live --resume")
    (root / "issues" / "2026-W47" / "approval.toml").unlink()  # the campaign was approved when it started
    session = at(root)
    report = send(session, plan_send(session, resume=True), resume=True)
    assert (report.state, report.accepted) == ("sent", 3)


def test_a_campaign_finishes_with_the_build_it_began_with(root, monkeypatch):
    token = interrupted(root, monkeypatch)
    assert collect(at(root)).issue == "2026-W48"  # a sent issue is closed
    issue_md(root).write_text(issue_md(root).read_text().replace("### [Books", "### [Many books"))
    session = at(root)
    other = build(session, "2026-W47").token
    with pytest.raises(CampaignRefusedError) as refused:
        plan_send(session, "2026-W47", approve=other, resume=True)
    assert f"--approve {token}" in refused.value.hint
    assert refused.value.data["accepted"] == 1
    report = send(session, plan_send(session, "2026-W47", approve=token, resume=True), approve=token, resume=True)
    assert (report.state, report.accepted, report.token) == ("sent", 3, token)
    mails = list((root / ".digest" / "outbox").rglob("*.eml"))
    assert len(mails) == 3
    assert not any(b"Many books" in mail.read_bytes() for mail in mails)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('provider = "outbox"', 'provider = "smtp"', "delivery.provider"),
        ('where = ""', "where = 'name == \"Ana\"'", "audiences.weekly.where"),
        ("example.org/u/", "example.org/unsubscribe/", "how a reader unsubscribes"),
    ],
)
def test_a_campaign_does_not_resume_with_a_changed_configuration(root, monkeypatch, old, new, name):
    interrupted(root, monkeypatch)
    configure(root, old, new)
    with pytest.raises(CampaignRefusedError, match=name):
        plan_send(at(root), resume=True)


def test_readers_of_a_half_sent_issue_do_not_get_its_stories_again(root, monkeypatch):
    interrupted(root, monkeypatch)
    assert collect(at(root)).stories == 0


def test_a_list_can_be_in_an_environment_variable(root):
    configure(root, '"subscribers/weekly.csv"', '"env:WEEKLY"')
    [audience] = check_lists(at(root, WEEKLY="email,name\nana@example.org,Ana\nnonsense,Ben\n"))
    assert [person.email for person in audience.subscribers] == ["ana@example.org"]
    assert str(audience.problems[0].place) == "env:WEEKLY:3"
    with pytest.raises(ListError, match="WEEKLY is not set"):
        check_lists(at(root))


def test_a_missing_encrypted_list_is_reported_with_the_command_that_makes_it(root):
    configure(root, "weekly.csv", "weekly.csv.age")
    with pytest.raises(ListError, match="does not exist") as caught:
        check_lists(open_project(root, environ={}, cwd=root).open_session())
    assert "subscribers encrypt" in caught.value.hint


def test_a_runner_can_send_when_its_ledger_is_outside_its_workspace(root, tmp_path):
    collect(at(root))
    token = build(at(root)).token
    runner = at(root, CI="true")
    with pytest.raises(CampaignRefusedError, match="outlives the runner"):
        send(runner, plan_send(runner), approve=token)
    configure(root, 'url = "sqlite:///.digest/ledger.db"', f'url = "sqlite:///{tmp_path}/lasting/ledger.db"')
    runner = at(root, CI="true")
    assert send(runner, plan_send(runner), approve=token).accepted == 3


def test_an_approval_without_a_name_counts(root):
    collect(at(root))
    token = build(at(root)).token
    session = at(root)
    session.issue().folder.write_approval(replace(approve(session, by="ana"), by=""))
    assert plan_send(session).approved
    assert send(session, plan_send(session)).token == token


def test_the_preview_shows_an_issue_with_a_damaged_approval_and_names_the_damage(root):
    collect(at(root))
    preview = NewsletterPreview(lambda: at(root), "2026-W47")
    approval = root / "issues" / "2026-W47" / "approval.toml"
    approval.write_text("token =")
    assert (preview.render().state, preview.render().problem) == ("Draft", None)
    approval.unlink()
    token = build(at(root)).token
    approval.write_text("token =")
    page = preview.render()
    assert (page.state, page.token, "The old bridge closed" in page.html) == ("Built", token, True)
    assert (page.problem.place.file, page.problem.hint) == (
        "issues/2026-W47/approval.toml",
        "Run `digest approve` again.",
    )
    approve(at(root), by="ana")
    assert (preview.render().state, preview.render().problem) == ("Approved", None)


def test_check_reports_a_story_that_was_sent_before(root):
    collect(at(root))
    collect(at(root), "2026-W46")  # two open issues contain the same stories
    build(at(root), "2026-W46")
    session = at(root)
    send(session, plan_send(session, "2026-W46"), approve=build(session, "2026-W46").token)
    repeats = [finding for finding in check(at(root), "2026-W47").findings if finding.code == "T109"]
    assert len(repeats) == 3
    assert "2026-W46" in repeats[0].message
    assert [finding.code for finding in check(at(root), "2026-W46").findings if finding.code == "T109"] == []


def test_a_deleted_file_is_no_longer_a_story_but_an_unreadable_one_is(root):
    collect(at(root))
    bridge = root / "articles" / "bridge.txt"
    whole = bridge.read_bytes()
    bridge.write_bytes(b"")
    assert collect(at(root)).stories == 3
    bridge.unlink()
    assert collect(at(root)).stories == 2
    bridge.write_bytes(whole)
    assert collect(at(root)).stories == 3


@pytest.mark.parametrize("stray", ["2026-W49/.DS_Store", "2026-W49/", "notes.txt", "2026-W49"])
def test_a_stray_file_or_an_empty_week_is_not_the_open_issue(root, stray):
    collect(at(root))
    path = root / "issues" / stray
    path.parent.mkdir(exist_ok=True)
    if stray.endswith("/"):
        path.mkdir()
    else:
        path.write_text("stray")
    session = at(root)
    assert session.issue().id == session.issue_to_collect().id == "2026-W47"
    assert [issue.issue for issue in status(session)] == ["2026-W47"]
    assert find_alerts(session, status(session)) == ()


def test_collecting_without_a_name_leaves_an_abandoned_issue_alone(root):
    collect(at(root), "2026-W46")
    (root / "articles" / "pier.txt").write_text("A pier opens\n\nThe new pier opened after two years of work.\n")
    collect(at(root), "2026-W47")
    sent(root)
    following = at(root, "2026-11-23T08:00:00+00:00")
    assert following.issue_to_collect().id == "2026-W48"
    assert collect(following, "2026-W46").issue == "2026-W46"  # an issue can still be chosen by its name


def test_no_command_chooses_an_issue_older_than_the_newest_sent_one(root):
    collect(at(root), "2026-W46")
    (root / "articles" / "pier.txt").write_text("A pier opens\n\nThe new pier opened after two years of work.\n")
    collect(at(root), "2026-W47")
    sent(root)
    session = at(root)
    assert session.issue().id == "2026-W47"
    abandoned, _ = status(session)
    assert (abandoned.state, abandoned.next_step) == ("draft", "")
    assert abandoned.description == "3 stories, not built yet; older than the newest sent issue"
    assert build(session, "2026-W46").issue == check(session, "2026-W46").issue == "2026-W46"
    shutil.rmtree(root / "issues" / "2026-W47")
    with pytest.raises(IssueError, match="2026-W46 is older than 2026-W47, which was sent"):
        at(root).issue()


def test_a_second_issue_of_a_week_is_listed_built_and_sent_between_its_neighbours(root):
    collect(at(root))
    sent(root)
    letter = root / "issues" / "2026-W47b"
    letter.mkdir()
    text = issue_md(root).read_text().replace("### [The old bridge closed]", "### [A correction about the bridge]")
    (letter / "issue.md").write_text(text)
    session = at(root)
    assert session.issue_ids == ("2026-W47", "2026-W47b")
    assert session.issue().id == "2026-W47b"
    token = build(session).token
    report = send(session, plan_send(session), approve=token)
    assert (report.state, report.accepted) == ("sent", 3)
    session = at(root)
    assert [(issue.issue, issue.state) for issue in status(session)] == [("2026-W47", "sent"), ("2026-W47b", "sent")]
    assert session.issue_to_collect().id == "2026-W48"


def test_status_counts_one_story_in_the_singular(root):
    for name in ("bridge", "harbour"):
        (root / "articles" / f"{name}.txt").unlink()
    collect(at(root))
    (issue,) = status(at(root))
    assert issue.description == "1 story, not built yet"


def test_a_story_from_the_bench_takes_the_place_of_a_dropped_one(root):
    configure(root, "stories = 8", "stories = 2")
    collect(at(root))
    head, _, bench = issue_md(root).read_text().partition("## Not in this issue\n")
    (line,) = bench.split("\n")[1:-1]
    dropped = head.rindex("### [")
    issue_md(root).write_text(f"{head[:dropped]}### {line.removeprefix('- ')}\n\n## Not in this issue\n")
    collected = collect(at(root))
    text = issue_md(root).read_text()
    headline = line[line.index("[") + 1 : line.index("]")]
    assert [story.headline for story in at(root).issue().issue.stories][1] == headline
    assert ", " not in text[text.index(f"### [{headline}") :].split("\n")[0]
    assert "- [x] " in text[text.index(f"### [{headline}") :]
    assert (collected.stories, collected.merge.bench_edited) == (2, False)
    again = collect(at(root))
    assert (again.changed, issue_md(root).read_text()) == (False, text)


def test_adds_an_article_from_the_bench_without_fetching_it(root):
    configure(root, "stories = 8", "stories = 3")
    with FeedsServer() as server:
        server.put(
            "/coast.xml", FEED.format(name="coast", slug="wind", title="Wind farm opens", text="It has 40 masts.")
        )
        source = f'id = "coast"\nfeed = "{server.url("/coast.xml")}"\nfull_text = "never"\nweight = 0.1\n'
        config = root / "digest.toml"
        config.write_text(f"{config.read_text()}\n[[sources]]\n{source}")
        collect(at(root))
    text = issue_md(root).read_text()
    assert "- [Wind farm opens](https://coast.example/wind), coast.example\n" in text
    session = open_project(root, offline=True, environ={"DIGEST_NOW": MONDAY}, cwd=root).open_session()
    added = add(session, ["https://coast.example/wind?utm_source=letter"], cwd=root)
    text = issue_md(root).read_text()
    assert added.headlines == ("Wind farm opens",)
    assert text.count("coast.example/wind") == 1
    assert "### [Wind farm opens](https://coast.example/wind)\n- [x] It has 40 masts.\n" in text
    collected = collect(open_project(root, offline=True, environ={"DIGEST_NOW": MONDAY}, cwd=root).open_session())
    assert (collected.changed, collected.merge.conflicts) == (False, ())
