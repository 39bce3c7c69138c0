"""What grouping 5,000 invented articles costs, against the plain way: TF-IDF and the cosine of all pairs near in time.

The peer is scikit-learn with SciPy's average link where they are installed, else the same in plain Python over the
first articles only (its time grows with their square and is scaled up). The ratio of CPU seconds counts; seconds alone
say more about the machine. Each is measured in a process of its own.

Run by hand: .venv/bin/python tests/benchmarks/grouping.py [ARTICLES]
"""

from __future__ import annotations

import importlib.util
import json
import math
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any

from digest import Article, group_articles

ARTICLES = 5000
OUTLETS = 4
PLAIN_ARTICLES = 1000
DAYS = 3


def invented(count: int) -> list[Article]:
    """A week of events, most of them reported by a few outlets; words are as unevenly used as in a language."""
    random = Random(11)  # noqa: S311 - invented articles are no secret
    words = ["".join(random.choices("abcdefghijklmnoprstuvwy", k=random.randint(3, 11))) for _ in range(20_000)]
    chances = [1 / (rank + 20) for rank in range(len(words))]
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    articles: list[Article] = []
    while len(articles) < count:
        own, hour = random.choices(words, k=25), random.uniform(0, 168)
        for outlet in range(random.randint(1, OUTLETS)):
            text = random.choices(own, k=20) + random.choices(words, chances, k=random.randint(30, 110))
            random.shuffle(text)
            articles.append(
                Article(
                    url=f"https://outlet{outlet}.example/{len(articles)}",
                    title=" ".join(random.choices(own, k=5) + random.choices(words, chances, k=4)),
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
    found = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.5).fit_transform(texts)
    likeness, day = (found @ found.T).toarray(), np.array(days(articles))
    likeness[abs(day[:, None] - day[None]) >= DAYS] = 0
    distance = np.clip(1 - likeness, 0, 1)
    np.fill_diagonal(distance, 0)
    return len(set(fcluster(linkage(squareform(distance, checks=False), "average"), 0.92, "distance")))


def all_pairs(articles: list[Article]) -> int:
    counts = [Counter(f"{article.title} {article.text}".casefold().split()) for article in articles]
    spread = Counter(word for count in counts for word in count)
    vectors = []
    for count in counts:
        vector = {word: number * math.log(len(articles) / spread[word]) for word, number in count.items()}
        length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        vectors.append({word: value / length for word, value in vector.items()})
    day = days(articles)
    return sum(
        sum(value * vectors[other].get(word, 0.0) for word, value in vectors[one].items()) >= 0.1
        for one, other in combinations(range(len(articles)), 2)
        if abs(day[one] - day[other]) < DAYS
    )


SYSTEMS: dict[str, Callable[[list[Article]], Any]] = {
    "digest": group_articles,
    "scikit-learn": scikit_learn,
    "all pairs": all_pairs,
}


def measure(system: str, count: int) -> dict[str, float]:
    articles = invented(count)
    SYSTEMS[system](articles[:50])  # imports, and what is read once
    began = time.process_time()
    SYSTEMS[system](articles)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return {"seconds": time.process_time() - began, "megabytes": peak}


def run(system: str, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, system, str(count)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    if len(sys.argv) > 2:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    ours = run("digest", count)
    if importlib.util.find_spec("sklearn"):
        peer, theirs, scale = "scikit-learn", run("scikit-learn", count), 1.0
    else:
        fewer = min(count, PLAIN_ARTICLES)
        peer, theirs, scale = "all pairs", run("all pairs", fewer), (count / fewer) ** 2
    print(f"{count} articles: digest {ours['seconds']:.1f} s CPU, {ours['megabytes']:.0f} MB at most")
    print(f"{peer}: {scale * theirs['seconds']:.1f} s CPU{' (scaled up)' if scale > 1 else ''}")
    print(f"digest / {peer}: {ours['seconds'] / (scale * theirs['seconds']):.3f}")


if __name__ == "__main__":
    main()
