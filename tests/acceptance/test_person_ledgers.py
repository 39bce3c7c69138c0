"""`subscribers show`, `remove` and `unsuppress` with a ledger in PostgreSQL or on a git branch."""

from __future__ import annotations

import subprocess

import pytest

from conftest import replace_in

ANA = "ana@pier.example"


@pytest.fixture(params=["postgres", "git"])
def people(request, run, collected, tmp_path):
    """Runs `digest subscribers …` on a newsletter whose issue went to Ana and Ben."""
    root, env = collected, {"DIGEST_LEDGER_KEY": "a key for the ledger of tests"}
    (root / "subscribers/weekly.csv").write_text(f"email,name\n{ANA},Ana\nben@pier.example,Ben\n")
    if request.param == "git":
        remote = tmp_path / "remote.git"
        subprocess.run(["git", "init", "--bare", "--quiet", remote], check=True)
        subprocess.run(["git", "init", "--quiet", root], check=True)
        subprocess.run(["git", "-C", root, "remote", "add", "origin", remote], check=True)
        replace_in(root / "digest.toml", "sqlite:///.digest/ledger.db", "git+branch://digest-state")
    else:
        env["DATABASE_URL"] = request.getfixturevalue("database")
        replace_in(root / "digest.toml", 'url = "sqlite:///.digest/ledger.db"', 'url_env = "DATABASE_URL"')
    for command in (("build",), ("approve",), ("send", "--live", "--new-ledger")):
        done = run(*command, "-C", str(root), env=env)
        assert done.code == 0, done.err
    return lambda *arguments: run("subscribers", *arguments, "-C", str(root), env=env)


def test_a_person_is_found_removed_kept_out_and_let_back_in(people, tmp_path):
    shown = people("show", ANA, "--json").data
    assert [issue["outcome"] for issue in shown["issues"]] == ["accepted"]
    removed = people("remove", ANA, "--json")
    assert (removed.code, removed.data["issues"]) == (0, 1), removed.err
    shown = people("show", ANA, "--json").data
    assert [(each["reason"], each["in_ledger"]) for each in shown["suppressions"]] == [("removed", True)]
    export = tmp_path / "export.csv"
    export.write_text(f"email,status\n{ANA},active\nkim@pier.example,active\n")
    assert people("import", str(export), "--json").data["added"] == 1
    assert ANA not in people("export", "-").out
    assert people("unsuppress", ANA).code == 0
    assert people("import", str(export), "--json").data["added"] == 1
    assert ANA in people("export", "-").out
