"""The weekly workflow's own steps, run as a runner runs them, on a newsletter that `digest init` made."""

from __future__ import annotations

import pytest

ARTICLES = {
    "tram.txt": """The tram comes back

By Ana Example | Nov 18, 2026

The council of Port Ensor voted to reopen the old tram line after eleven years. Work on the rails begins in March, and
the first trams should run along the quay a year later.
""",
    "library.txt": """A library at sea

By Ben Example | Nov 19, 2026

A ship with seven thousand books has tied up at the north pier for six weeks. A library card from any town is good
enough, and the children's reading on Wednesday is held in a different language each time.
""",
    "lamps.txt": """The last lamplighter

By Cleo Example | Nov 20, 2026

Every evening one man lights the forty gas lamps on the castle hill. He trains two apprentices this winter, because the
town has decided to keep the lamps for good and the gas works has found the missing valves.
""",
}


@pytest.fixture
def runner(run, tmp_path, on_runner):
    root = tmp_path / "letter"
    assert run("init", "--yes", str(root)).code == 0
    for name, text in ARTICLES.items():
        (root / "articles" / name).write_text(text, encoding="utf-8")
    return on_runner(root, "weekly.yml")


def collect(runner, *, issue):
    return runner.step("Collect and build", ISSUE=issue, DATABASE_URL="", DIGEST_LEDGER_KEY="")


def test_a_good_week_ends_green_with_a_summary_that_needs_no_other_page(runner, run):
    assert collect(runner, issue="") == 0
    issue = runner.outputs["issue"]
    assert (runner.temp / f"{issue}.html").read_bytes() == (
        runner.root / "issues" / issue / "build/email.html"
    ).read_bytes()
    assert runner.report() == 0
    built = run("build", "--json", cwd=runner.root).data
    for words in (
        f"## {issue}: fit to send",
        built["subject"],
        built["token"],
        "<td>Stories</td><td>3</td>",
        "[**Open the email**](https://example.com/artifact)",
        f"gh run download 4711 --name issue-{issue} --dir issues/{issue}",
        "A library at sea",
    ):
        assert words in runner.summary


def test_the_issue_can_be_named(runner):
    assert collect(runner, issue="2026-W47") == 0
    assert runner.outputs == {"issue": "2026-W47"}


def test_too_few_stories_end_green_and_say_so(runner):
    for path in (runner.root / "articles").glob("*.txt"):
        path.unlink()
    assert collect(runner, issue="") == 0
    assert runner.outputs == {}
    assert "## No issue this week" in runner.summary
    assert "min_stories" in runner.summary


def test_errors_of_the_check_are_reported_and_then_fail_the_run(runner):
    config = runner.root / "digest.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('postal_address = "1 Example Street, 12345 Town"', 'postal_address = ""'), "utf-8")
    assert collect(runner, issue="") == 0
    assert runner.report() == 5
    assert ": 1 error to mend before it can be sent" in runner.summary
    assert "<td>error</td>" in runner.summary


def test_a_broken_configuration_fails_the_run_with_the_message_in_the_summary(runner):
    (runner.root / "digest.toml").write_text('[newsletter]\nname = "x"\nsender = "x@example.org"\nnmae = 1\n', "utf-8")
    assert collect(runner, issue="") == 3
    assert "## The issue could not be made (exit code 3)" in runner.summary
    assert "digest.toml:4: unknown key newsletter.nmae" in runner.summary


def test_words_of_an_article_stay_words_in_the_summary(runner, run):
    (runner.root / "articles/bold.txt").write_text(
        "<b>A & B</b> | [c](https://example.com/)\n\nOne sentence.\n", "utf-8"
    )
    assert collect(runner, issue="") == 0
    issue = runner.outputs["issue"]
    path = runner.root / "issues" / issue / "issue.md"
    path.write_text(path.read_text("utf-8").replace('subject = "', 'subject = "<b>A & B</b> '), "utf-8")
    assert collect(runner, issue=issue) == 0
    runner.report()
    assert "<td>&lt;b&gt;A &amp; B&lt;/b&gt; " in runner.summary
