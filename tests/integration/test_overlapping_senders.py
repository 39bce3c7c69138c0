"""Two processes send one issue to overlapping audiences at the same time, in each kind of ledger."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial

import pytest

from digest.delivery import AudienceIndex, open_ledger, plan_campaign
from digest.testing.campaigns import NOON, make_audience, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid

SENDER = """
import os, sys
from pathlib import Path
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.providers import Capabilities
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

class SmallCalls(SendGridProvider):
    capabilities = Capabilities(max_recipients=20)

url, root, host, name, first = sys.argv[1:6]
newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
config = Config.model_validate({"newsletter": newsletter, "providers": {"sendgrid": {"host": host}}})
provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=Path(), now=lambda: NOON)
environ = {**os.environ, "DIGEST_LEDGER_KEY": "a key for all tests"}
with open_ledger(url, root=Path(root), environ=environ, now=lambda: NOON) as ledger:
    try:
        send_campaign(make_rendered(audience=name), make_audience(200, name=name, first=int(first)), ledger=ledger,
                      provider=provider, config=config, now=lambda: NOON, secret=b"secret", resume=True)
    except CampaignError as error:
        sys.exit(error.exit_code)
"""
#: The audiences, of 200 people each, with the number of the first: 130 people are in both.
AUDIENCES = {"weekly": 1, "readers": 71}
ENVIRON = {"DIGEST_LEDGER_KEY": "a key for all tests"}


@pytest.fixture
def place(request, tmp_path):
    """The ledger's URL and its root."""
    if request.param == "sqlite":
        return "sqlite:///ledger.db", tmp_path
    if request.param == "postgres":
        return request.getfixturevalue("database"), tmp_path
    request.getfixturevalue("open_branch")().close()
    return "git+branch://digest-state", request.getfixturevalue("clone")


def freeze(url, root):
    """Start both campaigns. Nobody is mailed yet, so each has everybody of its audience."""
    with open_ledger(url, root=root, environ={**os.environ, **ENVIRON}, now=lambda: NOON) as ledger:
        for name, first in AUDIENCES.items():
            people = AudienceIndex(make_audience(200, name=name, first=first).subscribers, ledger.keys_of)
            ledger.start(
                issue="2026-W47",
                audience=name,
                token=make_rendered(audience=name).token,
                provider="sendgrid",
                skipped=0,
                batches=partial(plan_campaign, people, size=20),
            )


def take_time(what, body):
    time.sleep(0.02)


@pytest.mark.long
@pytest.mark.parametrize("place", ["sqlite", "postgres", "git"], indirect=True)
def test_nobody_in_both_audiences_is_mailed_twice(place):
    url, root = place
    freeze(url, root)
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        fake.watch = take_time
        command = [sys.executable, "-c", SENDER, url, str(root), fake.host]
        orders = {name: [*command, name, str(first)] for name, first in AUDIENCES.items()}
        senders = {name: subprocess.Popen(order, env=dict(os.environ)) for name, order in orders.items()}
        codes = {name: sender.wait(timeout=120) for name, sender in senders.items()}
        for name, order in orders.items():  # SQLite refuses a second sender
            if codes[name]:
                codes[name] = subprocess.run(order, env=dict(os.environ), check=False, timeout=120).returncode
        counts = Counter(mail.to for mail in fake.delivered())
    assert set(codes.values()) == {0}
    assert (len(counts), set(counts.values())) == (270, {1})
    with open_ledger(url, root=root, environ={**os.environ, **ENVIRON}, now=lambda: NOON) as ledger:
        reports = [campaign.report for campaign in ledger.campaigns()]
    assert sum(report.accepted for report in reports) == 270
    assert sum(report.skipped for report in reports) == 130
    assert {report.pending for report in reports} == {0}
