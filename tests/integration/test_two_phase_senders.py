"""Two concurrent senders of one two-phase campaign, one of which may be killed, in PostgreSQL or on a git branch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from digest.testing.campaigns import NOON
from digest.testing.fake_sendgrid import FakeSendGrid

SENDER = """
import os, sys
from datetime import timedelta
from pathlib import Path
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.providers import Capabilities
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

class SmallCalls(SendGridProvider):
    capabilities = Capabilities(max_recipients=20, schedules=timedelta(hours=71), undo_until=timedelta(minutes=10))

place, host = sys.argv[1:3]
newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
sendgrid = {"host": host, "two_phase": True}
config = Config.model_validate({"newsletter": newsletter, "providers": {"sendgrid": sendgrid}})
provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=Path(), now=lambda: NOON)
environ = {**os.environ, "DIGEST_LEDGER_KEY": "a key for all tests"}
if place.startswith("postgresql:"):
    ledger = open_ledger(place, root=Path(), environ=environ, now=lambda: NOON)
else:
    ledger = open_ledger("git+branch://digest-state", root=Path(place), environ=environ, now=lambda: NOON)
with ledger:
    try:
        send_campaign(make_rendered(), make_audience(800), ledger=ledger, provider=provider, config=config,
                      now=lambda: NOON, secret=b"secret", resume=True)
    except CampaignError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


@pytest.fixture
def place(request):
    if request.param == "postgres":
        return request.getfixturevalue("database")
    request.getfixturevalue("open_branch")().close()
    return str(request.getfixturevalue("clone"))


@pytest.mark.parametrize(
    ("place", "killed"),
    [("postgres", False), ("postgres", True), pytest.param("git", True, marks=pytest.mark.long)],
    indirect=["place"],
)
def test_two_concurrent_senders_mail_everyone_once(place, killed):
    moment = [NOON]

    def take_time(what, body):
        time.sleep(0.02)

    with FakeSendGrid(clock=lambda: moment[0].timestamp()) as fake:  # noqa: PLW0108 - the time changes
        fake.watch = take_time
        command = [sys.executable, "-c", SENDER, place, fake.host]
        senders = [subprocess.Popen(command, env=dict(os.environ)) for _ in range(2)]
        deadline = time.monotonic() + 60
        while killed and len(fake.mails) < 300 and time.monotonic() < deadline:
            time.sleep(0.02)
        if killed:
            senders[0].kill()
        codes = [sender.wait(timeout=120) for sender in senders]
        for _ in range(3):
            if codes[-1] in {0, 8}:
                break
            codes.append(subprocess.run(command, env=dict(os.environ), check=False, timeout=120).returncode)
        assert codes[-1] in {0, 8}, codes
        moment[0] = NOON.replace(day=NOON.day + 4)
        counts = Counter(mail.to for mail in fake.delivered())
    assert (len(counts), set(counts.values())) == (800, {1})
