import os
import stat

import pytest

from digest.config.atomic_files import locked, make_private_folder, narrow, replace_file


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_private_file_and_its_new_folders_are_for_the_user_alone(tmp_path, umask):
    seen = []

    def pieces():
        (temporary,) = (tmp_path / "lists/eu").iterdir()
        seen.append(mode(temporary))
        yield b"ana@reader.example\n"

    replace_file(tmp_path / "lists/eu/weekly.csv", pieces(), private=True)
    assert seen == [0o600]
    assert [mode(tmp_path / name) for name in ("lists", "lists/eu", "lists/eu/weekly.csv")] == [0o700, 0o700, 0o600]


def test_a_wider_file_is_narrowed_and_its_folder_kept(tmp_path):
    tmp_path.chmod(0o755)
    path = tmp_path / "weekly.csv"
    path.write_text("x")
    path.chmod(0o664)
    replace_file(path, b"y", private=True)
    assert (mode(path), mode(tmp_path)) == (0o600, 0o755)


def test_everything_in_the_state_folder_is_private(tmp_path, umask):
    state = tmp_path / ".digest"
    (state / "undo").mkdir(parents=True)
    for folder in (state, state / "undo"):
        folder.chmod(0o755)
    replace_file(state / "undo/digest.toml", b"x")
    with locked(state / "subscribers.lock", patience=0):
        pass
    names = ("", "undo", "undo/digest.toml", "subscribers.lock")
    assert [mode(state / name) for name in names] == [0o700, 0o700, 0o600, 0o600]


def test_another_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "issue.md"
    replace_file(path, b"x")
    assert mode(path) == 0o644
    path.chmod(0o640)
    replace_file(path, b"y")
    assert mode(path) == 0o640


def test_narrow_says_whether_others_could_read_it(tmp_path):
    folder = tmp_path / "subscribers"
    make_private_folder(folder)
    assert not narrow(folder)
    folder.chmod(0o750)
    assert narrow(folder)
    assert mode(folder) == 0o700
    assert not narrow(tmp_path / "missing")
