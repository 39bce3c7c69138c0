"""Measures feeds per CPU second, compared with feedparser. The target is at least twelve times as many.

Run by hand, on an idle machine: .venv/bin/python tests/benchmarks/feeds.py FILE…
The files are feeds, optionally gzipped. digest and feedparser take turns, and the best of three rounds counts.
"""

from __future__ import annotations

import gzip
import sys
import time
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import feedparser

from digest import parse_feed

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3


def read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def seconds(parse: Callable[[], object]) -> float:
    began = time.process_time()
    parse()
    return time.process_time() - began


def main() -> None:
    feeds = [read(Path(name)) for name in sys.argv[1:]]
    if not feeds:
        sys.exit(__doc__)
    digest_time = feedparser_time = 0.0
    for data in feeds:  # the best of three rounds, because other work on the machine only adds time
        digest_time += min(seconds(partial(parse_feed, data, url="https://news.example/feed")) for _ in range(ROUNDS))
        feedparser_time += min(seconds(lambda data=data: feedparser.parse(BytesIO(data))) for _ in range(ROUNDS))
    rates = len(feeds) / digest_time, len(feeds) / feedparser_time
    print(f"digest {rates[0]:.1f}, feedparser {rates[1]:.1f} feeds/s: {feedparser_time / digest_time:.1f} times")


if __name__ == "__main__":
    main()
