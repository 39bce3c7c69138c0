from __future__ import annotations

import json
from pathlib import Path

from digest.cli.output import Output, clean
from digest.errors import ConfigError, Place


def test_fetched_text_cannot_move_the_cursor_or_turn_the_line():
    assert clean("A\x1b]0;title\x07B\x9b2J\u202eC\rD") == "A]0;titleB2JCD"
    assert clean("\x1b[31mred\x1b[0m\ttab") == "\x1b[31mred\x1b[0m\ttab"


def test_words_go_to_stdout_and_narration_to_stderr(capsys):
    output = Output()
    output.result({"a": 1}, ["one"])
    output.say("two")
    output.next("digest check")
    assert capsys.readouterr() == ("one\n", "two\nNext: digest check\n")


def test_json_is_one_object_and_the_narration_stays_on_stderr(capsys):
    output = Output(as_json=True)
    output.result({"a": "é"}, ["one"])
    output.next("digest check")
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == ({"schema_version": 1, "a": "é"}, "")


def test_the_next_step_names_the_folder_that_this_one_named(capsys):
    Output(root=Path("my letter")).next("digest check", "edit issue.md")
    assert capsys.readouterr().err == "Next: digest check -C 'my letter' · edit issue.md\n"


def test_an_error_is_one_message_with_its_remedy_and_its_data(capsys):
    error = ConfigError("unknown key", place=Place("digest.toml", 3), hint="Did you mean name?")
    error.data = {"accepted": 0}
    Output(as_json=True).error(error, prog="collect")
    out, err = capsys.readouterr()
    assert err == "Error: digest.toml:3: unknown key\n  Did you mean name?\n"
    assert json.loads(out) == {
        "schema_version": 1,
        "command": "collect",
        "accepted": 0,
        "error": {
            "message": "unknown key",
            "hint": "Did you mean name?",
            "exit_code": 3,
            "file": "digest.toml",
            "line": 3,
        },
    }
