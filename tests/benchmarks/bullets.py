"""Measures the cost of picking bullets from invented articles of 600 words, compared with the first three sentences.

The ratio of articles per CPU second is what matters; absolute times depend on the machine. If pysbd is installed,
digest's sentence splitter is compared with it.

Run by hand: .venv/bin/python tests/benchmarks/bullets.py [ARTICLES]
"""

from __future__ import annotations

import importlib.util
import re
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from digest import Article, pick_bullets
from digest.editing.sentences import split_sentences

ARTICLES = 300
SENTENCES = 30
PEER_ARTICLES = 20

_WHO = (
    "The council of {town}",
    "Dr. Anna {name}",
    "A spokesman for {name} Inc.",
    "Police in {town}",
    "He",
    "But critics",
    "The U.S. firm",
)
_DID = (
    "approved a new tram line on Monday",
    "said the bridge, which opened in 1961, would close",
    "refused to pay the {number} million dollars that the state had asked for",
    "found {number} people near the river at 5 p.m.",
    "sold the company to {name} Ltd.",
    "warned that prices would rise by {number} percent",
)
_TAIL = (
    "",
    ", according to a report by the state",
    ", adding that nobody had been told",
    " after two years of debate",
    ", he said",
)


def invented(count: int) -> list[Article]:
    random = Random(5)  # noqa: S311 - invented articles are no secret
    names = ["".join(random.choices("abdegilmnorstu", k=random.randint(4, 9))).title() for _ in range(400)]

    def sentence(own: list[str]) -> str:
        clauses = " and ".join(random.choices(_DID, k=random.randint(1, 2)))
        text = f"{random.choice(_WHO)} {clauses}{random.choice(_TAIL)}."
        return text.format(town=random.choice(own), name=random.choice(names), number=random.randint(2, 90))

    articles = []
    for number in range(count):
        own = random.choices(names, k=4)
        paragraphs = [" ".join(sentence(own) for _ in range(random.randint(1, 3))) for _ in range(SENTENCES // 2)]
        articles.append(Article(url=f"https://a.example/{number}", title=sentence(own), text="\n\n".join(paragraphs)))
    return articles


_END = re.compile(r"([.!?…]+)([\"')\]]*)\s+(?=[\"'(\[]*[A-Z0-9£$€])")
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "gen",
        "col",
        "lt",
        "sen",
        "rep",
        "gov",
        "st",
        "vs",
        "e.g",
        "i.e",
        "u.s",
        "u.k",
        "a.m",
        "p.m",
        "inc",
        "corp",
        "co",
        "ltd",
        "jr",
    ]
)


def first_three(article: Article) -> list[str]:
    """The first three sentences, split by a regular expression."""
    sentences = []
    for line in article.text.splitlines():
        start = 0
        for match in _END.finditer(line):
            before = re.search(r"[^\s\"'(\[]*$", line[start : match.start()])
            if match[1] == "." and before and before[0].lower() in _ABBREVIATIONS:
                continue
            sentences.append(line[start : match.end()].strip())
            start = match.end()
        if line[start:].strip():
            sentences.append(line[start:].strip())
    return sentences[:3]


def seconds(function: Callable[[Any], object], items: list[Any]) -> float:
    """CPU seconds per item, the best of three rounds."""
    function(items[0])  # load data files and imports first
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for item in items:
            function(item)
        rounds.append((time.process_time() - began) / len(items))
    return min(rounds)


def main() -> None:
    articles = invented(int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES)
    words = sum(len(article.text.split()) for article in articles) / len(articles)
    ours, lead = seconds(pick_bullets, articles), seconds(first_three, articles)
    print(
        f"{len(articles)} articles of {words:.0f} words: {1 / ours:.0f} per CPU second, the first three {1 / lead:.0f}"
    )
    print(f"pick_bullets / first three: {lead / ours:.3f}")
    if importlib.util.find_spec("pysbd"):
        import pysbd

        segmenter = pysbd.Segmenter(language="en", clean=False)
        texts = [article.text for article in articles[:PEER_ARTICLES]]
        times = seconds(segmenter.segment, texts) / seconds(split_sentences, texts)
        print(f"splitter / pysbd: {times:.0f} times its speed")


if __name__ == "__main__":
    main()
