"""What GitHub says about the environments that hold the keys of the workflows. Read with the user's `gh`."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["EnvironmentSettings", "GitHubSettingsError", "default_branch", "has_remote", "read_environment"]

_TIMEOUT_SECONDS = 20.0
_REPOSITORY = "repos/{owner}/{repo}"
#: The environment variables that `gh` needs. The newsletter's own secrets are not among them.
_PASSED_ON = re.compile(
    r"PATH|HOME|USER(PROFILE|NAME)?|LANG|LC_\w+|TMPDIR|TEMP|TMP|SYSTEMROOT|APPDATA|LOCALAPPDATA|XDG_\w+|GH_\w+"
    r"|GITHUB_(TOKEN|REPOSITORY|SERVER_URL)|DBUS_SESSION_BUS_ADDRESS|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)",
    re.IGNORECASE,
)


class GitHubSettingsError(DigestError):
    """`gh` is missing, not signed in, or received no answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentSettings:
    """An environment of the repository.

    Attributes:
        branches: The names or patterns of the branches that may use it; None if any branch may.
        protected_only: Whether protected branches may use it, and no others. ``branches`` is then empty.
        reviewed: Whether reviewers must allow each use.
    """

    branches: tuple[str, ...] | None
    protected_only: bool = False
    reviewed: bool = False


def has_remote(root: Path, environ: Mapping[str, str]) -> bool:
    """Whether the newsletter's folder is in a git repository that was pushed somewhere."""
    try:
        return bool(_run(["git", "remote"], root, environ).strip())
    except GitHubSettingsError:
        return False


def default_branch(root: Path, environ: Mapping[str, str]) -> str:
    """The repository's default branch.

    Raises:
        GitHubSettingsError: GitHub gives no answer.
    """
    return str(_api("", root, environ).get("default_branch", ""))


def read_environment(name: str, root: Path, environ: Mapping[str, str]) -> EnvironmentSettings | None:
    """The settings of an environment; None if it does not exist.

    See https://docs.github.com/rest/deployments/environments.

    Raises:
        GitHubSettingsError: GitHub gives no answer.
    """
    path = f"/environments/{name}"
    try:
        environment = _api(path, root, environ)
    except GitHubSettingsError as error:
        if "HTTP 404" in str(error):
            return None
        raise
    reviewed = any(rule.get("type") == "required_reviewers" for rule in environment.get("protection_rules") or ())
    policy = environment.get("deployment_branch_policy")
    if not policy:
        return EnvironmentSettings(branches=None, reviewed=reviewed)
    if policy.get("protected_branches"):
        return EnvironmentSettings(branches=(), protected_only=True, reviewed=reviewed)
    policies = _api(f"{path}/deployment-branch-policies", root, environ).get("branch_policies") or ()
    names = tuple(f"tag {entry['name']}" if entry.get("type") == "tag" else str(entry["name"]) for entry in policies)
    return EnvironmentSettings(branches=names, reviewed=reviewed)


def _api(path: str, root: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    reply = _run(["gh", "api", f"{_REPOSITORY}{path}"], root, environ)
    try:
        parsed = json.loads(reply)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise GitHubSettingsError("gh gave an answer that is not JSON", hint="Update gh.")
    return parsed


def _run(command: list[str], root: Path, environ: Mapping[str, str]) -> str:
    passed_on = {name: value for name, value in environ.items() if _PASSED_ON.fullmatch(name)}
    try:
        process = subprocess.run(  # noqa: S603 - no shell, and the arguments are ours
            command,
            cwd=root,
            env=passed_on,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except FileNotFoundError:
        raise GitHubSettingsError(f"{command[0]} is not installed", hint="Install it: https://cli.github.com") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitHubSettingsError(f"{command[0]} could not be run: {error}", hint="Try again.") from None
    if process.returncode:
        lines = process.stderr.strip().splitlines() or [f"{command[0]} failed"]
        raise GitHubSettingsError(lines[-1][:200], hint="Sign in: gh auth login")
    return process.stdout
