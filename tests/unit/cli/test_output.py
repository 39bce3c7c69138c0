from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from digest.cli.boundary import boundary
from digest.cli.json_objects import ExportResult
from digest.cli.output import Output, clean
from digest.errors import ConfigError, NothingToDoError, Place

RESULT = ExportResult(file="é.csv", people=2)


def test_fetched_text_cannot_move_the_cursor_or_reverse_the_line():
    assert clean("A\x1b]0;title\x07B\x9b2J\u202eC\rD") == "A]0;titleB2JCD"
    assert clean("\x1b[31mred\x1b[0m\ttab") == "\x1b[31mred\x1b[0m\ttab"


def test_results_go_to_stdout_and_narration_to_stderr(capsys):
    output = Output()
    output.result(RESULT, ["one"])
    output.say("two")
    output.next("digest check")
    assert capsys.readouterr() == ("one\n", "two\nNext: digest check\n")


def test_json_output_is_exactly_one_object(capsys):
    output = Output(as_json=True)
    output.result(RESULT, ["one"])
    output.next("digest check")
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"schema_version": 1, "file": "é.csv", "people": 2}, "")


def test_the_next_step_names_the_folder_that_was_named_with_the_root_option(capsys):
    Output(root=Path("my letter")).next("digest check", "edit issue.md")
    assert capsys.readouterr().err == "Next: digest check -C 'my letter' · edit issue.md\n"


def failed(error, capsys, command="collect"):
    """What a command that fails with this error prints, and its exit code."""
    with pytest.raises(typer.Exit) as caught, boundary(Output(as_json=True), command):
        raise error
    out, err = capsys.readouterr()
    return caught.value.exit_code, json.loads(out), err


def test_an_error_is_one_message_with_its_hint_and_exit_code(capsys):
    error = ConfigError("unknown key", place=Place("digest.toml", 3), hint="Did you mean name?")
    code, printed, err = failed(error, capsys)
    assert err == "Error: digest.toml:3: unknown key\n  Did you mean name?\n"
    assert code == 3
    assert printed == {
        "schema_version": 1,
        "command": "collect",
        "error": {
            "message": "unknown key",
            "hint": "Did you mean name?",
            "exit_code": 3,
            "file": "digest.toml",
            "line": 3,
        },
    }


def test_an_error_carries_what_the_command_had_done_before(capsys):
    error = NothingToDoError("already sent")
    numbers = {"accepted": 2, "rejected": 0, "unknown": 0, "skipped": 0, "pending": 0, "suppressed": 0}
    numbers["rejected_by_reason"] = {}
    error.data = {"state": "sent", **numbers, "token": "0123456789abcdef"}
    code, printed, _ = failed(error, capsys, "send")
    assert (code, printed["accepted"], printed["error"]["message"]) == (8, 2, "already sent")
