"""The section "Not in this issue": what the tool rewrites, what stays dropped, and what is the editor's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues import Merge, append_story, merge_issue, parse_issue, without_outlets
from digest.issues.story_notation import read_bench_line, write_bench_line
from digest.models import BENCH_SECTION, BenchLine, Bullet, Candidate, Issue, Section, Story

FILE = "issues/2026-W47/issue.md"
HEADING = f"## {BENCH_SECTION}\n"


def story(number: int, *texts: str) -> Story:
    bullets = tuple(Candidate(bullet=Bullet(text=text)) for text in texts or ("One.", "Two."))
    return Story(url=f"https://a.example/{number}", headline=f"Story {number}", candidates=bullets)


def plan(*numbers: int) -> Issue:
    return Issue(
        id="2026-W47", subject="Subject", sections=(Section(title="World", stories=tuple(map(story, numbers))),)
    )


def lines(*numbers: int) -> list[BenchLine]:
    return [BenchLine(url=f"https://a.example/{n}", headline=f"Story {n}", outlet="The Paper") for n in numbers]


def row(number: int) -> str:
    return f"- [Story {number}](https://a.example/{number}), The Paper\n"


def first(fresh: Issue, bench: list[BenchLine]) -> Merge:
    return merge_issue(yours=None, base=None, written_sha256=None, fresh=fresh, bench=bench, file=FILE)


def again(before: Merge, yours: str, fresh: Issue, bench: list[BenchLine], **more) -> Merge:
    base, sha256 = before.base, before.written_sha256
    return merge_issue(yours=yours, base=base, written_sha256=sha256, fresh=fresh, bench=bench, file=FILE, **more)


def bench_in(text: str) -> str:
    return text.partition(HEADING)[2].strip("\n")


def test_lists_the_next_ten_stories_last_and_sends_none_of_them():
    merge = first(plan(1, 2), lines(*range(3, 20)))
    assert merge.text.endswith(f"\n{HEADING}\n" + "".join(map(row, range(3, 13))))
    issue = parse_issue(merge.text)
    assert [each.headline for each in issue.stories] == ["Story 1", "Story 2"]
    assert not issue.waiting
    assert BENCH_SECTION not in [section.title for section in issue.sent_sections]


def test_an_issue_that_holds_every_story_has_no_such_section():
    assert BENCH_SECTION not in first(plan(1), []).text


def test_an_untouched_file_gets_a_new_list():
    before = first(plan(1), lines(2, 3))
    merge = again(before, before.text, plan(3), lines(1, 4))
    assert not merge.touched
    assert bench_in(merge.text) == (row(1) + row(4)).strip()


def test_the_list_is_rewritten_below_an_edited_issue():
    before = first(plan(1, 2), lines(3, 4))
    yours = before.text.replace("Story 1]", "Mine]")
    merge = again(before, yours, plan(1, 2, 3), lines(5, 4))
    assert merge.touched
    assert not merge.bench_edited
    head, _, bench = merge.text.partition(HEADING)
    assert head.endswith(
        "## New since you last looked\n\n### [Story 3](https://a.example/3)\n- [x] One.\n- [x] Two.\n\n"
    )
    assert bench == "\n" + row(5) + row(4)
    assert again(merge, merge.text, plan(1, 2, 3), lines(5, 4)).text == merge.text


def test_a_dropped_story_does_not_come_back_as_a_line():
    before = first(plan(1, 2), lines(3))
    yours = before.text.replace("### [Story 2](https://a.example/2)\n- [x] One.\n- [x] Two.\n\n", "")
    merge = again(before, yours, plan(1, 3), lines(2, 4))
    assert "Story 2" not in merge.text
    assert bench_in(merge.text) == row(4).strip()


def test_a_deleted_line_does_not_come_back_anywhere():
    before = first(plan(1), lines(2, 3))
    merge = again(before, before.text.replace(row(2), ""), plan(1, 2), lines(3, 4))
    assert "Story 2" not in merge.text
    assert merge.kept_out == ("https://a.example/2",)
    assert bench_in(merge.text) == (row(3) + row(4)).strip()
    later = again(merge, merge.text, plan(1), lines(2, 3, 4))
    assert later.text == merge.text


@pytest.mark.parametrize("emptied", [HEADING, ""])
def test_a_list_that_was_deleted_stays_away(emptied):
    before = first(plan(1), lines(2, 3))
    yours = before.text.partition(HEADING)[0] + emptied
    merge = again(before, yours, plan(1), lines(2, 3))
    assert (merge.text, merge.bench_edited) == (yours, False)
    later = again(merge, merge.text, plan(1, 2), lines(3))
    assert (later.text, later.bench_edited) == (yours, False)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[Story 3]", "[My words]"),
        lambda text: text.replace(row(2) + row(3), row(3) + row(2)),
        lambda text: text + "- my own idea\n",
        lambda text: text.replace(HEADING, HEADING + "\nFor next week.\n"),
        lambda text: text + "\n### [Parked](https://a.example/9)\n- [x] Later.\n",
    ],
    ids=["retitled", "reordered", "added", "noted", "parked"],
)
def test_a_changed_section_is_left_alone(change):
    before = first(plan(1), lines(2, 3))
    yours = change(before.text)
    merge = again(before, yours, plan(1), lines(5, 6))
    assert merge.bench_edited
    assert merge.text == yours
    later = again(merge, merge.text, plan(1), lines(7))
    assert (later.text, later.bench_edited) == (yours, True)


def test_a_story_parked_there_is_neither_sent_nor_a_duplicate():
    text = first(plan(1), lines(2)).text + "\n### [Story 1 again](https://a.example/1)\n"
    assert [each.headline for each in parse_issue(text).stories] == ["Story 1"]


def test_a_line_moved_up_as_a_heading_gets_its_bullets_once():
    before = first(plan(1), lines(2, 3))
    yours = before.text.replace(row(2), "").replace("## World\n", "## World\n\n### [My Story 2](https://a.example/2)\n")
    fills = {"https://a.example/2": story(2, "Filled.")}
    merge = again(before, yours, plan(1), lines(2, 3), fills=fills)
    assert "### [My Story 2](https://a.example/2)\n- [x] Filled.\n\n### [Story 1]" in merge.text
    assert bench_in(merge.text) == row(3).strip()
    assert again(merge, merge.text, plan(1), lines(2, 3), fills=fills).text == merge.text
    brief = merge.text.replace("- [x] Filled.\n", "")
    assert again(merge, brief, plan(1), lines(2, 3), fills=fills).text == brief


def test_bullets_go_below_a_note_and_above_the_other_reports():
    before = first(plan(1), lines(2))
    moved = "### [Story 2](https://a.example/2)\n_Read this._\n"
    yours = before.text.replace(row(2), "").replace("## World\n", f"## World\n\n{moved}")
    merge = again(before, yours, plan(1), [], fills={"https://a.example/2": story(2, "Filled.")})
    assert f"{moved}\n- [x] Filled.\n\n### [Story 1]" in merge.text


def test_a_brief_of_the_editors_own_keeps_its_text():
    before = first(plan(1), [])
    yours = before.text + "\n### [A brief](https://a.example/2)\nOne line of mine.\n"
    assert again(before, yours, plan(1), [], fills={"https://a.example/2": story(2)}).text == yours


def test_a_moved_line_gets_the_id_that_tells_it_apart():
    line = BenchLine(url="https://a.example/live", headline="Second entry", outlet="The Paper", id="entry--2")
    before = first(plan(1), [line])
    assert "- [Second entry](https://a.example/live), The Paper <!-- id: entry%2D%2D2 -->" in before.text
    yours = before.text.replace("## World\n", "## World\n\n### [Second entry](https://a.example/live)\n")
    yours = yours.replace(write_bench_line(line) + "\n", "")
    filled = replace(story(2, "Filled."), url=line.url, id=line.id)
    merge = again(before, yours, plan(1), [line], fills={"https://a.example/live": filled})
    assert "(https://a.example/live)\n<!-- id: entry%2D%2D2 -->\n- [x] Filled.\n" in merge.text
    assert again(merge, merge.text, plan(1), [line]).text == merge.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_line_may_be_turned_into_a_heading_with_its_outlet(newline):
    line = BenchLine(url="https://a.example/2", headline="Story 2", outlet="The Paper", id="7")
    text = "### [Mine](https://a.example/2), The Paper\n\n### [Other](https://a.example/3), The Paper\n"
    wanted = "### [Mine](https://a.example/2)\n\n### [Other](https://a.example/3), The Paper\n"
    got = without_outlets(text.replace("\n", newline), [replace(line, id="")])
    assert got == wanted.replace("\n", newline)
    got = without_outlets(f"### {write_bench_line(line)[2:]}", [line])
    assert got == "### [Story 2](https://a.example/2)\n<!-- id: 7 -->"


def test_an_added_story_goes_above_the_list():
    text = append_story(first(plan(1), lines(2)).text, story(5), file=FILE)
    assert text.index("Story 1]") < text.index("Story 5]") < text.index(HEADING)


PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).map(
    lambda text: " ".join(text.split())
)


@given(
    headline=PLAIN.filter(bool),
    outlet=PLAIN | st.just(""),
    id=st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    url=st.sampled_from(["https://a.example/x_(y)?a=b&c=[d]", "articles/a file.md", "https://b.example/<ü>"]),
)
def test_a_line_is_read_as_it_was_written(headline, outlet, id, url):
    line = BenchLine(url=url, headline=headline, outlet=outlet, id=id)
    assert "\n" not in write_bench_line(line)
    assert read_bench_line(write_bench_line(line)) == line
