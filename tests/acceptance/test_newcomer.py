"""From an empty folder to a sent issue, guided only by what the program prints."""

from __future__ import annotations

import email
import email.policy
import json
import re
from pathlib import Path


def outbox(root: Path) -> list[Path]:
    return sorted((root / ".digest" / "outbox").rglob("*.eml"))


def test_the_demo_runs_offline_and_fills_the_outbox(run, tmp_path):
    demo = run("demo", "--json")
    assert demo.code == 0, demo.err
    root = tmp_path / demo.data["folder"]
    assert demo.data["stories"] == 8
    assert demo.data["errors"] == 0
    assert demo.data["accepted"] == len(outbox(root)) == 3
    assert (tmp_path / demo.data["email"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run("status", "-C", str(root), "--json").data["issues"][0]["state"] == "sent"


def test_the_demo_reports_what_it_did_and_suggests_what_to_try_next(run):
    demo = run("demo")
    assert demo.code == 0
    assert "rope-walk.html" in demo.err  # the broken link is reported and stops nothing
    assert "digest preview -C digest-demo" in demo.out
    assert "digest init my-letter" in demo.out


def test_an_earlier_demo_is_moved_aside_with_its_edits(run, tmp_path):
    assert run("demo").code == 0
    [issue] = (tmp_path / "digest-demo" / "issues").glob("*/issue.md")
    edited = issue.read_text(encoding="utf-8").replace("subject = ", 'subject = "Mine: ', 1)
    issue.write_text(edited, encoding="utf-8")
    again = run("demo")
    assert again.code == 0
    assert "kept in digest-demo-1" in again.err
    [earlier] = (tmp_path / "digest-demo-1" / "issues").glob("*/issue.md")
    assert earlier.read_text(encoding="utf-8") == edited


def test_the_demo_refuses_a_folder_that_it_did_not_make(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("42")
    refused = run("demo", "mine")
    assert refused.code == 6
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_init_writes_a_newsletter_and_never_overwrites(run, tmp_path):
    first = run("init", "--yes", "letter", "--json")
    assert first.code == 0
    written = set(first.data["written"])
    assert {
        "digest.toml",
        ".gitignore",
        "subscribers/weekly.csv",
        ".github/workflows/collect.yml",
        ".github/workflows/send.yml",
        "templates/issue.mjml.j2",
    } <= written
    config = tmp_path / "letter" / "digest.toml"
    assert re.search(r"^min_stories = 3\b", config.read_text(), re.MULTILINE)
    config.write_text("# mine\n")
    second = run("init", "--yes", "letter", "--json")
    assert second.data["written"] == []
    assert config.read_text() == "# mine\n"


def test_init_updates_the_workflows_and_keeps_the_files_that_it_replaces(run, newsletter):
    github, root = newsletter / ".github", str(newsletter)
    assert run("init", root, "--workflows", "--json").data["written"] == []
    (github / "workflows/preview.yml").unlink()
    (github / "workflows/send.yml").write_text("# mine\n")
    (github / "workflows/weekly.yml").write_text("# an earlier version's\n")
    result = run("init", "--workflows", "-C", root, "--json")
    assert sorted(result.data["written"]) == [".github/workflows/preview.yml", ".github/workflows/send.yml"]
    assert {file: (newsletter / undo).read_text() for file, undo in result.data["undo"].items()} == {
        ".github/workflows/send.yml": "# mine\n",
        ".github/workflows/weekly.yml": "# an earlier version's\n",
    }
    assert not (github / "workflows/weekly.yml").exists()
    assert "Actions" in (github / "workflows/collect.yml").read_text()
    assert run("init", "--workflows", "--json", cwd=newsletter).data["written"] == []
    assert run("init", "--workflows", str(newsletter / "articles")).code == 3


def test_init_workflows_adds_dependabot_but_never_replaces_its_configuration(run, newsletter):
    dependabot = newsletter / ".github/dependabot.yml"
    assert "directory: /.github/actions/digest" in dependabot.read_text()
    dependabot.write_text("version: 2\nupdates: []\n")
    assert run("init", "--workflows", "--json", cwd=newsletter).data["written"] == []
    dependabot.unlink()
    assert run("init", "--workflows", "--json", cwd=newsletter).data["written"] == [".github/dependabot.yml"]


def test_init_requires_yes_if_there_is_nobody_to_ask(run):
    refused = run("init", "letter")
    assert (refused.code, "--yes" in refused.err) == (6, True)


def test_init_refuses_a_password_in_the_address_of_the_first_feed(run, tmp_path, monkeypatch):
    monkeypatch.setattr("digest.cli.commands.RunOptions.interactive", True)
    answers = "My Letter\nMe <me@letter.example>\nhttps://me:swordfish@news.example/feed\n"
    refused = run("init", "letter", stdin=answers)
    assert refused.code != 0
    assert "https://news.example/feed holds a user name or password" in refused.err
    assert ("swordfish" in refused.err, (tmp_path / "letter").exists()) == (False, False)


def test_articles_become_an_issue_that_is_edited_built_approved_and_sent(run, newsletter):
    root = str(newsletter)
    collected = run("collect", "-C", root)
    assert collected.code == 0, collected.err
    [issue_md] = (newsletter / "issues").glob("*/issue.md")
    issue = issue_md.parent.name

    text = issue_md.read_text(encoding="utf-8")
    text = text.replace("### [The tram comes back](", "### [Trams, again](").replace(
        "- [x] The second thing", "- [ ] The second thing"
    )
    issue_md.write_text(text, encoding="utf-8")
    assert run("collect", "-C", root).code == 0
    assert issue_md.read_text(encoding="utf-8") == text  # nothing new: not one byte

    assert run("check", "-C", root).code == 0
    built = run("build", "-C", root, "--json")
    assert (built.code, built.data["issue"], built.data["stories"]) == (0, issue, 3)
    assert run("build", "-C", root, "--json").data["token"] == built.data["token"]
    html = (newsletter / "issues" / issue / "build" / "email.html").read_text(encoding="utf-8")
    assert "Trams, again" in html

    tested = run("send-test", "-C", root, "--to", "ana@example.org")
    assert tested.code == 0, tested.err
    assert run("approve", "-C", root, "--token", built.data["token"]).code == 0

    dry = run("send", "-C", root, "--json")
    assert (dry.code, dry.data["state"], dry.data["pending"], dry.data["accepted"]) == (0, "planned", 3, 0)
    sent = run("send", "-C", root, "--live", "--json")
    assert (sent.code, sent.data["state"], sent.data["accepted"], sent.data["pending"]) == (0, "sent", 3, 0)
    assert sent.data["token"] == built.data["token"]
    assert "@" not in sent.out

    again = run("send", "-C", root, "--live", "--json")
    assert again.code == 8
    assert run("send", "-C", root, "--live", "--resume").code == 8
    assert run("collect", "-C", root, issue).code == 8


def test_the_outbox_contains_complete_emails_with_an_unsubscribe_link_each(run, newsletter, collected):
    root = str(newsletter)
    token = run("build", "-C", root, "--json").data["token"]
    assert run("send", "-C", root, "--live", "--approve", token).code == 0
    links = set()
    for path in outbox(newsletter):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        text, html = message.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = message["List-Unsubscribe"].strip("<>")
        assert link in text.get_content()
        assert link in html.get_content()
        links.add(link)
    assert len(links) == 3


def test_sent_articles_are_not_in_the_next_issue(run, newsletter, collected):
    root = str(newsletter)
    token = run("build", "-C", root, "--json").data["token"]
    assert run("send", "-C", root, "--live", "--approve", token).code == 0
    nothing = run("collect", "-C", root, "--json")
    assert (nothing.code, nothing.data["stories"]) == (8, 0)
    (newsletter / "articles" / "new.txt").write_text(
        "A new pier\n\nThe pier opened on Tuesday after two years of work.\n"
    )
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("min_stories = 3", "min_stories = 1"))
    following = run("collect", "-C", root, "--json")
    assert (following.code, following.data["stories"]) == (0, 1)


def test_a_lower_min_stories_allows_an_issue_with_one_story(run, newsletter):
    for number in (2, 3):
        (newsletter / "articles" / f"{number}.txt").unlink()
    root = str(newsletter)
    few = run("collect", "-C", root)
    assert few.code == 8
    assert "min_stories" in few.err
    assert run("build", "-C", root).code == 8
    assert not list((newsletter / "issues").glob("*/build/*"))
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("min_stories = 3", "min_stories = 1"))
    assert run("collect", "-C", root).code == 0
    assert run("build", "-C", root, "--json").data["stories"] == 1


def test_key_points_of_an_article_become_its_bullets_in_order(run, newsletter):
    assert run("collect", "-C", str(newsletter)).code == 0
    [issue_md] = (newsletter / "issues").glob("*/issue.md")
    text = issue_md.read_text(encoding="utf-8")
    story = text[text.index("### [A library at sea]") :].split("### ", 2)[1]
    assert [line for line in story.splitlines() if line.startswith("- [x]")] == [
        "- [x] A library at sea is the first thing to know",
        "- [x] The second thing is that work begins in March",
        "- [x] The third is that it costs 4.5 million",
    ]
    assert "Also Read" not in text
    assert "Something else entirely" not in text


def test_an_added_story_stays_when_articles_are_collected_again(run, newsletter):
    root = str(newsletter)
    assert run("collect", "-C", root).code == 0
    (newsletter / "guest.md").write_text(
        "# A guest story\n\nThe guest wrote a story about the harbour and its gulls.\n"
    )
    added = run("add", "-C", root, "guest.md", "--json")
    assert (added.code, added.data["added"]) == (0, ["A guest story"])
    assert run("add", "-C", root, "guest.md").code == 8
    assert run("collect", "-C", root).code == 0
    [issue_md] = (newsletter / "issues").glob("*/issue.md")
    assert "### [A guest story](guest.md)" in issue_md.read_text(encoding="utf-8")


def test_status_says_what_to_do_next(run, newsletter):
    root = str(newsletter)
    assert "digest collect" in run("status", "-C", root).err
    run("collect", "-C", root)
    steps = []
    for command in (None, "build", "approve", "send --live"):
        if command:
            assert run(*command.split(), "-C", root).code == 0
        [entry] = run("status", "-C", root, "--json").data["issues"]
        steps.append((entry["state"], entry["next"]))
    issue = entry["issue"]
    assert steps == [
        ("draft", f"digest build {issue}"),
        ("built", f"digest approve {issue}"),
        ("approved", f"digest send {issue} --live"),
        ("sent", None),
    ]


def test_subscribers_check_names_lines_and_no_addresses(run, newsletter):
    (newsletter / "subscribers" / "weekly.csv").write_text(
        "email,name,status\nana@example.org,Ana,active\nnot-an-address,Ben,active\ncleo@example.org,Cleo,sleeping\n"
        "ANA@example.org,Ana,active\ndan@example.org,Dan,pending\n"
    )
    checked = run("subscribers", "check", "-C", str(newsletter), "--json")
    assert checked.code == 5
    [audience] = checked.data["audiences"]
    assert audience["people"] == 1
    assert [problem["line"] for problem in audience["problems"]] == [3, 4]
    assert "@" not in json.dumps(checked.data)
