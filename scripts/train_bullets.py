"""Train the bullet picker, and write its weights to src/digest/editing/salience.toml.

    python scripts/train_bullets.py --data FOLDER [--sets NAME,NAME] [--folds 4] [--out FILE]

FOLDER contains SET.jsonl.gz files with lines of {"id", "title"?, "text", "bullets"}: articles and their human-written
summaries. Training needs numpy, scipy and rouge-score; the picker itself applies the weights in plain Python. The
articles are never committed. The same articles and library versions yield the same file.

First, the probability that a word is in the summary is estimated from the number of sentences that contain it and from
the first of them. Second, the weights are trained to maximise (with L-BFGS) the expected reward of a softmax over all
sets of three of an article's first sentences, in their shortened form. The reward is ROUGE-1 F1, minus costs for words,
for statements of over 30 words and for dangling openings. Nothing is sampled. A penalty on the distance from the
weights set by hand (weights.toml) prevents overfitting. ``--folds N`` first reports, by cross-validation, the gain over
the first three sentences of an article.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np  # type: ignore[import-not-found,unused-ignore]  # these three are installed only for training
from rouge_score.tokenizers import DefaultTokenizer  # type: ignore[import-not-found,import-untyped,unused-ignore]
from scipy.optimize import minimize  # type: ignore[import-not-found,import-untyped,unused-ignore]

from digest import Article
from digest.editing.bullets import candidate_sentences, says_the_same, shorten_candidate
from digest.editing.language_data import weights, word_list
from digest.editing.salience import COLUMNS, Statement, Subject, column_of, features_of, is_dangling
from digest.editing.sentences import split_sentences
from digest.editing.tokenization import detect_language

if TYPE_CHECKING:
    from collections.abc import Sequence

OUT = Path(__file__).parents[1] / "src" / "digest" / "editing" / "salience.toml"
LIMIT, WINDOW, ROWS = 3, 22, 7
COST = {"words": 0.03, "over 30 words": 4.0, "dangling": 8.0}  # in ROUGE points
STEPS = 250
#: The reward is divided by TEMPERATURE; PULL and PULL_WORD are the regularisation towards the weights set by hand.
TEMPERATURE, PULL, PULL_WORD = 10.0, 0.004, 0.1
_TOKENS = DefaultTokenizer(use_stemmer=True)
_SETS = np.array(list(combinations(range(WINDOW), LIMIT)))
_PAIRS = [(0, 1), (0, 2), (1, 2)]
_MEMBERS = np.zeros((len(_SETS), WINDOW), np.float32)
_MEMBERS[np.arange(len(_SETS))[:, None], _SETS] = 1


@dataclass(frozen=True, kw_only=True)
class Example:
    """One article for training.

    Attributes:
        whole: Its sentences.
        shortened: The first sentences in their shortened form, at most WINDOW of them.
        reference: The stems of the summary.
        reward: For each set of three sentences the reward in ROUGE points; -inf if two repeat each other.
        rouge: For each set its ROUGE-1 F1, shape (sets,).
        words: For each set the mean number of words, shape (sets,).
        long: For each set the share of statements of over 30 words, shape (sets,).
        dangling: For each set the share of dangling openings, shape (sets,).
        lead: The ROUGE-1 F1 of the first three sentences.
    """

    id: str
    corpus: str
    title: str
    whole: Sequence[Statement]
    shortened: Sequence[Statement]
    reference: frozenset[str]
    reward: np.ndarray
    rouge: np.ndarray
    words: np.ndarray
    long: np.ndarray
    dangling: np.ndarray
    lead: float


def read_examples(folder: Path, sets: Sequence[str]) -> list[Example]:
    """Read all articles that have more than three candidate sentences."""
    examples = []
    for name in sets:
        for line in gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).decode().splitlines():
            row = json.loads(line)
            article = Article(url="https://a.example/1", title=row.get("title") or "", text=row["text"])
            language = detect_language(article.text)
            sentences = list(candidate_sentences(article, language=language))
            if len(sentences) > LIMIT:
                shortened = [shorten_candidate(article, each, language=language) for each in sentences[:WINDOW]]
                examples.append(_example(name, row, article, [each.whole for each in sentences], shortened))
    return examples


def _example(
    corpus: str, row: Any, article: Article, whole: Sequence[Statement], shortened: Sequence[Statement]
) -> Example:
    reference = Counter(stem for text in row["bullets"] for stem in _TOKENS.tokenize(text))
    stems = [_TOKENS.tokenize(statement.text) for statement in shortened]
    hits = np.zeros((WINDOW, len(reference)), np.float32)
    hits[: len(shortened)] = [[each.count(stem) for stem in reference] for each in stems]
    both = np.minimum(_MEMBERS @ hits, np.array(list(reference.values()))).sum(1)
    rouge = 200 * both / (_MEMBERS @ _column([len(each) for each in stems]) + reference.total())
    length = [len(each.text.split()) for each in shortened]
    words, long, dangling = (
        _MEMBERS @ _column(values) / LIMIT
        for values in (length, [number > 30 for number in length], [is_dangling(each) for each in shortened])
    )
    cost = COST["words"] * words + COST["over 30 words"] * long + COST["dangling"] * dangling
    possible = np.zeros((WINDOW, WINDOW), bool)
    for left, right in combinations(range(len(shortened)), 2):
        possible[left, right] = not says_the_same(shortened[left], shortened[right])
    allowed = np.all([possible[_SETS[:, left], _SETS[:, right]] for left, right in _PAIRS], axis=0)
    first = Counter(stem for each in split_sentences(article.text)[:LIMIT] for stem in _TOKENS.tokenize(each.text))
    return Example(
        id=row["id"],
        corpus=corpus,
        title=article.title,
        whole=whole,
        shortened=shortened,
        reference=frozenset(reference),
        reward=np.where(allowed, rouge - cost, -np.inf),
        rouge=rouge,
        words=words,
        long=long,
        dangling=dangling,
        lead=200 * (first & reference).total() / max(1, first.total() + reference.total()),
    )


def _column(values: Sequence[float]) -> np.ndarray:
    return np.array([*values, *[0] * (WINDOW - len(values))], np.float32)


def chances_of(examples: Sequence[Example]) -> list[list[float]]:
    """The probability that a summary has a word, by the number of sentences with it (row) and the first (column)."""
    used, all_words = np.ones((ROWS, len(COLUMNS))), np.full((ROWS, len(COLUMNS)), 10.0)
    for example in examples:
        spread, first = Counter[str](), dict[str, int]()
        for index, statement in enumerate(example.whole):
            spread.update(statement.content)
            for word in statement.content:
                first.setdefault(word, index)
        for word, number in spread.items():
            place = min(number, ROWS) - 1, column_of(first[word])
            all_words[place] += 1
            used[place] += any(stem in example.reference for stem in _TOKENS.tokenize(word))
    return [[round(float(value), 3) for value in row] for row in used / all_words]


@dataclass(frozen=True, kw_only=True)
class Data:
    """The articles as arrays.

    Attributes:
        names: The names of the features.
        features: Shape (articles, WINDOW, features).
        shared: The worth of the words that two statements of a set share, shape (articles, sets).
        hand: The weights set by hand, shape (features,).
        reward: Shape (articles, sets).
    """

    names: Sequence[str]
    features: np.ndarray
    shared: np.ndarray
    hand: np.ndarray
    reward: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example], chances: list[list[float]]) -> Data:
        """Compute the features of all articles, with the given word probabilities."""
        lexicon = sorted(word_list("words", "stop") | word_list("kinds", "telling"))
        names: list[str] = []
        rows, shared = [], []
        for example in examples:
            subject = Subject(example.title, example.whole, chances)
            described = [features_of(index, each, subject) for index, each in enumerate(example.shortened)]
            names = [*described[0], *(f"word {word}" for word in lexicon)]
            own = np.zeros((WINDOW, len(names)), np.float32)
            for index, (each, statement) in enumerate(zip(described, example.shortened, strict=True)):
                own[index] = [*each.values(), *(word in statement.distinct for word in lexicon)]
            rows.append(own)
            pair = np.zeros((WINDOW, WINDOW), np.float32)
            for left, right in combinations(range(len(example.shortened)), 2):
                pair[left, right] = subject.worth_of(example.shortened[left].content & example.shortened[right].content)
            shared.append(sum(pair[_SETS[:, left], _SETS[:, right]] for left, right in _PAIRS))
        by_hand = weights("ranking")
        return cls(
            names=names,
            features=np.array(rows),
            shared=np.array(shared),
            hand=np.array([by_hand.get(name, 0.0) for name in names]),
            reward=np.array([each.reward for each in examples], np.float32),
        )

    def energy(self, weight: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """The score of each set, shape (articles, sets). The last weight is that of ``shared``."""
        scores = self.features[rows] @ (weight[:-1] + self.hand).astype(np.float32)
        energy = scores @ _MEMBERS.T + np.float32(weight[-1]) * self.shared[rows]
        return np.where(np.isfinite(self.reward[rows]), energy, -np.inf)


def train(data: Data) -> np.ndarray:
    """Train the weights, which are added to those set by hand. The last one is that of ``shared``."""
    spread = data.features[data.features.any(2)].std(0)
    # A feature that no article has, such as a title, keeps the weight set by hand.
    scale = np.append(np.where(spread > 1e-4, spread, np.inf), data.shared.std() / LIMIT)
    pull = np.array([*[PULL_WORD if " " in name else PULL for name in data.names], PULL])
    rows = np.flatnonzero(np.isfinite(data.reward).any(1))
    reward = np.where(np.isfinite(data.reward[rows]), data.reward[rows], 0) / TEMPERATURE

    def loss(weight: np.ndarray) -> tuple[float, np.ndarray]:
        energy = data.energy(weight / scale, rows)
        chance = np.exp(energy - energy.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        expected = (chance * reward).sum(1, keepdims=True)
        better = chance * (reward - expected)
        slope = np.einsum("as,asf->f", better @ _MEMBERS, data.features[rows])
        slope = np.append(slope, (better * data.shared[rows]).sum()) / len(rows) / scale
        return (pull * weight**2).sum() / 2 - float(expected.mean()), pull * weight - slope

    optimum = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    best: np.ndarray = optimum.x / scale
    return best


def report(examples: Sequence[Example], folds: int) -> None:
    """Print the gain over the first three sentences, by cross-validation."""
    figures: dict[str, list[tuple[float, ...]]] = {}
    for fold in range(folds):
        training = [each for each in examples if zlib.crc32(each.id.encode()) % folds != fold]
        held_out = [each for each in examples if zlib.crc32(each.id.encode()) % folds == fold]
        chances = chances_of(training)
        weight = train(Data.of(training, chances))
        best = Data.of(held_out, chances).energy(weight, slice(None)).argmax(1)
        for each, choice in zip(held_out, best, strict=True):
            figures.setdefault(each.corpus, []).append(
                (each.rouge[choice] - each.lead, each.words[choice], each.long[choice], each.dangling[choice])
            )
    for corpus, rows in figures.items():
        gain, words, long, dangling = np.mean(rows, axis=0)
        print(f"{corpus}, {len(rows)} articles: ROUGE-1 {gain:+.2f}, {words:.1f} words, {long:.1%} over 30", end="")
        print(f", {dangling:.1%} dangling")


def toml_text(names: Sequence[str], weight: np.ndarray, chances: list[list[float]]) -> str:
    """The content of salience.toml."""
    features = [f"{name} = {value:.4f}" for name, value in zip(names, weight, strict=False) if " " not in name]
    words = [
        f'"{name.removeprefix("word ")}" = {value:.3f}'
        for name, value in zip(names, weight, strict=False)
        if " " in name and abs(value) >= 0.005
    ]
    return "\n".join(
        [
            "# The trained weights of the bullet picker. Written by scripts/train_bullets.py; do not edit.",
            "",
            "[features]",
            *features,
            "",
            "# Added for each of these words in a sentence.",
            "[words]",
            *words,
            "",
            "[choosing]",
            f"repeats = {weight[-1]:.4f}  # times the worth of the words that two statements share",
            "",
            "# The probability that a human summary uses a word of the article. The row is the number of sentences",
            f"# with the word, from 1 to {ROWS} or more; the column is the first such sentence, from {_columns()} on.",
            "[worth]",
            "chances = [",
            *["    [" + ", ".join(f"{value:.3f}" for value in row) + "]," for row in chances],
            "]",
            "",
        ]
    )


def _columns() -> str:
    return ", ".join(map(str, COLUMNS))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="the folder of SET.jsonl.gz files")
    ap.add_argument("--sets", default="cnndm_cased,cnndm_test_lc", help="comma-separated names of sets")
    ap.add_argument(
        "--folds", type=int, default=0, help="first report the figures of a cross-validation with N folds", metavar="N"
    )
    ap.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    args = ap.parse_args()
    examples = read_examples(args.data, args.sets.split(","))
    print(f"{len(examples)} articles", file=sys.stderr)
    if args.folds > 1:
        report(examples, args.folds)
    chances = chances_of(examples)
    data = Data.of(examples, chances)
    args.out.write_text(toml_text(data.names, train(data), chances), encoding="utf-8")


if __name__ == "__main__":
    main()
