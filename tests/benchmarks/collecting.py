"""Measures how long 300 sources take when a tenth of them fails. The target is close to the time of the slowest host.

A second run of the same newsletter must only get 304s. Every source has its own host name that resolves to
loopback. Failing sources hang, drip, flood, refuse, redirect forever or send something that is not a feed. The deadline
is the usual 30 seconds.

Run by hand, about two minutes: PYTHONPATH=src .venv/bin/python tests/benchmarks/collecting.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from digest.testing.feeds_server import FeedsServer
from digest.testing.hostile_server import HostileServer
from digest.workflow.new_newsletter import Answers, initialise

SOURCES, FAILING, ITEMS = 300, 30, 10
BAD = ("/silent", "/drip", "/500", "/loop", "/endless", "/gzip-bomb", "/page-as-feed", "/reset", "/no-http", "/refused")
PROGRAM = """
import resource, sys
from functools import partial
import digest.fetching
digest.fetching.Fetcher = partial(digest.fetching.Fetcher, resolve=lambda *_: ("127.0.0.1",))
from digest.__main__ import main
from digest.testing import peak_megabytes
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, peak_megabytes(), file=sys.stderr)
"""


def feed(number: int) -> str:
    """Ten different articles of one site."""
    now = datetime.now(UTC)
    items = "".join(
        f"<item><title>Site {number} tells its story {item}</title><link>https://site-{number}.example/{item}</link>"
        f"<pubDate>{format_datetime(now - timedelta(hours=item))}</pubDate>"
        f"<description>{' '.join(f'word{number * item * step % 9973}' for step in range(1, 60))}</description></item>"
        for item in range(1, ITEMS + 1)
    )
    return f"<rss version='2.0'><channel><title>Site {number}</title>{items}</channel></rss>"


def newsletter(root: Path, addresses: list[str]) -> Path:
    initialise(root, Answers())
    config = root / "digest.toml"
    tables = "".join(f'[[sources]]\nid = "s{number}"\nfeed = "{url}"\n\n' for number, url in enumerate(addresses))
    folder = '[[sources]]\nid = "articles"\n'
    text = config.read_text().replace(folder, tables + folder).replace("min_stories = 3 ", "min_stories = 1 ")
    config.write_text(text)
    return root


def collect(root: Path) -> tuple[list[dict[str, str]], str]:
    """Run `digest collect --json`; returns the sources it reports and its cost."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROGRAM, "-C", str(root), "--json", "collect"]
    began = time.monotonic()
    process = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    wall = time.monotonic() - began
    if process.returncode not in {0, 8}:  # 8: there was nothing to collect
        sys.exit(process.stderr)
    cpu, memory = process.stderr.splitlines()[-1].split()
    sources = json.loads(process.stdout).get("sources", []) if process.stdout else []
    return sources, f"{wall:.1f} s wall, {float(cpu):.1f} s CPU, {float(memory):.0f} MB"


def main() -> None:
    with FeedsServer() as good, HostileServer() as bad, tempfile.TemporaryDirectory() as folder:
        ports = (good.host.partition(":")[2], bad.host.partition(":")[2])
        addresses = []
        for number in range(SOURCES - FAILING):
            good.put(f"/{number}", feed(number), etag=f'"{number}"')
            addresses.append(f"http://site-{number}.example:{ports[0]}/{number}")
        for number in range(FAILING):
            path = BAD[number % len(BAD)]
            port = 9 if path == "/refused" else ports[1]
            addresses.insert(number * 10, f"http://bad-{number}.example:{port}{path}")
        slowest = [f"http://bad-drip.example:{ports[1]}/drip"]
        print("the slowest host alone:", collect(newsletter(Path(folder, "alone"), slowest))[1])
        root = newsletter(Path(folder, "all"), addresses)
        for run in ("first run:", "second run:"):
            good.statuses.clear()
            sources, cost = collect(root)
            states = Counter(source["state"] for source in sources if source["id"] != "articles")
            print(run, cost, "| sources:", dict(states), "| good hosts answered:", dict(Counter(good.statuses)))


if __name__ == "__main__":
    main()
