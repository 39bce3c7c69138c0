"""A campaign with the outbox: a file proves one message of one campaign, and of no other."""

from __future__ import annotations

import pytest

from digest.providers import open_provider
from digest.testing.campaigns import NOON, Desk, make_audience, make_rendered


@pytest.fixture
def desk(tmp_path):
    with Desk(tmp_path) as desk:
        desk.audience = make_audience(3)
        desk.provider = open_provider("outbox", config=desk.config, environ={}, root=tmp_path, now=lambda: NOON)
        yield desk


def mails(folder):
    return [path.read_bytes() for path in sorted((folder / ".digest" / "outbox" / "2026-W47").glob("**/*.eml"))]


def test_another_audience_of_the_same_issue_gets_its_own_files(desk, tmp_path):
    desk.rendered = make_rendered(provider="outbox")
    desk.send()
    desk.rendered = make_rendered(provider="outbox", audience="friends", subject="For friends")
    desk.audience = make_audience(3, name="friends")
    assert desk.send().accepted == 3
    written = mails(tmp_path)
    assert len(written) == 6
    assert sum(b"Subject: For friends" in mail for mail in written) == 3


def test_an_issue_rebuilt_after_its_ledger_was_lost_is_written_anew(desk, tmp_path):
    desk.rendered = make_rendered(provider="outbox", subject="Old")
    desk.send()
    key = (tmp_path / "ledger.key").read_text()
    desk.ledger.close()
    for path in tmp_path.glob("ledger.*"):
        path.unlink()
    (tmp_path / "ledger.key").write_text(key)
    with Desk(tmp_path) as again:
        again.audience, again.provider = desk.audience, desk.provider
        again.rendered = make_rendered(provider="outbox", subject="New")
        assert again.send().accepted == 3
    assert sum(b"Subject: New" in mail for mail in mails(tmp_path)) == 3
