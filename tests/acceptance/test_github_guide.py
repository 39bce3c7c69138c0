"""docs/github.md, followed word by word: the tests type every command and write every setting that it shows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from github_runner import BIN, Repository, WorkflowRun

from digest.testing.fake_sendgrid import FAKE_KEY, FakeSendGrid
from digest.testing.feeds_server import FeedsServer

pytestmark = pytest.mark.long  # it follows the whole guide

GUIDE = Path(__file__).resolve().parents[2] / "docs/github.md"
ISSUE, NOW = "2026-W48", "2026-11-24T09:20:00+00:00"
FEED = "".join(
    f"""<item><title>{title}</title><link>https://a.example/{number}</link>
<pubDate>Mon, 23 Nov 2026 06:00:00 GMT</pubDate><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"""
    for number, (title, text) in enumerate(
        (
            (
                "The tram comes back",
                "The council of Port Ensor reopens the tram line along the quay after eleven years.",
            ),
            ("A library at sea", "Nine hundred volumes sail between the islands on a boat that used to carry gravel."),
            (
                "The last lamplighter",
                "Gas lamps in the upper town are lit by hand for one more winter, a company said.",
            ),
            (
                "A clock that tells tides",
                "Fishermen built a clock from a rudder, and its hand follows the moon, not noon.",
            ),
        )
    )
)


@dataclass
class GuideReader:
    """The terminal of someone who follows the guide. Workflows that a box starts have finished before the next box."""

    github: Repository
    here: Path
    environ: dict[str, str]
    replacements: dict[str, str]
    runs: list[WorkflowRun]

    def type(self, commands: str) -> str:
        for old, new in self.replacements.items():
            commands = commands.replace(old, new)
        after = self.github.folder / "after.txt"
        script = f'set -e\n{commands}\n{{ pwd; export -p; declare -p ISSUE TOKEN 2> /dev/null; }} > "{after}" || true\n'
        before = self.github.folder / "before.sh"
        process = subprocess.run(
            ["bash", "-c", f'[ ! -f "{before}" ] || . "{before}"\n{script}'],
            cwd=self.here,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert process.returncode == 0, f"{commands}\n{process.stdout}{process.stderr}"
        where, _, state = after.read_text().partition("\n")
        self.here = Path(where)
        before.write_text(state)
        self._run_workflows()
        return process.stdout

    def write(self, toml: str) -> None:
        """Replace the lines of the same tables and names by those of a toml box, also where they are commented out."""
        path = self.here / "digest.toml"
        text, table = path.read_text(), ""
        for line in toml.splitlines():
            if line.startswith("["):
                table = line
            elif line:
                name = re.escape(line.split(" =")[0])
                line_of_name = re.compile(rf"({re.escape(table)}\n(?:(?!\[).*\n)*?)(?:# )?{name} = .*")
                text, count = line_of_name.subn(lambda match, line=line: match[1] + line, text, count=1)
                assert count == 1, f"{table} has no line for {line}"
        path.write_text(text)

    def _run_workflows(self) -> None:
        state = self.github.github.read()
        for name, inputs in self.github.github.take_dispatches():
            secrets = {"secrets": state["secrets"].get("", {}), "environments": state["secrets"]}
            self.runs.append(self.github.run(name, inputs=_typed(inputs), **secrets, now=NOW))
            assert self.runs[-1].ok, self.runs[-1].output


def _typed(inputs: dict[str, str]) -> dict[str, str | bool]:
    return {name: {"true": True, "false": False}.get(value, value) for name, value in inputs.items()}


@pytest.fixture
def reader(tmp_path: Path, fake: FakeSendGrid) -> Iterator[GuideReader]:
    github = Repository.without_remote(tmp_path / "github")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text('[user]\n\tname = "Ana"\n\temail = "ana@example.org"\n')
    head = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>World</title>'
    with FeedsServer() as feeds:
        feeds.put("/world.xml", f"{head}{FEED}</channel></rss>", headers={"Content-Type": "application/rss+xml"})
        environ = {
            "PATH": f"{github.folder / 'shims'}:{BIN}:{os.environ['PATH']}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "GH_TOKEN": "a token for tests",
            "DIGEST_NOW": NOW,
            "NO_COLOR": "1",
        }
        replacements = {"https://example.org/world.xml": feeds.url("/world.xml"), "SG.yours": FAKE_KEY}
        yield GuideReader(github, tmp_path, environ, replacements, [])


def test_the_guide_leads_from_an_empty_folder_to_a_sent_issue(reader: GuideReader, fake: FakeSendGrid):
    boxes = re.findall(r"^```(sh|toml)\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(boxes) > 15
    for kind, box in boxes:
        if kind == "toml":
            reader.write(box)
            config = reader.here / "digest.toml"  # the one step that is not in the guide: use the fake SendGrid
            config.write_text(config.read_text().replace("https://api.sendgrid.com", fake.host))
            continue
        if "TOKEN=" in box:
            (pull,) = reader.github.github.pulls
            token = re.search(r"<td>Token</td><td>(\w+)</td>", pull["body"])
            assert token
            assert fake.mails == []
            reader.replacements["0123456789abcdef0123456789abcdef"] = token[1]
        output = reader.type(box)

    assert f"{ISSUE}  sent" in output
    assert f"{ISSUE} to weekly: sent" in output
    assert sorted(mail.to for mail in fake.mails) == ["friend@example.org", "you@example.org"]
    assert {mail.subject for mail in fake.mails} == {"Boats, books and bread"}
    assert "Harbour Weekly" in fake.mails[0].html
    assert [run.ok for run in reader.runs] == [True] * 4
    assert reader.github.github.read()["environments"] == {"newsletter": ["main"], "newsletter-collect": ["main"]}
    assert set(reader.github.github.secrets) == {"newsletter", "newsletter-collect"}
    assert set(reader.github.github.secrets["newsletter-collect"]) == {"DIGEST_LEDGER_KEY", "DIGEST_AGE_KEY"}
    history = reader.github.run_git("log", "--all", "--patch", "--format=%s")
    assert "friend@example.org" not in history
    assert FAKE_KEY not in history


def test_the_fake_gh_knows_every_gh_command_of_the_guide(reader: GuideReader):
    fake_gh = (GUIDE.parents[1] / "tests/acceptance/fake_gh.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`gh (\w+ \w+)", GUIDE.read_text(encoding="utf-8"))) - {"auth login"}
    assert len(named) > 4
    assert [name for name in named if f'"{name}":' not in fake_gh] == []
