"""A live send through SendGrid with the installed program, against a fake SendGrid on loopback."""

from __future__ import annotations

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

SECRETS = {"SENDGRID_API_KEY": FAKE_KEY, "DIGEST_SECRET": "a secret for tests only"}


@pytest.fixture
def ready(run, sendgrid_newsletter, collected):
    """A newsletter on the fake SendGrid with 2,500 readers, built; returns (root, token)."""
    rows = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(2500))
    (sendgrid_newsletter / "subscribers" / "weekly.csv").write_text("email,name\n" + rows)
    return str(sendgrid_newsletter), run("build", "-C", str(sendgrid_newsletter), "--json").data["token"]


def test_everyone_is_mailed_once_with_their_own_link(run, ready, fake):
    root, token = ready
    sent = run("send", "-C", root, "--live", "--approve", token, "--json", env=SECRETS)
    assert (sent.code, sent.data["state"], sent.data["accepted"]) == (0, "sent", 2500), sent.err
    assert len({mail.to for mail in fake.mails}) == len(fake.mails) == 2500
    links = {mail.headers["List-Unsubscribe"] for mail in fake.mails}
    assert len(links) == 2500
    mail = fake.mails[0]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Unsubscribe"].strip("<>") in mail.html
    assert mail.headers["List-Unsubscribe"].strip("<>") in mail.text
    assert run("send", "-C", root, "--live", "--resume", env=SECRETS).code == 8
    assert len(fake.mails) == 2500


def test_a_call_with_a_lost_reply_is_unknown_and_only_repeated_on_request(run, ready, fake):
    root, token = ready
    fake.disturb("drop-after")
    first = run("send", "-C", root, "--live", "--approve", token, "--json", env=SECRETS)
    assert (first.code, first.data["state"]) == (7, "held")
    assert (first.data["accepted"], first.data["unknown"]) == (1500, 1000)
    again = run("send", "-C", root, "--live", "--approve", token, "--json", env=SECRETS)
    assert (again.code, again.data["unknown"]) == (7, 1000)
    resumed = run("send", "-C", root, "--live", "--resume", "--json", env=SECRETS)
    # SendGrid's log of messages proves that the call was accepted.
    assert (resumed.code, resumed.data["state"], resumed.data["accepted"]) == (0, "sent", 2500)
    assert len({mail.to for mail in fake.mails}) == len(fake.mails) == 2500


def test_another_build_cannot_continue_a_campaign(run, ready, fake, newsletter):
    root, token = ready
    fake.disturb("drop-after")
    assert run("send", "-C", root, "--live", "--approve", token, env=SECRETS).code == 7
    [issue_md] = (newsletter / "issues").glob("*/issue.md")
    issue_md.write_text(issue_md.read_text().replace("### [The tram", "### [A tram"))
    other = run("build", "-C", root, "--json").data["token"]
    refused = run("send", "-C", root, "--live", "--approve", other, "--resume", "--json", env=SECRETS)
    assert (refused.code, refused.data["accepted"]) == (6, 1500)
    assert len({mail.to for mail in fake.mails}) == len(fake.mails) == 2500


def test_nothing_is_sent_with_a_refused_key(run, ready, fake):
    root, token = ready
    wrong = SECRETS | {"SENDGRID_API_KEY": "SG.wrong"}
    assert run("send", "-C", root, "--live", "--approve", token, env=wrong).code == 4
    assert fake.mails == []
    assert run("send", "-C", root, "--live", "--approve", token, env=SECRETS).code == 0


def test_a_test_message_reaches_only_the_named_addresses(run, ready, fake):
    root, _ = ready
    result = run("send-test", "-C", root, "--to", "ana@example.org", env=SECRETS)
    assert result.code == 0, result.err
    assert [(mail.to, mail.subject.startswith("[TEST] ")) for mail in fake.mails] == [("ana@example.org", True)]
    assert run("send", "-C", root, "--json").data["state"] == "planned"


def test_an_unsubscribe_group_needs_no_secret_and_no_unsubscribe_url(run, ready, fake, newsletter):
    root, _ = ready
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("two_phase = false", "two_phase = false\nunsubscribe_group = 12345"))
    token = run("build", "-C", root, "--json").data["token"]
    sent = run(
        "send", "-C", root, "--live", "--resume", "--approve", token, "--json", env={"SENDGRID_API_KEY": FAKE_KEY}
    )
    assert (sent.code, sent.data["accepted"]) == (0, 2500), sent.err
    assert fake.requests[0]["asm"]["group_id"] == 12345
    assert "<%asm_group_unsubscribe_raw_url%>" in fake.mails[0].html


def test_a_scheduled_send_is_cancelled_at_sendgrid(run, ready, fake):
    root, token = ready
    sent = run("send", "-C", root, "--live", "--approve", token, "--at", "23:59", "--json", env=SECRETS)
    assert (sent.code, sent.data["state"], sent.data["accepted"]) == (0, "scheduled", 2500), sent.err
    (batch,) = {request["batch_id"] for request in fake.requests}
    assert {request["send_at"] for request in fake.requests}
    assert "digest cancel" in run("status", "-C", root).err
    refused = run("cancel", "-C", root, "--offline", env=SECRETS)
    assert (refused.code, "--offline forbids network access" in refused.err) == (6, True)
    assert fake.scheduled == {}
    result = run("cancel", "-C", root, "--json", env=SECRETS)
    assert (result.code, result.data["state"]) == (0, "cancelled"), result.err
    assert fake.scheduled == {batch: "cancel"}
    assert run("cancel", "-C", root, env=SECRETS).code == 8
    assert run("send", "-C", root, "--live", "--resume", env=SECRETS).code == 8
    assert "nobody received it" in run("status", "-C", root).out


def test_an_issue_whose_send_mailed_nobody_is_collected_built_approved_and_sent_anew(run, ready, fake, newsletter):
    root, token = ready
    fake.disturb("401", "401")  # two calls are under way at a time
    assert run("send", "-C", root, "--live", "--approve", token, env=SECRETS).code == 4
    assert run("status", "-C", root, "--json").data["issues"][0]["state"] == "sending"
    (newsletter / "articles" / "late.md").write_text(
        '---\ntitle: "The lighthouse is lit again"\ndate: 2026-11-20\n---\nThe lighthouse was lit on Friday evening. '
        "The keeper said that the lamp is new. It can be seen from twenty miles away.\n"
    )
    collected = run("collect", "-C", root, "--json")
    assert collected.code == 0, collected.err
    shown = run("status", "-C", root, "--json").data["issues"]
    assert [issue["state"] for issue in shown] == ["stale"]
    other = run("build", "-C", root, "--json").data["token"]
    assert other != token
    assert run("approve", "-C", root, "--token", other).code == 0
    assert run("status", "-C", root, "--json").data["issues"][0]["state"] == "approved"
    sent = run("send", "-C", root, "--live", "--yes", "--json", env=SECRETS)
    assert (sent.code, sent.data["accepted"], sent.data["token"]) == (0, 2500, other), sent.err
    assert len({mail.to for mail in fake.mails}) == len(fake.mails) == 2500
    assert run("collect", "-C", root, shown[0]["issue"]).code == 8


def test_status_names_the_campaigns_to_other_audiences(run, ready, newsletter):
    root, token = ready
    assert run("send", "-C", root, "--live", "--approve", token, env=SECRETS).code == 0
    config = newsletter / "digest.toml"
    config.write_text(
        config.read_text()
        .replace("[audiences.weekly]", "[audiences.readers]")
        .replace('audience = "weekly"', 'audience = "readers"')
    )
    shown = run("status", "-C", root, "--json").data["issues"][0]
    assert shown["words"].endswith("to the audience “weekly”: sent, 2,500 accepted")
    assert shown["state"] == "stale"
