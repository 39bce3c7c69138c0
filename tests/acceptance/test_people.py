"""The `subscribers` commands, as a user or a webhook endpoint runs them."""

from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from digest.testing.fake_sendgrid import FAKE_KEY

SECRETS = {"SENDGRID_API_KEY": FAKE_KEY, "DIGEST_SECRET": "a secret for tests only"}
LIST = "email,name,status\nana@example.org,Ana,active\nleft@example.org,Lea,\n"
EXPORT = """Email Address,First Name,Last Name,Status,City
zoe@example.org,Zoë,"Oak, Jr.",subscribed,Bonn
ANA@example.org,Ana,,subscribed,Oslo
left@example.org,Lea,Elm,unsubscribed,Oslo
nobody,,,subscribed,
zoe@Example.org,Zoe,Again,subscribed,
odd@example.org,Odd,,vip,
,,,,
"""


@pytest.fixture
def letter(sendgrid_newsletter, collected):
    (sendgrid_newsletter / "subscribers/weekly.csv").write_text(
        "email,name,status\nana@example.org,Ana,active\nleft@example.org,Lea,\n"
    )
    return sendgrid_newsletter


def people(run, letter):
    result = run("subscribers", "check", "-C", str(letter), "--json")
    return result.data["audiences"][0]


def test_imports_an_export_of_another_tool_without_unsubscribed_people(run, letter, tmp_path):
    export = tmp_path / "mailchimp.csv"
    export.write_text(EXPORT)
    tried = run("subscribers", "import", str(export), "--dry-run", "-C", str(letter), "--json")
    assert (tried.code, tried.data["added"]) == (0, 1)
    assert people(run, letter)["people"] == 2
    result = run("subscribers", "import", str(export), "-C", str(letter), "--json")
    assert result.data["left_out"] == {
        "bad address": 1,
        "in the list already": 1,
        "twice in the export": 1,
        "unknown status": 1,
        "unsubscribed": 1,
    }
    assert [(problem["file"], problem["line"]) for problem in result.data["problems"]] == [
        ("mailchimp.csv", 5),
        ("mailchimp.csv", 7),
    ]
    written = (letter / "subscribers/weekly.csv").read_text().splitlines()
    assert written == [
        "email,name,status",
        "ana@example.org,Ana,active",
        "left@example.org,Lea,",
        'zoe@example.org,"Zoë Oak, Jr.",active',
    ]
    matches = people(run, letter)
    assert (matches["people"], matches["left_out"]) == (2, {"suppressed: unsubscribed": 1})
    assert (letter / result.data["undo"]).read_text().count("\n") == 3
    assert run("subscribers", "import", str(export), "-C", str(letter), "--json").data["added"] == 0
    assert "@" not in result.out


def test_an_import_creates_a_missing_list(run, letter, tmp_path):
    export = tmp_path / "people.csv"
    export.write_text(EXPORT)
    result = run("subscribers", "import", str(export), "--to", "subscribers/new.csv", "-C", str(letter))
    assert result.code == 0
    assert (letter / "subscribers/new.csv").read_text().splitlines()[0] == "email,name,status,City"
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("who,where\nAna,Oslo\n")
    refused = run("subscribers", "import", str(wrong), "-C", str(letter))
    assert (refused.code, "wrong.csv:1" in refused.err) == (3, True)


def test_an_export_lists_who_would_be_mailed_and_only_its_owner_can_read_it(run, letter, tmp_path):
    target = tmp_path / "out.csv"
    result = run("subscribers", "export", str(target), "-C", str(letter), "--json")
    assert (result.code, result.data["people"]) == (0, 2)
    assert target.read_text() == LIST
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert run("subscribers", "export", "-", "-C", str(letter)).out == target.read_text()
    assert run("subscribers", "export", "-", "-C", str(letter), "--json").code == 2


def test_an_unsubscribe_link_removes_its_reader_from_the_audience_for_good(run, letter, fake):
    token = run("build", "-C", str(letter), "--json").data["token"]
    assert run("send", "-C", str(letter), "--live", "--approve", token, env=SECRETS).code == 0
    link = next(mail.headers["List-Unsubscribe"] for mail in fake.mails if mail.to == "ana@example.org")
    left_out = re.search(r"/u/([^>]+)>", link)[1]
    rotated = {**SECRETS, "DIGEST_SECRET": "another secret for tests", "DIGEST_OLD_SECRET": SECRETS["DIGEST_SECRET"]}
    assert (
        run(
            "subscribers", "suppress", "--token", left_out, "-C", str(letter), env={**rotated, "DIGEST_OLD_SECRET": ""}
        ).code
        == 2
    )
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace("[delivery]", '[delivery]\nold_secret_envs = ["DIGEST_OLD_SECRET"]'))
    result = run("subscribers", "suppress", "--token", left_out, "-C", str(letter), "--json", env=rotated)
    assert (result.code, result.data["suppressed"]) == (0, 1), result.err
    repeated = run("subscribers", "suppress", "--token", left_out, "-C", str(letter), "--json", env=rotated)
    assert (repeated.code, repeated.data["suppressed"]) == (0, 0)
    assert people(run, letter)["left_out"] == {"suppressed: unsubscribed": 1}
    assert run("subscribers", "suppress", "--token", left_out[:-2], "-C", str(letter), env=rotated).code == 2


def test_suppress_names_the_position_of_an_invalid_address(run, letter):
    result = run("subscribers", "suppress", "Left@Example.org", "other@example.org", "-C", str(letter), "--json")
    assert result.data["suppressed"] == 2
    assert people(run, letter)["left_out"] == {"suppressed: manual": 1}
    wrong = run("subscribers", "suppress", "ana@example.org", "nobody", "-C", str(letter))
    assert (wrong.code, "address 2 is not an email address" in wrong.err) == (2, True)
    assert run("subscribers", "suppress", "-C", str(letter)).code == 2


@pytest.mark.long
def test_records_every_one_of_several_concurrent_unsubscribes(letter):
    program = str(Path(sys.executable).with_name("digest"))
    running = [
        subprocess.Popen(
            [program, "subscribers", "suppress", f"r{n}@example.org", "-C", str(letter)], stdout=subprocess.PIPE
        )
        for n in range(6)
    ]
    assert [process.wait(timeout=60) for process in running] == [0] * 6
    for process in running:
        process.stdout.close()
    rows = (letter / "subscribers/suppressions.csv").read_text().splitlines()[1:]
    assert sorted(row.partition(",")[0] for row in rows) == [f"r{n}@example.org" for n in range(6)]


def test_sync_records_the_providers_suppressions(run, letter, fake):
    fake.suppressions["suppression/spam_reports"] = [{"email": "ana@example.org", "created": 1790000000}]
    result = run("subscribers", "sync", "-C", str(letter), "--json", env=SECRETS)
    assert (result.code, result.data["reasons"]) == (0, {"complaint": 1})
    assert people(run, letter)["left_out"] == {"suppressed: complaint": 1}
    assert run("subscribers", "sync", "-C", str(letter), "--json", env=SECRETS).data["new"] == 0
    fake.disturb()
    assert run("subscribers", "sync", "-C", str(letter), env={**SECRETS, "SENDGRID_API_KEY": "SG.wrong"}).code == 4


def test_accepts_a_webhook_request_only_with_sendgrids_signature(run, letter, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    env = {"SENDGRID_WEBHOOK_KEY": base64.b64encode(der).decode()}
    events = [
        {"email": "ana@example.org", "event": "group_unsubscribe", "timestamp": 1790000000},
        {"email": "left@example.org", "event": "bounce", "type": "bounce", "status": "5.1.1", "timestamp": 1790000000},
        {"email": "other@example.org", "event": "bounce", "type": "blocked", "status": "5.7.1"},
        {"email": "third@example.org", "event": "delivered"},
    ]
    body = tmp_path / "body"
    body.write_bytes(json.dumps(events).encode() + b"\r\n")

    def sync(signed, moment):
        signature = base64.b64encode(key.sign(moment.encode() + signed, ec.ECDSA(hashes.SHA256()))).decode()
        command = ("subscribers", "sync", "--events", str(body), "--signature", signature, "--timestamp", moment)
        return run(*command, "-C", str(letter), "--json", env=env)

    now = str(int(time.time()))
    assert sync(body.read_bytes() + b" ", now).code == 6
    assert sync(body.read_bytes(), str(int(now) - 400)).code == 6
    result = sync(body.read_bytes(), now)
    assert (result.code, result.data["new"]) == (0, 2), result.err
    assert people(run, letter)["left_out"] == {"suppressed: hard_bounce": 1, "suppressed: unsubscribed": 1}
    assert run("subscribers", "sync", "--events", str(body), "-C", str(letter)).code == 4


def git(folder, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_an_encrypted_list_can_be_read_edited_and_committed(run, letter, tmp_path):
    git(letter, "init", "-q")
    git(letter, "add", "-f", "subscribers/weekly.csv")
    before = run("check", "-C", str(letter), "--json")
    assert [(problem["code"], problem["file"]) for problem in before.data["findings"] if problem["code"] == "D606"] == [
        ("D606", "subscribers/weekly.csv")
    ]
    assert before.code == 5
    result = run("subscribers", "encrypt", "-C", str(letter), "--json")
    assert (result.code, result.data) == (0, result.data | {"file": "subscribers/weekly.csv.age", "new_key": True})
    encrypted = (letter / "subscribers/weekly.csv.age").read_text()
    assert "ana" not in encrypted
    key_file = letter / ".digest/age.key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace('"subscribers/weekly.csv"', '"subscribers/weekly.csv.age"'))
    git(letter, "rm", "-q", "--cached", "subscribers/weekly.csv")
    git(letter, "add", "-f", "subscribers/weekly.csv.age")
    assert [
        problem["code"]
        for problem in run("check", "-C", str(letter), "--json").data["findings"]
        if problem["code"] == "D606"
    ] == []
    assert people(run, letter)["people"] == 2

    key = key_file.read_text().strip()
    key_file.unlink()
    assert run("subscribers", "check", "-C", str(letter)).code == 4
    env = {"DIGEST_AGE_KEY": key}
    assert run("subscribers", "check", "-C", str(letter), "--json", env=env).data["audiences"][0]["people"] == 2
    other = "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ"
    wrong = run("subscribers", "check", "-C", str(letter), env={"DIGEST_AGE_KEY": other})
    assert (wrong.code, "DIGEST_AGE_KEY" in wrong.err) == (4, True)

    editor = tmp_path / "editor.py"
    editor.write_text("import sys; open(sys.argv[1], 'a').write('new@example.org,New,active\\n')")
    changed = run(
        "subscribers", "edit", "-C", str(letter), "--json", env={**env, "EDITOR": f"{sys.executable} {editor}"}
    )
    assert (changed.code, changed.data["people"]) == (0, 3), changed.err
    assert (letter / "subscribers/weekly.csv.age").read_text() != encrypted
    editor.write_text("import sys; open(sys.argv[1], 'w').write('who\\n')")
    broken = run("subscribers", "edit", "-C", str(letter), env={**env, "EDITOR": f"{sys.executable} {editor}"})
    assert broken.code == 3
    assert run("subscribers", "check", "-C", str(letter), "--json", env=env).data["audiences"][0]["people"] == 3
    export = tmp_path / "more.csv"
    export.write_text("email\nmore@example.org\n")
    assert run("subscribers", "import", str(export), "-C", str(letter), "--json", env=env).data["added"] == 1
    assert run("subscribers", "check", "-C", str(letter), "--json", env=env).data["audiences"][0]["people"] == 4
    (letter / "subscribers/weekly.csv.age").write_text(encrypted[: len(encrypted) // 2])
    assert run("subscribers", "check", "-C", str(letter), env=env).code == 3


def test_suppressions_reach_a_runner_in_an_encrypted_file(run, letter):
    root = ("-C", str(letter))
    assert run("subscribers", "suppress", "ana@example.org", *root).code == 0
    result = run("subscribers", "encrypt", "subscribers/suppressions.csv", *root)
    assert (result.code, "audiences" in result.err, "digest.toml" in result.err) == (0, False, False)
    plain, encrypted = (letter / f"subscribers/suppressions.csv{end}" for end in ("", ".age"))
    assert not plain.exists()  # git ignores the plain file, so a runner does not have it
    assert people(run, letter)["left_out"]["suppressed: manual"] == 1
    suppressed = run("subscribers", "suppress", "bo@example.org", *root)
    assert "digest subscribers unsuppress ADDRESS" in suppressed.err
    assert (plain.exists(), "bo@" in encrypted.read_text()) == (False, False)
    # Rows of a new plain file are merged into the encrypted one, and none is lost.
    plain.write_text("email\ncy@example.org\n")
    assert run("subscribers", "encrypt", "./subscribers/suppressions.csv", *root).code == 0
    left_out = run("subscribers", "check", *root, "--json").data["audiences"][0]["left_out"]
    assert (left_out["suppressed: manual"], plain.exists()) == (1, False)
    assert run("subscribers", "suppress", "bo@example.org", "cy@example.org", *root, "--json").data["suppressed"] == 0
    broken = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'w').write('email\\nq@@x\\n')\""
    result = run("subscribers", "edit", "subscribers/suppressions.csv.age", *root, env={"EDITOR": broken})
    assert (result.code, "not an email address" in result.err) == (3, True), result.err

    (letter / ".digest/age.key").unlink()
    # Nobody is mailed where it cannot be known who must not be.
    assert run("subscribers", "check", *root).code == 4


def test_unsubscribes_and_old_links_survive_a_renamed_audience(run, letter, fake):
    token = run("build", "-C", str(letter), "--json").data["token"]
    assert run("send", "-C", str(letter), "--live", "--approve", token, env=SECRETS).code == 0
    links = {mail.to: re.search(r"/u/([^>]+)>", mail.headers["List-Unsubscribe"])[1] for mail in fake.mails}
    assert run("subscribers", "suppress", "--token", links["ana@example.org"], "-C", str(letter), env=SECRETS).code == 0
    config = letter / "digest.toml"
    text = config.read_text().replace("[audiences.weekly]", "[audiences.letter]")
    config.write_text(text.replace('audience = "weekly"', 'audience = "letter"'))
    assert people(run, letter)["left_out"] == {"suppressed: unsubscribed": 1}
    result = run("subscribers", "suppress", "--token", links["left@example.org"], "-C", str(letter), env=SECRETS)
    assert result.code == 0
    assert people(run, letter)["people"] == 0


def test_sync_ignores_invalid_addresses_of_the_provider(run, letter, fake):
    fake.suppressions["suppression/invalid_emails"] = [{"email": "not-an-address"}, {"email": "bob@@example.org"}]
    assert run("subscribers", "sync", "-C", str(letter), "--json", env=SECRETS).data["new"] == 0


@pytest.mark.parametrize("to", ["env:LIST", "../out.csv", "subscribers/suppressions.csv"])
def test_refuses_to_import_into_anything_but_a_list(run, letter, tmp_path, to):
    export = tmp_path / "more.csv"
    export.write_text("email\nmore@example.org\n")
    assert run("subscribers", "import", str(export), "--to", to, "-C", str(letter)).code == 2


def test_an_invalid_delivery_time_or_one_with_resume_sends_nothing(run, letter, fake):
    token = run("build", "-C", str(letter), "--json").data["token"]
    live = ("send", "-C", str(letter), "--live", "--approve", token)
    assert run(*live, "--at", "", env=SECRETS).code == 2
    assert run(*live, "--at", "9999-12-31 23:59-12:00", env=SECRETS).code == 2
    fake.disturb("401")
    assert run(*live, env=SECRETS).code == 4
    refused = run(*live, "--resume", "--at", "23:59", env=SECRETS)
    assert (refused.code, "can no longer change" in refused.err) == (6, True)
    assert fake.mails == []
    assert run(*live, "--resume", env=SECRETS).code == 0
    assert len(fake.mails) == 2
