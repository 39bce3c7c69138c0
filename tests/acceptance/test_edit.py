"""`digest edit` opens issue.md in the user's editor."""

from __future__ import annotations

import shlex
import sys

import pytest

ISSUE = "2026-W47"
NOW = "2026-11-20T09:00:00+00:00"


@pytest.fixture
def edit(run, newsletter, tmp_path):
    """Runs `digest edit` with an editor that executes a line of Python, in which `path` is the file."""
    assert run("collect", "-C", str(newsletter), env={"DIGEST_NOW": NOW}).code == 0

    def run_edit(line, *arguments, **env):
        script = tmp_path / "an editor.py"
        script.write_text(f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\n{line}\n")
        editor = {"EDITOR": f"{sys.executable} {shlex.quote(str(script))}", "DIGEST_NOW": NOW}
        return run("edit", "-C", str(newsletter), *arguments, env=editor | env)

    return run_edit


RETITLE = """path.write_text(path.read_text().replace("### [The tram", "### [A tram", 1))"""


def test_an_edit_is_saved_and_can_be_undone(edit, newsletter):
    file = newsletter / f"issues/{ISSUE}/issue.md"
    before = file.read_bytes()
    result = edit(RETITLE, "--json")
    assert (result.code, result.data["changed"], result.data["errors"]) == (0, True, 0), result.err
    assert "### [A tram" in file.read_text()
    assert (newsletter / result.data["undo"]).read_bytes() == before
    assert f"cp {newsletter}/{result.data['undo']} {newsletter}/issues/{ISSUE}/issue.md" in result.err


def test_reports_findings_with_their_lines(edit):
    result = edit("""path.write_text(path.read_text().replace("- [x] ", "- [x] TODO ", 1))""")
    assert result.code == 0
    assert "issue.md:" in result.out
    assert "1 error, " in result.out
    assert "Next: digest edit" in result.err


def test_a_file_that_does_not_parse_stays_as_saved_and_can_be_edited_again(edit, newsletter):
    result = edit("""path.write_text(path.read_text().replace("### [The tram", "### (The tram", 1))""")
    assert result.code == 3
    assert f"issues/{ISSUE}/issue.md:" in result.err
    assert "To undo it: cp " in result.err
    assert "### (The tram" in (newsletter / f"issues/{ISSUE}/issue.md").read_text()
    assert edit("""path.write_text(path.read_text().replace("### (The tram", "### [The tram", 1))""").code == 0


def test_makes_no_copy_if_nothing_changed(edit, newsletter):
    result = edit("", "--json")
    assert (result.code, result.data["changed"], result.data["undo"], result.data["findings"]) == (0, False, None, [])
    assert not (newsletter / ".digest/undo").exists()


def test_an_editor_that_fails_after_saving_loses_nothing(edit, newsletter):
    result = edit(f"{RETITLE}; sys.exit(3)")
    assert (result.code, "with code 3" in result.err, "Your saved changes are kept" in result.err) == (2, True, True)
    (copy,) = (newsletter / ".digest/undo").iterdir()
    assert "### [The tram" in copy.read_text()


@pytest.mark.parametrize(
    ("editor", "message"),
    [
        ("", "no editor is set"),
        ("/nowhere/ed", "cannot be started: No such file"),
        ('ed "', "cannot be started: No closing"),
    ],
)
def test_a_missing_editor_is_a_usage_error(edit, editor, message):
    result = edit("", EDITOR=editor)
    assert (result.code, message in result.err) == (2, True), result.err


@pytest.mark.parametrize("edited_before", [False, True])
def test_collect_restores_a_story_that_saving_an_older_text_removed(edit, run, newsletter, edited_before):
    if edited_before:
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
    result = edit("; ".join(lines))
    assert (result.code, "Meanwhile digest collect found more" in result.err) == (0, True), result.err
    assert run("collect", "-C", str(newsletter), env={"DIGEST_NOW": NOW}).code == 0
    text = (newsletter / f"issues/{ISSUE}/issue.md").read_text()
    assert "### [A tram" in text
    assert "### [A pier opens]" in text.partition("New since you last looked")[2]


def test_the_editors_output_stays_out_of_the_json_and_visual_takes_precedence(edit):
    assert edit("print('hello')", "--json").data["changed"] is False
    result = edit("", VISUAL="nowhere-to-be-found", EDITOR=" ")
    assert "Set VISUAL to another" in result.err


def test_refuses_a_missing_issue_and_a_sent_one(edit, run, newsletter):
    assert edit("", "2026-W01").code == 3
    root = ("-C", str(newsletter))
    (newsletter / "subscribers/weekly.csv").write_text("email\nana@example.org\n")
    token = run("build", *root, "--json", env={"DIGEST_NOW": NOW}).data["token"]
    assert run("send", *root, "--live", "--approve", token, "--yes", env={"DIGEST_NOW": NOW}).code == 0
    result = edit(RETITLE, ISSUE)
    assert (result.code, f"{ISSUE} was sent and is closed" in result.err) == (8, True)
