"""Measures feeds per CPU second, compared with feedparser. The target is at least twelve times as many.

Run by hand, on an idle machine: .venv/bin/python tests/benchmarks/feeds.py FILE…
The files are feeds, gzipped or not. The best of three rounds counts, for digest and feedparser in turn.
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
    ours = theirs = 0.0
    for data in feeds:  # the best of three rounds, because other work on the machine only adds time
        ours += min(seconds(partial(parse_feed, data, url="https://news.example/feed")) for _ in range(ROUNDS))
        theirs += min(seconds(lambda data=data: feedparser.parse(BytesIO(data))) for _ in range(ROUNDS))
    print(f"digest {len(feeds) / ours:.1f}, feedparser {len(feeds) / theirs:.1f} feeds/s: {theirs / ours:.1f} times")


if __name__ == "__main__":
    main()
