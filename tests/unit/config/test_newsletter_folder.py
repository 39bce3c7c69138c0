"""Which newsletter a folder belongs to."""

from __future__ import annotations

import os
import subprocess

import pytest

from digest.config import find_root
from digest.errors import ConfigError

SOMEBODY = 12345


@pytest.fixture
def newsletter(tmp_path):
    root = tmp_path / "letter"
    (root / "notes" / "old").mkdir(parents=True)
    (root / "digest.toml").write_text("[newsletter]\n", encoding="utf-8")
    return root


def git(*words, cwd):
    subprocess.run(["git", "-C", str(cwd), *words], check=True, capture_output=True)


def test_it_is_found_from_a_folder_within_it(newsletter):
    assert find_root(newsletter / "notes" / "old") == newsletter


@pytest.mark.parametrize("tree", ["letter", "."])
def test_it_is_found_within_its_own_work_tree_and_within_a_larger_one(newsletter, tree):
    git("init", "--quiet", cwd=newsletter.parent / tree)
    assert find_root(newsletter / "notes") == newsletter


def test_the_search_ends_at_the_root_of_the_work_tree(newsletter):
    git("init", "--quiet", cwd=newsletter / "notes")
    with pytest.raises(ConfigError, match="root of the git work tree") as caught:
        find_root(newsletter / "notes" / "old")
    assert "-C" in caught.value.hint


def test_the_search_ends_at_the_root_of_a_linked_work_tree(newsletter, tmp_path):
    git("init", "--quiet", cwd=tmp_path)
    identity = ("-c", "user.name=Ida", "-c", "user.email=ida@example.org")
    git(*identity, "commit", "--quiet", "--allow-empty", "--message", "Start", cwd=tmp_path)
    git("worktree", "add", "--quiet", str(newsletter / "linked"), cwd=tmp_path)
    with pytest.raises(ConfigError, match="root of the git work tree"):
        find_root(newsletter / "linked")


def test_an_empty_folder_named_git_is_no_repository(newsletter):
    (newsletter / "notes" / ".git").mkdir()
    assert find_root(newsletter / "notes") == newsletter


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("name", [".", "digest.toml"])
def test_a_newsletter_of_another_user_is_refused(newsletter, name):
    os.chown(newsletter / name, SOMEBODY, SOMEBODY)
    with pytest.raises(ConfigError, match="belongs to another user") as caught:
        find_root(newsletter / "notes")
    assert "-C" in caught.value.hint
    assert find_root(newsletter / "notes", environ={"SUDO_UID": str(SOMEBODY)}) == newsletter


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_pyproject_of_another_user_is_refused(newsletter):
    (newsletter / "digest.toml").unlink()
    pyproject = newsletter / "pyproject.toml"
    pyproject.write_text("[tool.digest.newsletter]\n", encoding="utf-8")
    assert find_root(newsletter / "notes") == newsletter
    os.chown(pyproject, SOMEBODY, SOMEBODY)
    with pytest.raises(ConfigError, match="belongs to another user"):
        find_root(newsletter / "notes")
