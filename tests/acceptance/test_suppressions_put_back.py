"""An older copy of the suppressions, which anybody who may push can put back, mails nobody who has left."""

import re

import pytest

from conftest import use_own_values

PEOPLE = ["ana@reader.example", "ben@reader.example", "cleo@reader.example"]
SECRETS = {"DIGEST_SECRET": "a secret for tests only", "DIGEST_NOW": "2026-11-20T09:00:00+01:00"}
LATER_STORIES = {
    "A swing bridge turns again": "The swing bridge at the mill opened on Tuesday for the first time in nine years. A "
    "tug waited for it since dawn, and its crew had brought a cake for the bridge keeper.",
    "Cats move into the archive": "Two cats were hired by the town archive to keep mice from the tax rolls of 1790. "
    "They are paid in herring, and the archivist says that they have not read a line.",
    "The night market returns": "Forty stalls opened under the viaduct on Friday evening. Bakers, cobblers and a man "
    "who tunes pianos by ear will come every week until the frost, the council said.",
}
LATER = {**SECRETS, "DIGEST_NOW": "2026-11-27T09:00:00+01:00"}


@pytest.fixture
def letter(run, collected):
    """A newsletter for three people that an outbox mails, with one of them suppressed."""
    use_own_values(collected)
    (collected / "subscribers/weekly.csv").write_text("email\n" + "\n".join(PEOPLE) + "\n")

    def call(*arguments, env=LATER, exits=0):
        result = run(*arguments, "-C", str(collected), env=env)
        assert result.code == exits, result.err
        return result

    call("subscribers", "suppress", "ben@reader.example", env=SECRETS)
    call.root = collected
    return call


def send_first(letter):
    token = letter("build", "--json", env=SECRETS).data["token"]
    letter("send", "--live", "--approve", token, env=SECRETS)


def send_next(letter):
    """Send the next issue. Returns who was mailed, and what the dry run and the live send said."""
    for number, (title, text) in enumerate(LATER_STORIES.items(), start=4):
        story = f"{title}\n\nBy Ana Example | Nov 24, 2026\n\n{text}\n"
        (letter.root / f"articles/{number}.txt").write_text(story, encoding="utf-8")
    letter("collect", "2026-W48")
    token = letter("build", "2026-W48", "--json").data["token"]
    dry = letter("send", "2026-W48")
    live = letter("send", "2026-W48", "--live", "--approve", token)
    mails = (path.read_text() for path in letter.root.glob(".digest/outbox/2026-W48/*.eml"))
    people = sorted(re.search(r"^To: .*?([\w.]+@reader.example)", mail, re.MULTILINE)[1] for mail in mails)
    return people, dry.out + dry.err + live.out + live.err


@pytest.mark.parametrize("kind", ["plain", "encrypted", "deleted", "for one audience"])
def test_who_left_before_a_send_is_never_mailed_again(letter, kind):
    path = letter.root / "subscribers/suppressions.csv"
    if kind == "encrypted":
        letter("subscribers", "encrypt", "subscribers/suppressions.csv", env=SECRETS)
        path = path.with_name("suppressions.csv.age")
    older = path.read_bytes()
    letter("subscribers", "suppress", "cleo@reader.example", env=SECRETS)
    if kind == "for one audience":
        rows = path.read_text().splitlines()
        path.write_text("\n".join([*rows[:-1], f"{rows[-1]}weekly"]) + "\n")
    send_first(letter)
    if kind == "deleted":
        path.unlink()
    else:
        path.write_bytes(older)
    mailed, output = send_next(letter)
    assert mailed == ["ana@reader.example"]
    missing = "2 suppressions are missing" if kind == "deleted" else "1 suppression is missing"
    assert f"{missing} from subscribers/suppressions.csv since an earlier send" in output


@pytest.mark.parametrize("command", ["unsuppress", "remove"])
def test_an_undone_suppression_is_not_missed(letter, command):
    letter("subscribers", "suppress", "cleo@reader.example", env=SECRETS)
    send_first(letter)
    letter("subscribers", command, "cleo@reader.example")
    mailed, output = send_next(letter)
    assert mailed == ["ana@reader.example", *(["cleo@reader.example"] if command == "unsuppress" else [])]
    assert "missing from" not in output


def test_encrypt_says_where_the_plain_people_still_are(letter):
    result = letter("subscribers", "encrypt", "--json")
    assert result.data["plain"] == "subscribers/weekly.csv"
    assert "weekly.csv is still there, in plain text: delete it" in letter("subscribers", "encrypt").out
    moved = letter("subscribers", "encrypt", "subscribers/suppressions.csv")
    assert "The plain suppressions were moved to" in moved.out
    assert not (letter.root / "subscribers/suppressions.csv").exists()
