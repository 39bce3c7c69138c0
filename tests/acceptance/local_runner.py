"""Runs the workflows in act (https://nektosact.com), an independent implementation of GitHub's runner.

Unlike `github_runner`, act interprets the whole workflow file: dependencies of jobs, conditions, expressions, inputs,
outputs and composite actions. Jobs run on this machine (``ubuntu-latest=-self-hosted``), each in a copy of a new clone.
Stand-ins replace the actions that are hosted on GitHub. act does not know two things yet: ``$/``, which is replaced by
``./``, and an environment without deployments, which becomes an ordinary one.
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
outputs: {artifact-url: {value: "${{ steps.store.outputs.url }}"}}
runs:
  using: composite
  steps:
    - id: store
      shell: bash
      env: {FILE: "${{ inputs.path }}"}
      run: |
        cp "$FILE" "$ARTIFACTS"
        echo "url=https://github.com/example/letter/artifacts/$(basename "$FILE")" >> "$GITHUB_OUTPUT"
""",
}


@dataclass
class LocalRun:
    """The result of a run in act.

    Attributes:
        jobs: The result of each job by its id: success or failure. Skipped jobs are absent.
        steps: The result of each step by (job, step).
        artifacts: The uploaded files by name.
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
        payload: The payload of the event, such as ``{"schedule": "17 5 * * 1"}`` or ``{"inputs": {...}}``.
        now: The time for the program, in ISO 8601 with an offset.
        head: The branch of a pull request.
    """
    clone = repository.clone(DEFAULT) if head is None else repository.clone_merged(head)
    workdir = repository.folder / f"act{repository.runs}"
    artifacts = workdir / "artifacts"
    artifacts.mkdir(parents=True)
    text = (clone / f".github/workflows/{workflow}").read_text()
    (workdir / "workflow.yml").write_text(text.replace("$/.", "./.").replace("      deployment: false\n", ""))
    repository_payload = {
        "default_branch": DEFAULT,
        "full_name": "example/letter",
        "name": "letter",
        "owner": {"login": "example"},
    }
    (workdir / "event.json").write_text(json.dumps({"repository": repository_payload, **(payload or {})}))
    (workdir / "secrets").write_text("".join(f'{name}="{value}"\n' for name, value in (secrets or {}).items()))
    environment = {
        "HOME": str(workdir),
        "ARTIFACTS": str(artifacts),
        "GITHUB_REPOSITORY": "example/letter",
        **repository.environ,
        **({"DIGEST_NOW": now} if now else {}),
    }
    process = subprocess.run(
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
    run = LocalRun(process.returncode == 0, process.stdout + process.stderr)
    for line in process.stdout.splitlines():
        message = json.loads(line)
        if "stepResult" in message and message.get("stage") == "Main":
            run.steps[message["jobID"], message["step"]] = message["stepResult"]
        if "jobResult" in message:
            run.jobs[message["jobID"]] = message["jobResult"]
    run.artifacts = {path.name: path.read_bytes() for path in artifacts.iterdir()}
    shutil.rmtree(workdir)
    shutil.rmtree(clone)
    return run


def _stand_ins(clone: Path, workdir: Path) -> list[tuple[str, Path]]:
    """Write the stand-ins, and return each pinned reference to such an action with the folder that replaces it."""
    for name, text in STAND_INS.items():
        folder = workdir / name
        folder.mkdir(parents=True)
        (folder / "action.yml").write_text(f"name: {name}\ndescription: A stand-in\n{text.lstrip()}")
    files = sorted((clone / ".github").rglob("*.yml"))
    references = [step["uses"] for file in files for step in _steps(file) if "uses" in step]
    return [
        (reference, workdir / reference.partition("@")[0])
        for reference in dict.fromkeys(references)
        if reference.partition("@")[0] in STAND_INS
    ]


def _steps(path: Path) -> list[dict[str, Any]]:
    definition = yaml.safe_load(path.read_text())
    parts = definition["jobs"].values() if "jobs" in definition else [definition.get("runs", {"steps": []})]
    return [step for part in parts for step in part["steps"]]
