"""The cost of grouping 5,000 invented articles, which must stay below 5 seconds of CPU and 400 MB.

If scikit-learn and SciPy are installed, the same run compares digest with TF-IDF and average-link clustering over all
pairs that are near in time. The ratio of CPU seconds is what matters; absolute times depend on the machine. Each round
runs in a separate process.

Run by hand: .venv/bin/python tests/benchmarks/grouping.py [ARTICLES]
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from digest import Article, group_articles
from digest.testing import peak_megabytes

ARTICLES = 5000
MOST_SECONDS = 5
MOST_MEGABYTES = 400
ROUNDS = 3
OUTLETS = 4
DAYS = 3


def invented(count: int) -> list[Article]:
    """A week of events, most reported by a few outlets. Word frequencies are as uneven as in a real language."""
    random = Random(11)  # noqa: S311 - invented articles are no secret
    words = ["".join(random.choices("abcdefghijklmnoprstuvwy", k=random.randint(3, 11))) for _ in range(20_000)]
    chances = [1 / (rank + 20) for rank in range(len(words))]
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    articles: list[Article] = []
    while len(articles) < count:
        event_words, hour = random.choices(words, k=25), random.uniform(0, 168)
        for outlet in range(random.randint(1, OUTLETS)):
            text = random.choices(event_words, k=20) + random.choices(words, chances, k=random.randint(30, 110))
            random.shuffle(text)
            articles.append(
                Article(
                    url=f"https://outlet{outlet}.example/{len(articles)}",
                    title=" ".join(random.choices(event_words, k=5) + random.choices(words, chances, k=4)),
                    text=" ".join(text),
                    published=monday + timedelta(hours=hour + random.uniform(0, 12)),
                )
            )
    random.shuffle(articles)
    return articles[:count]


def days(articles: list[Article]) -> list[int]:
    return [article.published.toordinal() if article.published else 0 for article in articles]


def scikit_learn(articles: list[Article]) -> int:
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [f"{article.title} {article.title} " + " ".join(article.text.split()[:100]) for article in articles]
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.5).fit_transform(texts)
    similarity, day = (vectors @ vectors.T).toarray(), np.array(days(articles))
    similarity[abs(day[:, None] - day[None]) >= DAYS] = 0
    distance = np.clip(1 - similarity, 0, 1)
    np.fill_diagonal(distance, 0)
    return len(set(fcluster(linkage(squareform(distance, checks=False), "average"), 0.92, "distance")))


SYSTEMS: dict[str, Callable[[list[Article]], Any]] = {
    "digest": group_articles,
    "scikit-learn": scikit_learn,
}


def measure(system: str, count: int) -> dict[str, float]:
    articles = invented(count)
    SYSTEMS[system](articles[:50])  # load data files and imports first
    began = time.process_time()
    SYSTEMS[system](articles)
    return {"seconds": time.process_time() - began, "megabytes": peak_megabytes()}


def run(system: str, count: int) -> dict[str, float]:
    """The best figures of several rounds, because other work on the machine can only add to them."""
    command = [sys.executable, __file__, system, str(count)]
    rounds = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(ROUNDS)
    ]
    return {figure: min(round_figures[figure] for round_figures in rounds) for figure in rounds[0]}


def main() -> None:
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    digest_figures = run("digest", count)
    print(
        f"{count} articles: {digest_figures['seconds']:.1f} s of CPU, {digest_figures['megabytes']:.0f} MB"
        f" (at most {MOST_SECONDS} s and {MOST_MEGABYTES} MB for {ARTICLES})"
    )
    if importlib.util.find_spec("sklearn") and importlib.util.find_spec("scipy"):
        scikit_figures = run("scikit-learn", count)
        print(f"scikit-learn: {scikit_figures['seconds']:.1f} s of CPU, {scikit_figures['megabytes']:.0f} MB")
        print(f"digest / scikit-learn: {digest_figures['seconds'] / scikit_figures['seconds']:.2f}")
    else:
        print("no comparison: scikit-learn and SciPy are not installed")
    if count == ARTICLES and (digest_figures["seconds"] > MOST_SECONDS or digest_figures["megabytes"] > MOST_MEGABYTES):
        sys.exit("over the limits")


if __name__ == "__main__":
    main()
