"""The contract that users' scripts rely on: flags, exit codes, --json output and the names of the library."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys

import pytest

import digest
from conftest import run_in

SUBSCRIBERS_COMMANDS = [
    "check",
    "import",
    "export",
    "suppress",
    "unsuppress",
    "show",
    "remove",
    "sync",
    "encrypt",
    "edit",
]
COMMANDS = [
    "demo",
    "init",
    "doctor",
    "collect",
    "add",
    "sources",
    "edit",
    "preview",
    "diff",
    "check",
    "rules",
    "build",
    "send-test",
    "approve",
    "send",
    "cancel",
    "status",
    "report",
    "subscribers",
]


def test_the_help_lists_exactly_the_available_commands(run_script):
    result = run_script("--help")
    assert result.code == 0
    panels = result.out.partition("\nStart:\n")[2].rpartition("\n\n")[0]
    assert _listed(panels) == COMMANDS
    assert _listed(run_script("subscribers", "--help").out.partition("\nCommands:\n")[2]) == SUBSCRIBERS_COMMANDS


def _listed(text):
    return re.findall(r"^  ([a-z][a-z-]*)  ", text, re.MULTILINE)


@pytest.mark.parametrize("command", [*COMMANDS, *(f"subscribers {subcommand}" for subcommand in SUBSCRIBERS_COMMANDS)])
def test_the_help_of_every_command_has_an_example(tmp_path, command):
    result = run_in(tmp_path)(*command.split(), "--help")
    assert result.code == 0
    if command != "subscribers":
        assert "Example: digest" in result.out
        assert "--json" in result.out


def test_options_work_before_and_after_the_command(run, newsletter):
    root = str(newsletter)
    before = run("-C", root, "--json", "-q", "status")
    after = run("status", "-C", root, "--json", "-q")
    assert before.code == after.code == 0
    assert before.data == after.data
    assert before.err == after.err == ""


def test_every_json_object_has_its_schema_version(run, newsletter):
    root = str(newsletter)
    for command in (["collect"], ["check"], ["build"], ["send"], ["approve"], ["status"], ["subscribers", "check"]):
        result = run(*command, "-C", root, "--json")
        assert (command, result.code, result.data["schema_version"]) == (command, 0, 1)


def test_build_and_send_print_the_promised_keys(run_script, collected):
    root = str(collected)
    built = run_script("build", "-C", root, "--json").data
    assert {"token", "issue", "subject", "stories", "bytes_html"} <= built.keys()
    assert len(built["token"]) >= 16
    assert int(built["token"], 16)
    plan = run_script("send", "-C", root, "--json").data
    assert {"state", "accepted", "rejected", "unknown", "skipped", "pending", "token"} <= plan.keys()


def test_an_invalid_command_line_exits_with_2(run_script, newsletter):
    assert run_script("colect").code == 2
    assert run_script("send", "--nonsense").code == 2
    assert run_script("collect", "next-week", "-C", str(newsletter)).code == 2


def test_prints_the_version(run_script):
    assert run_script("--version").out == f"digest {digest.__version__}\n"


LIBRARY = {
    "Article": (
        "(*, url: 'str', title: 'str', text: 'str', authors: 'tuple[str, ...]' = (), "
        "published: 'datetime | None' = None, source: 'str' = '', image: 'str | None' = None, "
        "key_points: 'tuple[str, ...]' = (), language: 'str | None' = None, "
        "id: 'str' = '', shares_url: 'bool' = False, outlet: 'str' = '', transcript: 'str' = '') -> None"
    ),
    "Bullet": (
        "(*, text: 'str', start: 'int | None' = None, end: 'int | None' = None, origin: 'Origin' = 'editor') -> None"
    ),
    "Feed": "(*, title: 'str', url: 'str', articles: 'tuple[Article, ...]' = ()) -> None",
    "extract_article": "(html: 'bytes | str', *, url: 'str') -> 'Article'",
    "group_articles": "(articles: 'Sequence[Article]') -> 'list[list[Article]]'",
    "parse_feed": "(data: 'bytes', *, url: 'str', content_type: 'str | None' = None) -> 'Feed'",
    "pick_bullets": "(article: 'Article', *, limit: 'int' = 3) -> 'tuple[Bullet, ...]'",
}


def test_the_library_keeps_its_names_and_signatures():
    assert digest.__all__ == sorted(LIBRARY)
    assert {name: str(inspect.signature(getattr(digest, name))) for name in digest.__all__} == LIBRARY
    assert set(digest.__all__) <= set(dir(digest))


HEAVY_LIBRARIES = (
    "alembic cryptography feedparser httpx2 jinja2 lxml mjml premailer pydantic rich sendgrid sqlalchemy starlette "
    "trafilatura"
)


@pytest.mark.parametrize(
    "code", ["import digest", "from digest.cli import app; app(['--help'], standalone_mode=False)"]
)
def test_the_help_and_the_import_load_no_heavy_library(code):
    program = (
        f"{code}\nimport sys, json\nprint(json.dumps(sorted(set(sys.modules) & set({HEAVY_LIBRARIES.split()!r}))))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_check_annotates_lines_on_github_and_writes_the_summary(run, newsletter, tmp_path):
    summary = tmp_path / "summary.md"
    run("collect", cwd=newsletter)
    issue = next((newsletter / "issues").glob("*/issue.md"))
    issue.write_text(issue.read_text().replace("- [x] ", "- [x] TODO ", 1))
    result = run("check", "--format", "github", cwd=newsletter, env={"GITHUB_STEP_SUMMARY": str(summary)})
    line = next(number for number, text in enumerate(issue.read_text().splitlines(), start=1) if "TODO" in text)
    place = issue.relative_to(newsletter).as_posix()
    assert result.code == 5
    assert f"::error file={place},line={line},title=T104::A placeholder was left in the bullet: TODO" in result.out
    assert f"<td>error</td><td>T104</td><td>{place}:{line}</td>" in summary.read_text()


def test_check_writes_the_body_of_a_pull_request(run, newsletter, tmp_path):
    run("collect", cwd=newsletter)
    url = "https://example.com/artifact"
    result = run("check", "--report", str(tmp_path / "body.md"), "--email-url", url, "--no-ledger", cwd=newsletter)
    token = run("build", "--json", cwd=newsletter).data["token"]
    assert result.code == 0
    body = (tmp_path / "body.md").read_text()
    assert f"[**Open the email**]({url})" in body
    assert token in body
    assert run("check", "--report", "nowhere/body.md", cwd=newsletter).code == 2


def test_status_reports_alerts_to_other_monitors(run, newsletter, tmp_path):
    def alerts(now):
        arguments = ("status", "--json", "--report", str(tmp_path / "alerts.md"))
        result = run(*arguments, cwd=newsletter, env={"DIGEST_NOW": now})
        assert result.code == 0
        return [alert["code"] for alert in result.data["alerts"]]

    monday, weeks_later = "2026-11-23T08:00:00+00:00", "2026-12-16T08:00:00+00:00"
    assert run("collect", cwd=newsletter, env={"DIGEST_NOW": monday}).code == 0
    assert alerts(monday) == []
    assert (tmp_path / "alerts.md").read_text() == ""
    assert alerts(weeks_later) == ["no_issue"]
    assert "There is no issue 2026-W50" in (tmp_path / "alerts.md").read_text()


def test_rules_explains_a_rule_by_its_code(run):
    explanation = run("rules", "l204", "--json")
    assert (explanation.code, [rule["code"] for rule in explanation.data["rules"]]) == (0, ["L204"])
    assert "[[check.ignore]]" in run("rules", "L204").out
    assert run("rules").out.count("\n") > 30
    unknown = run("rules", "X1")
    assert unknown.code == 2
    assert "The rules are A401" in unknown.err


def test_check_reports_a_build_that_is_older_than_the_issue(run, newsletter):
    run("collect", cwd=newsletter)
    run("build", cwd=newsletter)
    codes = lambda: [finding["code"] for finding in run("check", "--json", cwd=newsletter).data["findings"]]  # noqa: E731
    assert "S703" not in codes()
    issue = next((newsletter / "issues").glob("*/issue.md"))
    issue.write_text(issue.read_text().replace("- [x] ", "- [x] Now ", 1))
    assert "S703" in codes()
    run("build", cwd=newsletter)
    assert "S703" not in codes()
