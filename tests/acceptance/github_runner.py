"""A repository with a bare git remote, its pull requests, and runners that do what its workflows say.

Every `run:` step is executed, in order, in a new clone for each job, with the environment that the workflow sets and
what every runner has. Of three actions the effects are played: checkout, setup-python, upload-artifact. Another fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from expressions import filled, holds
from fake_gh import GitHub

BIN = Path(sys.executable).parent
EDITOR = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "core.hooksPath=/dev/null")
DEFAULT = "main"

PYTHON_SHIM = """#!/bin/sh
# Installing is written down and not done: the program is here already.
if [ "$1 $2 $3" = "-m pip install" ]; then echo "$*" >> {log}; exit 0; fi
exec {python} "$@"
"""
GH_SHIM = '#!/bin/sh\nexec {python} {script} {state} "$@"\n'
PUSH_HOOK = """#!/bin/sh
rm "$0"
exec env -u GIT_DIR git -C {clone} -c core.hooksPath=/dev/null push --quiet origin HEAD:refs/heads/{branch}
"""


@dataclass
class Step:
    """A `run:` step that was executed."""

    name: str
    code: int
    out: str
    err: str


@dataclass
class Job:
    """``result`` is success, failure or skipped."""

    result: str = "skipped"
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    summary: str = ""

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@dataclass
class WorkflowRun:
    jobs: dict[str, Job] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return all(job.result != "failure" for job in self.jobs.values())

    @property
    def summary(self) -> str:
        return "".join(job.summary for job in self.jobs.values())

    @property
    def said(self) -> str:
        """All that its steps printed, for a test that fails."""
        return "\n".join(f"[{s.name}: {s.code}]\n{s.out}{s.err}" for job in self.jobs.values() for s in job.steps)


@dataclass
class Repository:
    """One newsletter's repository on GitHub."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    processes: int = 0

    @classmethod
    def create(cls, folder: Path, newsletter: Path) -> Repository:
        """Commit a newsletter's folder, without what its .gitignore names, and push it to a new bare remote."""
        repository = cls.nothing(folder)
        git("init", "--quiet", "--bare", f"--initial-branch={DEFAULT}", str(repository.origin), cwd=folder)
        git("init", "--quiet", f"--initial-branch={DEFAULT}", cwd=newsletter)
        git("add", "--all", cwd=newsletter)
        git("commit", "--quiet", "--message", "A newsletter", cwd=newsletter)
        git("push", "--quiet", repository.url, DEFAULT, cwd=newsletter)
        return repository

    @classmethod
    def nothing(cls, folder: Path) -> Repository:
        """An account that has no repository yet: only `gh` is there, and `pip` for a desk, in the folder shims."""
        repository = cls(folder)
        shims = folder / "shims"
        shims.mkdir(parents=True)
        script = Path(__file__).with_name("fake_gh.py")
        _program(shims / "gh", GH_SHIM.format(python=sys.executable, script=script, state=repository.github.file))
        _program(shims / "pip", f'#!/bin/sh\necho "pip $*" >> {folder / "installed.txt"}\n')
        _program(shims / "python", PYTHON_SHIM.format(python=sys.executable, log=folder / "installed.txt"))
        return repository

    def copy_to(self, folder: Path) -> Repository:
        """Another repository, in which everything is as it is in this one."""
        repository = Repository.nothing(folder)
        shutil.copytree(self.origin, repository.origin)
        repository.github.write(self.github.read())
        return repository

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def url(self) -> str:
        return self.origin.as_uri()

    @property
    def github(self) -> GitHub:
        return GitHub(self.folder / "github.json")

    # -- what people do -----------------------------------------------------------------------------------------------

    def edit(self, branch: str, change: Callable[[Path], None], *, message: str = "Edit") -> None:
        """Commit what ``change`` does to a clone of the branch, and push it."""
        clone = self.clone(branch)
        change(clone)
        git("add", "--all", cwd=clone)
        git("commit", "--quiet", "--message", message, cwd=clone)
        git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", cwd=clone)
        shutil.rmtree(clone)

    def merge(self, number: int) -> None:
        """Merge a pull request, with a merge commit."""
        pull = next(pull for pull in self.github.pulls if pull["number"] == number)
        clone = self.clone(pull["baseRefName"])
        git("merge", "--quiet", "--no-ff", "--no-edit", f"origin/{pull['headRefName']}", cwd=clone)
        git("push", "--quiet", "origin", pull["baseRefName"], cwd=clone)
        shutil.rmtree(clone)
        self.github.set_pull(number, state="MERGED")

    def clone(self, branch: str, *, depth: int = 0) -> Path:
        self.runs += 1
        target = self.folder / f"clone{self.runs}"
        git("clone", "--quiet", "--branch", branch, *(["--depth", str(depth)] if depth else []), self.url, str(target))
        git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", cwd=target)
        return target

    def clone_merged(self, head: str) -> Path:
        """What GitHub checks out of a pull request: the merge of it into its base."""
        target = self.clone(DEFAULT)
        git("switch", "--quiet", "--detach", cwd=target)
        git("merge", "--quiet", "--no-ff", "--no-edit", f"origin/{head}", cwd=target)
        return target

    def show(self, branch: str, path: str) -> str | None:
        """A file of a branch; None where there is none."""
        done = _git("show", f"{branch}:{path}", cwd=self.origin, check=False)
        return done.stdout if done.returncode == 0 else None

    def head(self, branch: str) -> str | None:
        done = _git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", cwd=self.origin, check=False)
        return done.stdout.strip() or None

    def branches(self) -> list[str]:
        return self.run_git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def run_git(self, *words: str) -> str:
        """Ask the remote itself."""
        return git(*words, cwd=self.origin)

    def push_in_between(self, branch: str, change: Callable[[Path], None]) -> None:
        """Let somebody push to the branch after the next runner has fetched and before what it pushes arrives."""
        clone = self.clone(branch)
        change(clone)
        git("commit", "--quiet", "--all", "--message", "Meanwhile", cwd=clone)
        hooks = self.folder / "hooks"
        hooks.mkdir(exist_ok=True)
        _program(hooks / "pre-push", PUSH_HOOK.format(clone=clone, branch=branch))

    def lose_the_machine(self) -> None:
        """End all processes of the step that is running at once, as when the machine is lost; no later step is run."""
        os.killpg(self.processes, signal.SIGKILL)

    # -- what GitHub does ---------------------------------------------------------------------------------------------

    def run(
        self,
        workflow: str,
        *,
        event: str = "workflow_dispatch",
        schedule: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        now: str | None = None,
        head: str | None = None,
        attempt: int = 1,
    ) -> WorkflowRun:
        """Run one workflow as GitHub would.

        Args:
            event: schedule, workflow_dispatch or pull_request.
            schedule: The cron line that the run is for; it implies the event.
            inputs: Of a workflow_dispatch; those that are not named have their defaults.
            variables: Of the repository. No pictures are drawn, unless DIGEST_PICTURES says something else.
            now: The program's clock, as an ISO 8601 moment with its offset; without it the machine's.
            head: The branch of a pull request.
            attempt: More than 1 where somebody pressed "Re-run jobs".
        """
        self.runs += 1
        ref = head if head is not None else DEFAULT
        definition = yaml.safe_load(self.show(ref, f".github/workflows/{workflow}") or "")
        if schedule is not None:
            assert schedule in [one["cron"] for one in definition[True]["schedule"]]
        event = "schedule" if schedule is not None else event
        assert event in definition[True]
        context = {
            "github": {
                "event_name": event,
                "event": {"schedule": schedule, "repository": {"default_branch": DEFAULT}},
                "token": "a token for tests",
                "repository": "example/letter",
                "server_url": "https://github.com",
                "run_id": self.runs,
                "run_attempt": str(attempt),
                "ref": f"refs/heads/{ref}",
            },
            "inputs": _inputs(definition, event, inputs or {}),
            "secrets": dict(secrets or {}),
            "vars": {"DIGEST_PICTURES": "off", **(variables or {})},
        }
        run = WorkflowRun()
        for name, job in definition["jobs"].items():
            needs = job.get("needs", [])
            needed = {one: run.jobs[one] for one in ([needs] if isinstance(needs, str) else needs)}
            within = context | {"needs": {one: {"result": done.result} for one, done in needed.items()}}
            run.jobs[name] = Job()
            unmet = any(done.result != "success" for done in needed.values())
            if holds(job.get("if"), within, failed=unmet):
                _Runner(self, run, run.jobs[name], within, now=now, head=head).execute(job)
        return run


@dataclass
class _Runner:
    """One machine, which forgets everything."""

    repository: Repository
    run: WorkflowRun
    job: Job
    context: dict[str, Any]
    now: str | None
    head: str | None
    workspace: Path | None = None
    lost: bool = False

    def execute(self, job: Mapping[str, Any]) -> None:
        self.repository.runs += 1
        self.temp = self.repository.folder / f"machine{self.repository.runs}"
        self.temp.mkdir()
        (self.temp / ".gitconfig").write_text(f"[core]\n\thooksPath = {self.repository.folder / 'hooks'}\n")
        self.context |= {"runner": {"temp": str(self.temp)}, "steps": {}}
        self.job.result = "success"
        for step in job["steps"]:
            self._step(step, self.context)
        summary = self.temp / "summary.md"
        self.job.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""
        shutil.rmtree(self.temp)
        if self.workspace is not None:
            shutil.rmtree(self.workspace)

    def _step(self, step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        if self.lost or not holds(step.get("if"), context, failed=self.job.result == "failure"):
            return
        if "uses" in step:
            self._use(step, context)
            return
        assert "${{" not in step["run"]
        environment = {name: filled(value, context) for name, value in step.get("env", {}).items()}
        output = self.temp / "output.txt"
        output.write_text("")
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
        with subprocess.Popen(
            [*shell, script],
            cwd=self.workspace or self.temp,
            env=self._machine(output) | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            self.repository.processes = process.pid
            out, err = process.communicate(timeout=300)
        self.job.steps.append(Step(step.get("name", ""), process.returncode, out, err))
        if process.returncode != 0:
            self.job.result = "failure"
        self.lost = process.returncode == -signal.SIGKILL
        lines = output.read_text(encoding="utf-8").splitlines()
        self._keep(step, dict(line.split("=", 1) for line in lines))

    def _machine(self, output: Path) -> dict[str, str]:
        """What every runner has."""
        environment = {
            "PATH": f"{self.repository.folder / 'shims'}:{BIN}:{os.environ['PATH']}",
            "HOME": str(self.temp),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": self.context["github"]["repository"],
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "RUNNER_TEMP": str(self.temp),
        }
        return environment | self.repository.environ | ({"DIGEST_NOW": self.now} if self.now else {})

    def _keep(self, step: Mapping[str, Any], outputs: dict[str, str]) -> None:
        if "id" in step:
            self.context["steps"][step["id"]] = {"outputs": outputs}
            self.job.outputs[step["id"]] = outputs

    def _use(self, step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        action = step["uses"].partition("@")[0]
        given = {name: filled(value, context) for name, value in step.get("with", {}).items()}
        if action == "actions/checkout":
            self._check_out(int(given.get("fetch-depth", 1)))
        elif action == "actions/upload-artifact":
            self._upload(step, given)
        elif action.startswith("$/"):
            definition = yaml.safe_load(self.repository.show(self.head or DEFAULT, f"{action[2:]}/action.yml") or "")
            inputs = {name: given.get(name, one.get("default")) for name, one in definition["inputs"].items()}
            for own in definition["runs"]["steps"]:
                self._step(own, {**self.context, "inputs": inputs})
        else:
            assert action == "actions/setup-python"

    def _check_out(self, depth: int) -> None:
        if self.head is None:
            self.workspace = self.repository.clone(DEFAULT, depth=depth)
        else:
            self.workspace = self.repository.clone_merged(self.head)

    def _upload(self, step: Mapping[str, Any], given: Mapping[str, str]) -> None:
        path = Path(given["path"])
        assert given["archive"] == "false"
        self.run.artifacts[path.name] = path.read_bytes()
        self._keep(step, {"artifact-url": f"https://github.com/example/letter/artifacts/{path.name}"})


def git(*words: str, cwd: Path | None = None) -> str:
    """Git as a person runs it; returns what it prints."""
    return _git(*words, cwd=cwd).stdout


def _git(*words: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(["git", *EDITOR, *words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"git {' '.join(words)}: {done.stderr}"
    return done


def _inputs(definition: Mapping[Any, Any], event: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if event != "workflow_dispatch":
        return {}
    known = (definition[True]["workflow_dispatch"] or {}).get("inputs", {})
    assert set(given) <= set(known)
    required = {name for name, one in known.items() if one.get("required")}
    assert required <= set(given)
    return {name: given.get(name, one.get("default", "")) for name, one in known.items()}


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
