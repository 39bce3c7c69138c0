"""The workflows in act (nektosact.com), a runner of GitHub's workflows that knows nothing of ours.

It reads them whole: jobs and what they need, conditions, expressions, inputs, outputs, composite actions. Jobs run on
this machine (``ubuntu-latest=-self-hosted``), each in a copy of a new clone. The actions that lie on GitHub have
stand-ins here, and ``$/``, which act does not know yet, is written as the ``./`` that it stands for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from github_runner import BIN, DEFAULT, Repository

STAND_INS = {
    "actions/setup-python": """
inputs: {python-version: {}}
runs:
  using: composite
  steps: [{shell: bash, run: python --version}]
""",
    "actions/upload-artifact": """
inputs: {path: {required: true}, archive: {}, if-no-files-found: {}, overwrite: {}, retention-days: {}}
outputs: {artifact-url: {value: "${{ steps.keep.outputs.url }}"}}
runs:
  using: composite
  steps:
    - id: keep
      shell: bash
      env: {FILE: "${{ inputs.path }}"}
      run: |
        cp "$FILE" "$ARTIFACTS"
        echo "url=https://github.com/example/letter/artifacts/$(basename "$FILE")" >> "$GITHUB_OUTPUT"
""",
}


@dataclass
class LocalRun:
    """What act did.

    Attributes:
        jobs: Each job's result by its id: success or failure; skipped ones are absent.
        steps: The result of each step by (job, step).
    """

    ok: bool
    log: str
    jobs: dict[str, str] = field(default_factory=dict)
    steps: dict[tuple[str, str], str] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)


def run_locally(
    repository: Repository,
    workflow: str,
    event: str,
    *,
    payload: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    now: str | None = None,
    head: str | None = None,
) -> LocalRun:
    """Run a workflow of the repository.

    Args:
        payload: What GitHub tells of the event, such as ``{"schedule": "17 5 * * 1"}`` or ``{"inputs": {...}}``.
        now: The program's clock.
        head: The branch of a pull request.
    """
    clone = repository.clone(DEFAULT) if head is None else repository.clone_merged(head)
    workdir = repository.folder / f"act{repository.runs}"
    artifacts = workdir / "artifacts"
    artifacts.mkdir(parents=True)
    (workdir / "workflow.yml").write_text((clone / f".github/workflows/{workflow}").read_text().replace("$/.", "./."))
    about = {"default_branch": DEFAULT, "full_name": "example/letter", "name": "letter", "owner": {"login": "example"}}
    (workdir / "event.json").write_text(json.dumps({"repository": about, **(payload or {})}))
    (workdir / "secrets").write_text("".join(f'{name}="{value}"\n' for name, value in (secrets or {}).items()))
    environment = {
        "HOME": str(workdir),
        "ARTIFACTS": str(artifacts),
        "GITHUB_REPOSITORY": "example/letter",
        **repository.environ,
        **({"DIGEST_NOW": now} if now else {}),
    }
    done = subprocess.run(
        [
            BIN / "act",
            event,
            *("--json", "--no-cache-server", "--action-offline-mode", "--concurrent-jobs", "1"),
            *("--platform", "ubuntu-latest=-self-hosted"),
            *("--workflows", workdir / "workflow.yml", "--eventpath", workdir / "event.json"),
            *("--action-cache-path", workdir / "cache"),
            *("--secret-file", workdir / "secrets", "--secret", "GITHUB_TOKEN=a token for tests"),
            *("--var", "DIGEST_PICTURES=off"),
            *(word for name, value in environment.items() for word in ("--env", f"{name}={value}")),
            *(word for name, path in _stand_ins(clone, workdir) for word in ("--local-repository", f"{name}={path}")),
        ],
        cwd=clone,
        env={"PATH": f"{repository.folder / 'shims'}:{BIN}:{os.environ['PATH']}", "HOME": str(workdir)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    run = LocalRun(done.returncode == 0, done.stdout + done.stderr)
    for line in done.stdout.splitlines():
        told = json.loads(line)
        if "stepResult" in told and told.get("stage") == "Main":
            run.steps[told["jobID"], told["step"]] = told["stepResult"]
        if "jobResult" in told:
            run.jobs[told["jobID"]] = told["jobResult"]
    run.artifacts = {path.name: path.read_bytes() for path in artifacts.iterdir()}
    shutil.rmtree(workdir)
    shutil.rmtree(clone)
    return run


def _stand_ins(clone: Path, workdir: Path) -> list[tuple[str, Path]]:
    """The actions that are named, each with the commit it is pinned to, and the folder that stands for it."""
    for name, text in STAND_INS.items():
        folder = workdir / name
        folder.mkdir(parents=True)
        (folder / "action.yml").write_text(f"name: {name}\ndescription: A stand-in\n{text.lstrip()}")
    files = sorted((clone / ".github").rglob("*.yml"))
    named = [step["uses"] for file in files for step in _steps(file) if "uses" in step]
    return [
        (one, workdir / one.partition("@")[0]) for one in dict.fromkeys(named) if one.partition("@")[0] in STAND_INS
    ]


def _steps(path: Path) -> list[dict[str, Any]]:
    definition = yaml.safe_load(path.read_text())
    parts = definition["jobs"].values() if "jobs" in definition else [definition["runs"]]
    return [step for part in parts for step in part["steps"]]
