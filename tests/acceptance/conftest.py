"""Fixtures that run the program as a user or a workflow runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from github_runner import Repository
from in_process import run_in_process
from json_contract import validate_printed

from digest.testing.fake_sendgrid import FakeSendGrid

PROGRAM = Path(sys.executable).with_name("digest")
#: The only environment variables that tests inherit. Any other could change the result of a test.
INHERITED_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START")


@dataclass(frozen=True)
class CommandResult:
    """The exit code and output of one `digest` command."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def data(self) -> dict:
        """The object that --json printed, after validation against the JSON Schema of the command."""
        printed = json.loads(self.out)
        validate_printed(self.arguments, printed)
        return printed


Run = Callable[..., CommandResult]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `digest ARGUMENTS…` in this process and in the test's own folder."""
    return run_in(tmp_path)


@pytest.fixture
def run_script(tmp_path: Path) -> Run:
    """Runs the installed `digest` script as a separate process in the test's own folder."""
    return run_in(tmp_path, start=_start_process)


def run_in(folder: Path, *, start: Callable[..., tuple[int, str, str]] = run_in_process) -> Run:
    """Return a function that runs `digest ARGUMENTS…` in a folder, unless ``cwd`` names another."""

    def run_program(
        *arguments: str, cwd: Path = folder, env: dict[str, str] | None = None, stdin: str | None = None
    ) -> CommandResult:
        environment = (
            {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
            | {"NO_COLOR": "1"}
            | (env or {})
        )
        return CommandResult(arguments, *start(arguments, cwd=cwd, environ=environment, stdin=stdin))

    return run_program


def _start_process(
    arguments: Sequence[str], *, cwd: Path, environ: Mapping[str, str], stdin: str | None
) -> tuple[int, str, str]:
    process = subprocess.run(
        [PROGRAM, *arguments],
        cwd=cwd,
        env=environ,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


STORIES = {
    "The tram comes back": """The council of Port Ensor voted on Monday to reopen the old tram line after eleven years,
in a session that ran past midnight. The first trams should run along the quay a year later, the works office said.

{points}

Also Read: Something else entirely

The line was closed in 2015, when the bridge over the inner harbour was found to be unsafe. A new bridge was opened to
cars in 2024, and the rails across it have lain unused since.""",
    "A library at sea": """A lending library of nine hundred volumes sails between the islands of the sound from this
week, on a boat that used to carry gravel. Two librarians live on board and take returns through a hatch.

{points}

Also Read: Something else entirely

Readers on Little Holm had waited since the spring, when their school closed and its shelves were emptied. The boat
calls every second Thursday, weather permitting, and stays for one tide.""",
    "The last lamplighter": """Gas lamps in the upper town will be lit by hand for one more winter, the power company
announced on Friday. Its only lamplighter had planned to retire in October and was asked to stay.

{points}

Also Read: Something else entirely

Forty-two lamps are left of the six hundred that burned a century ago. Their glass was blown in a factory that closed
in 1971, and the spare panes are kept in a cellar under the museum.""",
}
POINTS = """  • {title} is the first thing to know
  • The second thing is that work begins in March
  • The third is that it costs 4.5 million"""


def write_story(folder: Path, number: int, title: str, *, day: int) -> None:
    body = STORIES[title].format(points=POINTS.format(title=title))
    text = f"{title}\n\nBy Ana Example | Nov {day}, 2026\n\n{body}\n"
    (folder / f"{number}.txt").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def newsletter_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newsletter")
    return make_newsletter(run_in(folder), folder / "letter")


@pytest.fixture(scope="session")
def collected_once(newsletter_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(newsletter_once, tmp_path_factory.mktemp("collected") / "letter")
    assert run_in(root)("collect").code == 0
    return root


@pytest.fixture
def newsletter(newsletter_once: Path, tmp_path: Path) -> Path:
    """A newsletter created by `digest init --yes`, with three local articles."""
    return shutil.copytree(newsletter_once, tmp_path / "letter")


@pytest.fixture
def collected(newsletter: Path, collected_once: Path) -> Path:
    """The newsletter after `digest collect`."""
    shutil.copytree(collected_once / "issues", newsletter / "issues")
    return newsletter


def make_newsletter(run: Run, root: Path) -> Path:
    assert run("init", "--yes", str(root)).code == 0
    for number, title in enumerate(STORIES, start=1):
        write_story(root / "articles", number, title, day=16 + number)
    return root


@pytest.fixture
def fake() -> Iterator[FakeSendGrid]:
    with FakeSendGrid() as server:
        yield server


@pytest.fixture
def sendgrid_newsletter(newsletter: Path, fake: FakeSendGrid) -> Path:
    """The newsletter, sent through the fake SendGrid."""
    send_by_sendgrid(newsletter, fake.host)
    return newsletter


def use_own_values(root: Path) -> None:
    """Replace the example values that `digest init` writes, with which nothing is sent (D605)."""
    text = (root / "digest.toml").read_text(encoding="utf-8")
    for example, own in (("example.org", "harbour.example"), ("1 Example Street", "7 Harbour Lane")):
        text = re.sub(rf"^(?!#)(.*){re.escape(example)}", rf"\g<1>{own}", text, flags=re.MULTILINE)
    (root / "digest.toml").write_text(text, encoding="utf-8")


def send_by_sendgrid(root: Path, host: str) -> None:
    use_own_values(root)
    replace_in(root / "digest.toml", 'provider = "outbox"', 'provider = "sendgrid"')
    replace_in(root / "digest.toml", 'host = "https://api.sendgrid.com"', f'host = "{host}"')


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace every occurrence of a text that the file must contain."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def encrypt_list(run: Run, root: Path, people: Iterable[str]) -> str:
    """Write these addresses to the newsletter's list, encrypt the list, and return the age key."""
    (root / "subscribers/weekly.csv").write_text("email,name\n" + "".join(f"{address},Reader\n" for address in people))
    assert run("subscribers", "encrypt", "subscribers/weekly.csv", cwd=root).code == 0
    replace_in(root / "digest.toml", '"subscribers/weekly.csv"', '"subscribers/weekly.csv.age"')
    key = re.search(r"^AGE-SECRET-KEY-\S+", (root / ".digest/age.key").read_text(), re.MULTILINE)
    assert key
    return key[0]


@pytest.fixture
def on_github(tmp_path: Path) -> Callable[[Path], Repository]:
    """Puts a newsletter's folder into a fake GitHub repository that can run its workflows."""
    return lambda newsletter: Repository.create(tmp_path / "github", newsletter)
