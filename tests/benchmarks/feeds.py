"""Feeds per CPU second, against feedparser in the same run: at least twelve times as many is the promise.

Run by hand, on a machine that has nothing else to do: .venv/bin/python tests/benchmarks/feeds.py FILE…
(feeds as they came, gzipped or not). Of each feed the best of three counts, for ours and theirs one after the other.
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
    for data in feeds:  # the best of three: other work on the machine only ever adds
        ours += min(seconds(partial(parse_feed, data, url="https://news.example/feed")) for _ in range(ROUNDS))
        theirs += min(seconds(lambda data=data: feedparser.parse(BytesIO(data))) for _ in range(ROUNDS))
    print(f"digest {len(feeds) / ours:.1f}, feedparser {len(feeds) / theirs:.1f} feeds/s: {theirs / ours:.1f} times")


if __name__ == "__main__":
    main()
