"""Train the weights by which bullets are chosen, and write src/digest/editing/salience.toml.

    python scripts/train_bullets.py --data FOLDER [--sets NAME,NAME] [--folds 4] [--out FILE]

FOLDER holds SET.jsonl.gz files of {"id", "title"?, "text", "bullets"}: articles, and the statements that people made of
them. Needs numpy, scikit-learn and rouge-score, for training only: what the file says is applied in plain Python. The
articles are never committed. Given the same articles and versions, the file is the same.

A logistic regression on the sentences of each article's best extract (the greedy oracle) is the start. From there the
weights follow the gradient of what is wanted: ROUGE-1 F1 of the three statements chosen, less a cost for words, for
statements over 30 words and for openings that lean on a missing sentence. Sentences are weighed as they read when they
are shortened. ``--folds N`` first tells what articles that were not trained on gain over their first three sentences.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # type: ignore[import-not-found,unused-ignore]  # only who trains has these three
from rouge_score.tokenizers import DefaultTokenizer  # type: ignore[import-not-found,unused-ignore]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found,unused-ignore]

from digest import Article
from digest.editing.bullets import Candidate, candidates, shortened
from digest.editing.language import language_of, word_list
from digest.editing.salience import Subject, features_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OUT = Path(__file__).parents[1] / "src" / "digest" / "editing" / "salience.toml"
LIMIT, WINDOW, SAME = 3, 28, 0.6
COST = {"words": 0.08, "over 30 words": 4.0, "leaning": 10.0}  # in ROUGE points
EPOCHS, SAMPLES, BATCH, RATE, PULL = 12, 12, 32, 0.01, 0.01
_TOKENS = DefaultTokenizer(use_stemmer=True)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One article as arrays; a row is a sentence, n of them.

    Attributes:
        features: (n, features), standardised later.
        hits: (n, words of the reference): how often each occurs.
        reference: How often each occurs in the reference.
        content: (n, content words of the article), 0 or 1.
        stems, words, leaning, oracle: (n,) lengths in stems and words, and two marks.
        lead: ROUGE-1 F1 of the first three sentences.
    """

    id: str
    features: np.ndarray
    hits: np.ndarray
    reference: np.ndarray
    content: np.ndarray
    stems: np.ndarray
    words: np.ndarray
    leaning: np.ndarray
    oracle: np.ndarray
    lead: float


def read_examples(folder: Path, sets: Sequence[str]) -> tuple[list[str], list[Example]]:
    """The names of the features, words last, and every article that has some sentences to choose from."""
    lexicon = sorted(word_list("words", "stop") | word_list("kinds", "telling"))
    names: list[str] = []
    examples: list[Example] = []
    for name in sets:
        for line in gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).decode().splitlines():
            row = json.loads(line)
            article = Article(url="https://a.example/1", title=row.get("title") or "", text=row["text"])
            language = language_of(article.text)
            found = list(candidates(article, language=language))
            if len(found) > LIMIT:
                features, example = _example(row, article, found, lexicon, language)
                names = [*features, *(f"word {word}" for word in lexicon)]
                examples.append(example)
    return names, examples


def _example(
    row: Any, article: Article, found: list[Candidate], lexicon: list[str], language: str
) -> tuple[list[str], Example]:
    subject = Subject(article.title, [each.whole for each in found])
    read = [shortened(article, each, language=language) for each in found[:WINDOW]]
    described = [features_of(index, statement, subject) for index, statement in enumerate(read)]
    spoken = [[float(word in set(statement.words)) for word in lexicon] for statement in read]
    stems = [_TOKENS.tokenize(statement.text) for statement in read]
    reference = Counter(stem for text in row["bullets"] for stem in _TOKENS.tokenize(text))
    lead = Counter(stem for each in found[:LIMIT] for stem in _TOKENS.tokenize(each.whole.text))
    vocabulary = sorted(set().union(*[statement.content for statement in read]))
    oracle = _oracle(stems, [_TOKENS.tokenize(text) for text in row["bullets"]])
    return list(described[0]), Example(
        id=row["id"],
        features=np.array(
            [[*each.values(), *words] for each, words in zip(described, spoken, strict=True)], np.float32
        ),
        hits=np.array([[each.count(stem) for stem in reference] for each in stems], np.float32),
        reference=np.array(list(reference.values()), np.float32),
        content=np.array([[word in each.content for word in vocabulary] for each in read], np.float32),
        stems=np.array([len(each) for each in stems], np.float32),
        words=np.array([len(each.text.split()) for each in read], np.float32),
        leaning=np.array([each["leaning"] for each in described], np.float32),
        oracle=np.isin(np.arange(len(read)), oracle).astype(int),
        lead=100 * _f1(lead, reference),
    )


def _f1(one: Counter[Any], other: Counter[Any]) -> float:
    both = (one & other).total()
    return 2 * both / (one.total() + other.total()) if both else 0.0


def _oracle(sentences: list[list[str]], reference: list[list[str]]) -> list[int]:
    """The three that a greedy choice by ROUGE-1 and ROUGE-2 makes when it knows the reference."""

    def grams(texts: Iterable[list[str]]) -> tuple[Counter[Any], Counter[Any]]:
        texts = list(texts)
        return Counter(w for text in texts for w in text), Counter(p for text in texts for p in pairwise(text))

    one, two = grams(reference)
    chosen: list[int] = []
    best = 0.0
    while len(chosen) < LIMIT:
        values = []
        for index in set(range(len(sentences))) - set(chosen):
            ours = grams(sentences[i] for i in (*chosen, index))
            values.append((_f1(ours[0], one) + _f1(ours[1], two), -index))
        if not values or max(values)[0] <= best:
            break
        best, index = max(values)
        chosen.append(-index)
    return chosen


def rouge(example: Example, chosen: np.ndarray) -> np.ndarray:
    """ROUGE-1 F1, in points, of each row of chosen sentences."""
    both = np.minimum(example.hits[chosen].sum(1), example.reference).sum(1)
    return 200 * both / (example.stems[chosen].sum(1) + example.reference.sum())


def choose(
    example: Example, scores: np.ndarray, repeats: float, rng: np.random.Generator | None, samples: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Sets of three, as (samples, 3), and the gradient of their log probability for the features and ``repeats``.

    Without ``rng`` it is the choice that `digest.editing.bullets` makes.
    """
    rows = np.arange(samples)
    size = np.maximum(example.content.sum(1), 1)
    covered = np.zeros((samples, example.content.shape[1]), np.float32)
    alike = np.zeros((samples, len(scores)), bool)
    chosen = np.zeros((samples, LIMIT), int)
    gradient = np.zeros((samples, example.features.shape[1] + 1))
    shared = example.content @ example.content.T
    same = shared >= SAME * np.maximum(np.minimum(size[:, None], size), 1)
    for turn in range(LIMIT):
        overlap = covered @ example.content.T / size
        values = np.where(alike, -1e9, scores + repeats * overlap)
        drawn = values if rng is None else values + rng.gumbel(size=values.shape)
        taken = drawn.argmax(1)
        if rng is not None:
            chance = np.exp(values - values.max(1, keepdims=True))
            chance /= chance.sum(1, keepdims=True)
            gradient[:, :-1] += example.features[taken] - chance @ example.features
            gradient[:, -1] += overlap[rows, taken] - (chance * overlap).sum(1)
        chosen[:, turn] = taken
        alike |= same[taken]
        alike[rows, taken] = True
        covered = np.maximum(covered, example.content[taken])
    return chosen, gradient


def train(examples: Sequence[Example]) -> np.ndarray:
    """Weights of the standardised features, and that of repeating, last."""
    start = LogisticRegression(C=0.03, max_iter=3000).fit(
        np.concatenate([each.features for each in examples]), np.concatenate([each.oracle for each in examples])
    )
    begin = np.append(start.coef_[0], -1.5)
    weight, mean, square, average = begin.copy(), np.zeros_like(begin), np.zeros_like(begin), np.zeros_like(begin)
    rng = np.random.default_rng(7)
    steps = EPOCHS * (len(examples) // BATCH)
    for step in range(1, steps + 1):
        gradient = np.zeros_like(weight)
        for index in rng.choice(len(examples), BATCH, replace=False):
            example = examples[index]
            chosen, direction = choose(example, example.features @ weight[:-1], weight[-1], rng, SAMPLES)
            value = rouge(example, chosen)
            value = value - COST["words"] * example.words[chosen].mean(1)
            value = value - COST["over 30 words"] * (example.words[chosen] > 30).mean(1)
            value = value - COST["leaning"] * example.leaning[chosen].mean(1)
            gradient += ((value - value.mean()) / 10) @ direction / SAMPLES
        gradient = gradient / BATCH - PULL * (weight - begin)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        rate = RATE * (1 - (step - 1) / steps)
        weight = weight + rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        if step > steps // 2:
            average += weight / (steps - steps // 2)
    return average


def scaled(examples: Sequence[Example]) -> tuple[list[Example], np.ndarray]:
    """The examples with standardised features, and what each feature was divided by."""
    spread = np.concatenate([each.features for each in examples]).std(0) + 1e-6
    mean = np.concatenate([each.features for each in examples]).mean(0)
    return [Example(**{**vars(each), "features": (each.features - mean) / spread}) for each in examples], spread


def report(examples: Sequence[Example], folds: int) -> None:
    """What articles gain that were not trained on."""
    figures: list[tuple[float, float, float, float]] = []
    for fold in range(folds):
        held = [each for each in examples if zlib.crc32(each.id.encode()) % folds == fold]
        weight = train([each for each in examples if zlib.crc32(each.id.encode()) % folds != fold])
        for each in held:
            chosen, _ = choose(each, each.features @ weight[:-1], weight[-1], None)
            words = each.words[chosen]
            gain = float(rouge(each, chosen)[0]) - each.lead
            figures.append((gain, words.mean(), 100 * (words > 30).mean(), 100 * each.leaning[chosen].mean()))
    gain, words, long, leaning = np.mean(figures, axis=0)
    print(
        f"{len(figures)} articles: ROUGE-1 {gain:+.2f}, {words:.1f} words, {long:.1f} % over 30, {leaning:.1f} % lean"
    )


def written(names: Sequence[str], weight: np.ndarray) -> str:
    """The data file."""
    features = [f"{name} = {value:.4f}" for name, value in zip(names, weight, strict=False) if " " not in name]
    words = [
        f'"{name.removeprefix("word ")}" = {value:.3f}'
        for name, value in zip(names, weight, strict=False)
        if " " in name and abs(value) >= 0.005
    ]
    return "\n".join(
        [
            "# What makes a sentence stand for its article. Made by scripts/train_bullets.py.",
            "",
            "[features]",
            *features,
            "",
            "# For each word that a sentence holds.",
            "[words]",
            *words,
            "",
            "[choosing]",
            f"repeats = {weight[-1]:.4f}  # times the share of its words that are already said",
            "",
        ]
    )


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder of SET.jsonl.gz files")
    ap.add_argument("--sets", default="cnndm_cased,cnndm_test_lc", help="comma-separated")
    ap.add_argument("--folds", type=int, default=0, help="first measure on held-out parts, so many of them")
    ap.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    args = ap.parse_args()
    names, examples = read_examples(args.data, args.sets.split(","))
    print(f"{len(examples)} articles, {len(names)} features", file=sys.stderr)
    standard, spread = scaled(examples)
    if args.folds > 1:
        report(standard, args.folds)
    weight = train(standard) / np.append(spread, 1)
    args.out.write_text(written(names, weight), encoding="utf-8")


if __name__ == "__main__":
    main()
