"""Measure how long it takes to render an issue of eight stories, compared with the npm packages mjml and juice.

Both turn the same MJML into inlined HTML, with warm caches. The time for all that `digest build` renders, from the
issue to HTML, text and manifest, is printed as well. Compare ratios: milliseconds depend on the machine. Then 500
different issues are rendered in one process to measure its memory.

Run by hand: .venv/bin/python tests/benchmarks/rendering.py [FOLDER]

FOLDER contains the npm packages: npm install --prefix FOLDER mjml@4 juice@11. Without it, only digest is measured.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from unittest import mock

from digest.config import Config
from digest.models import Article, Bullet, Candidate, Issue, RenderedIssue, Section, Story, canonical_url
from digest.rendering import render, render_issue
from digest.rendering.css_inlining import inline_css
from digest.rendering.mjml import render_mjml
from digest.testing import peak_megabytes

THEME = Path(__file__).parents[2] / "templates"
ROUNDS, WARM = 60, 5
DIFFERENT = 500
NOW = datetime(2026, 11, 26, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "newsletter": {
            "name": "Harbour Letter",
            "sender": "Harbour Letter <news@example.org>",
            "postal_address": "1 Example Street, 12345 Town",
            "homepage": "https://example.org",
        }
    }
)
PEER = """
const { createRequire } = require("module");
const [folder, job] = process.argv.slice(1);
const own = createRequire(folder + "/");
const mjml2html = own("mjml"), juice = own("juice");
const { mjml, rounds } = JSON.parse(require("fs").readFileSync(job, "utf8"));
const times = [];
for (let round = 0; round < rounds; round++) {
  const began = process.hrtime.bigint();
  juice(mjml2html(mjml).html);
  times.push(Number(process.hrtime.bigint() - began) / 1e6);
}
console.log(JSON.stringify(times));
"""


def invented(seed: int) -> tuple[Issue, dict[str, Article]]:
    """An issue of eight stories in three sections, and the lead's article."""
    random = Random(seed)  # noqa: S311 - invented words are not secret
    vocabulary = ["".join(random.choices("abcdefghilmnoprstu", k=random.randint(2, 9))) for _ in range(200)]

    def words(count: int) -> str:
        return " ".join(random.choices(vocabulary, k=count)).capitalize()

    def story(number: int) -> Story:
        bullets = tuple(Candidate(bullet=Bullet(text=f"{words(15)} & more.")) for _ in range(3))
        return Story(url=f"https://news.example/{seed}/{number}", headline=words(9), candidates=bullets)

    stories = [story(number) for number in range(8)]
    sections = tuple(Section(title=words(1), stories=tuple(stories[at : at + 3])) for at in (0, 3, 6))
    lead = Article(url=stories[0].url, title="t", text="x", image="https://images.example/a.png", published=NOW)
    issue = Issue(id="2026-W48", subject=words(6), preheader=words(8), intro=words(40), sections=sections)
    return issue, {canonical_url(lead.url): lead}


def rendered(issue: Issue, articles: dict[str, Article]) -> RenderedIssue:
    return render_issue(issue, articles=articles, config=CONFIG, templates=[THEME], now=NOW)


def source_of(issue: Issue, articles: dict[str, Article]) -> str:
    """The MJML of the issue."""
    with mock.patch.object(render, "render_mjml", wraps=render.render_mjml) as mocked_render:
        rendered(issue, articles)
    return str(mocked_render.call_args.args[0])


def milliseconds(work: Callable[[int], object]) -> float:
    """The median of several rounds, after warm-up rounds that compile the templates."""
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[WARM:])


def inlined(source: str) -> str:
    page = render_mjml(source)
    return inline_css(page.html, page.css)


def peer(source: str, folder: Path) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as job:
        json.dump({"mjml": source, "rounds": ROUNDS}, job)
        job.flush()
        command = [shutil.which("node") or "node", "-e", PEER, str(folder.resolve()), job.name]
        process = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return statistics.median(json.loads(process.stdout)[WARM:])


def main() -> None:
    issue, articles = invented(1)
    source = source_of(issue, articles)
    chain = milliseconds(lambda _: inlined(source))
    whole = milliseconds(lambda number: rendered(replace(issue, subject=f"Round {number}"), articles))
    size = len(rendered(issue, articles).html.encode())
    print(f"8 stories, {size:,} bytes of HTML: {chain:.1f} ms from the MJML, {whole:.1f} ms from the issue")
    if len(sys.argv) > 1:
        npm_time = peer(source, Path(sys.argv[1]))
        print(f"npm mjml + juice: {npm_time:.1f} ms from the MJML")
        print(
            f"digest is {npm_time / chain:.1f} times as fast from the MJML, "
            f"and {npm_time / whole:.1f} times from the issue"
        )

    for number in range(DIFFERENT // 5):
        rendered(*invented(number))
    before = peak_megabytes()
    for number in range(DIFFERENT):
        rendered(*invented(1000 + number))
    grown = peak_megabytes() - before
    print(f"{DIFFERENT} different issues: the peak of memory grew by {grown:.1f} MiB to {peak_megabytes():.0f}")


if __name__ == "__main__":
    main()
