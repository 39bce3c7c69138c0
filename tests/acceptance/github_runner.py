"""A fake GitHub repository with a bare git remote, pull requests, and runners that execute its workflows.

Each job runs in a new clone. Its `run:` steps are executed in order, with the environment of the workflow and the
variables that every runner sets. The effects of three actions are simulated: checkout, setup-python and
upload-artifact. Any other action fails the test.
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
from expressions import fill_in, should_run
from fake_gh import GitHub

BIN = Path(sys.executable).parent
EDITOR = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "core.hooksPath=/dev/null")
DEFAULT = "main"

PYTHON_SHIM = """#!/bin/sh
# Record the installation instead of doing it: the program is already installed.
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
    """A job of a run. ``result`` is success, failure or skipped."""

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
    def output(self) -> str:
        """The output of all steps, for the message of a failed assertion."""
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
        """Commit a newsletter's folder, except ignored files, and push it to a new bare remote."""
        repository = cls.without_remote(folder)
        git("init", "--quiet", "--bare", f"--initial-branch={DEFAULT}", str(repository.origin), cwd=folder)
        git("init", "--quiet", f"--initial-branch={DEFAULT}", cwd=newsletter)
        git("add", "--all", cwd=newsletter)
        git("commit", "--quiet", "--message", "A newsletter", cwd=newsletter)
        git("push", "--quiet", repository.url, DEFAULT, cwd=newsletter)
        return repository

    @classmethod
    def without_remote(cls, folder: Path) -> Repository:
        """An account without a repository. The folder ``shims`` should_run a fake `gh`, `pip` and `python`."""
        repository = cls(folder)
        shims = folder / "shims"
        shims.mkdir(parents=True)
        script = Path(__file__).with_name("fake_gh.py")
        _program(shims / "gh", GH_SHIM.format(python=sys.executable, script=script, state=repository.github.file))
        _program(shims / "pip", f'#!/bin/sh\necho "pip $*" >> {folder / "installed.txt"}\n')
        _program(shims / "python", PYTHON_SHIM.format(python=sys.executable, log=folder / "installed.txt"))
        return repository

    def copy_to(self, folder: Path) -> Repository:
        """Copy the remote and the state of GitHub to a new repository."""
        repository = Repository.without_remote(folder)
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

    # -- what users do -----------------------------------------------------------------------------------------------

    def edit(self, branch: str, change: Callable[[Path], None], *, message: str = "Edit") -> None:
        """Apply ``change`` to a clone of the branch, commit the result and push it."""
        clone = self.clone(branch)
        change(clone)
        git("add", "--all", cwd=clone)
        git("commit", "--quiet", "--message", message, cwd=clone)
        git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}", cwd=clone)
        shutil.rmtree(clone)

    def merge(self, number: int) -> None:
        """Merge a pull request with a merge commit."""
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
        """Clone what GitHub checks out for a pull request: the branch merged into its base."""
        target = self.clone(DEFAULT)
        git("switch", "--quiet", "--detach", cwd=target)
        git("merge", "--quiet", "--no-ff", "--no-edit", f"origin/{head}", cwd=target)
        return target

    def show(self, branch: str, path: str) -> str | None:
        """The text of a file on a branch, or None if there is no such file."""
        process = _git("show", f"{branch}:{path}", cwd=self.origin, check=False)
        return process.stdout if process.returncode == 0 else None

    def head(self, branch: str) -> str | None:
        process = _git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", cwd=self.origin, check=False)
        return process.stdout.strip() or None

    def branches(self) -> list[str]:
        return self.run_git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def run_git(self, *arguments: str) -> str:
        """Run git in the bare remote."""
        return git(*arguments, cwd=self.origin)

    def push_in_between(self, branch: str, change: Callable[[Path], None]) -> None:
        """Push a change to the branch between the next runner's fetch and its push, as another user might."""
        clone = self.clone(branch)
        change(clone)
        git("commit", "--quiet", "--all", "--message", "Meanwhile", cwd=clone)
        hooks = self.folder / "hooks"
        hooks.mkdir(exist_ok=True)
        _program(hooks / "pre-push", PUSH_HOOK.format(clone=clone, branch=branch))

    def lose_the_machine(self) -> None:
        """Kill all processes of the running step and skip all later steps, as if the machine had been lost."""
        os.killpg(self.processes, signal.SIGKILL)

    # -- what GitHub does ---------------------------------------------------------------------------------------------

    def run(
        self,
        workflow: str,
        *,
        event: str = "workflow_dispatch",
        ref: str = "",
        schedule: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        environments: Mapping[str, Mapping[str, str]] | None = None,
        variables: Mapping[str, str] | None = None,
        now: str | None = None,
        head: str | None = None,
        attempt: int = 1,
    ) -> WorkflowRun:
        """Run one workflow as GitHub would.

        Args:
            event: schedule, workflow_dispatch or pull_request.
            ref: The branch that someone starts the workflow on. By default, the default branch.
            schedule: The cron line that triggers the run. It implies the event.
            inputs: The inputs of a workflow_dispatch. The others have their defaults.
            secrets: The repository's secrets.
            environments: The secrets of each environment, for the jobs that name it.
            variables: Variables of the repository. No screenshots are taken unless DIGEST_PICTURES is set here.
            now: The time for the program, in ISO 8601 with an offset. By default, the machine's time.
            head: The branch of a pull request.
            attempt: A number above 1 after someone pressed "Re-run jobs".
        """
        self.runs += 1
        ref = head or ref or DEFAULT
        definition = yaml.safe_load(self.show(ref, f".github/workflows/{workflow}") or "")
        if schedule is not None:
            assert schedule in [entry["cron"] for entry in definition[True]["schedule"]]
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
                "ref_name": ref,
                "ref_type": "branch",
            },
            "inputs": _inputs(definition, event, inputs or {}),
            "vars": {"DIGEST_PICTURES": "off", **(variables or {})},
        }
        run = WorkflowRun()
        for name, job in definition["jobs"].items():
            needs = job.get("needs", [])
            dependencies = {entry: run.jobs[entry] for entry in ([needs] if isinstance(needs, str) else needs)}
            job_context = context | {
                "secrets": dict(secrets or {}),
                "needs": {entry: {"result": dependency.result} for entry, dependency in dependencies.items()},
            }
            environment = job.get("environment", {"name": ""})
            name_of_environment = environment if isinstance(environment, str) else environment["name"]
            job_context["secrets"] |= (environments or {}).get(name_of_environment, {})
            run.jobs[name] = Job()
            unmet = any(dependency.result != "success" for dependency in dependencies.values())
            if should_run(job.get("if"), job_context, failed=unmet):
                _Runner(self, run, run.jobs[name], job_context, now=now, head=head).execute(job)
        return run


@dataclass
class _Runner:
    """A machine that runs one job and is then discarded."""

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
        if self.lost or not should_run(step.get("if"), context, failed=self.job.result == "failure"):
            return
        if "uses" in step:
            self._use(step, context)
            return
        assert "${{" not in step["run"]
        environment = {name: fill_in(value, context) for name, value in step.get("env", {}).items()}
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
        self._record_outputs(step, dict(line.split("=", 1) for line in lines))

    def _machine(self, output: Path) -> dict[str, str]:
        """The variables that every runner sets."""
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

    def _record_outputs(self, step: Mapping[str, Any], outputs: dict[str, str]) -> None:
        if "id" in step:
            self.context["steps"][step["id"]] = {"outputs": outputs}
            self.job.outputs[step["id"]] = outputs

    def _use(self, step: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        action = step["uses"].partition("@")[0]
        values = {name: fill_in(value, context) for name, value in step.get("with", {}).items()}
        if action == "actions/checkout":
            self._check_out(int(values.get("fetch-depth", 1)))
        elif action == "actions/upload-artifact":
            self._upload(step, values)
        elif action.startswith("$/"):
            definition = yaml.safe_load(self.repository.show(self.head or DEFAULT, f"{action[2:]}/action.yml") or "")
            inputs = {name: values.get(name, entry.get("default")) for name, entry in definition["inputs"].items()}
            assert self.workspace is not None
            folder = {"GITHUB_ACTION_PATH": str(self.workspace / action[2:])}
            for inner_step in definition["runs"]["steps"]:
                inner = (
                    {**inner_step, "env": {**inner_step.get("env", {}), **folder}}
                    if "run" in inner_step
                    else inner_step
                )
                self._step(inner, {**self.context, "inputs": inputs})
        else:
            assert action == "actions/setup-python"

    def _check_out(self, depth: int) -> None:
        if self.head is None:
            self.workspace = self.repository.clone(DEFAULT, depth=depth)
        else:
            self.workspace = self.repository.clone_merged(self.head)

    def _upload(self, step: Mapping[str, Any], values: Mapping[str, str]) -> None:
        path = Path(values["path"])
        assert values["archive"] == "false"
        self.run.artifacts[path.name] = path.read_bytes()
        self._record_outputs(step, {"artifact-url": f"https://github.com/example/letter/artifacts/{path.name}"})


def git(*arguments: str, cwd: Path | None = None) -> str:
    """Run git with an author's name and address, and return its output."""
    return _git(*arguments, cwd=cwd).stdout


def _git(*arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    process = subprocess.run(["git", *EDITOR, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert process.returncode == 0 or not check, f"git {' '.join(arguments)}: {process.stderr}"
    return process


def _inputs(definition: Mapping[Any, Any], event: str, values: Mapping[str, Any]) -> dict[str, Any]:
    if event != "workflow_dispatch":
        return {}
    declared = (definition[True]["workflow_dispatch"] or {}).get("inputs", {})
    assert set(values) <= set(declared)
    required = {name for name, entry in declared.items() if entry.get("required")}
    assert required <= set(values)
    return {name: values.get(name, entry.get("default", "")) for name, entry in declared.items()}


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
