"""What holds people's addresses, or keys, stays on this machine and with its user."""

import gzip
import os
import stat
import subprocess

import pytest

EXPORT = "email,name\ndora@reader.example,Dora\nemil@reader.example,Emil\n"
SHORT = "tiny"


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def letter(run, tmp_path):
    """A new newsletter, with people who were imported."""
    assert run("init", "--yes", "letter").code == 0
    (tmp_path / "export.csv").write_text(EXPORT)
    assert run("subscribers", "import", "export.csv", "-C", "letter").code == 0
    return tmp_path / "letter"


def modes(folder):
    return {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def test_lists_and_everything_in_the_state_folder_are_the_users_own(run, letter):
    assert run("subscribers", "suppress", "emil@reader.example", "-C", "letter").code == 0
    assert run("subscribers", "encrypt", "-C", "letter").code == 0
    assert run("subscribers", "export", "letter/new/out.csv", "-C", "letter").code == 0
    folders = (".digest", "subscribers", "new")
    private = {name: mode for name, mode in modes(letter).items() if name.startswith(folders)}
    assert {"subscribers/weekly.csv", "subscribers/suppressions.csv", "subscribers/weekly.csv.age"} <= private.keys()
    assert [name for name, mode in private.items() if mode != (0o700 if (letter / name).is_dir() else 0o600)] == []


def test_a_list_that_others_could_read_is_narrowed_and_named(run, letter):
    (letter / "subscribers").chmod(0o755)
    (letter / "subscribers/weekly.csv").chmod(0o644)
    dry = run("subscribers", "import", "export.csv", "-C", "letter", "--dry-run")
    assert "could read" not in dry.err
    result = run("subscribers", "suppress", "ana@reader.example", "-C", "letter")
    assert "could read subscribers, subscribers/weekly.csv. Now only you can." in result.err
    assert modes(letter)["subscribers/weekly.csv"] == 0o600
    assert "could read" not in run("subscribers", "suppress", "b@reader.example", "-C", "letter").err


@pytest.fixture
def repository(letter):
    subprocess.run(["git", "init", "--quiet"], cwd=letter, check=True)
    return letter


@pytest.mark.parametrize("name", ["letter/backup.csv", "letter/deep/er/backup.csv", "link/backup.csv", "pointer.csv"])
def test_an_export_that_git_would_take_up_is_refused(run, repository, tmp_path, name):
    (tmp_path / "link").symlink_to(repository)
    (tmp_path / "pointer.csv").symlink_to(repository / "backup.csv")
    result = run("subscribers", "export", name, "-C", "letter")
    assert (result.code, f"git would take up {name}" in result.err, "--force" in result.err) == (6, True, True)
    assert not (tmp_path / name).exists()
    assert run("subscribers", "export", name, "-C", "letter", "--all").code == 6
    assert run("subscribers", "export", name, "-C", "letter", "--force").code == 0
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["out.csv", "letter/subscribers/out.csv", "letter/.digest/out.csv", "-"])
def test_an_export_elsewhere_is_written(run, repository, name):
    assert run("subscribers", "export", name, "-C", "letter").code == 0


def test_an_export_over_an_open_file_narrows_it(run, letter, tmp_path):
    (tmp_path / "out.csv").write_text("")
    assert "Now only you can" in run("subscribers", "export", "out.csv", "-C", "letter").err
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600
    assert run("subscribers", "export", ".", "-C", "letter").code == 2


@pytest.mark.parametrize("name", ["DIGEST_SECRET", "DIGEST_LEDGER_KEY"])
def test_a_secret_that_can_be_guessed_is_refused_before_anything_is_sent(run, collected, name):
    token = run("build", "-C", str(collected), "--json").data["token"]
    result = run("send", "-C", str(collected), "--live", "--yes", "--approve", token, env={name: SHORT})
    assert (result.code, f"{name} has fewer than 16 bytes" in result.err) == (4, True)
    assert not list(collected.glob(".digest/outbox/**/*.eml"))
    dry = run("send", "-C", str(collected), env={"DIGEST_SECRET": SHORT})
    assert "DIGEST_SECRET is too short to be a secret" in dry.err + dry.out


def test_the_editor_gets_no_secret(run, letter, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\nenv > "{tmp_path}/env"\nls -ln "$1" > "{tmp_path}/mode"\n')
    editor.chmod(0o755)
    secrets = {"DIGEST_SECRET": "hidden-" * 4, "SENDGRID_API_KEY": "SG.hidden", "GITHUB_TOKEN": "hidden"}
    result = run("subscribers", "edit", "-C", "letter", env={**secrets, "EDITOR": str(editor)})
    assert result.code == 0, result.err
    seen = (tmp_path / "env").read_text()
    assert ("hidden" in seen, "PATH=" in seen) == (False, True)
    assert (tmp_path / "mode").read_text().startswith("-rw-------")


READERS = "email\nana@reader.example\nben@reader.example\ncleo@reader.example\n"


@pytest.fixture
def committed(run, collected):
    """A newsletter in a repository, with three readers in a list that git ignores."""
    subprocess.run(["git", "init", "--quiet"], cwd=collected, check=True)
    (collected / ".gitignore").write_text("/subscribers/*.csv\n.digest/\n")
    (collected / "subscribers").mkdir(exist_ok=True)
    (collected / "subscribers/weekly.csv").write_text(READERS)
    assert run("build", "-C", str(collected)).code == 0

    def people_in_git():
        findings = run("check", "-C", str(collected), "--json").data["findings"]
        return {each["file"]: each["message"] for each in findings if each["code"] == "D606"}

    return people_in_git


def test_check_looks_for_readers_in_everything_that_git_keeps_or_would_add(committed, collected):
    assert committed() == {}
    (collected / "lists").mkdir()
    (collected / "lists/old.txt").write_bytes(READERS.encode("utf-16"))
    (collected / "lists/backup.gz").write_bytes(gzip.compress(READERS.encode()))
    (collected / "ignored.csv").write_text(READERS)
    (collected / ".gitignore").write_text("/subscribers/*.csv\n.digest/\nignored.csv\n")
    (collected / "articles/thanks.txt").write_text("Thanks to ana@reader.example and desk@letter.example.\n")
    subprocess.run(["git", "add", "lists/old.txt"], cwd=collected, check=True)
    (collected / "lists/old.txt").write_text("taken out, but still staged")
    assert committed() == {
        "lists/old.txt": "git tracks a file with the addresses of 3 readers or more",
        "lists/backup.gz": "git would take up a file with the addresses of 3 readers or more",
    }


def test_check_names_a_list_that_git_does_not_ignore_and_a_file_of_a_larger_repository(run, committed, collected):
    (collected / ".gitignore").write_text(".digest/\n")
    assert committed() == {"subscribers/weekly.csv": "git would take up an unencrypted list of 3 people"}
    (collected / ".gitignore").write_text("/subscribers/*.csv\n.digest/\n")
    (collected / ".git").rename(collected.parent / ".git")
    (collected.parent / "export.csv").write_text(READERS)
    assert list(committed()) == ["../export.csv"]
    assert run("send", "-C", str(collected)).code == 6
