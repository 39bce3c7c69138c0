"""What git says of a file that is to be written: the real git, in work trees of many kinds."""

import subprocess

import pytest

from digest.project.work_tree import kept_files, read_staged, tracks, was_committed, work_tree_of, would_keep


def git(*arguments, cwd):
    identity = ("-c", "user.name=T", "-c", "user.email=t@letter.example")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "tree"
    (tree / "letter/subscribers").mkdir(parents=True)
    (tree / ".gitignore").write_text("*.secret\n/letter/subscribers/*.csv\n.digest/\n")
    (tree / "tracked.secret").write_text("x")
    git("init", "--quiet", cwd=tree)
    git("add", "--force", "--all", cwd=tree)
    git("commit", "--quiet", "--message", "x", cwd=tree)
    return tree


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("letter/backup.csv", True),
        ("letter/a/new/folder/backup.csv", True),
        ("letter/subscribers/backup.csv", False),
        ("backup.secret", False),
        ("tracked.secret", True),  # ignored, but git tracks it
        (".digest/new/backup.csv", False),
        (".git/backup.csv", False),
        ("../backup.csv", False),
    ],
)
def test_whether_git_would_keep_a_file(tree, name, kept):
    assert would_keep((tree / name).resolve()) is kept


def test_a_link_counts_as_what_it_leads_to(tree, tmp_path):
    (tmp_path / "to-tree").symlink_to(tree / "letter")
    (tree / "letter/out").symlink_to(tmp_path)
    assert would_keep((tmp_path / "to-tree/backup.csv").resolve())
    assert not would_keep((tree / "letter/out/backup.csv").resolve())


def test_without_git_a_file_in_a_work_tree_would_be_kept(tree, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert would_keep(tree / "letter/subscribers/backup.csv")
    assert not would_keep(tree.parent / "backup.csv")
    assert list(kept_files(tree)) == []


def test_a_repository_names_no_program_to_run(tree, tmp_path):
    git("config", "core.fsmonitor", f"touch {tmp_path / 'ran'}; false", cwd=tree)
    assert dict(kept_files(tree))
    assert not (tmp_path / "ran").exists()


def test_the_files_that_git_keeps_or_would_add(tree):
    (tree / "lëtter's list.txt").write_text("x")
    (tree / "ignored.secret").write_text("x")
    (tree / "tracked.secret").write_text("changed")
    assert dict(kept_files(tree)) == {".gitignore": False, "tracked.secret": True, "lëtter's list.txt": False}
    assert read_staged(tree, "tracked.secret") == b"x"
    assert (tracks(tree / ".gitignore"), tracks(tree / "ignored.secret")) == (True, False)
    assert (was_committed(tree / ".gitignore"), was_committed(tree / "ignored.secret")) == (True, False)
    assert (work_tree_of(tree / "a/b"), work_tree_of(tree.parent)) == (tree, None)
