"""With --json, every command prints an object that matches its JSON Schema, even if it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from json_contract import command_of, validate_printed
from jsonschema import ValidationError

from conftest import POINTS, STORIES, run_in, write_story
from digest.cli import app
from digest.cli.json_objects import RESULTS

ISSUE = "2026-W47"
ENV = {"DIGEST_NOW": "2026-11-20T09:00:00+01:00", "DIGEST_SECRET": "x" * 32}
PEOPLE = "email,name,status\nana@example.com,Ana,active\nbo@example.com,Bo,active\n"


@pytest.fixture
def digest(tmp_path):
    """Runs a command; returns its exit code and the printed object, which `CommandResult.data` validates."""

    def run(*arguments: str, editor: str = "true") -> tuple[int, dict]:
        folder = tmp_path / "letter"
        folder.mkdir(exist_ok=True)
        result = run_in(folder)(*arguments, "--json", "--no-input", env=ENV | {"EDITOR": editor})
        return result.code, result.data

    return run


@pytest.fixture
def letter(tmp_path, digest) -> Path:
    assert digest("init", "--yes", ".")[0] == 0
    root = tmp_path / "letter"
    (root / "subscribers/weekly.csv").write_text(PEOPLE)
    return root


def test_each_command_has_a_schema_and_each_schema_a_command():
    commands = typer.main.get_command(app).commands
    names = [name for name in commands if name != "subscribers"]
    names += [f"subscribers {name}" for name in commands["subscribers"].commands]
    assert sorted(names) == sorted(RESULTS)


def test_reports_a_key_that_no_schema_names():
    with pytest.raises(ValidationError):
        validate_printed(("rules",), {"schema_version": 1, "rules": [], "more": 1})


def test_finds_the_command_in_a_command_line():
    assert command_of(("-C", "letter", "subscribers", "check")) == "subscribers check"
    assert command_of(("check", ISSUE)) == "check"


def test_commands_on_an_issue_print_valid_json(letter, digest):
    assert digest("collect", "--which") == (0, {"schema_version": 1, "issue": ISSUE})
    code, printed = digest("collect")
    assert (code, printed["stories"], printed["error"]["exit_code"]) == (8, 0, 8)
    for number, title in enumerate(STORIES, start=1):
        write_story(letter / "articles", number, title, day=16 + number)
    code, printed = digest("collect", "--explain")
    assert (code, printed["stories"], len(printed["ranking"])) == (0, 3, 3)

    story = letter / "a.txt"
    story.write_text(f"Added by hand\n\nBy Ana Example | Nov 19, 2026\n\n{POINTS.format(title='It')}\n\nThe end.\n")
    assert digest("add", str(story))[1]["added"] == ["Added by hand"]
    assert digest("edit")[1]["changed"] is False
    assert digest("edit", editor="sed -i 's/Added by hand/Changed by hand/'")[1]["changed"] is True
    assert digest("diff")[1]["error"]["exit_code"] == 8
    (articles,) = digest("sources")[1]["sources"]
    assert (articles["last_success"], articles["used"], articles["standing"]) == ("2026-11-20", 3, "ok")
    assert digest("check", "--fail-on", "never")[1]["issue"] == ISSUE

    token = digest("build")[1]["token"]
    assert digest("send-test", "--to", "you@example.org")[1] == {
        "schema_version": 1,
        "issue": ISSUE,
        "sent": 1,
        "token": token,
    }
    code, printed = digest("send", "--live", "--approve", "0" * 16)
    assert (code, printed["state"], printed["error"]["exit_code"]) == (6, "planned", 6)
    assert digest("approve")[1]["token"] == token
    assert digest("send")[1]["state"] == "planned"
    assert digest("send", "--live")[1]["accepted"] == 2
    code, printed = digest("send", "--live")
    assert (code, printed["accepted"]) == (8, 2)
    assert digest("cancel")[1]["error"]["exit_code"] == 8
    assert digest("status")[1]["issues"][0]["campaign"]["state"] == "sent"


def test_commands_on_a_new_newsletter_print_valid_json(letter, digest):
    assert digest("init", "--yes", ".")[1]["written"] == []
    assert digest("init", "--workflows")[1]["written"] == []
    assert digest("doctor", "--offline")[1]["findings"]
    assert len(digest("rules")[1]["rules"]) > 30
    assert digest("rules", "L204")[1]["rules"][0]["code"] == "L204"
    assert digest("demo", "demo")[1]["accepted"] > 0


def test_subscribers_commands_print_valid_json(letter, digest):
    assert digest("subscribers", "check")[1]["audiences"][0]["people"] == 2
    (letter / "export.csv").write_text("Email Address,Status\ncy@example.com,subscribed\nbad,subscribed\n")
    code, printed = digest("subscribers", "import", "export.csv")
    assert (code, printed["added"], len(printed["problems"])) == (0, 1, 1)
    assert digest("subscribers", "export", "out.csv")[1]["people"] == 3
    assert digest("subscribers", "suppress", "bo@example.com")[1]["suppressed"] == 1
    assert digest("subscribers", "sync")[1]["new"] == 0
    assert digest("subscribers", "encrypt")[1]["new_key"] is True
    assert digest("subscribers", "edit", "subscribers/weekly.csv.age")[1]["changed"] is False
    changed = digest("subscribers", "edit", "subscribers/weekly.csv.age", editor="sed -i '$d'")
    assert changed[1]["people"] == 2
    code, printed = digest("subscribers", "export", "-")
    assert (code, printed["error"]["exit_code"]) == (2, 2)
