"""`digest edit`: a person's own editor on issue.md."""

from __future__ import annotations

import shlex
import sys

import pytest

ISSUE = "2026-W47"
NOW = "2026-11-20T09:00:00+00:00"


@pytest.fixture
def edit(run, newsletter, tmp_path):
    """Run it with an editor that does to the file what the line of Python says; `path` is the file."""
    assert run("collect", "-C", str(newsletter), env={"DIGEST_NOW": NOW}).code == 0

    def run_edit(line, *words, **env):
        script = tmp_path / "an editor.py"
        script.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{line}\n")
        editor = {"EDITOR": f"{sys.executable} {shlex.quote(str(script))}", "DIGEST_NOW": NOW}
        return run("edit", "-C", str(newsletter), *words, env=editor | env)

    return run_edit


RETITLE = """path.write_text(path.read_text().replace("### [The tram", "### [A tram", 1))"""


def test_what_was_edited_is_kept_and_can_be_undone(edit, newsletter):
    file = newsletter / f"issues/{ISSUE}/issue.md"
    before = file.read_bytes()
    done = edit(RETITLE, "--json")
    assert (done.code, done.data["changed"], done.data["errors"]) == (0, True, 0), done.err
    assert "### [A tram" in file.read_text()
    assert (newsletter / done.data["undo"]).read_bytes() == before
    assert f"cp {newsletter}/{done.data['undo']} {newsletter}/issues/{ISSUE}/issue.md" in done.err


def test_what_is_wrong_with_it_is_told_at_its_line(edit):
    done = edit("""path.write_text(path.read_text().replace("- [x] ", "- [x] TODO ", 1))""")
    assert done.code == 0
    assert "issue.md:" in done.out
    assert "1 error, " in done.out
    assert "Next: digest edit" in done.err


def test_a_file_that_does_not_parse_is_left_as_the_person_saved_it_and_can_be_edited_again(edit, newsletter):
    done = edit("""path.write_text(path.read_text().replace("### [The tram", "### (The tram", 1))""")
    assert done.code == 3
    assert f"issues/{ISSUE}/issue.md:" in done.err
    assert "To undo it: cp " in done.err
    assert "### (The tram" in (newsletter / f"issues/{ISSUE}/issue.md").read_text()
    assert edit("""path.write_text(path.read_text().replace("### (The tram", "### [The tram", 1))""").code == 0


def test_nothing_changed_keeps_no_copy(edit, newsletter):
    done = edit("", "--json")
    assert (done.code, done.data["changed"], done.data["undo"], done.data["findings"]) == (0, False, None, [])
    assert not (newsletter / ".digest/undo").exists()


def test_an_editor_that_fails_after_it_saved_loses_nothing(edit, newsletter):
    done = edit(f"{RETITLE}; sys.exit(3)")
    assert (done.code, "ended with 3" in done.err, "Your saved changes are kept" in done.err) == (2, True, True)
    (copy,) = (newsletter / ".digest/undo").iterdir()
    assert "### [The tram" in copy.read_text()


@pytest.mark.parametrize(
    ("editor", "words"),
    [
        ("", "no editor is set"),
        ("/nowhere/ed", "cannot be started: No such file"),
        ('ed "', "cannot be started: No closing"),
    ],
)
def test_an_editor_that_is_not_there_is_a_usage_error(edit, editor, words):
    done = edit("", EDITOR=editor)
    assert (done.code, words in done.err) == (2, True), done.err


@pytest.mark.parametrize("touched", [False, True])
def test_what_collect_found_meanwhile_is_found_again_after_an_older_text_was_saved(edit, run, newsletter, touched):
    if touched:
        assert edit("""path.write_text(path.read_text().replace("- [x] ", "- [x] Now ", 1))""").code == 0
    story = newsletter / "articles/new.txt"
    late = "A pier opens\\n\\nThe new pier opened on Tuesday after two years of work, with a band.\\n"
    collect = f"subprocess.run([{sys.executable!r}, '-m', 'digest', 'collect', '-C', {str(newsletter)!r}], check=True)"
    lines = (
        "import subprocess",
        "text = path.read_text()",
        f"pathlib.Path({str(story)!r}).write_text('{late}')",
        collect,
        "assert 'A pier opens' in path.read_text()",
        'path.write_text(text.replace("### [The tram", "### [A tram", 1))',
    )
    done = edit("; ".join(lines))
    assert (done.code, "Meanwhile digest collect found more" in done.err) == (0, True), done.err
    assert run("collect", "-C", str(newsletter), env={"DIGEST_NOW": NOW}).code == 0
    text = (newsletter / f"issues/{ISSUE}/issue.md").read_text()
    assert "### [A tram" in text
    assert "### [A pier opens]" in text.partition("New since you last looked")[2]


def test_what_an_editor_prints_is_kept_off_the_json_and_visual_goes_first(edit):
    assert edit("print('hello')", "--json").data["changed"] is False
    done = edit("", VISUAL="nowhere-to-be-found", EDITOR=" ")
    assert "Set VISUAL to another" in done.err


def test_an_issue_that_is_not_there_or_was_sent_is_refused(edit, run, newsletter):
    assert edit("", "2026-W01").code == 3
    root = ("-C", str(newsletter))
    (newsletter / "subscribers/weekly.csv").write_text("email\nana@example.org\n")
    token = run("build", *root, "--json", env={"DIGEST_NOW": NOW}).data["token"]
    assert run("send", *root, "--live", "--approve", token, "--yes", env={"DIGEST_NOW": NOW}).code == 0
    done = edit(RETITLE, ISSUE)
    assert (done.code, f"{ISSUE} was sent and is closed" in done.err) == (8, True)
