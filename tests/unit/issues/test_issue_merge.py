"""Collecting again: what each field becomes, and what stays as the editor left it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from digest.errors import IssueError
from digest.issues import Merge, append_story, format_issue, merge_issue, parse_issue
from digest.models import NEW_SECTION, Bullet, Candidate, Issue, Mention, Section, Story

FILE = "issues/2026-W47/issue.md"


def story(number: int, *texts: str, headline: str = "") -> Story:
    candidate_bullets = tuple(
        Candidate(bullet=Bullet(text=text, origin="author"), ticked=True) for text in texts or ("One.", "Two.")
    )
    return Story(
        url=f"https://a.example/{number}", headline=headline or f"Story {number}", candidates=candidate_bullets
    )


def plan(*stories: Story, subject: str = "Subject", preheader: str = "Preheader") -> Issue:
    sections = (Section(title="World", stories=stories),)
    return Issue(id="2026-W47", subject=subject, preheader=preheader, sections=sections)


def first(fresh: Issue) -> Merge:
    return merge_issue(yours=None, base=None, written_sha256=None, fresh=fresh, file=FILE)


def again(before: Merge, yours: str, fresh: Issue) -> Merge:
    return merge_issue(yours=yours, base=before.base, written_sha256=before.written_sha256, fresh=fresh, file=FILE)


def test_the_first_collect_writes_the_plan():
    fresh = plan(story(1), story(2))
    merge = first(fresh)
    assert merge.text == format_issue(fresh)
    assert (merge.base, merge.touched) == (fresh, False)
    assert merge.added == ("https://a.example/1", "https://a.example/2")
    assert merge.written_sha256 == hashlib.sha256(merge.text.encode()).hexdigest()


def test_an_untouched_file_is_replaced_by_the_new_plan():
    before = first(plan(story(1), story(2)))
    fresh = plan(story(3), story(1, "Fresh."), subject="Another")
    merge = again(before, before.text, fresh)
    assert (merge.text, merge.touched) == (format_issue(fresh), False)
    assert merge.added == ("https://a.example/3",)


def test_collecting_twice_with_nothing_new_gives_the_same_bytes():
    fresh = plan(story(1), story(2))
    before = first(fresh)
    assert again(before, before.text, fresh).text == before.text
    edited = before.text.replace("Story 1", "Mine")
    once = again(before, edited, fresh)
    twice = again(once, once.text, fresh)
    assert edited == once.text == twice.text
    assert (once.base, once.conflicts) == (twice.base, ())


def test_a_merged_file_is_never_replaced_by_a_plan():
    before = first(plan(story(1), story(2)))
    edited = before.text.replace("Story 1", "Mine")
    once = again(before, edited, plan(story(1), story(2), story(3)))
    # Even a caller that hands back the hash of the merged text must not lose the editor's words.
    sha256 = hashlib.sha256(once.text.encode()).hexdigest()
    merge = merge_issue(yours=once.text, base=once.base, written_sha256=sha256, fresh=plan(story(9)), file=FILE)
    assert merge.touched
    assert "### [Mine](https://a.example/1)" in merge.text


def test_refreshes_a_field_that_the_editor_left_alone():
    before = first(plan(story(1), story(2)))
    edited = before.text.replace("### [Story 1]", "<!-- lead -->\n### [Story 1]").replace(
        "- [x] One.\n- [x] Two.\n\n###", "_Mine._\n- [x] One.\n- [x] Two.\n\nMy own words.\n\n###"
    )
    fresh = plan(story(1, "New.", headline="Fresh [1]"), story(2), subject='A "fresh" one')
    merge = again(before, edited, fresh)
    assert merge.text == (
        edited.replace('"Subject"', '"A \\"fresh\\" one"')
        .replace("[Story 1]", "[Fresh \\[1\\]]")
        .replace("- [x] One.\n- [x] Two.\n\nMy", "- [x] New.\n\nMy")
    )
    assert merge.refreshed == ("subject", "headline https://a.example/1", "bullets https://a.example/1")


def test_keeps_a_field_that_both_changed_and_reports_its_line_once():
    before = first(plan(story(1), story(2)))
    edited = before.text.replace("Story 2", "Mine").replace('"Subject"', '"My subject"')
    fresh = plan(story(1, "One.", "Two.", "Three."), story(2, headline="Theirs"), subject="Their subject")
    merge = again(before, edited, fresh)
    lines = merge.text.splitlines()
    assert [(item.field, lines[item.line - 1], item.yours, item.fresh) for item in merge.conflicts] == [
        ("subject", 'subject = "My subject"', "My subject", "Their subject"),
        ("headline", "### [Mine](https://a.example/2)", "Mine", "Theirs"),
    ]
    assert again(merge, merge.text, fresh).conflicts == ()


def test_reports_conflicting_bullets_at_the_first_bullet():
    before = first(plan(story(1)))
    merge = again(before, before.text.replace("[x] Two.", "[ ] Two."), plan(story(1, "Other.")))
    (conflict,) = merge.conflicts
    assert (conflict.field, merge.text.splitlines()[conflict.line - 1]) == ("bullets", "- [x] One.")
    assert (conflict.yours, conflict.fresh) == ("- [x] One.\n- [ ] Two.", "- [x] Other.")


def test_a_comment_among_the_bullets_counts_as_an_edit():
    before = first(plan(story(1)))
    edited = before.text.replace("- [x] Two.", "- [x] Two. <!-- check this -->")
    assert "check this" in again(before, edited, plan(story(1, "Other."))).text


def test_a_dropped_story_stays_out_even_after_the_sources_lost_it():
    before = first(plan(story(1), story(2)))
    edited = before.text[: before.text.index("### [Story 2]")]
    merge = again(before, edited, plan(story(1), story(2)))
    assert (merge.text, len(merge.kept_out), merge.added) == (edited, 1, ())
    gone = again(merge, merge.text, plan(story(1)))
    back = again(gone, gone.text, plan(story(1), story(2, headline="Back again")))
    assert (back.text, len(back.kept_out)) == (edited, 1)


def test_a_dropped_story_stays_out_even_if_the_file_once_equals_the_plan():
    before = first(plan(story(1), story(2)))
    dropped = format_issue(plan(story(1)))  # what the sources propose as well while story 2 is gone from them
    without = again(before, dropped, plan(story(1)))
    back = again(without, without.text, plan(story(1), story(2)))
    assert (back.added, back.kept_out) == ((), ("https://a.example/2",))
    assert "a.example/2" not in back.text


def test_new_stories_wait_in_their_own_section_at_the_end():
    before = first(plan(story(1)))
    edited = before.text.replace("## World", "## Picks").rstrip("\n")
    merge = again(before, edited, plan(story(1), story(2, "Two.")))
    assert merge.text == (
        f"{edited}\n\n## New since you last looked\n\n### [Story 2](https://a.example/2)\n- [x] Two.\n"
    )
    more = again(merge, merge.text, plan(story(1), story(2, "Two."), story(3, "Three.")))
    assert more.text == merge.text + "\n### [Story 3](https://a.example/3)\n- [x] Three.\n"
    assert [waiting.headline for waiting in parse_issue(more.text).waiting] == ["Story 2", "Story 3"]


def test_finds_the_waiting_section_where_the_editor_moved_it():
    before = first(plan(story(1)))
    edited = before.text.replace("## World", f"## {NEW_SECTION}\n## World")
    merge = again(before, edited, plan(story(1), story(2, "Two.")))
    assert merge.text == edited.replace("\n## World", "\n\n### [Story 2](https://a.example/2)\n- [x] Two.\n\n## World")


def test_keeps_a_story_that_the_sources_lost():
    before = first(plan(story(1), story(2)))
    edited = before.text.replace("Story 1", "Mine")
    merge = again(before, edited, plan(story(1)))
    assert merge.text == edited
    # It is still known: when it comes back with other words, they are taken.
    back = again(merge, merge.text, plan(story(1), story(2, headline="Back")))
    assert back.text == edited.replace("Story 2", "Back")


def test_leaves_a_story_added_by_hand_alone_and_does_not_bring_it_back():
    before = first(plan(story(1)))
    edited = before.text + "\n### [By hand](https://a.example/7?utm_source=x)\n- Mine.\n"
    next_plan = plan(story(1), story(7))
    merge = again(before, edited, next_plan)
    assert (merge.text, merge.added, merge.conflicts) == (edited, (), ())
    dropped = again(merge, before.text, next_plan)
    assert dropped.text == before.text


def test_adds_bullets_to_a_story_that_had_none():
    before = first(plan(replace(story(1), candidates=()), story(2)))
    edited = before.text.replace("### [Story 1](https://a.example/1)\n", "### [Story 1](https://a.example/1)\n_Mine_\n")
    merge = again(before, edited, plan(story(1), story(2)))
    assert merge.text == edited.replace("_Mine_\n", "_Mine_\n- [x] One.\n- [x] Two.\n")


def seen_by(base_story: Story, *names: str) -> Story:
    return replace(base_story, also=tuple(Mention(name=name, url=f"https://{name}.example/1") for name in names))


def line_of(*names: str) -> str:
    return "Also reported by " + " · ".join(f"[{name}](https://{name}.example/1)" for name in names)


def test_writes_refreshes_and_removes_also_reported_by():
    fresh = plan(story(1), story(2))
    before = first(fresh)
    edited = before.text.replace("Story 2", "Mine").replace(
        "- [x] Two.\n\n###", "- [x] Two.\n<!-- a\nreminder -->\n\nMy own words.\n\n###"
    )
    none = again(before, edited, fresh)
    one = again(none, none.text, plan(seen_by(story(1), "a"), story(2)))
    assert one.text == edited.replace("- [x] Two.\n<!--", f"- [x] Two.\n\n{line_of('a')}\n\n<!--")
    assert one.refreshed == ("also reported by https://a.example/1",)
    two = again(one, one.text, plan(seen_by(story(1), "a", "b"), story(2)))
    assert two.text == one.text.replace(line_of("a"), line_of("a", "b"))
    gone = again(two, two.text, fresh)
    assert gone.text == edited.replace("- [x] Two.\n<!--", "- [x] Two.\n\n<!--")


def test_removing_also_reported_by_leaves_no_trace():
    fresh = plan(story(1), story(2))
    before = first(fresh)
    edited = before.text.replace("Story 2", "Mine")
    for yours in (edited, edited.replace("\n", "\r\n")):
        there = again(before, yours, plan(seen_by(story(1), "a"), seen_by(story(2), "b")))
        assert [each.also != () for each in parse_issue(there.text).stories] == [True, True]
        assert again(there, there.text, fresh).text == yours


def test_does_not_split_a_comment_that_begins_in_a_bullet():
    before = first(plan(story(1), story(2)))
    edited = before.text.replace("- [x] Two.\n\n###", "- [x] Two. <!-- is\nit so? -->\n###")
    merge = again(before, edited, plan(seen_by(story(1), "a"), story(2)))
    assert merge.text == edited.replace("so? -->\n", f"so? -->\n\n{line_of('a')}\n\n")


def test_inserts_nothing_into_a_comment_before_a_heading():
    before = first(plan(replace(story(1), candidates=()), story(2)))
    edited = before.text.replace("\n\n### [Story 2]", "\n\n<!-- mine\n-->### [Story 2]")
    merge = again(before, edited, plan(seen_by(story(1), "a"), story(2)))
    assert [len(each.also) for each in parse_issue(merge.text).stories] == [1, 0]
    assert "<!-- mine\n-->### [Story 2]" in merge.text


@pytest.mark.parametrize("mine", ["", line_of("a"), line_of("a", "b") + " <!-- really? -->"])
def test_keeps_also_reported_by_as_the_editor_left_it(mine: str):
    before = first(plan(seen_by(story(1), "a", "b"), story(2)))
    edited = before.text.replace(line_of("a", "b"), mine)
    assert again(before, edited, plan(seen_by(story(1), "a", "b"), story(2))).text == edited
    fresh = plan(seen_by(story(1), "b", "c"), story(2))
    merge = again(before, edited, fresh)
    (conflict,) = merge.conflicts
    assert merge.text == edited
    assert (conflict.field, conflict.fresh) == ("also reported by", line_of("b", "c").removeprefix("Also reported by "))
    assert merge.text.splitlines()[conflict.line - 1] == (mine or "### [Story 1](https://a.example/1)")
    assert again(merge, merge.text, fresh).conflicts == ()


def test_inserts_bullets_above_also_reported_by():
    bare = replace(story(1), candidates=())
    before = first(plan(seen_by(bare, "a"), story(2)))
    edited = before.text.replace("Story 2", "Mine")
    for names in ((), ("a",), ("b",)):
        merge = again(before, edited, plan(seen_by(story(1), *names), story(2)))
        expected = format_issue(plan(seen_by(story(1), *names), story(2))).replace("Story 2", "Mine")
        assert merge.text == expected


def test_also_reported_by_may_span_several_paragraphs():
    before = first(plan(seen_by(story(1), "a", "b"), story(2)))
    edited = before.text.replace(line_of("a", "b"), f"{line_of('a')}\n\nMine.\n\n_{line_of('b')}_")
    merge = again(before, edited, plan(seen_by(story(1), "c"), story(2)))
    assert merge.text == edited.replace(line_of("a"), line_of("c")).replace(f"\n_{line_of('b')}_\n", "")


def test_keeps_windows_line_breaks():
    before = first(plan(story(1)))
    edited = before.text.replace("Story 1", "Mine").replace("\n", "\r\n")
    merge = again(before, edited, plan(story(1, "New."), story(2), subject="Fresh"))
    assert merge.text.count("\n") == merge.text.count("\r\n")
    assert parse_issue(merge.text).subject == "Fresh"


def test_a_week_without_a_proposal_keeps_the_subject():
    before = first(plan(story(1)))
    edited = before.text.replace("Story 1", "Mine")
    merge = again(before, edited, Issue(id="2026-W47"))
    assert merge.text == edited
    assert merge.base.subject == "Subject"


def test_front_matter_that_the_editor_removed_stays_out():
    before = first(plan(story(1)))
    edited = before.text.split("+++\n", 2)[2]
    merge = again(before, edited, plan(story(1)))
    assert merge.text == edited


def test_adds_a_missing_key():
    before = first(plan(story(1), preheader=""))
    edited = before.text.replace('preheader = ""\n', "").replace("Story 1", "Mine")
    merge = again(before, edited, plan(story(1), preheader="Fresh"))
    assert merge.text == edited.replace('subject = "Subject"\n', 'subject = "Subject"\npreheader = "Fresh"\n')


def test_a_value_over_several_lines_is_left_to_the_editor():
    before = first(plan(story(1)))
    edited = before.text.replace('"Subject"', '"""Sub\\\n   ject"""')
    merge = again(before, edited, plan(story(1), subject="Fresh"))
    assert merge.text == edited


def test_without_a_base_the_whole_file_is_the_editors():
    yours = "+++\n+++\n\n### [Mine](https://a.example/1)\n- Mine.\n"
    merge = merge_issue(yours=yours, base=None, written_sha256=None, fresh=plan(story(1), story(2)), file=FILE)
    issue = parse_issue(merge.text)
    assert (issue.subject, merge.conflicts) == ("Subject", ())
    assert [item.headline for item in issue.stories] == ["Mine"]
    assert [item.headline for item in issue.waiting] == ["Story 2"]


def test_a_file_that_cannot_be_parsed_stops_the_merge():
    before = first(plan(story(1)))
    with pytest.raises(IssueError) as caught:
        again(before, before.text + "\n### Half a head", plan(story(1), story(2)))
    assert str(caught.value.place) == f"{FILE}:{len(before.text.splitlines()) + 2}"


def test_appends_a_story_to_the_last_section_that_is_sent():
    text = first(plan(story(1, "One."))).text + f"\n## {NEW_SECTION}\n\n### [Waits](https://a.example/8)\n"
    added = append_story(text, story(9, "Nine."), file=FILE)
    assert added == text.replace("\n## New", "\n### [Story 9](https://a.example/9)\n- [x] Nine.\n\n## New")


@pytest.mark.parametrize(
    "text", ["", "Hello", f"Hello\n\n## {NEW_SECTION}\n### [Waits](https://a.example/8)\n", "\ufeff"]
)
def test_appends_a_story_if_there_is_no_section_yet(text: str):
    issue = parse_issue(append_story(text, story(9), file=FILE))
    assert [item.headline for item in issue.stories] == ["Story 9"]
    assert issue.intro == ("Hello" if "Hello" in text else "")
    assert len(issue.waiting) == text.count("###")


def test_does_not_append_a_story_twice():
    text = first(plan(story(1))).text
    with pytest.raises(IssueError, match="already") as caught:
        append_story(text, replace(story(1), url="http://a.example/1/#top"), file=FILE)
    assert text.splitlines()[caught.value.place.line - 1].startswith("### [Story 1]")
