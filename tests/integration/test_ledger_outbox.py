"""A campaign with the outbox: a file proves one message of one campaign, and of no other."""

from __future__ import annotations

import pytest

from digest.testing.campaigns import CampaignHarness, make_audience, make_rendered


@pytest.fixture
def harness(tmp_path):
    with CampaignHarness(tmp_path) as harness:
        harness.audience = make_audience(3)
        harness.connect("outbox")
        yield harness


def mails(folder):
    return [path.read_bytes() for path in sorted((folder / ".digest" / "outbox" / "2026-W47").glob("**/*.eml"))]


def test_another_audience_of_the_same_issue_gets_its_own_files(harness, tmp_path):
    harness.rendered = make_rendered(provider="outbox")
    harness.send()
    harness.rendered = make_rendered(provider="outbox", audience="friends", subject="For friends")
    harness.audience = make_audience(3, name="friends", first=4)
    assert harness.send().accepted == 3
    written = mails(tmp_path)
    assert len(written) == 6
    assert sum(b"Subject: For friends" in mail for mail in written) == 3


def test_a_rebuilt_issue_replaces_its_files_after_the_ledger_was_lost(harness, tmp_path):
    harness.rendered = make_rendered(provider="outbox", subject="Old")
    harness.send()
    key = (tmp_path / "ledger.key").read_text()
    harness.ledger.close()
    for path in tmp_path.glob("ledger.*"):
        path.unlink()
    (tmp_path / "ledger.key").write_text(key)
    with CampaignHarness(tmp_path) as second_harness:
        second_harness.audience, second_harness.provider = harness.audience, harness.provider
        second_harness.rendered = make_rendered(provider="outbox", subject="New")
        assert second_harness.send().accepted == 3
    assert sum(b"Subject: New" in mail for mail in mails(tmp_path)) == 3
