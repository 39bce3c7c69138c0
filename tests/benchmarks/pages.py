"""Measures pages per CPU second, as a share of what trafilatura alone reads, and the peak memory of both.

trafilatura reads each page and its metadata in its precise mode, which is the same work except for key points and
digest's checks. The generated pages are the same in each run. Run by hand, with the package installed or on PYTHONPATH:

    .venv/bin/python tests/benchmarks/pages.py [PAGES]   (default: 40 pages)
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from digest.testing import peak_megabytes

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
WORDS = (
    "harbour", "ferry", "island", "mayor", "pier", "angler", "town", "council", "water", "boat", "summer", "ticket",
    "plan", "noon", "storm", "captain", "engine", "money", "school", "bridge", "river", "report", "budget", "question",
)  # fmt: skip
URL = "https://www.news.example/2026/01/harbour"


def sentence(chance: random.Random) -> str:
    fields = chance.choices(WORDS, k=chance.randint(8, 22))
    return " ".join(fields).capitalize() + "."


def page(number: int) -> str:
    """Return a page like a newspaper's, with data, scripts, menus, an article with key points, teasers and comments."""
    chance = random.Random(number)  # noqa: S311 - not for cryptography; the pages are the same in each run
    title = sentence(chance)
    paragraphs = "".join(
        f"<p>{' '.join(sentence(chance) for _ in range(chance.randint(1, 4)))} <a href='/{number}'>More</a></p>"
        for _ in range(chance.randint(6, 40))
    )
    menu = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in WORDS) * 4
    teasers = "".join(f"<div class='card'><h3><a href='/{n}'>{sentence(chance)}</a></h3></div>" for n in range(30))
    script = f"<script>var a = [{','.join(str(chance.random()) for _ in range(2000))}];</script>"
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{title} | The News</title>"
        f"<meta property='og:title' content='{title}'><meta property='article:published_time' content='2026-01-05'>"
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{title}", '
        f'"author": {{"name": "Ann Lee"}}}}</script>{script}</head><body><nav><ul>{menu}</ul></nav>'
        f"<article><h1>{title}</h1><ul class='key-points'><li>{sentence(chance)}</li><li>{sentence(chance)}</li></ul>"
        f"{paragraphs}</article><aside>{teasers}</aside>{script}<footer>The News</footer></body></html>"
    )


def seconds(read: Callable[[str], object], pages: list[str]) -> float:
    began = time.process_time()
    for html in pages:
        read(html)
    return time.process_time() - began


def measure(name: str, count: int) -> None:
    """Print pages per CPU second (the best of three rounds) and the peak memory in MB."""
    if name == "digest":
        from digest import extract_article

        def read(html: str) -> object:
            return extract_article(html, url=URL)
    else:
        from trafilatura import bare_extraction

        def read(html: str) -> object:
            return bare_extraction(html, url=URL, favor_precision=True, with_metadata=True, include_comments=False)

    pages = [page(number) for number in range(count)]
    read(pages[0])
    best = min(seconds(read, pages) for _ in range(ROUNDS))
    print(count / best, peak_megabytes())


def main() -> None:
    count = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 40)
    if "--only" in sys.argv:
        measure(sys.argv[-1], count)
        return
    rates = {}
    for name in ("digest", "trafilatura"):  # in separate processes, because the peak memory of a process never falls
        command = [sys.executable, __file__, str(count), "--only", name]
        fields = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        rates[name] = float(fields[0])
        print(f"{name}: {rates[name]:.1f} pages/s, peak {float(fields[1]):.0f} MB")
    print(f"{rates['digest'] / rates['trafilatura']:.2f} times trafilatura's rate")


if __name__ == "__main__":
    main()
