"""A fake `gh` that keeps the state of GitHub in a JSON file and accepts the documented options of the real one.

The manual is at https://cli.github.com/manual. Like gh, the fake exits with code 1 for anything it does not know, and
with code 4 without a token.
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
#: The author of merges made on the page of a pull request.
WEB = ("-c", "user.name=GitHub", "-c", "user.email=noreply@example.org")
MAX_BODY_LENGTH = 65_536
PULL_FIELDS = (
    *("number", "title", "body", "state", "headRefName", "baseRefName", "url"),
    *("headRefOid", "headRepositoryOwner", "isCrossRepository"),
)
ISSUE_FIELDS = ("number", "title", "body", "state", "labels", "url")
#: The jq queries that the workflows use.
JQ = re.compile(
    r"(?:map\(select\(\.(?P<unless>\w+) \| not\)\) \| )?"
    r"(?P<many>\.\[0\]|\.\[\]|)\.(?P<field>\w+)(?P<default> // empty)?"
)
OWNER = "example"


EMPTY: dict[str, Any] = {
    "pulls": [],
    "issues": [],
    "labels": [],
    "secrets": {},
    "variables": {},
    "environments": {},
    "rulesets": [],
    "dispatches": [],
    "disabled": [],
}


@dataclass
class GitHub:
    """The pull requests, issues, labels, secrets and started workflows of one repository.

    Attributes:
        dispatches: Manually started workflows that have not run yet, as (name, inputs).
        secrets: The secrets of each environment. The key "" holds those of the repository.
        environments: The branches that may use each environment; None for any branch.
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
        """Remove and return the workflows that wait to be run, as (name, inputs)."""
        state = self.read()
        self.write({**state, "dispatches": []})
        return [(name, inputs) for name, inputs in state["dispatches"]]

    def set_pull(self, number: int, **fields: Any) -> None:
        """Change fields of a pull request as someone does on its page, such as ``state="CLOSED"``."""
        state = self.read()
        _find(state["pulls"], number).update(fields)
        self.write(state)

    def add_fork_pull(self, head: str, *, owner: str = "stranger", base: str = "main", **fields: Any) -> int:
        """Add a pull request that someone opened from a branch of their fork. Returns its number."""
        state = self.read()
        number = _next(state)
        url = f"https://github.com/example/letter/pull/{number}"
        pull = {
            "number": number,
            "title": "Fix a typo",
            "body": "A typo.",
            "state": "OPEN",
            "url": url,
            "author": owner,
        }
        state["pulls"].append({**pull, "headRefName": head, "headOwner": owner, "baseRefName": base, **fields})
        self.write(state)
        return number

    def add_issue(self, **fields: Any) -> None:
        """Add an issue that a user opened."""
        state = self.read()
        state["issues"].append({"number": _next(state), "state": "OPEN", "comments": [], "author": "ana", **fields})
        self.write(state)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(message)


def fail(message: str, code: int = 1) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


def main(file: str, argv: list[str]) -> None:
    if not (os.environ.get("GH_TOKEN") or os.environ.get("GITHUB_TOKEN")):
        fail("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.", 4)
    github = GitHub(Path(file))
    if argv[:1] == ["api"]:
        api(github, argv[1:])
        return
    name = " ".join(argv[:2])
    if name not in COMMANDS:
        fail(f"unknown command {name!r} for gh")
    COMMANDS[name](github, argv[2:])


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


def setup_git(_github: GitHub, argv: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("--hostname")
    parser.add_argument("--force", action="store_true")
    parser.parse_args(argv)


def pr_list(github: GitHub, argv: list[str]) -> None:
    """``--head`` compares the name of the branch alone, so pull requests of forks are listed as well.

    See https://cli.github.com/manual/gh_pr_list and https://github.com/cli/cli/issues/10945.
    """
    parser = _parser("head", "base", shows=True)
    parser.add_argument("--state", choices=("open", "closed", "merged", "all"), default="open")
    parser.add_argument("--limit", type=int, default=30)
    args = parser.parse_args(argv)
    states = {
        "open": {"OPEN"},
        "closed": {"CLOSED", "MERGED"},
        "merged": {"MERGED"},
        "all": {"OPEN", "CLOSED", "MERGED"},
    }
    matches = [
        pull
        for pull in reversed(github.pulls)
        if pull["state"] in states[args.state]
        and args.head in {None, pull["headRefName"]}
        and args.base in {None, pull["baseRefName"]}
    ]
    _show([_view(pull) for pull in matches[: args.limit]], args, PULL_FIELDS)


def pr_create(github: GitHub, argv: list[str]) -> None:
    args = _parser("head", "base", text=True).parse_args(argv)
    if not args.title or (args.body is None and args.body_file is None):
        fail("must provide `--title` and `--body` (or `--fill`) when not running interactively")
    state = github.read()
    if not state["may_open_pulls"]:
        fail("pull request create failed: GraphQL: GitHub Actions is not permitted to create or approve pull requests")
    for pull in state["pulls"]:
        names = (pull["headRefName"], pull["baseRefName"])
        if pull["state"] == "OPEN" and names == (args.head, args.base) and not _is_forks(pull):
            fail(f'a pull request for branch "{args.head}" into branch "{args.base}" already exists:\n{pull["url"]}')
    commits = _remote(args.head), _remote(args.base)
    if commits[0] == commits[1]:
        fail(f"pull request create failed: GraphQL: No commits between {args.base} and {args.head}")
    number = _next(state)
    url = f"https://github.com/example/letter/pull/{number}"
    state["pulls"].append(
        {
            "number": number,
            "title": args.title,
            "body": _body(args),
            "state": "OPEN",
            "headRefName": args.head,
            "baseRefName": args.base,
            "url": url,
            "author": BOT,
        }
    )
    github.write(state)
    print(url)


def pr_edit(github: GitHub, argv: list[str]) -> None:
    _edit(github, "pulls", _parser("base", text=True, number=True).parse_args(argv))


def pr_view(github: GitHub, argv: list[str]) -> None:
    parser = _parser(shows=True)
    parser.add_argument("pull")
    parser.add_argument("--web", action="store_true")
    args = parser.parse_args(argv)
    pull = _pull(github.read(), args.pull)
    if args.web:
        print(f"Opening {pull['url'].removeprefix('https://')} in your browser.", file=sys.stderr)
    else:
        _show(_view(pull), args, PULL_FIELDS)


def pr_merge(github: GitHub, argv: list[str]) -> None:
    parser = _parser()
    parser.add_argument("pull")
    how = parser.add_mutually_exclusive_group()
    for name in ("merge", "squash", "rebase"):
        how.add_argument(f"--{name}", action="store_true")
    args = parser.parse_args(argv)
    if not args.merge:
        fail("--merge, --rebase, or --squash required when not running interactively")
    state = github.read()
    pull = _pull(state, args.pull)
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


def pr_close(github: GitHub, argv: list[str]) -> None:
    parser = _parser("comment")
    parser.add_argument("pull")
    args = parser.parse_args(argv)
    state = github.read()
    _pull(state, args.pull)["state"] = "CLOSED"
    github.write(state)


def repo_create(github: GitHub, argv: list[str]) -> None:
    parser = _parser("source", "remote", "description")
    parser.add_argument("name")
    parser.add_argument("--push", action="store_true")
    visible = parser.add_mutually_exclusive_group()
    for name in ("public", "private", "internal"):
        visible.add_argument(f"--{name}", action="store_true")
    args = parser.parse_args(argv)
    if not (args.public or args.private or args.internal):
        fail("`--public`, `--private`, or `--internal` required when not running interactively")
    if args.push and not args.source:
        fail("`--push` option requires `--source` to be specified")
    origin = github.file.with_name("origin.git")
    if origin.exists():
        fail(f"GraphQL: Name already exists on this account (createRepository): {args.name}")
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin], check=True)
    remote = args.remote or "origin"
    if args.source:
        subprocess.run(["git", "-C", args.source, "remote", "add", remote, origin.as_uri()], check=True)
    if args.push:
        subprocess.run(["git", "-C", args.source, "push", "--quiet", "--set-upstream", remote, "HEAD"], check=True)
    # By default, the workflows of a new personal repository may not open pull requests.
    github.write({**EMPTY, "may_open_pulls": False})
    print("https://github.com/example/letter")


def api(github: GitHub, argv: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("endpoint")
    parser.add_argument("--method", "-X", default="GET")
    parser.add_argument("--raw-field", "-f", action="append", default=[])
    parser.add_argument("--field", "-F", action="append", default=[])
    parser.add_argument("--input", choices=["-"])
    args = parser.parse_args(argv)
    fields: dict[str, Any] = dict(field.split("=", 1) for field in args.raw_field)
    typed = {"true": True, "false": False, "null": None}
    fields |= {name: typed.get(value, value) for name, value in (field.split("=", 1) for field in args.field)}
    state = github.read()
    path = args.endpoint.removeprefix("/").replace("{owner}/{repo}", "example/letter")
    if args.method == "PUT" and path == "repos/example/letter/actions/permissions/workflow":
        if not isinstance(fields.get("can_approve_pull_request_reviews"), bool):
            fail("gh: Invalid request (HTTP 422)")
        state["may_open_pulls"] = fields["can_approve_pull_request_reviews"]
    elif match := re.fullmatch(r"repos/example/letter/environments/([\w-]+)(/deployment-branch-policies)?", path):
        _environments(state["environments"], args.method, match[1], fields, policies=match[2] is not None)
    elif args.method == "GET" and path == "repos/example/letter":
        print(json.dumps({"name": "letter", "default_branch": "main"}))
    elif args.method == "POST" and path == "repos/example/letter/rulesets" and args.input:
        ruleset = json.load(sys.stdin)
        # https://docs.github.com/rest/repos/rules#create-a-repository-ruleset
        if not {"name", "target", "enforcement", "conditions", "rules"} <= ruleset.keys():
            fail("gh: Invalid request (HTTP 422)")
        state["rulesets"].append(ruleset)
        print(json.dumps({"name": ruleset["name"]}))
    else:
        fail("gh: Not Found (HTTP 404)")
    github.write(state)


def _environments(
    environments: dict[str, list[str] | None], method: str, name: str, fields: dict[str, Any], *, policies: bool
) -> None:
    """Make an environment, let a branch use it, or show it: https://docs.github.com/rest/deployments/environments."""
    if method == "PUT" and not policies:
        kinds = [
            fields.get(f"deployment_branch_policy[{kind}]") for kind in ("protected_branches", "custom_branch_policies")
        ]
        if kinds not in ([None, None], [False, True]):
            fail("gh: Invalid request (HTTP 422)")
        environments[name] = None if kinds[1] is None else environments.get(name) or []
    elif name not in environments or method not in {"GET", "POST"} or (method == "POST") > policies:
        fail("gh: Not Found (HTTP 404)")
    elif method == "POST":
        branches = environments[name]
        if branches is None:
            fail("gh: Not Found (HTTP 404)")
        environments[name] = [*branches, fields["name"]]
    elif policies:
        print(
            json.dumps({"branch_policies": [{"name": branch, "type": "branch"} for branch in environments[name] or []]})
        )
        return
    custom = None if environments[name] is None else {"protected_branches": False, "custom_branch_policies": True}
    print(json.dumps({"name": name, "deployment_branch_policy": custom, "protection_rules": []}))


def secret_set(github: GitHub, argv: list[str]) -> None:
    parser = _parser("env", "env-file", "body")
    parser.add_argument("name", nargs="?")
    args = parser.parse_args(argv)
    state = github.read()
    if args.env and args.env not in state["environments"]:
        fail(f"failed to fetch public key: HTTP 404: Not Found (environments/{args.env}/secrets/public-key)")
    if args.env_file:
        text = sys.stdin.read() if args.env_file == "-" else Path(args.env_file).read_text(encoding="utf-8")
        values = dict(line.split("=", 1) for line in text.splitlines() if line)
    else:
        values = {args.name: args.body if args.body is not None else sys.stdin.read()}
    state["secrets"].setdefault(args.env or "", {}).update(values)
    github.write(state)


def variable_set(github: GitHub, argv: list[str]) -> None:
    parser = _parser("env", "body")
    parser.add_argument("name")
    args = parser.parse_args(argv)
    state = github.read()
    state["variables"][args.name] = args.body
    github.write(state)


def workflow_run(github: GitHub, argv: list[str]) -> None:
    parser = _parser("ref")
    parser.add_argument("name")
    parser.add_argument("--field", "-F", "--raw-field", "-f", action="append", default=[])
    args = parser.parse_args(argv)
    state = github.read()
    if args.name in state["disabled"]:
        fail("could not create workflow dispatch event: HTTP 422: Cannot trigger a 'workflow_dispatch' on a disabled")
    state["dispatches"].append((args.name, dict(field.split("=", 1) for field in args.field)))
    github.write(state)
    print(f"✓ Created workflow_dispatch event for {args.name} at main")


def set_workflow_state(github: GitHub, argv: list[str], *, disabled: bool) -> None:
    parser = _parser()
    parser.add_argument("name")
    name = parser.parse_args(argv).name
    state = github.read()
    state["disabled"] = sorted({*state["disabled"], name} if disabled else {*state["disabled"]} - {name})
    github.write(state)


def issue_list(github: GitHub, argv: list[str]) -> None:
    parser = _parser("app", "author", "label", shows=True)
    parser.add_argument("--state", choices=("open", "closed", "all"), default="open")
    parser.add_argument("--limit", type=int, default=30)
    args = parser.parse_args(argv)
    author = f"app/{args.app}" if args.app else args.author
    matches = [
        issue
        for issue in reversed(github.issues)
        if args.state in {"all", issue["state"].lower()}
        and author in {None, issue["author"]}
        and (args.label is None or args.label in issue["labels"])
    ]
    _show(matches[: args.limit], args, ISSUE_FIELDS)


def issue_create(github: GitHub, argv: list[str]) -> None:
    args = _parser("label", text=True).parse_args(argv)
    if not args.title or (args.body is None and args.body_file is None):
        fail("must provide `--title` and `--body` when not running interactively")
    state = github.read()
    labels = args.label.split(",") if args.label else []
    for label in labels:
        if label not in state["labels"]:
            fail(f"could not add label: '{label}' not found")
    number = _next(state)
    url = f"https://github.com/example/letter/issues/{number}"
    state["issues"].append(
        {
            "number": number,
            "title": args.title,
            "body": _body(args),
            "state": "OPEN",
            "labels": labels,
            "comments": [],
            "url": url,
            "author": BOT,
        }
    )
    github.write(state)
    print(url)


def issue_edit(github: GitHub, argv: list[str]) -> None:
    _edit(github, "issues", _parser("add-label", "remove-label", text=True, number=True).parse_args(argv))


def issue_close(github: GitHub, argv: list[str]) -> None:
    parser = _parser("comment", number=True)
    parser.add_argument("--reason", choices=("completed", "not planned", "duplicate"))
    args = parser.parse_args(argv)
    state = github.read()
    issue = _find(state["issues"], args.number)
    issue["state"] = "CLOSED"
    if args.comment:
        issue["comments"].append(args.comment)
    github.write(state)


def label_create(github: GitHub, argv: list[str]) -> None:
    parser = Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("name")
    parser.add_argument("--color")
    parser.add_argument("--description")
    parser.add_argument("--force", action="store_true")
    args = parser.parse_args(argv)
    state = github.read()
    if args.name in state["labels"] and not args.force:
        fail(f'label with name "{args.name}" already exists; use `--force` to update its color and description')
    state["labels"] = sorted({*state["labels"], args.name})
    github.write(state)


def _edit(github: GitHub, kind: str, args: argparse.Namespace) -> None:
    state = github.read()
    entry = _find(state[kind], args.number)
    if args.title:
        entry["title"] = args.title
    if args.body is not None or args.body_file:
        entry["body"] = _body(args)
    github.write(state)
    print(entry["url"])


def _body(args: argparse.Namespace) -> str:
    body = args.body if args.body_file is None else Path(args.body_file).read_text(encoding="utf-8")
    if len(body) > MAX_BODY_LENGTH:
        fail(f"GraphQL: Body is too long (maximum is {MAX_BODY_LENGTH} characters)")
    return body


def _show(value: Any, args: argparse.Namespace, fields: tuple[str, ...]) -> None:
    if args.json is None:
        fail("cannot use `--jq` without specifying `--json`" if args.jq else "this fake gh only prints JSON")
    requested = args.json.split(",")
    for field in requested:
        if field not in fields:
            fail(f'Unknown JSON field: "{field}"')
    rows = [{field: row[field] for field in requested} for row in (value if isinstance(value, list) else [value])]
    if args.jq is None:
        print(json.dumps(rows if isinstance(value, list) else rows[0]))
        return
    query = JQ.fullmatch(args.jq)
    if query is None or not {query["field"], query["unless"]} - {None} <= set(requested):
        fail(f"this fake gh does not know the query {args.jq!r}")
    rows = [row for row in rows if not row.get(query["unless"])]
    if query["many"] == ".[0]":
        rows = rows[:1] if rows or query["default"] else [{query["field"]: None}]
    for row in rows:
        print("null" if row[query["field"]] is None else row[query["field"]])


def _pull(state: dict[str, Any], name: str) -> dict[str, Any]:
    """Find a pull request by number, or the newest one by branch. The branches of forks are called OWNER:BRANCH."""
    for pull in reversed(state["pulls"]):
        label = f"{pull['headOwner']}:{pull['headRefName']}" if _is_forks(pull) else pull["headRefName"]
        if name in {str(pull["number"]), label}:
            return pull
    return fail(f'no pull requests found for branch "{name}"')


def _is_forks(pull: dict[str, Any]) -> bool:
    return pull.get("headOwner", OWNER) != OWNER


def _view(pull: dict[str, Any]) -> dict[str, Any]:
    """The fields of a pull request that `gh` derives."""
    forks = _is_forks(pull)
    owner = {"login": pull.get("headOwner", OWNER)}
    commit = "0" * 40 if forks else _commit(pull["headRefName"])
    return {**pull, "isCrossRepository": forks, "headRepositoryOwner": owner, "headRefOid": commit}


def _url() -> str:
    return subprocess.run(
        ["git", "remote", "get-url", "origin"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _commit(branch: str) -> str:
    """The commit of a branch of the repository; empty if there is no such branch."""
    process = subprocess.run(
        ["git", "ls-remote", "origin", f"refs/heads/{branch}"], capture_output=True, text=True, check=True
    )
    return process.stdout.partition("\t")[0]


def _remote(branch: str) -> str:
    if not (commit := _commit(branch)):
        fail(f"pull request create failed: GraphQL: Head sha can't be blank, Head ref must be a branch ({branch})")
    return commit


def _find(rows: list[dict[str, Any]], number: int) -> dict[str, Any]:
    for row in rows:
        if row["number"] == number:
            return row
    return fail(f"GraphQL: Could not resolve to an issue or pull request with the number of {number}.")


def _next(state: dict[str, Any]) -> int:
    """The next number, which pull requests and issues share."""
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
    "workflow disable": partial(set_workflow_state, disabled=True),
    "workflow enable": partial(set_workflow_state, disabled=False),
}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
