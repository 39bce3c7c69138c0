"""What became of a send: why people were rejected, who they are, and what was done about it."""

from __future__ import annotations

import re

import pytest

from conftest import replace_in, use_own_values
from digest.testing.inbox import Inbox

SECRET = {"DIGEST_SECRET": "x" * 32}
GONE = "550 5.1.1 <{}>: no such user here"
FULL = "552 5.2.2 Mailbox is full"


@pytest.fixture
def inbox():
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def ready(run, collected, inbox):
    """A newsletter that is sent through the inbox to a list of 40; returns (root, build's token)."""
    use_own_values(collected)
    replace_in(collected / "digest.toml", 'provider = "outbox"', 'provider = "smtp"')
    file = collected / "digest.toml"
    own = f'[providers.smtp]\nhost = "127.0.0.1"\nport = {inbox.port}\nsecurity = "none"\n'
    file.write_text(re.sub(r"^\[providers\.smtp\](\n(?!\[).*)*", own, file.read_text(), flags=re.MULTILINE))
    rows = "".join(f"reader{number:02}@pier.example,Reader {number}\n" for number in range(40))
    (collected / "subscribers" / "weekly.csv").write_text("email,name\n" + rows)
    return str(collected), run("build", "-C", str(collected), "--json").data["token"]


def refuse(inbox, *, gone=(), full=()):
    for number in gone:
        inbox.rcpt_replies[f"reader{number:02}@pier.example"] = GONE.format(f"reader{number:02}@pier.example")
    for number in full:
        inbox.rcpt_replies[f"reader{number:02}@pier.example"] = FULL


def live(run, ready, *options):
    root, token = ready
    return run("send", "-C", root, "--live", "--approve", token, *options, env=SECRET)


def test_a_send_tells_who_bounced_and_how_to_undo_the_suppression(run, ready, inbox):
    root, token = ready
    refuse(inbox, gone=[3, 7], full=[11])
    sent = live(run, ready)
    assert sent.code == 0, sent.err
    assert "sent. 37 accepted, 3 rejected.\n          2  550 5.1.1 …: no such user here\n" in sent.out
    assert "2 addresses bounced and were suppressed; undo: digest subscribers unsuppress ADDRESS\n" in sent.out
    assert "! " not in sent.out

    status = run("status", "-C", root)
    assert "          1  552 5.2.2 Mailbox is full\n" in status.out
    [issue] = run("status", "-C", root, "--json").data["issues"]
    reasons = {"550 5.1.1 …: no such user here": 2, "552 5.2.2 Mailbox is full": 1}
    assert issue["campaign"]["rejected_by_reason"] == reasons

    report = run("report", "-C", root, "--json").data
    [campaign] = report["campaigns"]
    assert (report["issue"], report["alerts"], "people" in report) == (issue["issue"], [], False)
    assert (campaign["audience"], campaign["provider"], campaign["token"]) == ("weekly", "smtp", token)
    assert (campaign["state"], campaign["accepted"], campaign["rejected"], campaign["unknown"]) == ("sent", 37, 3, 0)
    assert (campaign["rejected_by_reason"], campaign["suppressed"]) == (reasons, 2)
    assert campaign["started_at"] <= campaign["finished_at"]
    shown = run("report", issue["issue"], "-C", root).out
    for text in ("“weekly” via smtp", token, "37 of 40", "Suppressed 2 addresses that bounced"):
        assert text in shown

    person = run("subscribers", "show", "reader03@pier.example", "-C", root)
    assert "hard_bounce" in person.out
    assert run("subscribers", "unsuppress", "reader03@pier.example", "-C", root).code == 0
    assert "hard_bounce" not in run("subscribers", "show", "reader03@pier.example", "-C", root).out
    assert run("subscribers", "check", "-C", root, "--json").data["audiences"][0]["people"] == 39


def test_people_are_named_from_todays_lists_and_json_holds_no_address(run, ready, collected, inbox):
    root, _ = ready
    refuse(inbox, gone=[3, 20], full=[11])
    assert live(run, ready).code == 0
    file = collected / "subscribers" / "weekly.csv"
    file.write_text(file.read_text().replace("reader20@pier.example", "reader99@pier.example"))
    shown = run("report", "-C", root, "--people")
    assert "subscribers/weekly.csv:5  reader03@pier.example  rejected: 550 5.1.1" in shown.out
    assert "subscribers/weekly.csv:13  reader11@pier.example  rejected: 552 5.2.2 Mailbox is full\n" in shown.out
    assert "1 more person is in no list today\n" in shown.out
    named = run("report", "-C", root, "--people", "--json")
    assert [(each["file"], each["line"], each["outcome"]) for each in named.data["people"]] == [
        ("subscribers/weekly.csv", 5, "rejected"),
        ("subscribers/weekly.csv", 13, "rejected"),
    ]
    assert (named.data["unlisted"], "pier.example" in named.out) == (1, False)


def test_many_rejections_are_an_alert_everywhere_and_suppress_nobody(run, ready, collected, inbox, tmp_path):
    root, _ = ready
    refuse(inbox, gone=range(5, 17))
    sent = live(run, ready)
    assert sent.code == 0
    alert = "! 12 of 40 people were rejected when "
    for shown in (sent, run("status", "-C", root), run("report", "-C", root)):
        assert alert in shown.out
        assert "no such user here”; nobody was suppressed for it\n" in shown.out
        assert " --people\n" in shown.out
    assert "bounced" not in sent.out
    page = tmp_path / "alerts.md"
    data = run("status", "-C", root, "--json", "--report", str(page)).data
    assert [alert["code"] for alert in data["alerts"]] == ["many_rejected"]
    assert "12 of 40 people were rejected" in page.read_text()
    assert [alert["code"] for alert in run("report", "-C", root, "--json").data["alerts"]] == ["many_rejected"]
    assert run("subscribers", "check", "-C", root, "--json").data["audiences"][0]["people"] == 40


def test_a_send_that_stops_also_tells_what_it_has_come_to(run, ready, collected, inbox):
    root, _ = ready
    replace_in(collected / "digest.toml", "[delivery]\n", "[delivery]\nretry_minutes = 0\n")
    refuse(inbox, gone=[3])
    inbox.rcpt_replies["reader30@pier.example"] = "drop"
    inbox.data_replies["reader21@pier.example"] = "drop"
    stopped = live(run, ready)
    assert stopped.code == 7
    assert "          1  550 5.1.1 …: no such user here\n" in stopped.err
    inbox.rcpt_replies.pop("reader30@pier.example")
    held = run("send", "-C", root, "--live", "--resume", "--json", env=SECRET)
    assert (held.code, held.data["state"], held.data["unknown"], held.data["suppressed"]) == (7, "held", 1, 1)
    assert held.data["preheader"] == held.data["preheader"].strip()
    assert held.data["findings"] is None  # it was checked when the send began
    assert held.data["error"]["exit_code"] == 7


def test_everybody_refused_is_told_with_numbers(run, ready, collected, inbox):
    (collected / "subscribers" / "weekly.csv").write_text("email\nreader01@pier.example\nreader02@pier.example\n")
    refuse(inbox, gone=[1, 2])
    sent = live(run, ready, "--json")
    assert (sent.code, sent.data["rejected"], sent.data["suppressed"]) == (1, 2, 2)
    assert "2 addresses bounced and were suppressed" in sent.err


def test_json_of_a_send_carries_what_the_text_shows(run, ready, collected):
    root, token = ready
    [file] = (collected / "issues").glob("*/issue.md")
    lines = file.read_text(encoding="utf-8").split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("preheader = "))
    lines[at] = 'preheader = "Tram, boat and lamp"'
    story = next(number for number, line in enumerate(lines) if line.startswith("- [x] "))
    lines[story] = "- [x] See [here](https://a.example/1) for the whole story of the tram"
    file.write_text("\n".join(lines), encoding="utf-8")
    token = run("build", "-C", root, "--json").data["token"]
    dry = run("send", "-C", root, "--json", env=SECRET).data
    assert (dry["state"], dry["pending"], dry["approved"], dry["preheader"]) == (
        "planned", 40, False, "Tram, boat and lamp"
    )  # fmt: skip
    assert dry["unsubscribe"] == "https://harbour.example/u/{token}"
    assert (dry["errors"], dry["warnings"]) == (0, 1)
    warnings = [each for each in dry["findings"] if each["severity"] == "warning"]
    assert [(each["code"], each["line"]) for each in warnings] == [("L207", story + 1)]
    sent = run("send", "-C", root, "--live", "--approve", token, "--json", env=SECRET).data
    for name in ("issue", "subject", "preheader", "unsubscribe", "errors", "warnings", "infos", "findings"):
        assert sent[name] == dry[name], name
    assert (sent["state"], sent["accepted"]) == ("sent", 40)


def test_there_is_nothing_to_report_before_a_send(run, ready):
    root, _ = ready
    for arguments in ((), ("2026-W47",)):
        done = run("report", *arguments, "-C", root)
        assert (done.code, "nothing to report" in done.err) == (8, True)
    assert run("report", "nonsense", "-C", root).code == 2
