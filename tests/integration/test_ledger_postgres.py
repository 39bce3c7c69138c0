"""A ledger in PostgreSQL: several senders, their locks, and connection errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from digest.delivery import CampaignRefusedError, open_ledger
from digest.errors import CredentialsError, LedgerError
from digest.testing.campaigns import NOON, CampaignHarness
from digest.testing.fake_sendgrid import FakeSendGrid

KEY = {"DIGEST_LEDGER_KEY": "a key for all tests"}
#: A program that sends to 2,000 people in calls of 100.
SENDER = """
import sys
from pathlib import Path
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.providers import Capabilities
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

class SmallCalls(SendGridProvider):
    capabilities = Capabilities(max_recipients=100)

url, host = sys.argv[1:3]
newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
config = Config.model_validate({"newsletter": newsletter, "providers": {"sendgrid": {"host": host}}})
provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=Path(), now=lambda: NOON)
with open_ledger(url, root=Path(), environ={"DIGEST_LEDGER_KEY": "a key for all tests"}, now=lambda: NOON) as ledger:
    try:
        send_campaign(make_rendered(), make_audience(2000), ledger=ledger, provider=provider, config=config,
                      now=lambda: NOON, secret=b"secret", resume=True)
    except CampaignError as error:
        sys.exit(error.exit_code)
"""


def connect(url, **environ):
    return open_ledger(url, root=Path(), environ=environ or KEY, now=lambda: NOON)


def test_only_one_sender_runs_and_the_other_gets_its_numbers(database, tmp_path):
    with CampaignHarness(tmp_path, ledger=connect(database)) as harness, connect(database) as other:
        assert harness.send().accepted == 25
        with other.sending():
            with pytest.raises(CampaignRefusedError, match="another digest process is sending") as caught:
                harness.send()
            assert caught.value.report.accepted == 25
        with pytest.raises(Exception, match="sent"):
            harness.send(resume=True)


def test_a_lone_sender_is_refused_while_a_joined_one_outlives_the_leader(database):
    """`digest cancel` is such a lone sender, and may run while a joined sender is still sending."""
    with connect(database) as first, connect(database) as second, connect(database) as third:
        began, joined = first.sending(), second.sending(join=True)
        began.__enter__()
        joined.__enter__()
        began.__exit__(None, None, None)
        with pytest.raises(CampaignRefusedError, match="another digest process is sending"), third.sending():
            pass
        joined.__exit__(None, None, None)
        with third.sending():
            pass


def test_a_wrong_or_missing_key_is_refused(database):
    connect(database).close()
    with pytest.raises(CredentialsError, match="another key"):
        connect(database, DIGEST_LEDGER_KEY="another key for all tests")
    with pytest.raises(CredentialsError, match="DIGEST_LEDGER_KEY is not set"):
        connect(database, HOME="x")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://digest:hunter2@127.0.0.1:1/ledger", "cannot be reached"),
        ("postgresql://digest:hunter2@no-such-host.invalid/ledger", "cannot be reached"),
    ],
)
def test_an_unreachable_database_is_reported_without_its_password(url, message):
    with pytest.raises(LedgerError, match=message) as caught:
        connect(url)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_processes_that_start_at_once_create_one_ledger(database):
    program = (
        "import sys; from pathlib import Path; from digest.delivery import open_ledger;"
        "from digest.testing.campaigns import NOON; environ = {'DIGEST_LEDGER_KEY': 'a key for all tests'};"
        "open_ledger(sys.argv[1], root=Path(), environ=environ, now=lambda: NOON).close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, database]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    with connect(database) as ledger:
        assert ledger.campaigns() == ()


@pytest.mark.long
def test_a_killed_sender_releases_its_lock_and_nobody_is_mailed_twice(database):
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        fake.disturb(*["", "drop-after", "500-before", "", "429"] * 2)
        fake.retry_after = 0
        for delay in (1.3, 1.5, 1.7, 2.0, 60, 60):
            with subprocess.Popen([sys.executable, "-c", SENDER, database, fake.host]) as sender:
                try:
                    code = sender.wait(timeout=delay)
                except subprocess.TimeoutExpired:
                    os.kill(sender.pid, signal.SIGKILL)
                    code = sender.wait()
            time.sleep(0.1)  # until the server notices that the connection has ended
            if code in {0, 8}:
                break
        counts = Counter(mail.to for mail in fake.mails)
        with connect(database) as ledger:
            (campaign,) = ledger.campaigns()
    report = campaign.report
    assert max(counts.values()) == 1
    assert report.pending == 0
    assert report.accepted + report.unknown == 2000
    assert report.accepted <= len(counts) <= report.accepted + report.unknown


@pytest.mark.long
def test_two_senders_share_the_work_and_one_of_them_is_killed(database):
    """The survivor finishes: nobody is mailed twice or skipped, and only calls in flight at the kill are unknown."""

    def take_time(what, body):
        time.sleep(0.02)

    with FakeSendGrid(clock=NOON.timestamp) as fake:
        fake.watch = take_time
        senders = [subprocess.Popen([sys.executable, "-c", SENDER, database, fake.host]) for _ in range(2)]
        deadline = time.monotonic() + 60
        while len(fake.mails) < 500 and time.monotonic() < deadline:
            time.sleep(0.02)
        senders[0].kill()
        codes = [sender.wait(timeout=100) for sender in senders]
        counts = Counter(mail.to for mail in fake.mails)
        with connect(database) as ledger:
            (campaign,) = ledger.campaigns()
    report = campaign.report
    assert codes[1] in {0, 7}
    assert max(counts.values()) == 1
    assert (report.pending, report.accepted + report.unknown) == (0, 2000)
    assert report.unknown <= 100
    assert report.accepted <= len(counts) <= 2000


def test_two_senders_both_post_and_both_report_the_campaign_as_sent(database):
    def take_time(what, body):
        time.sleep(0.05)

    with FakeSendGrid(clock=NOON.timestamp) as fake:
        fake.watch = take_time
        senders = [subprocess.Popen([sys.executable, "-c", SENDER, database, fake.host]) for _ in range(2)]
        codes = [sender.wait(timeout=100) for sender in senders]
        assert set(codes) <= {0, 8}  # 8 if one started so late that nothing was left
        assert Counter(mail.to for mail in fake.mails).most_common(1)[0][1] == 1
        assert len(fake.mails) == 2000
        with connect(database) as ledger:
            assert ledger.campaigns()[0].report.accepted == 2000
