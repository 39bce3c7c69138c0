"""A `gh` that keeps what GitHub knows in a JSON file, and takes what the real one is documented to take.

Its manual: cli.github.com/manual. What it does not know it refuses, as gh does: exit code 1, and 4 without a token.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

BOT = "app/github-actions"
#: Who merges on the page of a pull request.
WEB = ("-c", "user.name=GitHub", "-c", "user.email=noreply@example.org")
MOST_OF_A_BODY = 65_536
PULL_FIELDS = ("number", "title", "body", "state", "headRefName", "baseRefName", "url")
ISSUE_FIELDS = ("number", "title", "body", "state", "labels", "url")
#: Of jq, as much as the workflows use.
JQ = re.compile(r"(?P<many>\.\[0\]|\.\[\]|)\.(?P<field>\w+)(?P<default> // empty)?")


EMPTY: dict[str, Any] = {
    "pulls": [],
    "issues": [],
    "labels": [],
    "secrets": {},
    "variables": {},
    "environments": [],
    "dispatches": [],
    "disabled": [],
}


@dataclass
class GitHub:
    """The pull requests, issues, labels, secrets and started workflows of one repository.

    Attributes:
        dispatches: Workflows that a person started, as (name, inputs); nobody has run them yet.
        secrets: By environment; those of the repository under "".
    """

    file: Path

    def read(self) -> dict[str, Any]:
        if not self.file.exists():
            return {**copy.deepcopy(EMPTY), "may_open_pulls": True}
        return json.loads(self.file.read_text(encoding="utf-8"))

    def write(self, state: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(state, indent=1), encoding="utf-8")

    @property
    def pulls(self) -> list[dict[str, Any]]:
        return self.read()["pulls"]

    @property
    def issues(self) -> list[dict[str, Any]]:
        return self.read()["issues"]

    @property
    def secrets(self) -> dict[str, dict[str, str]]:
        return self.read()["secrets"]

    def take_dispatches(self) -> list[tuple[str, dict[str, str]]]:
        """Those that wait, once."""
        state = self.read()
        self.write({**state, "dispatches": []})
        return [(name, inputs) for name, inputs in state["dispatches"]]

    def set_pull(self, number: int, **fields: Any) -> None:
        """What a person does on the page of a pull request: ``state="CLOSED"``."""
        state = self.read()
        _find(state["pulls"], number).update(fields)
        self.write(state)

    def add_issue(self, **fields: Any) -> None:
        """An issue that a person opens."""
        state = self.read()
        state["issues"].append({"number": _next(state), "state": "OPEN", "comments": [], "author": "ana", **fields})
        self.write(state)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(message)


def fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


def main(file: str, words: list[str]) -> None:
    if not (os.environ.get("GH_TOKEN") or os.environ.get("GITHUB_TOKEN")):
        fail("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.", 4)
    github = GitHub(Path(file))
    if words[:1] == ["api"]:
        api(github, words[1:])
        return
    name = " ".join(words[:2])
    if name not in COMMANDS:
        fail(f"unknown command {name!r} for gh")
    COMMANDS[name](github, words[2:])


def _parser(*options: str, text: bool = False, shows: bool = False, number: bool = False) -> Parser:
    parser = Parser(allow_abbrev=False, add_help=False)
    if number:
        parser.add_argument("number", type=int)
    for option in options:
        parser.add_argument(f"--{option}")
    if text:
        parser.add_argument("--title")
        body = parser.add_mutually_exclusive_group()
        body.add_argument("--body")
        body.add_argument("--body-file")
    if shows:
        parser.add_argument("--json")
        parser.add_argument("--jq")
    return parser


def setup_git(_github: GitHub, words: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("--hostname")
    parser.add_argument("--force", action="store_true")
    parser.parse_args(words)


def pr_list(github: GitHub, words: list[str]) -> None:
    parser = _parser("head", "base", shows=True)
    parser.add_argument("--state", choices=("open", "closed", "merged", "all"), default="open")
    parser.add_argument("--limit", type=int, default=30)
    given = parser.parse_args(words)
    states = {
        "open": {"OPEN"},
        "closed": {"CLOSED", "MERGED"},
        "merged": {"MERGED"},
        "all": {"OPEN", "CLOSED", "MERGED"},
    }
    found = [
        pull
        for pull in reversed(github.pulls)
        if pull["state"] in states[given.state]
        and given.head in {None, pull["headRefName"]}
        and given.base in {None, pull["baseRefName"]}
    ]
    _show(found[: given.limit], given, PULL_FIELDS)


def pr_create(github: GitHub, words: list[str]) -> None:
    given = _parser("head", "base", text=True).parse_args(words)
    if not given.title or (given.body is None and given.body_file is None):
        fail("must provide `--title` and `--body` (or `--fill`) when not running interactively")
    state = github.read()
    if not state["may_open_pulls"]:
        fail("pull request create failed: GraphQL: GitHub Actions is not permitted to create or approve pull requests")
    for pull in state["pulls"]:
        if pull["state"] == "OPEN" and (pull["headRefName"], pull["baseRefName"]) == (given.head, given.base):
            fail(f'a pull request for branch "{given.head}" into branch "{given.base}" already exists:\n{pull["url"]}')
    commits = _remote(given.head), _remote(given.base)
    if commits[0] == commits[1]:
        fail(f"pull request create failed: GraphQL: No commits between {given.base} and {given.head}")
    number = _next(state)
    url = f"https://github.com/example/letter/pull/{number}"
    state["pulls"].append(
        {
            "number": number,
            "title": given.title,
            "body": _body(given),
            "state": "OPEN",
            "headRefName": given.head,
            "baseRefName": given.base,
            "url": url,
            "author": BOT,
        }
    )
    github.write(state)
    print(url)


def pr_edit(github: GitHub, words: list[str]) -> None:
    _edit(github, "pulls", _parser("base", text=True, number=True).parse_args(words))


def pr_view(github: GitHub, words: list[str]) -> None:
    parser = _parser(shows=True)
    parser.add_argument("pull")
    parser.add_argument("--web", action="store_true")
    given = parser.parse_args(words)
    pull = _pull(github.read(), given.pull)
    if given.web:
        print(f"Opening {pull['url'].removeprefix('https://')} in your browser.", file=sys.stderr)
    else:
        _show(pull, given, PULL_FIELDS)


def pr_merge(github: GitHub, words: list[str]) -> None:
    parser = _parser()
    parser.add_argument("pull")
    how = parser.add_mutually_exclusive_group()
    for name in ("merge", "squash", "rebase"):
        how.add_argument(f"--{name}", action="store_true")
    given = parser.parse_args(words)
    if not given.merge:
        fail("--merge, --rebase, or --squash required when not running interactively")
    state = github.read()
    pull = _pull(state, given.pull)
    if pull["state"] != "OPEN":
        fail(f"Pull request example/letter#{pull['number']} ({pull['title']}) is not open")
    with tempfile.TemporaryDirectory() as clone:
        for command in (
            ["clone", "--quiet", "--branch", pull["baseRefName"], _url(), clone],
            ["-C", clone, "merge", "--quiet", "--no-ff", "--no-edit", f"origin/{pull['headRefName']}"],
            ["-C", clone, "push", "--quiet"],
        ):
            subprocess.run(["git", *WEB, *command], check=True)
    pull["state"] = "MERGED"
    github.write(state)


def pr_close(github: GitHub, words: list[str]) -> None:
    parser = _parser("comment")
    parser.add_argument("pull")
    given = parser.parse_args(words)
    state = github.read()
    _pull(state, given.pull)["state"] = "CLOSED"
    github.write(state)


def repo_create(github: GitHub, words: list[str]) -> None:
    parser = _parser("source", "remote", "description")
    parser.add_argument("name")
    parser.add_argument("--push", action="store_true")
    visible = parser.add_mutually_exclusive_group()
    for name in ("public", "private", "internal"):
        visible.add_argument(f"--{name}", action="store_true")
    given = parser.parse_args(words)
    if not (given.public or given.private or given.internal):
        fail("`--public`, `--private`, or `--internal` required when not running interactively")
    if given.push and not given.source:
        fail("`--push` option requires `--source` to be specified")
    origin = github.file.with_name("origin.git")
    if origin.exists():
        fail(f"GraphQL: Name already exists on this account (createRepository): {given.name}")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    remote = given.remote or "origin"
    if given.source:
        subprocess.run(["git", "-C", given.source, "remote", "add", remote, origin.as_uri()], check=True)
    if given.push:
        subprocess.run(["git", "-C", given.source, "push", "--quiet", "--set-upstream", remote, "HEAD"], check=True)
    # A new repository of a person: its workflows may not open pull requests.
    github.write({**EMPTY, "may_open_pulls": False})
    print("https://github.com/example/letter")


def api(github: GitHub, words: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("endpoint")
    parser.add_argument("--method", "-X", default="GET")
    parser.add_argument("--raw-field", "-f", action="append", default=[])
    parser.add_argument("--field", "-F", action="append", default=[])
    given = parser.parse_args(words)
    fields: dict[str, Any] = dict(field.split("=", 1) for field in given.raw_field)
    typed = {"true": True, "false": False, "null": None}
    fields |= {name: typed.get(value, value) for name, value in (field.split("=", 1) for field in given.field)}
    state = github.read()
    path = given.endpoint.removeprefix("/").replace("{owner}/{repo}", "example/letter")
    if given.method == "PUT" and path == "repos/example/letter/actions/permissions/workflow":
        if not isinstance(fields.get("can_approve_pull_request_reviews"), bool):
            fail("gh: Invalid request (HTTP 422)")
        state["may_open_pulls"] = fields["can_approve_pull_request_reviews"]
    elif given.method == "PUT" and (found := re.fullmatch(r"repos/example/letter/environments/(\w+)", path)):
        state["environments"].append(found[1])
        print(json.dumps({"name": found[1]}))
    else:
        fail("gh: Not Found (HTTP 404)")
    github.write(state)


def secret_set(github: GitHub, words: list[str]) -> None:
    parser = _parser("env", "env-file", "body")
    parser.add_argument("name", nargs="?")
    given = parser.parse_args(words)
    state = github.read()
    if given.env and given.env not in state["environments"]:
        fail(f"failed to fetch public key: HTTP 404: Not Found (environments/{given.env}/secrets/public-key)")
    if given.env_file:
        text = sys.stdin.read() if given.env_file == "-" else Path(given.env_file).read_text(encoding="utf-8")
        values = dict(line.split("=", 1) for line in text.splitlines() if line)
    else:
        values = {given.name: given.body if given.body is not None else sys.stdin.read()}
    state["secrets"].setdefault(given.env or "", {}).update(values)
    github.write(state)


def variable_set(github: GitHub, words: list[str]) -> None:
    parser = _parser("env", "body")
    parser.add_argument("name")
    given = parser.parse_args(words)
    state = github.read()
    state["variables"][given.name] = given.body
    github.write(state)


def workflow_run(github: GitHub, words: list[str]) -> None:
    parser = _parser("ref")
    parser.add_argument("name")
    parser.add_argument("--field", "-F", "--raw-field", "-f", action="append", default=[])
    given = parser.parse_args(words)
    state = github.read()
    if given.name in state["disabled"]:
        fail("could not create workflow dispatch event: HTTP 422: Cannot trigger a 'workflow_dispatch' on a disabled")
    state["dispatches"].append((given.name, dict(field.split("=", 1) for field in given.field)))
    github.write(state)
    print(f"✓ Created workflow_dispatch event for {given.name} at main")


def workflow_able(github: GitHub, words: list[str], *, disabled: bool) -> None:
    parser = _parser()
    parser.add_argument("name")
    name = parser.parse_args(words).name
    state = github.read()
    state["disabled"] = sorted({*state["disabled"], name} if disabled else {*state["disabled"]} - {name})
    github.write(state)


def issue_list(github: GitHub, words: list[str]) -> None:
    parser = _parser("app", "author", "label", shows=True)
    parser.add_argument("--state", choices=("open", "closed", "all"), default="open")
    parser.add_argument("--limit", type=int, default=30)
    given = parser.parse_args(words)
    author = f"app/{given.app}" if given.app else given.author
    found = [
        issue
        for issue in reversed(github.issues)
        if given.state in {"all", issue["state"].lower()}
        and author in {None, issue["author"]}
        and (given.label is None or given.label in issue["labels"])
    ]
    _show(found[: given.limit], given, ISSUE_FIELDS)


def issue_create(github: GitHub, words: list[str]) -> None:
    given = _parser("label", text=True).parse_args(words)
    if not given.title or (given.body is None and given.body_file is None):
        fail("must provide `--title` and `--body` when not running interactively")
    state = github.read()
    labels = given.label.split(",") if given.label else []
    for label in labels:
        if label not in state["labels"]:
            fail(f"could not add label: '{label}' not found")
    number = _next(state)
    url = f"https://github.com/example/letter/issues/{number}"
    state["issues"].append(
        {
            "number": number,
            "title": given.title,
            "body": _body(given),
            "state": "OPEN",
            "labels": labels,
            "comments": [],
            "url": url,
            "author": BOT,
        }
    )
    github.write(state)
    print(url)


def issue_edit(github: GitHub, words: list[str]) -> None:
    _edit(github, "issues", _parser("add-label", "remove-label", text=True, number=True).parse_args(words))


def issue_close(github: GitHub, words: list[str]) -> None:
    parser = _parser("comment", number=True)
    parser.add_argument("--reason", choices=("completed", "not planned", "duplicate"))
    given = parser.parse_args(words)
    state = github.read()
    issue = _find(state["issues"], given.number)
    issue["state"] = "CLOSED"
    if given.comment:
        issue["comments"].append(given.comment)
    github.write(state)


def label_create(github: GitHub, words: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("name")
    parser.add_argument("--color")
    parser.add_argument("--description")
    parser.add_argument("--force", action="store_true")
    given = parser.parse_args(words)
    state = github.read()
    if given.name in state["labels"] and not given.force:
        fail(f'label with name "{given.name}" already exists; use `--force` to update its color and description')
    state["labels"] = sorted({*state["labels"], given.name})
    github.write(state)


def _edit(github: GitHub, kind: str, given: argparse.Namespace) -> None:
    state = github.read()
    one = _find(state[kind], given.number)
    if given.title:
        one["title"] = given.title
    if given.body is not None or given.body_file:
        one["body"] = _body(given)
    github.write(state)
    print(one["url"])


def _body(given: argparse.Namespace) -> str:
    body = given.body if given.body_file is None else Path(given.body_file).read_text(encoding="utf-8")
    if len(body) > MOST_OF_A_BODY:
        fail(f"GraphQL: Body is too long (maximum is {MOST_OF_A_BODY} characters)")
    return body


def _show(value: Any, given: argparse.Namespace, fields: tuple[str, ...]) -> None:
    if given.json is None:
        fail("cannot use `--jq` without specifying `--json`" if given.jq else "this gh only speaks JSON")
    wanted = given.json.split(",")
    for field in wanted:
        if field not in fields:
            fail(f'Unknown JSON field: "{field}"')
    rows = [{field: row[field] for field in wanted} for row in (value if isinstance(value, list) else [value])]
    if given.jq is None:
        print(json.dumps(rows if isinstance(value, list) else rows[0]))
        return
    query = JQ.fullmatch(given.jq)
    if query is None or query["field"] not in wanted:
        fail(f"this gh does not know the query {given.jq!r}")
    if query["many"] == ".[0]":
        rows = rows[:1] if rows or query["default"] else [{query["field"]: None}]
    for row in rows:
        print("null" if row[query["field"]] is None else row[query["field"]])


def _pull(state: dict[str, Any], name: str) -> dict[str, Any]:
    """By its number or its branch; of a branch, the newest."""
    for pull in reversed(state["pulls"]):
        if name in {str(pull["number"]), pull["headRefName"]}:
            return pull
    return fail(f'no pull requests found for branch "{name}"')


def _url() -> str:
    return subprocess.run(
        ["git", "remote", "get-url", "origin"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _remote(branch: str) -> str:
    done = subprocess.run(
        ["git", "ls-remote", "origin", f"refs/heads/{branch}"], capture_output=True, text=True, check=True
    )
    if not done.stdout:
        fail(f"pull request create failed: GraphQL: Head sha can't be blank, Head ref must be a branch ({branch})")
    return done.stdout.split()[0]


def _find(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    for row in rows:
        if row["number"] == number:
            return row
    return fail(f"GraphQL: Could not resolve to an issue or pull request with the number of {number}.")


def _next(state: dict[str, Any]) -> int:
    """Pull requests and issues share their numbers."""
    return len(state["pulls"]) + len(state["issues"]) + 1


COMMANDS: dict[str, Callable[[GitHub, list[str]], None]] = {
    "auth setup-git": setup_git,
    "pr list": pr_list,
    "pr create": pr_create,
    "pr edit": pr_edit,
    "pr view": pr_view,
    "pr merge": pr_merge,
    "pr close": pr_close,
    "issue list": issue_list,
    "issue create": issue_create,
    "issue edit": issue_edit,
    "issue close": issue_close,
    "label create": label_create,
    "repo create": repo_create,
    "secret set": secret_set,
    "variable set": variable_set,
    "workflow run": workflow_run,
    "workflow disable": partial(workflow_able, disabled=True),
    "workflow enable": partial(workflow_able, disabled=False),
}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
