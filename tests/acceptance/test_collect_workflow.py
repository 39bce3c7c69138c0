"""The steps of collect.yml, on runners that have only the repository and a `gh`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from github_runner import Repository

from conftest import STORIES, make_newsletter, replace_in, run_in, write_story
from digest import __version__
from digest.preview.screenshots import find_chromium

COLLECT_SCHEDULE, DAILY_SCHEDULE = "17 5,9,13 * * 1-3", "41 16 * * *"
AT_FIVE, AT_NINE = "2026-11-23T05:20:00+00:00", "2026-11-23T09:20:00+00:00"
ISSUE, BRANCH = "2026-W48", "digest/2026-W48"
OWN_HEADLINE = "A headline of the editor's own"


@pytest.fixture
def github(newsletter, on_github):
    return on_github(newsletter)


@pytest.fixture(scope="module")
def proposed_template(tmp_path_factory):
    """A repository in which a first run has proposed the issue."""
    folder = tmp_path_factory.mktemp("proposed")
    github = Repository.create(folder / "github", make_newsletter(run_in(folder), folder / "letter"))
    collect(github)
    return github


@pytest.fixture
def proposed(proposed_template, tmp_path):
    return proposed_template.copy_to(tmp_path / "github")


def collect(github, *, now=AT_FIVE, **options):
    run = github.run("collect.yml", **({"schedule": COLLECT_SCHEDULE} | options), now=now)
    assert run.ok, run.output
    return run


def issue_md(github, branch=BRANCH):
    return github.show(branch, f"issues/{ISSUE}/issue.md")


def retitle(clone: Path):
    path = clone / f"issues/{ISSUE}/issue.md"
    path.write_text(re.sub(r"^### \[.*?\]", f"### [{OWN_HEADLINE}]", path.read_text(), count=1, flags=re.MULTILINE))


def add_story(clone: Path):
    title = "A bridge is painted"
    (clone / "articles/4.txt").write_text(
        f"{title}\n\nBy Ana Example | Nov 20, 2026\n\nThe bridge over the outer harbour is painted blue, after a vote "
        "in which nine hundred people took part. Painters work at night, when no train passes.\n"
    )


def test_the_first_run_opens_a_pull_request_with_the_whole_report(github):
    run = collect(github)
    (pull,) = github.github.pulls
    assert (pull["headRefName"], pull["baseRefName"], pull["state"]) == (BRANCH, "main", "OPEN")
    assert pull["title"].startswith(f"{ISSUE}: ")
    token = re.search(r"<td>Token</td><td>(\w+)</td>", pull["body"])[1]
    for command in (
        f"## {ISSUE}: fit to send",
        f"[**Open the email**](https://github.com/example/letter/artifacts/{ISSUE}.html)",
        f"enter issue `{ISSUE}` and token `{token}`",
        "not counted, because the list is not on this machine",
        "close the pull request",
    ):
        assert command in pull["body"]
        assert command in run.summary
    assert run.artifacts[f"{ISSUE}.html"].startswith(b"<!DOCTYPE html>")
    files = {Path(name).name for name in github.run_git("ls-tree", "-r", "--name-only", BRANCH, "issues/").split()}
    assert files == {"issue.md", "base.json", "articles.jsonl", "sources.json"}
    assert github.github.issues == []
    installed = (github.folder / "installed.txt").read_text().splitlines()
    assert "--require-hashes --only-binary :all: --requirement" in installed[0]
    assert installed[0].endswith("/.github/actions/digest/requirements.txt")
    assert installed[1].endswith(f"--no-deps --no-build-isolation newsletter-digest=={__version__}")


PICTURE = f"](https://github.com/example/letter/artifacts/{ISSUE}.png)"


@pytest.mark.long
def test_uploads_and_links_the_screenshots(github):
    if find_chromium() is None:
        assert os.environ.get("DIGEST_REQUIRE_BROWSER") != "1"
        pytest.skip("no Chromium")
    run = collect(github, variables={"DIGEST_PICTURES": ""})
    assert run.artifacts[f"{ISSUE}.png"].startswith(b"\x89PNG"), run.output
    assert PICTURE in github.github.pulls[0]["body"]
    assert PICTURE in run.summary


@pytest.mark.long
def test_a_broken_browser_costs_only_the_screenshots(github):
    browser = github.folder / "shims/chromium"
    browser.write_text("#!/bin/sh\nexit 1\n")
    browser.chmod(0o755)
    run = collect(github, variables={"DIGEST_PICTURES": ""})
    assert list(run.artifacts) == [f"{ISSUE}.html"]
    assert "could not take the screenshots" in run.jobs["collect"].step("Take screenshots").err
    assert ".png" not in github.github.pulls[0]["body"]


@pytest.mark.parametrize(
    ("variables", "installed"),
    [
        ({"DIGEST_PACKAGE": "./a.whl"}, "./a.whl"),
        ({}, f"newsletter-digest=={__version__}"),
    ],
)
def test_installs_the_package_that_the_variable_names_or_the_pinned_version(github, variables, installed):
    collect(github, schedule=DAILY_SCHEDULE, variables=variables)
    dependencies, package = (github.folder / "installed.txt").read_text().splitlines()
    assert "--require-hashes" in dependencies
    assert package.endswith(f" --no-deps --no-build-isolation {installed}")


def test_a_later_run_keeps_the_editors_commit_and_updates_the_same_pull_request(proposed):
    proposed.edit(BRANCH, retitle)
    proposed.edit("main", add_story)
    collect(proposed, now=AT_NINE)
    text = issue_md(proposed)
    assert OWN_HEADLINE in text
    assert "A bridge is painted" in text.partition("New since you last looked")[2]
    (pull,) = proposed.github.pulls
    assert OWN_HEADLINE in pull["body"]


@pytest.mark.long
def test_commits_nothing_if_nothing_is_new(proposed):
    before = proposed.head(BRANCH)
    body = proposed.github.pulls[0]["body"]
    collect(proposed, now=AT_NINE)
    assert proposed.head(BRANCH) == before
    assert proposed.github.pulls[0]["body"] == body


@pytest.mark.long
def test_a_fixed_configuration_reaches_the_branch(proposed):
    proposed.edit("main", lambda clone: replace_in(clone / "digest.toml", 'name = "My Weekly"', 'name = "Ours"'))
    collect(proposed, now=AT_NINE)
    assert 'name = "Ours"' in proposed.show(BRANCH, "digest.toml")


@pytest.mark.long
def test_too_few_stories_open_an_alert_that_closes_once_there_are_enough(github):
    github.edit("main", lambda clone: [(clone / f"articles/{number}.txt").unlink() for number in (2, 3)])
    run = collect(github)
    assert github.github.pulls == []
    assert f"## {ISSUE}: Nothing to propose" in run.summary
    assert issue_md(github) is not None  # the collected stories are kept for the next run
    (alert,) = github.github.issues
    assert (alert["state"], alert["labels"]) == ("OPEN", ["digest"])
    assert f"{ISSUE} has 1 of the 3 stories it needs" in alert["body"]

    collect(github, now=AT_NINE)
    assert len(github.github.issues) == 1

    def add_two_stories(clone):
        for number, title in enumerate(list(STORIES)[1:], start=2):
            write_story(clone / "articles", number, title, day=20)

    github.edit("main", add_two_stories)
    collect(github, now="2026-11-24T05:20:00+00:00")
    assert len(github.github.pulls) == 1
    (alert,) = github.github.issues
    assert alert["state"] == "CLOSED"
    assert "Everything is fine again" in alert["comments"][0]


@pytest.mark.long
def test_updates_an_open_alert(github):
    github.edit("main", lambda clone: (clone / "articles/3.txt").unlink())
    collect(github)
    github.edit("main", lambda clone: (clone / "articles/2.txt").unlink())
    collect(github, now=AT_NINE)
    (alert,) = github.github.issues
    assert f"{ISSUE} has 1 of the 3 stories" in alert["body"]


@pytest.mark.long
def test_leaves_a_users_own_github_issue_with_the_same_label_alone(github):
    github.github.add_issue(title="My digest", labels=["digest"], body="Mine", url="")
    collect(github)
    (issue,) = github.github.issues
    assert (issue["state"], issue["body"]) == ("OPEN", "Mine")


@pytest.mark.long
def test_retries_a_rejected_push_on_top_of_the_other_commits(proposed):
    proposed.edit("main", add_story)
    proposed.push_in_between(BRANCH, retitle)
    run = collect(proposed, now=AT_NINE)
    assert "Someone else pushed" in run.jobs["collect"].step("Collect").err
    text = issue_md(proposed)
    assert OWN_HEADLINE in text
    assert "A bridge is painted" in text


@pytest.mark.long
def test_a_run_delayed_into_the_next_week_collects_the_week_it_was_scheduled_for(github):
    def schedule_for_sunday_night(clone):
        path = clone / ".github/workflows/collect.yml"
        path.write_text(path.read_text().replace(COLLECT_SCHEDULE, "17 22 * * 0"))

    github.edit("main", schedule_for_sunday_night)
    collect(github, schedule="17 22 * * 0", now="2026-11-23T05:00:00+00:00")  # Monday, almost seven hours late
    assert [pull["headRefName"] for pull in github.github.pulls] == ["digest/2026-W47"]


@pytest.mark.parametrize("state", ["MERGED", pytest.param("CLOSED", marks=pytest.mark.long)])
def test_does_nothing_once_the_pull_request_is_merged_or_closed(proposed, state):
    (pull,) = proposed.github.pulls
    if state == "MERGED":
        proposed.merge(pull["number"])
    else:
        proposed.github.set_pull(pull["number"], state=state)
    proposed.edit("main", add_story)
    before = proposed.head(BRANCH)
    run = collect(proposed, now=AT_NINE)
    assert proposed.head(BRANCH) == before
    assert len(proposed.github.pulls) == 1
    assert f"nothing to do, its pull request is {state.lower()}" in run.summary


@pytest.mark.parametrize(
    "state", ["OPEN", *(pytest.param(state, marks=pytest.mark.long) for state in ("CLOSED", "MERGED"))]
)
def test_a_pull_request_of_a_fork_changes_nothing(proposed, state):
    for _ in range(31):  # more than gh lists by default
        proposed.github.add_fork_pull(BRANCH, state=state)
    before = proposed.github.pulls
    proposed.edit("main", add_story)
    collect(proposed, now=AT_NINE)
    assert "A bridge is painted" in issue_md(proposed)
    after = proposed.github.pulls
    assert after[1:] == before[1:]
    assert after[0]["body"] != before[0]["body"]


@pytest.mark.long
@pytest.mark.parametrize("state", ["OPEN", "CLOSED"])
def test_a_fork_that_was_first_does_not_stop_the_week(github, state):
    number = github.github.add_fork_pull(BRANCH, state=state, title="Mine", body="Mine")
    collect(github)
    fork, own = github.github.pulls
    assert (fork["number"], fork["title"], fork["body"], fork["state"]) == (number, "Mine", "Mine", state)
    assert (own["state"], own["author"]) == ("OPEN", "app/github-actions")
    collect(github, now=AT_NINE)
    assert len(github.github.pulls) == 2


@pytest.mark.long
def test_the_report_of_an_earlier_commit_is_not_put_on_a_pull_request(proposed):
    """Someone pushes while the email is built and checked."""
    proposed.edit("main", add_story)
    before = proposed.github.pulls
    git = proposed.folder / "shims/git"
    moved = "printf '%040d\\trefs/heads/x\\n' 1"
    git.write_text(f'#!/bin/sh\nif [ "$1" = ls-remote ]; then {moved}; else exec {shutil.which("git")} "$@"; fi\n')
    git.chmod(0o755)
    run = collect(proposed, now=AT_NINE)
    assert "The next run updates the pull request" in run.jobs["collect"].step("Open or update the pull request").out
    assert proposed.github.pulls == before


@pytest.mark.long
def test_the_pull_request_says_that_it_changes_the_configuration_or_the_theme(proposed):
    assert "more than the issue" not in proposed.github.pulls[0]["body"]

    def change(clone):
        replace_in(clone / "digest.toml", 'provider = "outbox"', 'provider = "smtp"')
        (clone / "templates/@crew.j2").write_text("x")

    proposed.edit(BRANCH, change)
    run = collect(proposed, now=AT_NINE)
    body = proposed.github.pulls[0]["body"]
    assert "### It changes more than the issue" in body
    assert "<li>digest.toml</li>\n<li>templates/@\u2060crew.j2</li>" in body
    assert '    +provider = "smtp"' in body
    assert "::warning file=digest.toml,title=digest check::This pull request changes" in run.output


def test_does_nothing_once_the_issue_was_sent(newsletter, on_github, run):
    replace_in(newsletter / "digest.toml", "[state]\n", '[state]\nurl_env = "DATABASE_URL"\n')
    github = on_github(newsletter)
    ledger = {"DATABASE_URL": f"sqlite:///{newsletter}/.digest/ledger.db", "DIGEST_NOW": AT_FIVE}
    for command in (["collect"], ["build"], ["approve"], ["send", "--live", "--yes"]):
        assert run(*command, "-C", str(newsletter), env=ledger).code == 0
    run = collect(github, now=AT_NINE, secrets=ledger)
    assert (github.branches(), github.github.pulls, github.github.issues) == (["main"], [], [])
    assert "was sent and is closed" in run.summary


@pytest.mark.long
def test_collects_a_named_issue_again_after_its_pull_request_was_closed(proposed):
    proposed.github.set_pull(1, state="CLOSED")
    collect(proposed, schedule=None, inputs={"issue": ISSUE}, now=AT_NINE)
    assert [pull["state"] for pull in proposed.github.pulls] == ["CLOSED", "OPEN"]


def test_a_manual_run_without_an_issue_collects_this_week(github):
    collect(github, schedule=None)
    assert github.branches() == [BRANCH, "main"]


def test_check_errors_are_reported_without_failing_the_run(github):
    github.edit("main", lambda clone: replace_in(clone / "digest.toml", '"1 Example Street, 12345 Town"', '""'))
    run = collect(github)
    (pull,) = github.github.pulls
    assert "1 error to fix before it can be sent" in pull["body"]
    assert "It cannot be approved yet" in pull["body"]
    assert "::error file=" in run.jobs["collect"].step("Report").out


def test_a_broken_configuration_fails_the_run_and_opens_an_alert(github):
    github.edit("main", lambda clone: replace_in(clone / "digest.toml", 'name = "My Weekly"', 'nmae = "My Weekly"'))
    run = github.run("collect.yml", schedule=COLLECT_SCHEDULE, now=AT_FIVE)
    assert run.jobs["collect"].result == "failure"
    (alert,) = github.github.issues
    assert "digest.toml:4: newsletter.name is missing" in alert["body"]
    assert "https://github.com/example/letter/actions/runs/" in alert["body"]


@pytest.mark.long
def test_a_run_that_fails_for_another_reason_opens_an_alert(github):
    state = github.github.read()
    github.github.write({**state, "may_open_pulls": False})
    run = github.run("collect.yml", schedule=COLLECT_SCHEDULE, now=AT_FIVE)
    assert run.jobs["collect"].result == "failure"
    (alert,) = github.github.issues
    assert "The last run of the workflow failed" in alert["body"]


def test_the_daily_check_collects_nothing(github):
    run = collect(github, schedule=DAILY_SCHEDULE)
    assert {name: job.result for name, job in run.jobs.items()} == {"collect": "skipped", "watch": "success"}
    assert github.branches() == ["main"]


def test_the_daily_check_reports_a_week_that_was_never_collected(proposed):
    proposed.merge(1)
    collect(proposed, schedule=DAILY_SCHEDULE, now="2026-12-10T16:50:00+00:00")
    (alert,) = proposed.github.issues
    assert "There is no issue 2026-W49" in alert["body"]
