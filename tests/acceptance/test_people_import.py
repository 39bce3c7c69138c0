"""`subscribers import` and `suppress --file`, as a user runs them: what they ask, write, report and undo."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys

import pytest

LIST = "email,name,status,city\nana@example.org,Ana,active,Oslo\nben@example.org,Ben,active,Rome\n"


@pytest.fixture
def letter(sendgrid_newsletter, collected):
    (sendgrid_newsletter / "subscribers/weekly.csv").write_text(LIST)
    return sendgrid_newsletter


def test_an_unclear_file_is_refused_until_the_user_says_what_it_is(run, letter, tmp_path):
    export = tmp_path / "unsubscribes.csv"
    export.write_text("email,name\nana@example.org,Ana\nzoe@example.org,Zoe\n")
    command = ("subscribers", "import", str(export), "--no-input", "-C", str(letter))
    refused = run(*command)
    assert (refused.code, "--as unsubscribed" in refused.err) == (3, True), refused.err
    assert not (letter / "subscribers/suppressions.csv").exists()
    assert run(*command, "--as", "left").code == 2
    done = run(*command, "--as", "unsubscribed", "--json")
    assert (done.code, done.data["added"], done.data["suppressed"]) == (0, 0, {"unsubscribed": 2})
    assert run(*command, "--as", "active", "--json").data["added"] == 0
    assert (letter / "subscribers/weekly.csv").read_text() == LIST


def test_an_import_shows_its_columns_first_reports_what_it_wrote_and_can_be_undone(run, letter, tmp_path):
    suppressions = letter / "subscribers/suppressions.csv"
    assert run("subscribers", "suppress", "old@example.org", "-C", str(letter)).code == 0
    before = suppressions.read_text()
    export = tmp_path / "people.csv"
    export.write_text(
        "Email,Name,City,Status,Spam reports,Shoes\nzoe@example.org,Zoe,Bonn,subscribed,9,38\n"
        "ana@example.org,Ana,Bergen,subscribed,0,37\nben@example.org,Ben,Rome,complained,0,44\nnew@example.org,N,,pending,0,40\n"
    )
    done = run("subscribers", "import", str(export), "-C", str(letter))
    assert done.code == 0, done.err
    assert "not understood: “Spam reports”" in done.err
    assert done.err.index("not understood") < done.err.index("To undo all of it")
    lines = done.out.splitlines()
    for expected in (
        "1 person added",
        "1 person added as pending",
        "1 person in the list updated",
        "1 person suppressed: complaint",
    ):
        assert any(line.startswith(expected) for line in lines), (expected, lines)
    assert "Not kept, because the list has no such column: Spam reports, Shoes" in lines
    written = (letter / "subscribers/weekly.csv").read_text()
    assert "ana@example.org,Ana,active,Bergen\n" in written
    assert written.endswith("zoe@example.org,Zoe,active,Bonn\nnew@example.org,N,pending,\n")
    assert "ben@example.org,complaint," in suppressions.read_text()
    for command in re.findall(r"^  (cp .*)$", done.err, flags=re.MULTILINE):
        subprocess.run(shlex.split(command), check=True)
    assert (letter / "subscribers/weekly.csv").read_text() == LIST
    assert suppressions.read_text() == before


def test_a_file_of_bounces_suppresses_those_whose_address_failed_for_good(run, letter, tmp_path):
    file = tmp_path / "bounces.csv"
    file.write_text(
        "email,status,reason\nana@example.org,550,5.1.1 unknown\nben@example.org,452,4.2.2 full\nnobody,550,\n"
    )
    done = run("subscribers", "suppress", "--file", str(file), "-C", str(letter), "--json")
    assert (done.code, done.data["reasons"]) == (0, {"hard_bounce": 1})
    assert done.data["left_out"] == {"no permanent failure of the address": 1, "bad address": 1}
    again = run("subscribers", "suppress", "--file", str(file), "-C", str(letter), "--json")
    assert (again.data["suppressed"], again.data["left_out"]["suppressed already"]) == (0, 1)
    assert run("subscribers", "suppress", "ana@example.org", "--file", str(file), "-C", str(letter)).code == 2
    assert run("subscribers", "suppress", "--file", str(tmp_path / "none.csv"), "-C", str(letter)).code == 3


def at_a_terminal(command, answers):
    """Run a command with a terminal as its input and its error output. Returns the exit code and what it showed."""
    terminal, other_end = pty.openpty()
    with subprocess.Popen(command, stdin=other_end, stdout=other_end, stderr=other_end) as process:
        os.close(other_end)
        shown, asked = "", 0
        while True:
            try:
                part = os.read(terminal, 4096).decode()
            except OSError:  # Linux reports the end of a terminal as an error
                break
            if not part:
                break
            shown += part
            if shown.count("(empty to stop):") > asked:  # the terminal also shows the answers
                asked += 1
                os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    return process.returncode, shown


@pytest.mark.parametrize(
    ("answers", "code", "suppressed"), [(["left", "Unsubscribed"], 0, {"ana", "zoe"}), ([""], 3, set())]
)
def test_at_a_terminal_an_unclear_file_is_asked_about(letter, tmp_path, answers, code, suppressed):
    export = tmp_path / "people.csv"
    export.write_text("email,frequency\nana@example.org,weekly\nzoe@example.org,never\n")
    command = [sys.executable, "-m", "digest", "subscribers", "import", str(export), "-C", str(letter)]
    done, shown = at_a_terminal(command, answers)
    assert (done, answers) == (code, []), shown
    assert "It is unclear who may be mailed: the column frequency of people.csv is not understood ('never'" in shown
    file = letter / "subscribers/suppressions.csv"
    text = file.read_text() if file.exists() else ""
    assert {name for name in ("ana", "zoe") if f"{name}@" in text} == suppressed
