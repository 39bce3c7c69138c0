"""The steps of preview.yml on a pull request, without any secret."""

from __future__ import annotations

import os

import pytest

from conftest import replace_in
from digest.preview.screenshots import find_chromium

ISSUE = "2026-W48"
NOW = "2026-11-23T09:20:00+00:00"


@pytest.fixture
def github(newsletter, on_github, run):
    # The URL of the ledger is a secret, and workflows of pull requests have no secrets.
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("[state]\n", '[state]\nurl_env = "DATABASE_URL"\n'))
    github = on_github(newsletter)
    env = {"DIGEST_NOW": NOW, "DATABASE_URL": f"sqlite:///{newsletter}/.digest/ledger.db"}
    assert run("collect", "-C", str(newsletter), env=env).code == 0
    text = {path.name: path.read_bytes() for path in (newsletter / f"issues/{ISSUE}").iterdir() if path.is_file()}

    def propose(clone):
        for name, content in text.items():
            path = clone / f"issues/{ISSUE}/{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    github.run_git("branch", "digest/2026-W48", "main")
    github.edit("digest/2026-W48", propose)
    return github


def preview(github, head="digest/2026-W48", **options):
    return github.run("preview.yml", event="pull_request", head=head, now=NOW, **options)


def edit(github, old, new):
    def change(clone):
        path = clone / f"issues/{ISSUE}/issue.md"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    github.edit("digest/2026-W48", change)


def test_shows_the_email_and_the_whole_report_without_secrets(github):
    run = preview(github)
    assert run.ok, run.output
    assert run.artifacts[f"{ISSUE}.html"].startswith(b"<!DOCTYPE html>")
    assert f"## {ISSUE}: fit to send" in run.summary
    assert f"[**Open the email**](https://github.com/example/letter/artifacts/{ISSUE}.html)" in run.summary


@pytest.mark.long
def test_shows_the_screenshots_without_secrets(github):
    if find_chromium() is None:
        assert os.environ.get("DIGEST_REQUIRE_BROWSER") != "1"
        pytest.skip("no Chromium")
    run = preview(github, variables={"DIGEST_PICTURES": ""})
    assert run.artifacts[f"{ISSUE}.png"].startswith(b"\x89PNG"), run.output
    assert f"](https://github.com/example/letter/artifacts/{ISSUE}.png)" in run.summary


def test_an_error_fails_the_run_and_is_annotated_at_its_line(github):
    edit(github, "- [x] ", "- [x] TODO ")
    run = preview(github)
    check = run.jobs["preview"].step("Check")
    assert check.code == 5
    assert f"::error file=issues/{ISSUE}/issue.md,line=" in check.out
    assert f"## {ISSUE}: 1 error to fix" in run.summary


def test_an_issue_that_does_not_parse_fails_the_run_with_its_line(github):
    edit(github, "### [", "### (")
    run = preview(github)
    assert run.jobs["preview"].step("Build").code == 3
    assert f"issues/{ISSUE}/issue.md:" in run.summary


def test_too_few_stories_are_reported_without_failing_the_run(github):
    github.edit(
        "digest/2026-W48",
        lambda clone: (clone / f"issues/{ISSUE}/issue.md").write_text('+++\nsubject = "x"\npreheader = "y"\n+++\n'),
    )
    run = preview(github)
    assert run.ok, run.output
    assert "min_stories" in run.summary


def test_a_theme_change_before_the_first_issue_passes(github):
    github.run_git("branch", "theme", "main")
    github.edit("theme", lambda clone: (clone / "templates/extra.css.j2").write_text("a { color: #000000 }\n"))
    run = preview(github, head="theme")
    assert run.ok, run.output
    assert "There is no issue to show yet" in run.summary


def test_a_theme_change_shows_the_newest_issue(github):
    pull = {"number": 1, "state": "OPEN", "headRefName": "digest/2026-W48", "baseRefName": "main"}
    github.github.write({**github.github.read(), "pulls": [pull]})
    github.merge(1)
    github.run_git("branch", "theme", "main")
    github.edit("theme", lambda clone: (clone / "templates/extra.css.j2").write_text("a { color: #000000 }\n"))
    run = preview(github, head="theme")
    assert run.ok, run.output
    assert list(run.artifacts) == [f"{ISSUE}.html"]


def commit_build(github, run, change=None):
    """Commit a build of the issue, as an editor does who approves it."""

    def build(clone):
        assert run("build", ISSUE, "--no-ledger", cwd=clone, env={"DIGEST_NOW": NOW}).code == 0
        if change:
            change(clone / f"issues/{ISSUE}/build")

    github.edit("digest/2026-W48", build)


def test_a_committed_build_of_the_issue_passes(github, run):
    commit_build(github, run)
    assert preview(github).ok


def test_a_committed_build_that_is_not_what_the_issue_renders_to_fails_the_run(github, run):
    commit_build(github, run, lambda build: (build / "email.txt").write_text("Buy this instead"))
    workflow_run = preview(github)
    step = workflow_run.jobs["preview"].step("Compare committed builds")
    assert step.code == 1
    assert f"::error file=issues/{ISSUE}/build/manifest.json,title=digest build::The build in" in step.out
    assert f"digest build {ISSUE}" in workflow_run.summary
    assert workflow_run.jobs["preview"].step("Check").code == 0


def test_a_pull_request_that_changes_only_a_build_is_compared_too(github, run):
    commit_build(github, run)
    pull = {"number": 1, "state": "OPEN", "headRefName": "digest/2026-W48", "baseRefName": "main"}
    github.github.write({**github.github.read(), "pulls": [pull]})
    github.merge(1)
    github.run_git("branch", "other", "main")
    github.edit("other", lambda clone: (clone / f"issues/{ISSUE}/build/email.html").write_text("<p>Buy</p>"))
    assert not preview(github, head="other").ok


def test_says_that_a_pull_request_changes_the_configuration(github):
    github.edit("digest/2026-W48", lambda clone: replace_in(clone / "digest.toml", "My Weekly", "Yours"))
    github.edit("digest/2026-W48", lambda clone: (clone / "templates/extra.css.j2").write_text("a { color: red }"))
    run = preview(github)
    assert "### It changes more than the issue" in run.summary
    assert "<li>templates/extra.css.j2</li>" in run.summary
