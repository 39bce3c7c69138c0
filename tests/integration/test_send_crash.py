"""Senders killed with SIGKILL at random and at chosen moments: nobody is mailed twice, and nobody is skipped silently.

The sender is a process of its own; SendGrid is the fake, over real HTTP, in this one.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from digest.delivery import open_ledger
from digest.testing.campaigns import NOON
from digest.testing.fake_sendgrid import FakeSendGrid

PEOPLE = 2000
#: The program under test: one send with batches of 100 for each line it reads, each in a process of its own. The
#: libraries are loaded once, before the fork.
SENDER = """
import json, os, sys
from pathlib import Path
import alembic.command, sendgrid
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.providers import Capabilities
from digest.providers.sendgrid import keep_alive_transport as transport
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

class SmallCalls(SendGridProvider):
    capabilities = Capabilities(max_recipients=100)

folder, host, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
config = Config.model_validate({
    "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
    "providers": {"sendgrid": {"host": host}},
})
rendered, audience = make_rendered(), make_audience(count)

def run(options):
    provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=folder, now=lambda: NOON)
    try:
        with open_ledger("sqlite:///ledger.db", root=folder, environ={}, now=lambda: NOON) as ledger:
            report = send_campaign(rendered, audience, ledger=ledger, provider=provider, config=config,
                                   now=lambda: NOON, secret=b"secret", **options)
    except CampaignError as error:
        print(json.dumps({"report": error.report.as_data() if error.report else None}), flush=True)
        return error.exit_code
    print(json.dumps({"report": report.as_data()}), flush=True)
    return 0

print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os._exit(run(json.loads(line)))
    print(json.dumps({"pid": child}), flush=True)
    print(json.dumps({"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}), flush=True)
"""


class Machine:
    """Starts senders on one folder and kills them."""

    def __init__(self, folder, fake):
        self.folder, self.fake = folder, fake
        arguments = [sys.executable, "-c", SENDER, str(folder), fake.host, str(PEOPLE)]
        self._parent = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._read() == {"ready": True}
        self.pid = None
        self.started = threading.Event()

    def _read(self):
        return json.loads(self._parent.stdout.readline())

    def start(self, **options):
        self.started.clear()
        self._parent.stdin.write(json.dumps(options) + "\n")
        self._parent.stdin.flush()
        self.messages = {}
        while "pid" not in self.messages:
            self.messages.update(self._read())
        self.pid = self.messages["pid"]
        self.started.set()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        while "code" not in self.messages:
            self.messages.update(self._read())
        return self.messages["code"], self.messages.get("report")

    def run(self, **options):
        self.start(**options)
        return self.wait()

    def report(self):
        with open_ledger("sqlite:///ledger.db", root=self.folder, environ={}, now=lambda: NOON) as ledger:
            campaigns = ledger.campaigns()
        return campaigns[0].report if campaigns else None

    def close(self):
        self._parent.stdin.close()
        self._parent.wait(timeout=60)
        self._parent.stdout.close()


@pytest.fixture
def fake():
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        yield fake


@pytest.fixture
def machine(tmp_path, fake):
    with contextlib.closing(Machine(tmp_path, fake)) as machine:
        yield machine


def look_away(what, body):
    pass


def take_time(what, body):
    time.sleep(0.01)


def require_once(fake):
    """Require that nobody was mailed twice."""
    counts = Counter(mail.to for mail in fake.mails)
    assert [address for address, count in counts.items() if count > 1] == []
    return len(counts)


def kill_at(machine, moment, number):
    """Kill the sender when the fake reaches this step of its n-th call."""
    messages = Counter()

    def watch(what, body):
        messages[what] += 1
        if what == moment and messages[what] == number:
            machine.fake.watch = look_away
            machine.started.wait()
            machine.kill()
            time.sleep(0.05)

    machine.fake.watch = watch


@pytest.mark.parametrize(("moment", "left_unknown"), [("received", 100), ("accepted", 100)])
def test_a_kill_during_a_call_leaves_only_that_call_unknown(machine, moment, left_unknown):
    kill_at(machine, moment, 5)
    machine.start()
    machine.wait()
    report = machine.report()
    assert (report.accepted, report.unknown, report.pending) == (400, left_unknown, PEOPLE - 500)
    code, again = machine.run()
    assert (code, again["accepted"], again["unknown"]) == (7, 400, 100)
    code, resumed = machine.run(resume=True)
    # The fake's handler finishes after the kill, as a server would: its log proves that the call was accepted.
    assert (code, resumed["state"], resumed["accepted"]) == (0, "sent", PEOPLE)
    assert require_once(machine.fake) == PEOPLE


def test_a_kill_after_the_reply_was_recorded_leaves_nothing_unknown(machine):
    machine.fake.disturb(*[""] * 5, "hang-before")
    machine.start()
    deadline = time.monotonic() + 30
    while len(machine.fake.requests) < 6 and time.monotonic() < deadline:
        time.sleep(0.02)
    machine.kill()
    machine.wait()
    machine.fake.released.set()
    report = machine.report()
    assert (report.accepted, report.unknown) == (500, 100)
    code, resumed = machine.run(resume=True)
    assert (code, resumed["unknown"], resumed["accepted"]) == (7, 100, PEOPLE - 100)
    code, resumed = machine.run(resume=True, on_unknown="resend")
    assert (code, resumed["accepted"]) == (0, PEOPLE)
    assert require_once(machine.fake) == PEOPLE


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_random_kills_and_faults_leave_everyone_mailed_once_or_unknown(machine, seed):
    dice = random.Random(seed)  # noqa: S311 - not for cryptography
    kinds = ["", "", "", "", "429", "500-after", "500-before", "drop-after", "drop-before"]
    machine.fake.retry_after = 0
    for number in range(4):
        machine.fake.disturb(*dice.choices(kinds, k=6))
        moment = dice.choice(["received", "accepted", "answered", "any"])
        if moment != "any":
            kill_at(machine, moment, dice.randint(1, 9))
        machine.start(resume=number > 0)
        if moment == "any":
            time.sleep(dice.uniform(0, 0.4))
            machine.kill()
        machine.wait()
    machine.fake.watch = look_away
    machine.fake._disturbances.clear()
    code, report = machine.run(resume=True)
    mailed = require_once(machine.fake)
    assert report["pending"] == 0
    assert report["accepted"] + report["unknown"] == PEOPLE
    assert report["accepted"] <= mailed
    assert code == (0 if report["unknown"] == 0 else 7)
    if report["unknown"]:
        code, report = machine.run(resume=True, on_unknown="resend")
        assert (code, report["accepted"]) == (0, PEOPLE)
    assert require_once(machine.fake) == PEOPLE
    calls = len(machine.fake.requests)
    assert machine.run(resume=True)[0] == machine.run()[0] == 8
    assert len(machine.fake.requests) == calls


def test_two_senders_at_once_never_both_send(machine, tmp_path, fake):
    fake.watch = take_time
    with contextlib.closing(Machine(tmp_path, fake)) as other:
        machine.start()
        other.start()
        codes = {machine.wait()[0], other.wait()[0]}
    assert 0 in codes
    assert codes <= {0, 6, 7, 8}
    assert require_once(fake) == PEOPLE
