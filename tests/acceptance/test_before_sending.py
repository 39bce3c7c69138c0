"""What the user is shown and asked before a send: the next step, the plan, and the typed confirmation."""

from __future__ import annotations

import subprocess

import pytest

from conftest import replace_in, use_own_values
from digest.cli import ship_panel
from digest.cli.output import Output
from digest.delivery import CampaignRefusedError

SECRET = {"DIGEST_SECRET": "x" * 32}


def issue_md(newsletter):
    [path] = (newsletter / "issues").glob("*/issue.md")
    return path


def next_steps(done):
    return [line for line in done.err.splitlines() if line.startswith("Next:")][-1]


def test_check_and_build_lead_on_to_the_approval_and_not_to_each_other(run, collected):
    root = str(collected)
    issue = issue_md(collected).parent.name
    assert next_steps(run("check", "-C", root)) == f"Next: digest build {issue} -C {root}"
    built = next_steps(run("build", "-C", root))
    assert "digest check" not in built
    assert f"digest approve {issue} -C {root}" in built
    checked = next_steps(run("check", "-C", root))
    assert "digest build" not in checked
    assert f"digest approve {issue} -C {root}" in checked
    replace_in(issue_md(collected), "The second thing", "The next thing")
    assert next_steps(run("check", "-C", root)) == f"Next: digest build {issue} -C {root}"
    assert (
        run("build", "-C", root).code == run("approve", "-C", root).code == run("send", "--live", "-C", root).code == 0
    )
    assert next_steps(run("check", issue, "-C", root)) == f"Next: digest status -C {root}"


def test_a_dry_run_and_a_live_send_show_the_preheader_the_findings_and_where_readers_unsubscribe(run, collected):
    root, file = str(collected), issue_md(collected)
    lines = file.read_text(encoding="utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("preheader = "))
    lines[at] = 'preheader = "Tram, boat and lamp"'
    story = next(number for number, line in enumerate(lines) if line.startswith("- [x] "))
    lines[story] = "- [x] See [here](https://a.example/1) for the whole story of the tram"
    file.write_text("\n".join(lines), encoding="utf-8")
    assert run("build", "-C", root).code == run("approve", "-C", root).code == 0
    dry, live = run("send", "-C", root).out, run("send", "-C", root, "--live").err
    for text in (dry, live):
        assert "  Preheader  Tram, boat and lamp\n" in text
        assert "  Leaving    readers unsubscribe at https://example.org/u/{token}\n" in text
        assert "  Checks     no errors, 1 warning" in text
        assert f"issues/{file.parent.name}/issue.md:{story + 1}  L207  The words of a link" in text


@pytest.mark.parametrize("provider", ["smtp", "sendgrid"])
@pytest.mark.parametrize(
    ("own", "example"),
    [
        ('sender = "My Weekly <news@harbour.example>"', 'sender = "My Weekly <news@mail.example.com>"'),
        ('unsubscribe_url = "https://harbour.example/', 'unsubscribe_url = "https://lists.example.net/'),
        ('postal_address = "7 Harbour Lane', 'postal_address = "1 Example Street'),
    ],
)
def test_a_newsletter_with_an_example_value_is_never_mailed(run, collected, provider, own, example):
    use_own_values(collected)
    replace_in(collected / "digest.toml", 'provider = "outbox"', f'provider = "{provider}"')
    (collected / "subscribers/weekly.csv").write_text("email\nreader@pier.example\n")
    root = str(collected)
    assert run("check", "-C", root).code == 0
    replace_in(collected / "digest.toml", own, example)
    token = run("build", "-C", root, "--json").data["token"]
    refused = run("send", "-C", root, "--live", "--approve", token, "--json", env=SECRET)
    assert (refused.code, "D605" in refused.err, refused.data["pending"]) == (6, True, 1)


def test_a_test_with_one_bad_address_mails_nobody(run, collected):
    assert run("build", "-C", str(collected)).code == 0
    done = run("send-test", "--to", "ana@pier.example", "--to", "ben.pier.example", "-C", str(collected))
    assert (done.code, "'ben.pier.example' is not an email address; nothing was sent" in done.err) == (2, True)
    assert list(collected.rglob("*.eml")) == []


def test_a_delivery_time_needs_a_time_of_day(run, collected):
    assert run("build", "-C", str(collected)).code == 0
    done = run("send", "--at", "2036-11-27", "-C", str(collected))
    assert (done.code, '--at "2036-11-27 08:00"' in done.err) == (2, True)


def test_a_committed_list_is_reported_although_another_list_lies_outside_the_repository(run, collected):
    lists = collected.parent / "lists"
    lists.mkdir()
    (lists / "partners.csv").write_text("email\npia@pier.example\n")
    (collected / "subscribers/weekly.csv").write_text("email\nana@pier.example\n")
    replace_in(
        collected / "digest.toml", '["subscribers/weekly.csv"]', '["../lists/partners.csv", "subscribers/weekly.csv"]'
    )

    def track(folder, file):
        for command in (("init", "-q"), ("add", "-f", file)):
            subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)

    def reported():
        findings = run("check", "-C", str(collected), "--json").data["findings"]
        return sorted(each["file"] for each in findings if each["code"] == "D606")

    track(collected, "subscribers/weekly.csv")
    assert reported() == ["subscribers/weekly.csv"]
    track(lists, "partners.csv")
    assert reported() == ["../lists/partners.csv", "subscribers/weekly.csv"]


class Plan:
    issue = "2026-W48"

    class report:  # noqa: N801 - stands for the attribute
        pending = 1200

        @staticmethod
        def as_data():
            return {}


@pytest.mark.parametrize(
    ("typed", "confirmed"),
    [
        (["2026-W48 1200"], True),
        (["2026-W48  1200 "], True),
        (["2026-W48 120", "2026-W48 1200"], True),
        (["", "yes", "2026-W48 1200"], True),
        (["yes", "yes", "yes", "2026-W48 1200"], False),
    ],
)
def test_the_confirmation_may_be_typed_three_times(monkeypatch, capsys, typed, confirmed):
    answers = iter(typed)
    monkeypatch.setattr(ship_panel.typer, "prompt", lambda *_, **__: next(answers))
    if confirmed:
        ship_panel._confirm(Plan, Output(), again=0)
    else:
        with pytest.raises(CampaignRefusedError, match="not confirmed; nothing was sent"):
            ship_panel._confirm(Plan, Output(), again=0)
    assert capsys.readouterr().err.count("Try again") == (len(typed) - 1 if confirmed else 2)
