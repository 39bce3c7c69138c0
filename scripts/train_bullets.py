"""Train the weights by which bullets are chosen, and write src/digest/editing/salience.toml.

    python scripts/train_bullets.py --data FOLDER [--sets NAME,NAME] [--folds 4] [--out FILE]

FOLDER holds SET.jsonl.gz files of {"id", "title"?, "text", "bullets"}: articles, and the statements that people made
of them. Needs numpy, scipy and rouge-score, for training only: what the file says is applied in plain Python. The
articles are never committed. Given the same articles and versions, the file is the same.

First the chance of a word to be in the reference is counted, by how many sentences hold it and which is the first.
Then the weights: a softmax over all sets of three of an article's first sentences, each as it reads when shortened,
whose expected reward is made as high as it gets (L-BFGS). The reward is ROUGE-1 F1, less a cost for words, for
statements over 30 words and for openings that lean on a missing sentence. Nothing is sampled, and a pull to the weights
set by hand (weights.toml) keeps the chance of these articles out. ``--folds N`` first tells what articles that were not
trained on gain over their first three sentences.
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

import numpy as np  # type: ignore[import-not-found,unused-ignore]  # only who trains has these three
from rouge_score.tokenizers import DefaultTokenizer  # type: ignore[import-not-found,import-untyped,unused-ignore]
from scipy.optimize import minimize  # type: ignore[import-not-found,import-untyped,unused-ignore]

from digest import Article
from digest.editing.bullets import candidate_sentences, says_the_same, shorten_candidate
from digest.editing.language_data import weights, word_list
from digest.editing.salience import COLUMNS, Statement, Subject, column_of, features_of, leaning_statement
from digest.editing.sentences import split_sentences
from digest.editing.tokenization import detect_language

if TYPE_CHECKING:
    from collections.abc import Sequence

OUT = Path(__file__).parents[1] / "src" / "digest" / "editing" / "salience.toml"
LIMIT, WINDOW, ROWS = 3, 22, 7
COST = {"words": 0.03, "over 30 words": 4.0, "leaning": 8.0}  # in ROUGE points
STEPS = 250
#: The reward is divided by this; how strongly each weight is pulled to what is set by hand.
TEMPERATURE, PULL, PULL_WORD = 10.0, 0.004, 0.1
_TOKENS = DefaultTokenizer(use_stemmer=True)
_SETS = np.array(list(combinations(range(WINDOW), LIMIT)))
_PAIRS = [(0, 1), (0, 2), (1, 2)]
_MEMBERS = np.zeros((len(_SETS), WINDOW), np.float32)
_MEMBERS[np.arange(len(_SETS))[:, None], _SETS] = 1


@dataclass(frozen=True, kw_only=True)
class Example:
    """One article.

    Attributes:
        whole: Its sentences; ``read`` the first ones as they read when shortened, at most WINDOW.
        reward: (sets of three,) what each is worth, in ROUGE points; -inf where one says what another says.
        rouge, words, long, leaning: (sets of three,) ROUGE-1 F1 and means.
        lead: ROUGE-1 F1 of the first three sentences.
    """

    id: str
    corpus: str
    title: str
    whole: Sequence[Statement]
    read: Sequence[Statement]
    reference: frozenset[str]
    reward: np.ndarray
    rouge: np.ndarray
    words: np.ndarray
    long: np.ndarray
    leaning: np.ndarray
    lead: float


def read_examples(folder: Path, sets: Sequence[str]) -> list[Example]:
    """Every article that has some sentences to choose from."""
    examples = []
    for name in sets:
        for line in gzip.decompress((folder / f"{name}.jsonl.gz").read_bytes()).decode().splitlines():
            row = json.loads(line)
            article = Article(url="https://a.example/1", title=row.get("title") or "", text=row["text"])
            language = detect_language(article.text)
            found = list(candidate_sentences(article, language=language))
            if len(found) > LIMIT:
                read = [shorten_candidate(article, each, language=language) for each in found[:WINDOW]]
                examples.append(_example(name, row, article, [each.whole for each in found], read))
    return examples


def _example(corpus: str, row: Any, article: Article, whole: Sequence[Statement], read: Sequence[Statement]) -> Example:
    reference = Counter(stem for text in row["bullets"] for stem in _TOKENS.tokenize(text))
    stems = [_TOKENS.tokenize(statement.text) for statement in read]
    hits = np.zeros((WINDOW, len(reference)), np.float32)
    hits[: len(read)] = [[each.count(stem) for stem in reference] for each in stems]
    both = np.minimum(_MEMBERS @ hits, np.array(list(reference.values()))).sum(1)
    rouge = 200 * both / (_MEMBERS @ _column([len(each) for each in stems]) + reference.total())
    length = [len(each.text.split()) for each in read]
    words, long, leaning = (
        _MEMBERS @ _column(values) / LIMIT
        for values in (length, [number > 30 for number in length], [leaning_statement(each) for each in read])
    )
    cost = COST["words"] * words + COST["over 30 words"] * long + COST["leaning"] * leaning
    possible = np.zeros((WINDOW, WINDOW), bool)
    for one, two in combinations(range(len(read)), 2):
        possible[one, two] = not says_the_same(read[one], read[two])
    allowed = np.all([possible[_SETS[:, one], _SETS[:, two]] for one, two in _PAIRS], axis=0)
    first = Counter(stem for each in split_sentences(article.text)[:LIMIT] for stem in _TOKENS.tokenize(each.text))
    return Example(
        id=row["id"],
        corpus=corpus,
        title=article.title,
        whole=whole,
        read=read,
        reference=frozenset(reference),
        reward=np.where(allowed, rouge - cost, -np.inf),
        rouge=rouge,
        words=words,
        long=long,
        leaning=leaning,
        lead=200 * (first & reference).total() / max(1, first.total() + reference.total()),
    )


def _column(values: Sequence[float]) -> np.ndarray:
    return np.array([*values, *[0] * (WINDOW - len(values))], np.float32)


def chances_of(examples: Sequence[Example]) -> list[list[float]]:
    """How likely the reference has a word: a row for each number of sentences that hold it, a column for the first."""
    told, all_words = np.ones((ROWS, len(COLUMNS))), np.full((ROWS, len(COLUMNS)), 10.0)
    for example in examples:
        spread, first = Counter[str](), dict[str, int]()
        for index, statement in enumerate(example.whole):
            spread.update(statement.content)
            for word in statement.content:
                first.setdefault(word, index)
        for word, number in spread.items():
            place = min(number, ROWS) - 1, column_of(first[word])
            all_words[place] += 1
            told[place] += any(stem in example.reference for stem in _TOKENS.tokenize(word))
    return [[round(float(value), 3) for value in row] for row in told / all_words]


@dataclass(frozen=True, kw_only=True)
class Data:
    """Articles as arrays: (articles, WINDOW, features), and what words are worth that both of a pair have."""

    names: Sequence[str]
    features: np.ndarray
    shared: np.ndarray
    hand: np.ndarray
    reward: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example], chances: list[list[float]]) -> Data:
        """``shared`` is summed over the pairs of each set."""
        lexicon = sorted(word_list("words", "stop") | word_list("kinds", "telling"))
        names: list[str] = []
        rows, shared = [], []
        for example in examples:
            subject = Subject(example.title, example.whole, chances)
            described = [features_of(index, each, subject) for index, each in enumerate(example.read)]
            names = [*described[0], *(f"word {word}" for word in lexicon)]
            own = np.zeros((WINDOW, len(names)), np.float32)
            for index, (each, statement) in enumerate(zip(described, example.read, strict=True)):
                own[index] = [*each.values(), *(word in statement.distinct for word in lexicon)]
            rows.append(own)
            pair = np.zeros((WINDOW, WINDOW), np.float32)
            for one, two in combinations(range(len(example.read)), 2):
                pair[one, two] = subject.worth_of(example.read[one].content & example.read[two].content)
            shared.append(sum(pair[_SETS[:, one], _SETS[:, two]] for one, two in _PAIRS))
        by_hand = weights("ranking")
        return cls(
            names=names,
            features=np.array(rows),
            shared=np.array(shared),
            hand=np.array([by_hand.get(name, 0.0) for name in names]),
            reward=np.array([each.reward for each in examples], np.float32),
        )

    def energy(self, weight: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
        """(articles, sets): how good each set is by these weights; the last is that of what is shared."""
        scores = self.features[rows] @ (weight[:-1] + self.hand).astype(np.float32)
        energy = scores @ _MEMBERS.T + np.float32(weight[-1]) * self.shared[rows]
        return np.where(np.isfinite(self.reward[rows]), energy, -np.inf)


def train(data: Data) -> np.ndarray:
    """Weights to be added to those set by hand, and that of what two statements share, last."""
    spread = data.features[data.features.any(2)].std(0)
    # What no article has, such as a title, keeps the weight set by hand.
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

    found = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    best: np.ndarray = found.x / scale
    return best


def report(examples: Sequence[Example], folds: int) -> None:
    """What articles gain that were not trained on."""
    figures: dict[str, list[tuple[float, ...]]] = {}
    for fold in range(folds):
        known = [each for each in examples if zlib.crc32(each.id.encode()) % folds != fold]
        held = [each for each in examples if zlib.crc32(each.id.encode()) % folds == fold]
        chances = chances_of(known)
        weight = train(Data.of(known, chances))
        best = Data.of(held, chances).energy(weight, slice(None)).argmax(1)
        for each, choice in zip(held, best, strict=True):
            figures.setdefault(each.corpus, []).append(
                (each.rouge[choice] - each.lead, each.words[choice], each.long[choice], each.leaning[choice])
            )
    for corpus, rows in figures.items():
        gain, words, long, leaning = np.mean(rows, axis=0)
        print(f"{corpus}, {len(rows)} articles: ROUGE-1 {gain:+.2f}, {words:.1f} words, {long:.1%} over 30", end="")
        print(f", {leaning:.1%} lean")


def written(names: Sequence[str], weight: np.ndarray, chances: list[list[float]]) -> str:
    """The data file."""
    features = [f"{name} = {value:.4f}" for name, value in zip(names, weight, strict=False) if " " not in name]
    words = [
        f'"{name.removeprefix("word ")}" = {value:.3f}'
        for name, value in zip(names, weight, strict=False)
        if " " in name and abs(value) >= 0.005
    ]
    return "\n".join(
        [
            "# What makes a sentence stand for its article. Made by scripts/train_bullets.py; not to be edited.",
            "",
            "[features]",
            *features,
            "",
            "# For each word that a sentence holds.",
            "[words]",
            *words,
            "",
            "[choosing]",
            f"repeats = {weight[-1]:.4f}  # times what the words are worth that two statements share",
            "",
            "# The chance that a person who sums an article up uses a word. The rows: how many of its sentences hold",
            f"# it, 1 to {ROWS} or more; the columns: the number of the first of them, from {_columns()} on.",
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
    ap.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder of SET.jsonl.gz files")
    ap.add_argument("--sets", default="cnndm_cased,cnndm_test_lc", help="comma-separated")
    ap.add_argument("--folds", type=int, default=0, help="first measure on held-out parts, so many of them")
    ap.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    args = ap.parse_args()
    examples = read_examples(args.data, args.sets.split(","))
    print(f"{len(examples)} articles", file=sys.stderr)
    if args.folds > 1:
        report(examples, args.folds)
    chances = chances_of(examples)
    data = Data.of(examples, chances)
    args.out.write_text(written(data.names, train(data), chances), encoding="utf-8")


if __name__ == "__main__":
    main()
