"""What the newsletter knows of one person, and how it is removed or undone."""

from __future__ import annotations

import csv
import io
import subprocess

import pytest

from conftest import replace_in

ANA = "ana@pier.example"
LIST = f"email,name,status,city\n{ANA},Ana,active,Oslo\nben@pier.example,Ben,,Bergen\nzoe@pier.example,Zoe,pending,\n"


@pytest.fixture
def letter(run, collected):
    """A newsletter whose issue went to Ana and Ben."""
    root = collected
    (root / "subscribers/weekly.csv").write_text(LIST)
    assert [run(*command, "-C", str(root)).code for command in (("build",), ("approve",), ("send", "--live"))] == [
        0
    ] * 3
    return root


@pytest.fixture
def people(run, letter):
    """Runs `digest subscribers …` on it."""
    return lambda *arguments, **options: run("subscribers", *arguments, "-C", str(letter), **options)


def holding(letter, text):
    """The files of the newsletter that hold a text, in whatever case; the ledger included."""
    files = [
        path for path in letter.rglob("*") if path.is_file() and text.lower().encode() in path.read_bytes().lower()
    ]
    return sorted(path.relative_to(letter).as_posix() for path in files)


def mailed(people):
    return [row["email"] for row in csv.DictReader(io.StringIO(people("export", "-").out))]


def test_show_says_where_a_person_is_from_and_what_was_sent(people, letter):
    (issue,) = (path.name for path in (letter / "issues").iterdir())
    shown = people("show", "ANA@Pier.example")
    assert shown.code == 0
    for text in (
        "  List       subscribers/weekly.csv:2  status active · name Ana · city Oslo",
        "  Audience   “weekly”: mailed",
        f"  Issue      {issue} “weekly”  accepted by outbox",
    ):
        assert text in shown.out
    assert "is not known: test mails" in shown.err
    data = people("show", ANA, "--json").data
    assert data["rows"] == [
        {"file": "subscribers/weekly.csv", "line": 2, "status": "active", "columns": ["name", "city"]}
    ]
    assert [(each["issue"], each["outcome"]) for each in data["issues"]] == [(issue, "accepted")]
    assert data["audiences"] == [{"name": "weekly", "mailed": True, "reason": ""}]
    assert "@" not in str(data)


def test_show_gives_the_reason_why_somebody_is_not_mailed(people, letter):
    def reason(address):
        (audience,) = people("show", address, "--json").data["audiences"]
        return audience["reason"]

    assert reason("zoe@pier.example") == "status pending"
    assert reason("kim@pier.example") == "in none of its lists"
    people("suppress", ANA, "--reason", "complaint")
    assert reason(ANA) == "suppressed: complaint"
    replace_in(letter / "digest.toml", 'where = ""', "where = 'city == \"Oslo\"'")
    assert reason("ben@pier.example") == "not selected by where"
    assert people("show", "nobody").code == 2
    stranger = people("show", "kim@pier.example")
    assert (stranger.code, "in no list" in stranger.out, "the ledger knows of none" in stranger.out) == (0, True, True)


def test_remove_leaves_nothing_but_a_hash(people, letter, run):
    people("suppress", ANA, "--reason", "unsubscribed")
    people("suppress", "kim@pier.example")
    people("unsuppress", "kim@pier.example")  # keeps a copy of the suppressions under .digest/undo
    (letter / "subscribers/old.csv").write_text(f"email\n{ANA}\nold@pier.example\n")
    before = holding(letter, ANA)
    assert {"subscribers/weekly.csv", "subscribers/old.csv", "subscribers/suppressions.csv"} < set(before)
    assert any(name.startswith(".digest/undo/") for name in before)
    assert any(name.startswith(".digest/outbox/") for name in before)

    tried = people("remove", ANA, "--dry-run", "--json")
    assert tried.code == 0
    assert holding(letter, ANA) == before
    done = people("remove", ANA, "--json")
    assert done.code == 0, done.err
    assert {key: value for key, value in done.data.items() if key != "out_of_reach"} == {
        key: value for key, value in tried.data.items() if key != "out_of_reach"
    }
    assert done.data["rows"] == {
        "subscribers/weekly.csv": 1,
        "subscribers/old.csv": 1,
        "subscribers/suppressions.csv": 1,
    }
    assert (done.data["undo_copies"], done.data["mails"], done.data["issues"]) == (1, 1, 1)
    assert holding(letter, ANA) == []
    assert (letter / "subscribers/weekly.csv").read_text() == LIST.replace(f"{ANA},Ana,active,Oslo\n", "")
    assert len(list(letter.rglob("*.eml"))) == 1  # Ben's
    assert "@" not in str(done.data)
    shown = people("show", ANA, "--json").data
    assert [(each["reason"], each["in_ledger"]) for each in shown["suppressions"]] == [("removed", True)]
    again = people("remove", ANA, "--json")
    assert (again.code, again.data["rows"]) == (0, {})
    stranger = people("remove", "kim@nowhere.example")
    assert (stranger.code, "nothing is known of this address" in stranger.err) == (8, True)


@pytest.mark.parametrize("status", ["active", "unsubscribed"])
def test_a_removed_person_does_not_come_back_with_an_import(people, letter, tmp_path, status):
    assert people("remove", ANA).code == 0
    export = tmp_path / "export.csv"
    export.write_text(f"email,status\nANA@pier.example,{status}\nkim@pier.example,active\n")
    assert people("import", str(export)).code == 0
    assert mailed(people) == ["ben@pier.example", "kim@pier.example"]
    assert people("suppress", ANA).code == 0
    assert holding(letter, ANA) == []


def test_a_removed_person_is_not_mailed_from_a_list_that_was_edited_by_hand(people, letter):
    assert people("remove", ANA).code == 0
    (letter / "subscribers/weekly.csv").write_text(LIST)
    (audience,) = people("check", "--json").data["audiences"]
    assert (audience["people"], audience["left_out"]) == (1, {"pending": 1, "suppressed: removed": 1})
    undone = people("unsuppress", ANA, "--json")
    assert (undone.code, [each["reason"] for each in undone.data["lifted"]]) == (0, ["removed"])
    assert people("check", "--json").data["audiences"][0]["people"] == 2


def test_remove_says_what_it_cannot_reach(people, letter):
    def git(*arguments):
        identity = ("-c", "user.name=t", "-c", "user.email=t@pier.example")
        subprocess.run(["git", *identity, *arguments], cwd=letter, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-f", "subscribers/weekly.csv")
    git("commit", "-qm", "Lists")
    (letter / "subscribers/weekly.csv").write_text(f"{LIST}kim@pier.example,friend of {ANA},,\n")
    replace_in(letter / "digest.toml", '["subscribers/weekly.csv"]', '["subscribers/weekly.csv", "env:PARTNERS"]')
    done = people("remove", ANA, "--json", env={"PARTNERS": f"email\n{ANA}\n"})
    assert done.code == 0, done.err
    told = "\n".join(done.data["out_of_reach"])
    for text in (
        "Git's history keeps earlier versions of subscribers/weekly.csv",
        "subscribers/weekly.csv:5 mentions the address",
        "env:PARTNERS holds the person",
        "Copies on other machines",
    ):
        assert text in told


def test_remove_works_on_encrypted_lists_and_their_copies(people, letter):
    assert people("encrypt", "subscribers/weekly.csv").code == 0
    (letter / "subscribers/weekly.csv").unlink()
    replace_in(letter / "digest.toml", '"subscribers/weekly.csv"', '"subscribers/weekly.csv.age"')
    assert people("suppress", "ben@pier.example").code == 0
    assert people("encrypt", "subscribers/suppressions.csv").code == 0
    done = people("remove", "ben@pier.example", "--json")
    assert done.code == 0, done.err
    assert done.data["rows"] == {"subscribers/weekly.csv.age": 1, "subscribers/suppressions.csv.age": 1}
    assert done.data["undo_copies"] == 1
    assert holding(letter, "ben@pier.example") == []
    assert mailed(people) == [ANA]


def test_unsuppress_undoes_a_suppression_and_can_be_undone(people, letter):
    assert people("suppress", ANA, "--reason", "hard_bounce").code == 0
    assert mailed(people) == ["ben@pier.example"]
    undone = people("unsuppress", ANA, "--json")
    assert (undone.code, [each["reason"] for each in undone.data["lifted"]]) == (0, ["hard_bounce"])
    assert mailed(people) == [ANA, "ben@pier.example"]
    ((file, copy),) = undone.data["undo"].items()
    (letter / file).write_bytes((letter / copy).read_bytes())
    assert mailed(people) == ["ben@pier.example"]
    nothing = people("unsuppress", "ben@pier.example")
    assert (nothing.code, "is not suppressed" in nothing.err) == (8, True)
    people("suppress", "zoe@pier.example")
    assert "subscribers/weekly.csv:4 still has the status pending" in people("unsuppress", "zoe@pier.example").err


def test_suppressing_an_address_that_is_in_no_list_says_so(people, letter):
    done = people("suppress", ANA, "anna@pier.example", "--json")
    assert (done.data["suppressed"], done.data["in_no_list"]) == (2, 1)
    text = people("suppress", "zoe@pier.example", "zo@pier.example").out
    assert "zo@pier.example is in no list" in text
    assert "zoe@pier.example is in no list" not in text


def test_a_full_export_has_everybody_with_a_status(people, letter, tmp_path):
    (letter / "subscribers/weekly.csv").write_text(
        f"{LIST}lea@pier.example,Lea,unsubscribed,=1+1\nodd@pier.example,Odd,vip,\n,Nobody,,\n{ANA},,,\n"
    )
    replace_in(letter / "digest.toml", 'where = ""', "where = 'city == \"Oslo\"'")
    people("suppress", "ben@pier.example", "--reason", "complaint")
    people("suppress", "kim@pier.example", "--reason", "unsubscribed")
    done = people("export", "-", "--all")
    assert done.out.splitlines() == [
        "email,name,status,city",
        f"{ANA},Ana,active,Oslo",
        "ben@pier.example,Ben,complaint,Bergen",
        "kim@pier.example,,unsubscribed,",
        "lea@pier.example,Lea,unsubscribed,'=1+1",
        "odd@pier.example,Odd,vip,",
        "zoe@pier.example,Zoe,pending,",
    ]
    assert "1 row without an address is left out" in done.err
    written = people("export", str(tmp_path / "all.csv"), "--all", "--json")
    assert (written.data["people"], written.data["left_out"]) == (6, 1)


def test_formulas_are_inert_in_an_export_and_come_back_with_an_import(people, letter, tmp_path):
    rows = ['gus@pier.example,"=HYPERLINK(""https://x.example"")",+47 22,-', "ida@pier.example,@ida,'=x,a=b"]
    (letter / "subscribers/weekly.csv").write_text("email,name,phone,=city\n" + "\n".join(rows) + "\n")
    target = tmp_path / "out.csv"
    assert people("export", str(target)).code == 0
    assert target.read_text().splitlines() == [
        "email,name,phone,'=city",
        'gus@pier.example,"\'=HYPERLINK(""https://x.example"")",\'+47 22,\'-',
        "ida@pier.example,'@ida,''=x,a=b",
    ]
    assert people("import", str(target), "--to", "subscribers/back.csv").code == 0
    back = list(csv.reader((letter / "subscribers/back.csv").read_text().splitlines()))
    assert back[0] == ["email", "name", "status", "phone", "=city"]
    assert back[1:] == [
        ["gus@pier.example", '=HYPERLINK("https://x.example")', "active", "+47 22", "-"],
        ["ida@pier.example", "@ida", "active", "'=x", "a=b"],
    ]
