"""The issue's folder: what is written is read back, whole or not at all."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from digest.errors import IssueError, UsageError
from digest.issues import Base, Build, IssueFolder, list_issues, list_weeks
from digest.models import Approval, Article, Bullet, Candidate, Issue, Mention, Section, Story

NOW = datetime(2026, 11, 20, 9, 30, 15, 250, tzinfo=UTC)
ARTICLE = Article(
    url="https://a.example/1",
    title="Ünïcode “quotes” \u2028 and a line separator",
    text="One.\n\nTwo.",
    authors=("Ann", "Bo"),
    published=NOW,
    source="world",
    image="https://a.example/1.jpg",
    key_points=("A point",),
    language="pt-BR",
)
BASE = Base(
    issue=Issue(
        id="2026-W47",
        subject="Subject",
        preheader="Preheader",
        intro="Hello",
        sections=(
            Section(
                title="World",
                text="Words",
                stories=(
                    Story(
                        url="https://a.example/1",
                        headline="One",
                        note="Note",
                        candidates=(
                            Candidate(bullet=Bullet(text="Said", start=0, end=4, origin="extracted")),
                            Candidate(bullet=Bullet(text="Point", origin="author"), ticked=False),
                        ),
                    ),
                ),
            ),
        ),
    ),
    written_sha256="ab" * 32,
    collected_at=NOW,
)

WRITTEN = {"schema_version": 1, "written_sha256": "", "collected_at": "2026-11-20T08:00:00Z"}
BASE_WITHOUT_SUBJECT = json.dumps({**WRITTEN, "issue": {"id": "x", "preheader": "", "intro": "", "sections": []}})
ALSO_WITHOUT_ADDRESS = json.dumps(
    {
        **WRITTEN,
        "issue": {"id": "x", "subject": "", "preheader": "", "intro": "", "sections": [
            {"title": "", "text": "", "stories": [
                {"url": "x", "headline": "x", "note": "", "candidates": [], "also": [{"name": "x"}]}
            ]}
        ]},
    }
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> IssueFolder:
    return IssueFolder(tmp_path, "2026-W47")


def state_of(root: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_a_missing_issue_has_no_files(folder: IssueFolder):
    assert not folder.exists()
    assert (folder.read_text(), folder.read_base(), folder.read_build(), folder.read_approval()) == (None,) * 4
    assert folder.read_articles() == ()
    with pytest.raises(IssueError) as caught:
        folder.read_issue()
    assert (str(caught.value.place), caught.value.hint) == (
        "issues/2026-W47/issue.md",
        "Start it: digest collect 2026-W47",
    )


@pytest.mark.parametrize("name", ["../2026-W47", "2026-W54", "next", "2026-W47/.."])
def test_only_an_issue_id_names_a_folder(tmp_path: Path, name: str):
    with pytest.raises(UsageError):
        IssueFolder(tmp_path, name)


def test_what_is_written_is_read_back(folder: IssueFolder):
    articles = (ARTICLE, Article(url="articles/a.txt", title="Bare", text=""))
    approval = Approval(token="ab12", by='Ann "A." \\ é', at=NOW)
    folder.write_text("Hello\r\n", over=None)
    folder.write_articles(articles)
    folder.write_base(BASE)
    folder.write_build(b"<p>", b"text", b"{}")
    folder.write_approval(approval)
    assert folder.exists()
    assert folder.read_text() == "Hello\r\n"
    assert folder.read_issue() == Issue(id="2026-W47", intro="Hello")
    assert folder.read_articles() == articles
    assert folder.read_base() == BASE
    assert folder.read_build() == Build(html=b"<p>", text=b"text", manifest=b"{}")
    assert folder.read_approval() == approval


def test_writing_unchanged_content_does_not_touch_the_file(folder: IssueFolder, tmp_path: Path):
    def write():
        folder.write_text("Hello", over=folder.read_text())
        folder.write_articles((ARTICLE,))
        folder.write_base(BASE)
        folder.write_build(b"<p>", b"text", b"{}")
        folder.write_approval(Approval(token="ab12", by="Ann", at=NOW))

    write()
    before = state_of(tmp_path)
    write()
    assert state_of(tmp_path) == before


def test_json_does_not_depend_on_the_time_zone_and_reads_well_in_a_diff(folder: IssueFolder):
    folder.write_articles((ARTICLE,))
    first = (folder.path / "articles.jsonl").read_bytes()
    folder.write_articles((replace(ARTICLE, published=NOW.astimezone(timezone(timedelta(hours=2)))),))
    assert (folder.path / "articles.jsonl").read_bytes() == first
    assert "Ünïcode".encode() in first
    folder.write_base(BASE)
    row = json.loads((folder.path / "base.json").read_text("utf-8"))
    assert row["schema_version"] == 1
    assert list(row) == sorted(row)


def test_keeps_other_reports_and_omits_the_key_if_there_are_none(folder: IssueFolder):
    folder.write_base(BASE)
    bare = (folder.path / "base.json").read_bytes()
    assert b'"also"' not in bare
    (section,) = BASE.issue.sections
    also = (Mention(name="Tide  [daily]", url="https://b.example/1"), Mention(name="C", url="https://c.example/1"))
    story_section = replace(section, stories=(replace(section.stories[0], also=also),))
    base = replace(BASE, issue=replace(BASE.issue, sections=(story_section,)))
    folder.write_base(base)
    assert folder.read_base() == base
    row = json.loads((folder.path / "base.json").read_text("utf-8"))
    (written,) = row["issue"]["sections"][0]["stories"]
    assert written.pop("also")[0] == {"name": "Tide  [daily]", "url": "https://b.example/1"}
    assert row == json.loads(bare)


def test_writes_an_article_with_a_lone_surrogate(folder: IssueFolder):
    folder.write_articles((replace(ARTICLE, title="\ud83d broken"),))
    assert folder.read_articles()[0].title == "? broken"


def test_keeps_the_last_twenty_versions_of_issue_md(folder: IssueFolder, tmp_path: Path):
    other = IssueFolder(tmp_path, "2026-W46")
    other.write_text("other", over=None)
    other.write_text("other again", over="other")
    for number in range(30):
        folder.write_text(f"version {number}", over=folder.read_text())
    undo = tmp_path / ".digest" / "undo"
    copies = sorted(path for path in undo.iterdir() if path.name.startswith("2026-W47"))
    assert [path.read_text() for path in copies] == [f"version {number}" for number in range(9, 29)]
    assert [path.read_text() for path in undo.glob("2026-W46-*")] == ["other"]


def test_a_failed_write_leaves_the_old_file_and_no_remains(folder: IssueFolder, tmp_path: Path):
    folder.write_text("old", over=None)
    (tmp_path / ".digest").write_text("in the way of the undo copies")
    with pytest.raises(IssueError, match="cannot be read or written"):
        folder.write_text("new", over="old")
    assert folder.read_text() == "old"
    assert os.listdir(folder.path) == ["issue.md"]  # noqa: PTH208 - hidden files count


def test_a_build_without_its_manifest_does_not_count(folder: IssueFolder):
    folder.write_build(b"<p>", b"text", b"{}")
    # What a crash between the second and the third file leaves.
    (folder.path / "build" / "manifest.json").unlink()
    assert folder.read_build() is None


class Crashing(IssueFolder):
    """Dies in the middle of a build, as a machine that is switched off does."""

    def _write(self, name: str, data: bytes) -> None:
        if name == "build/email.txt":
            raise KeyboardInterrupt
        super()._write(name, data)


def test_an_interrupted_build_does_not_count(folder: IssueFolder, tmp_path: Path):
    folder.write_build(b"<p>", b"text", b"{}")
    with pytest.raises(KeyboardInterrupt):
        Crashing(tmp_path, "2026-W47").write_build(b"<b>", b"other", b"{1}")
    assert folder.read_build() is None


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("base.json", "{", 1, "not JSON"),
        ("base.json", '{\n"issue": }', 2, "not JSON"),
        ("base.json", "[" * 100_000, None, "not JSON"),
        ("base.json", "[]", None, "not what digest wrote"),
        ("base.json", BASE_WITHOUT_SUBJECT, None, r"issue\.subject is missing"),
        ("base.json", ALSO_WITHOUT_ADDRESS, None, r"also\.0\.url is missing"),
        ("base.json", '{"schema_version": 2}', None, "newer version of digest"),
        ("articles.jsonl", "\n{}\n", 2, "url is missing"),
        ("articles.jsonl", '{"url": 1, "title": "", "text": ""}', 1, "not what digest wrote"),
        ("articles.jsonl", '{"url": "", "title": "", "text": "", "published": "2026-11-20"}', 1, "not what"),
        ("approval.toml", 'token = "a"\nby = \n', 2, "not TOML"),
        ("approval.toml", 'token = "a"\nat = 2026-11-20\n', None, "time zone"),
    ],
)
def test_a_damaged_file_is_named_with_a_remedy(folder: IssueFolder, name: str, content: str, line: int, message: str):
    folder.path.mkdir(parents=True)
    (folder.path / name).write_text(content)
    read = {"base": folder.read_base, "articles": folder.read_articles, "approval": folder.read_approval}
    with pytest.raises(IssueError, match=message) as caught:
        read[name.split(".", maxsplit=1)[0]]()
    assert caught.value.place.file == f"issues/2026-W47/{name}"
    assert line is None or caught.value.place.line == line
    assert caught.value.hint


@pytest.mark.parametrize("name", ["issue.md", "base.json", "articles.jsonl", "approval.toml"])
def test_a_file_that_is_not_utf_8_is_named_with_its_line(folder: IssueFolder, name: str):
    folder.path.mkdir(parents=True)
    (folder.path / name).write_bytes(b"one\ntwo \xff\n")
    read = {
        "issue": folder.read_text,
        "base": folder.read_base,
        "articles": folder.read_articles,
        "approval": folder.read_approval,
    }
    with pytest.raises(IssueError, match="not UTF-8") as caught:
        read[name.split(".", maxsplit=1)[0]]()
    assert str(caught.value.place) == f"issues/2026-W47/{name}:2"


def test_lists_issues_oldest_first(tmp_path: Path):
    assert list_issues(tmp_path) == ()
    for name in ("2026-W47b", "2026-W48", "2026-W47", "2025-W52", "2026-W05", "drafts"):
        (tmp_path / "issues" / name).mkdir(parents=True)
        (tmp_path / "issues" / name / "issue.md").write_text("")
    assert list_issues(tmp_path) == ("2025-W52", "2026-W05", "2026-W47", "2026-W47b", "2026-W48")


def test_stray_files_and_empty_folders_are_not_issues(tmp_path: Path):
    issues = tmp_path / "issues"
    (issues / "2026-W46").mkdir(parents=True)
    (issues / "2026-W47").mkdir()
    (issues / "2026-W47" / ".DS_Store").write_bytes(b"")
    (issues / "2026-W48").write_text("not a folder")
    (issues / "notes.txt").write_text("not a week")
    assert list_issues(tmp_path) == list_weeks(tmp_path) == ()


def test_a_week_without_an_issue_is_listed_when_its_sources_were_read(tmp_path: Path):
    (tmp_path / "issues" / "2026-W47").mkdir(parents=True)
    (tmp_path / "issues" / "2026-W47" / "sources.json").write_text("{}")
    assert list_weeks(tmp_path) == ("2026-W47",)
    assert list_issues(tmp_path) == ()


def test_reads_a_kept_build_by_its_token(folder: IssueFolder):
    build = Build(html=b"<p>", text=b"text\r\n", manifest=b"{}\n")
    folder.keep_build(build, token="abc")
    assert folder.read_kept_build("abc") == build
    assert folder.read_kept_build("def") is None


@pytest.mark.parametrize("link", ["issues", "issues/2026-W48", "issues/2026-W48/build"])
def test_nothing_is_read_or_written_through_a_linked_folder(tmp_path, link):
    elsewhere = tmp_path / "elsewhere"
    root = tmp_path / "letter"
    IssueFolder(root, "2026-W48").write_build(html=b"a", text=b"b", manifest=b"c")
    (root / link).rename(elsewhere)
    (root / link).symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    folder = IssueFolder(root, "2026-W48")
    with pytest.raises(IssueError, match="symbolic link") as caught:
        folder.write_build(html=b"x", text=b"y", manifest=b"z")
    assert str(caught.value.place) == link
    with pytest.raises(IssueError, match="symbolic link"):
        folder.read_build()
    with pytest.raises(IssueError, match="symbolic link"):
        folder.require_no_links("build/shots/page.png")
    assert {path: path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["issue.md", "approval.toml", "articles.jsonl", "build/email.html"])
def test_a_file_of_an_issue_that_is_a_link_is_neither_read_nor_written(tmp_path, name):
    folder = IssueFolder(tmp_path / "letter", "2026-W48")
    folder.write_text("text\n", over=None)
    folder.write_build(html=b"a", text=b"b", manifest=b"c")
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish")
    (folder.path / name).unlink(missing_ok=True)
    (folder.path / name).symlink_to(secret)
    calls = {
        "issue.md": [folder.read_text, lambda: folder.write_text("x", over="swordfish")],
        "approval.toml": [folder.read_approval],
        "articles.jsonl": [folder.read_articles, lambda: folder.write_articles([])],
        "build/email.html": [folder.read_build, lambda: folder.write_build(html=b"x", text=b"y", manifest=b"z")],
    }
    for call in calls[name]:
        with pytest.raises(IssueError, match="this file is a symbolic link") as caught:
            call()
        assert str(caught.value.place) == f"issues/2026-W48/{name}"
    assert secret.read_text() == "swordfish"


def test_a_newsletter_may_be_reached_through_a_link(tmp_path):
    (tmp_path / "letter").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "letter")
    IssueFolder(tmp_path / "link", "2026-W48").write_text("text\n", over=None)
    assert (tmp_path / "letter/issues/2026-W48/issue.md").read_text() == "text\n"
