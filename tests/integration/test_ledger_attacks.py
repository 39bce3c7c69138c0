"""A ledger on a git branch against somebody who may push anything, but lacks DIGEST_LEDGER_KEY.

Each attack would make an earlier state of the ledger look like the current one, so that people were mailed twice. It is
looked at from a fresh clone. An attack on a protected branch only pushes what GitHub's rulesets let through: the branch
moves forward only, and neither the branch nor the tag is deleted (docs/ledger.md).
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from digest.delivery import open_ledger
from digest.errors import CredentialsError, LedgerError
from digest.testing.campaigns import NOON, CampaignHarness, make_audience, make_rendered

BRANCH, TAG = "refs/heads/digest-state", "refs/tags/digest-state-anchor"


def git(*arguments, stdin=""):
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, input=stdin).stdout


def open_branch_of(root, *, new=False, key="a key for all tests"):
    environ = {**os.environ, "DIGEST_LEDGER_KEY": key}
    return open_ledger("git+branch://digest-state", root=root, environ=environ, now=lambda: NOON, new=new)


class Attacker:
    """Makes commits of any shape from the files of the branch's history, and pushes them."""

    def __init__(self, folder):
        self.remote, self.clone = folder / "remote.git", folder / "attacker"
        git("clone", "--quiet", str(self.remote), str(self.clone))
        #: The ledger's commits, oldest first.
        self.history = self.git("rev-list", "--reverse", "origin/digest-state").split()

    def git(self, *arguments, stdin=""):
        identity = ("-c", "user.name=Eve", "-c", "user.email=eve@attacker.example")
        return git("-C", str(self.clone), *identity, *arguments, stdin=stdin)

    @property
    def head(self):
        return self.history[-1]

    def files(self, commit):
        names = self.git("ls-tree", "--name-only", commit).split()
        return {name: self.git("show", f"{commit}:{name}") for name in names}

    def tree(self, files):
        lines = []
        for name, text in files.items():
            blob = self.git("hash-object", "-w", "--stdin", stdin=text).strip()
            lines.append(f"100644 blob {blob}\t{name}\n")
        return self.git("mktree", stdin="".join(lines)).strip()

    def commit(self, files, *parents):
        """A commit with these files; also with those of a commit, if ``files`` is its hash."""
        tree = f"{files}^{{tree}}" if isinstance(files, str) else self.tree(files)
        above = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *above, "-m", "Tidy up").strip()

    def push(self, branch=None, tag=None):
        """Move the branch forward, and the tag anywhere."""
        pairs = [f"{branch}:{BRANCH}"] if branch else []
        pairs += [f"+{tag}:{TAG}"] if tag else []
        self.git("push", "--quiet", "origin", *pairs)

    def force(self, branch, tag=None):
        """Move the branch anywhere, which a ruleset forbids."""
        self.git("push", "--quiet", "--force", "origin", f"{branch}:{BRANCH}", *([f"+{tag}:{TAG}"] if tag else []))


def lines_of(text):
    return text.splitlines(keepends=True)


def revert_on_top(attacker, old):
    attacker.push(attacker.commit(old, attacker.head))


def revert_with_the_tag(attacker, old):
    commit = attacker.commit(old, attacker.head)
    attacker.push(commit, commit)


def revert_and_set_the_tag_back(attacker, old):
    attacker.push(attacker.commit(old, attacker.head), old)


def revert_in_two_steps_and_set_the_tag_back(attacker, old):
    middle = attacker.commit({"README": "nothing to see"}, attacker.head)
    attacker.push(attacker.commit(old, middle), old)


def merge_that_pretends_to_be_the_old_commit(attacker, old):
    """Its first parent is that of the old commit; its second one makes the push a fast-forward."""
    commit = attacker.commit(old, f"{old}^", attacker.head)
    attacker.push(commit, commit)


def merge_with_the_parents_exchanged(attacker, old):
    commit = attacker.commit(old, attacker.head, f"{old}^")
    attacker.push(commit, commit)


def rewind_the_tag_alone(attacker, old):
    attacker.push(tag=old)


def empty_the_branch(attacker, old):
    del old
    commit = attacker.commit({"README": "start again"}, attacker.head)
    attacker.push(commit, commit)


def folder_in_place_of_a_file(attacker, old):
    del old
    inner = attacker.tree({"x": "y"})
    files = attacker.files(attacker.head)
    files.pop("2026-W47.jsonl")
    blobs = attacker.git("ls-tree", attacker.tree(files))
    tree = attacker.git("mktree", stdin=f"{blobs}040000 tree {inner}\t2026-W47.jsonl\n").strip()
    commit = attacker.git("commit-tree", tree, "-p", attacker.head, "-m", "x").strip()
    attacker.push(commit, commit)


PROTECTED = [
    revert_on_top,
    revert_with_the_tag,
    revert_and_set_the_tag_back,
    revert_in_two_steps_and_set_the_tag_back,
    merge_that_pretends_to_be_the_old_commit,
    merge_with_the_parents_exchanged,
    rewind_the_tag_alone,
    empty_the_branch,
    folder_in_place_of_a_file,
]


def orphan_with_the_old_files(attacker, old):
    commit = attacker.commit(old)
    attacker.force(commit, commit)


def rewind_the_branch_alone(attacker, old):
    attacker.force(old)


def rewind_the_branch_and_make_a_commit_of_the_old_files(attacker, old):
    commit = attacker.commit(old, old)
    attacker.force(commit, commit)


UNPROTECTED = [
    orphan_with_the_old_files,
    rewind_the_branch_alone,
    rewind_the_branch_and_make_a_commit_of_the_old_files,
]


def edited(change, name="2026-W47.jsonl"):
    """An attack that changes one file of the newest state."""

    def attack(attacker):
        files = attacker.files(attacker.head)
        changed = change(files)
        if isinstance(changed, str):
            files[name] = changed
        commit = attacker.commit(files, attacker.history[-2])
        attacker.force(commit, commit)

    return attack


def without(name):
    def change(files):
        del files[name]

    return change


def swapped(files):
    files["2026-W47.jsonl"], files["2026-W48.jsonl"] = files["2026-W48.jsonl"], files["2026-W47.jsonl"]


def copied_lines(files):
    return files["2026-W47.jsonl"] + "".join(lines_of(files["2026-W48.jsonl"])[1:])


def older_line_again(files):
    lines = lines_of(files["2026-W47.jsonl"])
    first = next(line for line in lines if '"state":"sending"' in line)
    return "".join([*lines, first])


def seal_of_an_older_commit(files):
    lines = lines_of(files["ledger.jsonl"])
    seals = [line for line in lines if line.startswith('["#"')]
    files["ledger.jsonl"] = "".join([*lines[:-1], seals[0]])


def renamed(files):
    files["2026-W46.jsonl"] = files.pop("2026-W47.jsonl")


def another_key_named(files):
    lines = lines_of(files["ledger.jsonl"])
    files["ledger.jsonl"] = lines[0].replace('"value":"', '"value":"00', 1) + "".join(lines[1:])


def cut_in_both(files):
    """The last step is taken out of the issue's file and of the seals."""
    files["2026-W48.jsonl"] = "".join(lines_of(files["2026-W48.jsonl"])[:-1])
    files["ledger.jsonl"] = "".join(lines_of(files["ledger.jsonl"])[:-1])


EDITS = {
    "a state": edited(lambda files: files["2026-W47.jsonl"].replace('"accepted"', '"pending"')),
    "an unknown field": edited(lambda files: files["2026-W47.jsonl"].replace("{", '{"x":1,', 1)),
    "one bit of a MAC": edited(lambda files: files["2026-W47.jsonl"].replace('"]\n', '0"]\n', 1)),
    "a line removed": edited(lambda files: "".join(lines_of(files["2026-W47.jsonl"])[1:])),
    "a line twice": edited(older_line_again),
    "lines exchanged": edited(lambda files: "".join(reversed(lines_of(files["2026-W47.jsonl"])))),
    "half of the last line": edited(lambda files: files["2026-W47.jsonl"][:-20]),
    "all lines removed": edited(lambda _: ""),
    "the files exchanged": edited(swapped),
    "lines of another issue": edited(copied_lines),
    "a file renamed": edited(renamed),
    "a file removed": edited(without("2026-W47.jsonl")),
    "the common file removed": edited(without("ledger.jsonl")),
    "an old seal": edited(seal_of_an_older_commit),
    "the last step removed": edited(cut_in_both),
    "the fingerprint": edited(another_key_named),
    "a file added": edited(lambda files: files["2026-W47.jsonl"], name="2026-W40.jsonl"),
}


@pytest.fixture(scope="module")
def two_issues(tmp_path_factory):
    """A folder with a clone, and with its remote, on whose branch a ledger has two sent issues."""
    folder = tmp_path_factory.mktemp("two-issues")
    git("init", "--bare", "--quiet", str(folder / "remote.git"))
    git("clone", "--quiet", str(folder / "remote.git"), str(folder / "clone"))
    with CampaignHarness(folder / "clone", ledger=open_branch_of(folder / "clone", new=True)) as harness:
        harness.audience = make_audience(3)
        harness.send()
        harness.rendered = make_rendered(issue="2026-W48")
        harness.send()
    return folder


@pytest.fixture
def attacker(two_issues, tmp_path, monkeypatch):
    """Somebody with a clone of the same remote."""
    monkeypatch.setattr("digest.delivery.stores.git._ANCHOR_WAITS", (0, 0))
    shutil.copytree(two_issues / "remote.git", tmp_path / "remote.git")
    return Attacker(tmp_path)


@pytest.fixture
def fresh(attacker, tmp_path):
    """A clone that has not seen the ledger before."""
    git("clone", "--quiet", str(attacker.remote), str(tmp_path / "fresh"))
    return tmp_path / "fresh"


def require_refused(fresh, *, new=False):
    with pytest.raises(LedgerError) as caught:
        open_branch_of(fresh, new=new)
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("attack", PROTECTED, ids=lambda attack: attack.__name__)
def test_a_protected_branch_cannot_be_made_to_forget(attacker, fresh, attack):
    attack(attacker, attacker.history[len(attacker.history) // 2])
    require_refused(fresh)
    require_refused(fresh, new=True)


@pytest.mark.parametrize("attack", UNPROTECTED, ids=lambda attack: attack.__name__)
def test_a_rewind_of_an_unprotected_branch_is_refused(attacker, fresh, attack):
    attack(attacker, attacker.history[-2])
    require_refused(fresh)


@pytest.mark.parametrize("kind", EDITS)
def test_no_file_can_be_edited(attacker, fresh, kind):
    """In place of the last commit, so that the seal names the right parent."""
    EDITS[kind](attacker)
    require_refused(fresh)


def test_another_key_is_told_from_an_edit(fresh):
    with pytest.raises(CredentialsError, match="another key"):
        open_branch_of(fresh, key="the key of another newsletter")


def test_commits_of_other_programs_may_be_on_top(attacker, fresh):
    files = attacker.files(attacker.head)
    first = attacker.commit({**files, "README": "What this branch is."}, attacker.head)
    attacker.push(attacker.commit({**files, "README": "What this branch is for."}, first))
    with open_branch_of(fresh) as ledger:
        ledger.remember("seen", "yes")
    with open_branch_of(fresh) as ledger:
        assert ledger.recall("seen") == "yes"
