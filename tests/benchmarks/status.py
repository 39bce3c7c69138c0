"""Measures `digest status` with 10 issues in the ledger and with 200, in SQLite and on a git branch.

The target is at most twice the CPU time. Each issue has 5,000 recipients in five batches; every fifth issue has some
who were rejected.

Run by hand: .venv/bin/python tests/benchmarks/status.py [sqlite] [git]
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.delivery import PlannedBatch, open_ledger

DIGEST = str(Path(sys.executable).with_name("digest"))
URLS = {"sqlite": "sqlite:///.digest/ledger.db", "git": "git+branch://digest-state"}
FEW, MANY = 10, 200
BATCHES, SIZE = 5, 1000
ROUNDS = 7
ENVIRON = {**os.environ, "DIGEST_LEDGER_KEY": "k" * 32, "DIGEST_SECRET": "s" * 32}
CONFIG = """
[newsletter]
name = "Weekly Bench"
sender = "Weekly Bench <news@bench-letter.dev>"
postal_address = "1 Harbour Lane, Tidewell"
homepage = "https://bench-letter.dev"

[[sources]]
id = "desk"
folder = "articles"

[audiences.weekly]
files = ["subscribers/weekly.csv"]

[state]
url = "URL"
"""


def newsletter(folder: Path, url: str) -> None:
    """Make a newsletter with an empty ledger; one on a branch has its remote beside it."""
    for name in ("articles", "subscribers", ".digest"):
        (folder / name).mkdir(parents=True)
    (folder / "digest.toml").write_text(CONFIG.replace("URL", url))
    (folder / "subscribers/weekly.csv").write_text("email\nana@bench-letter.dev\n")
    if url.startswith("git"):
        remote = folder.with_name("remote.git")
        subprocess.run(["git", "init", "--bare", "--quiet", remote], check=True)
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        subprocess.run(["git", "-C", folder, "remote", "add", "origin", remote], check=True)


def send(folder: Path, url: str, first: int, last: int) -> None:
    """Add the campaigns of these issues to the ledger, as finished sends leave them."""
    began = datetime(2022, 1, 6, 9, tzinfo=UTC)
    clock = [began]
    with open_ledger(url, root=folder, environ=ENVIRON, now=lambda: clock[0], new=True) as ledger:
        for number in range(first, last):
            clock[0] = began + timedelta(weeks=number)
            year, week, _ = clock[0].isocalendar()
            keys = [(number * 10_000 + person).to_bytes(16, "big") for person in range(BATCHES * SIZE)]
            plan = [PlannedBatch(no=at + 1, keys=b"".join(keys[at * SIZE : (at + 1) * SIZE])) for at in range(BATCHES)]
            batches = ledger.start(
                issue=f"{year}-W{week:02}",
                audience="weekly",
                token=f"{number:032x}",
                provider="sendgrid",
                skipped=0,
                batches=lambda plan=plan: plan,
            )
            for batch in plan if url.startswith("sqlite") else plan[:1]:  # each change of a branch is a push
                refused = dict.fromkeys(batch.recipients[:5], ("rejected", "550 5.1.1 no such user"))
                own = refused if number % 5 == 0 else {}
                batches.settle(batch.no, batches.claim(batch.no), outcome="accepted", exceptions=own)
            batches.finish()


def status(folder: Path) -> float:
    """The CPU seconds of `digest status`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([DIGEST, "status", "--json"], cwd=folder, env=ENVIRON, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    for store in sys.argv[1:] or URLS:
        with tempfile.TemporaryDirectory() as name:
            folders = {count: Path(name) / str(count) / "newsletter" for count in (FEW, MANY)}
            for count, folder in folders.items():
                newsletter(folder, URLS[store])
                send(folder, URLS[store], 0, count)
                status(folder)
            # The two take turns, so that other work on the machine slows down both.
            rounds = [{count: status(folder) for count, folder in folders.items()} for _ in range(ROUNDS)]
            few, many = (statistics.median(each[count] for each in rounds) for count in (FEW, MANY))
        print(f"{store}: {few:.2f} s with {FEW} issues, {many:.2f} s with {MANY}: {many / few:.2f} times", flush=True)


if __name__ == "__main__":
    main()
