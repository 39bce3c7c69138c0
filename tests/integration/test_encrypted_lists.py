"""Lists that are encrypted with age, as `digest subscribers` edits them."""

from __future__ import annotations

import pyrage
import pytest

from digest.project import open_project
from digest.subscribers import decrypt_list, new_age_key
from digest.workflow.people.subscriber_lists import edit_list

FILE = "subscribers/weekly.csv.age"


@pytest.mark.parametrize("armored", [True, False], ids=["armored", "binary"])
def test_an_encrypted_list_can_be_edited_in_either_format_of_age(tmp_path, monkeypatch, armored):
    key = new_age_key()
    monkeypatch.setenv("DIGEST_AGE_KEY", key)
    (tmp_path / "digest.toml").write_text(
        f"[newsletter]\nname = 'W'\nsender = 'W <w@example.org>'\n[audiences.weekly]\nfiles = ['{FILE}']\n"
    )
    path = tmp_path / FILE
    path.parent.mkdir()
    recipient = pyrage.x25519.Identity.from_str(key).to_public()
    before = pyrage.encrypt(b"email\nana@example.com\n", [recipient], armored=armored)
    path.write_bytes(before)
    project = open_project(tmp_path, offline=True, cwd=tmp_path)

    reading = edit_list(project, FILE, lambda text: f"{text}bo@example.com\n")

    assert [person.email for person in reading.subscribers] == ["ana@example.com", "bo@example.com"]
    text = decrypt_list(path.read_bytes(), file=FILE, environ={"DIGEST_AGE_KEY": key})
    assert text == "email\nana@example.com\nbo@example.com\n"
    (copy,) = (tmp_path / ".digest/undo").iterdir()
    assert copy.read_bytes() == before
