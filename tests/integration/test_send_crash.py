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
#: libraries are loaded once, before the fork. With "die_at", it kills itself at that step; without, it counts them.
SENDER = """
import json, os, signal, sys
from pathlib import Path
import alembic.command, sendgrid
from digest.config import Config
from digest.delivery import CampaignError, open_ledger, send_campaign
from digest.delivery.stores.sqlite import SqliteStore
from digest.providers import Capabilities
from digest.providers.sendgrid import keep_alive_transport as transport
from digest.providers.sendgrid import SendGridProvider
from digest.testing.campaigns import NOON, make_audience, make_rendered

steps, die_at = 0, None

def step():
    global steps
    steps += 1
    if steps == die_at:
        os.kill(os.getpid(), signal.SIGKILL)

def write(store, change, commit=SqliteStore.write):
    step()
    result = commit(store, change)
    step()
    return result

class SmallCalls(SendGridProvider):
    def post(self, content, recipients, *, reference, begin):
        def claimed():
            begin()
            step()
        reply = super().post(content, recipients, reference=reference, begin=claimed)
        step()
        def answered():
            result = reply()
            step()
            return result
        return answered

SqliteStore.write = write
rendered = make_rendered()

def run(folder, host, people, at_once, **options):
    global die_at
    folder, die_at = Path(folder), options.pop("die_at", None)
    SmallCalls.capabilities = Capabilities(max_recipients=100, calls_at_once=at_once)
    config = Config.model_validate({
        "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
        "providers": {"sendgrid": {"host": host}},
    })
    provider = SmallCalls(config=config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=folder, now=lambda: NOON)
    try:
        with open_ledger("sqlite:///ledger.db", root=folder, environ={}, now=lambda: NOON) as ledger:
            report = send_campaign(rendered, make_audience(people), ledger=ledger, provider=provider, config=config,
                                   now=lambda: NOON, secret=b"secret", **options)
    except CampaignError as error:
        print(json.dumps({"report": error.report.as_data() if error.report else None}), flush=True)
        return error.exit_code
    print(json.dumps({"report": report.as_data(), "steps": steps}), flush=True)
    return 0

print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os._exit(run(**json.loads(line)))
    print(json.dumps({"pid": child}), flush=True)
    print(json.dumps({"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}), flush=True)
"""


class Machine:
    """Starts senders and kills them."""

    def __init__(self, folder, fake, *, at_once, people=PEOPLE):
        self.folder, self.fake, self.at_once, self.people = folder, fake, at_once, people
        arguments = [sys.executable, "-c", SENDER]
        self._parent = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._read() == {"ready": True}
        self.pid = None
        self.started = threading.Event()

    def _read(self):
        return json.loads(self._parent.stdout.readline())

    def start(self, **options):
        self.started.clear()
        where = {"folder": str(self.folder), "host": self.fake.host, "people": self.people, "at_once": self.at_once}
        self._parent.stdin.write(json.dumps(where | options) + "\n")
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


@pytest.fixture(params=[1, 2], ids=["one_call_at_a_time", "two_calls_at_a_time"])
def machine(tmp_path, fake, request):
    with contextlib.closing(Machine(tmp_path, fake, at_once=request.param)) as machine:
        yield machine


def look_away(what, body):
    pass


def take_time(what, body):
    time.sleep(0.01)


def finish_requests():
    """Wait until the fake has handled what dead senders had sent: a request that arrives later cannot be looked up."""
    deadline = time.monotonic() + 30
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.005)


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


@pytest.mark.parametrize("moment", ["received", "accepted"])
def test_a_kill_during_a_call_leaves_only_the_calls_under_way_unknown(machine, moment):
    kill_at(machine, moment, 5)
    machine.start()
    machine.wait()
    finish_requests()
    report = machine.report()
    assert 100 <= report.unknown <= 100 * machine.at_once
    assert report.accepted in ({400} if machine.at_once == 1 else {300, 400, 500})
    assert report.accepted + report.unknown + report.pending == PEOPLE
    code, again = machine.run()
    assert (code, again["accepted"], again["unknown"]) == (7, report.accepted, report.unknown)
    code, resumed = machine.run(resume=True)
    # The fake's handler finishes after the kill, as a server would: its log proves that the call was accepted. A second
    # call that was cut off while its body was being sent left no trace. Nobody in it is mailed until someone says so.
    if machine.at_once == 2 and code == 7:
        assert resumed["unknown"] == 100
        assert require_once(machine.fake) == resumed["accepted"] == PEOPLE - 100
        code, resumed = machine.run(resume=True, on_unknown="resend")
    assert (code, resumed["state"], resumed["accepted"]) == (0, "sent", PEOPLE)
    assert require_once(machine.fake) == PEOPLE


@pytest.mark.long  # one send and its resumption for each of some thirty steps
@pytest.mark.parametrize("at_once", [1, 2])
def test_a_kill_at_any_step_skips_nobody_and_mails_nobody_twice(tmp_path, fake, at_once):
    people = 300
    with contextlib.closing(Machine(tmp_path / "0", fake, at_once=at_once, people=people)) as machine:
        machine.folder.mkdir()
        assert machine.run()[0] == 0
        steps = machine.messages["steps"]
        assert steps > 5 * people / 100  # before and after the claim, the request and the reply
        for die_at in range(1, steps + 1):
            with FakeSendGrid(clock=NOON.timestamp) as machine.fake:
                machine.folder = tmp_path / str(die_at)
                machine.folder.mkdir()
                assert machine.run(die_at=die_at)[0] == -signal.SIGKILL
                finish_requests()
                report = machine.report()
                if report is not None:
                    assert report.unknown <= 100 * at_once
                    assert report.accepted <= require_once(machine.fake) <= report.accepted + report.unknown
                code, resumed = machine.run(resume=True)
                assert (resumed["pending"], resumed["rejected"]) == (0, 0)
                if code == 7:  # what left no trace is not mailed again unless somebody decides so
                    assert require_once(machine.fake) == people - resumed["unknown"] == resumed["accepted"]
                    code, resumed = machine.run(resume=True, on_unknown="resend")
                # 8: it died after the last outcome was recorded.
                assert code in {0, 8}
                assert resumed["accepted"] == require_once(machine.fake) == people


def test_two_calls_are_under_way_at_a_time(tmp_path, fake):
    under_way, most = 0, 0
    lock = threading.Lock()

    def watch(what, body):
        nonlocal under_way, most
        with lock:
            under_way += {"received": 1, "answered": -1}.get(what, 0)
            most = max(most, under_way)
        if what == "received":
            time.sleep(0.05)

    fake.watch = watch
    with contextlib.closing(Machine(tmp_path, fake, at_once=2, people=800)) as machine:
        assert machine.run()[0] == 0
    assert most == 2
    assert require_once(fake) == 800


@pytest.mark.parametrize("kind", ["500-after", "drop-after", "500-before", "drop-before"])
def test_at_most_three_calls_are_at_risk_when_no_reply_is_clear(machine, kind):
    machine.fake.disturb(*[""] * 4, *[kind] * 10)
    code, report = machine.run()
    assert (code, report["accepted"], report["unknown"], report["pending"]) == (7, 400, 300, PEOPLE - 700)
    machine.fake._disturbances.clear()
    code, report = machine.run(resume=True)
    mailed = require_once(machine.fake)
    assert report["pending"] == 0
    assert report["accepted"] <= mailed <= PEOPLE
    code, report = machine.run(resume=True, on_unknown="resend")
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
    assert report.accepted == 500 or (machine.at_once == 2 and report.accepted == 400)
    assert 100 <= report.unknown <= 100 * machine.at_once
    code, resumed = machine.run(resume=True)
    # The second of two calls under way may have been accepted, which the log then proves.
    assert (code, resumed["accepted"]) == (7, PEOPLE - resumed["unknown"])
    assert 100 <= resumed["unknown"] <= report.unknown
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
        finish_requests()
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
    with contextlib.closing(Machine(tmp_path, fake, at_once=machine.at_once)) as other:
        machine.start()
        other.start()
        codes = {machine.wait()[0], other.wait()[0]}
    assert 0 in codes
    assert codes <= {0, 6, 7, 8}
    assert require_once(fake) == PEOPLE
