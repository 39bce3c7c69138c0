"""issue.md: what is read, what is refused, and that nothing is lost in between."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import IssueError, Place
from digest.issues import format_issue, parse_issue, trace_origins
from digest.issues.issue_document import format_story
from digest.issues.story_notation import unwrap_note
from digest.models import Bullet, Candidate, Issue, Mention, Section, Story

SAMPLE = """\
+++
subject = "Small \\"models\\", big week"
preheader = "Eight reads"
+++
Welcome to **this** week.

```text
## not a section <!-- and no comment -->
```

<!-- a reminder
## of mine -->

## World

What the world did.

### [Rust: the [good] parts \\] now](https://a.example/wiki/Rust_(language))
_Worth your time._
- [x] A first bullet
  that goes on
* [ ] A candidate <!-- too long? -->
- A plain one

Also reported by [Tide \\[daily\\]](https://b.example/1_(two)), <!-- who else? -->
[c.example](<https://c.example/a b>) and [Coast](https://d.example/1)

### [Second](<https://a.example/two words>)
Some more words.
- [X] Ticked with a capital

## New since you last looked

### [Arrived](articles/late one.md)
"""


def bullets(*texts: str, ticked: bool = True) -> tuple[Candidate, ...]:
    return tuple(Candidate(bullet=Bullet(text=text), ticked=ticked) for text in texts)


def test_reads_every_part_of_an_issue():
    assert parse_issue(SAMPLE, id="2026-W47") == Issue(
        id="2026-W47",
        subject='Small "models", big week',
        preheader="Eight reads",
        intro="Welcome to **this** week.\n\n```text\n## not a section <!-- and no comment -->\n```",
        sections=(
            Section(
                title="World",
                text="What the world did.",
                stories=(
                    Story(
                        url="https://a.example/wiki/Rust_(language)",
                        headline="Rust: the [good] parts ] now",
                        note="Worth your time.",
                        candidates=(
                            *bullets("A first bullet that goes on"),
                            *bullets("A candidate", ticked=False),
                            *bullets("A plain one"),
                        ),
                        also=(
                            Mention(name="Tide [daily]", url="https://b.example/1_(two)"),
                            Mention(name="c.example", url="https://c.example/a b"),
                            Mention(name="Coast", url="https://d.example/1"),
                        ),
                    ),
                    Story(
                        url="https://a.example/two words",
                        headline="Second",
                        note="Some more words.",
                        candidates=bullets("Ticked with a capital"),
                    ),
                ),
            ),
            Section(
                title="New since you last looked", stories=(Story(url="articles/late one.md", headline="Arrived"),)
            ),
        ),
    )


def test_records_the_line_of_every_part():
    issue = parse_issue(SAMPLE)
    first = issue.sections[0].stories[0]
    lines = SAMPLE.splitlines()
    assert dict(issue.lines) == {"subject": 2, "preheader": 3, "intro": 5}
    assert lines[issue.sections[0].line - 1] == "## World"
    assert lines[first.line - 1].startswith("### [Rust")
    assert [lines[item.line - 1][:6] for item in first.candidates] == ["- [x] ", "* [ ] ", "- A pl"]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_reads_line_breaks_of_other_systems(newline: str):
    assert parse_issue(SAMPLE.replace("\n", newline)) == parse_issue(SAMPLE)


def test_ignores_a_byte_order_mark():
    assert parse_issue("\ufeff" + SAMPLE) == parse_issue(SAMPLE)
    assert parse_issue("\ufeffHello").intro == "Hello"


def test_a_file_without_front_matter_has_no_subject():
    issue = parse_issue("### [One](https://a.example/1)\n")
    assert (issue.subject, issue.preheader, len(issue.stories)) == ("", "", 1)


def test_stories_before_the_first_section_form_an_untitled_one():
    issue = parse_issue("Hello\n\n### [One](https://a.example/1)\n\n## World\n### [Two](https://a.example/2)\n")
    assert [(section.title, len(section.stories)) for section in issue.sections] == [("", 1), ("World", 1)]
    assert issue.intro == "Hello"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Intro\n\n### A heading without a link\n", 3, "not a link"),
        ("### [Headline] (https://a.example)\n", 1, "not a link"),
        ("### [](https://a.example)\n", 1, "no headline"),
        ("### [Headline]()\n", 1, "no address"),
        ("# A title\n", 1, "not allowed here"),
        ("## \n", 1, "no title"),
        ("##World\n", 1, "needs a space"),
        ("### [A](https://a.example/1)\n#### More\n", 2, "not allowed here"),
        ("### [A](https://a.example/1)\n```\ncode\n```\n", 2, "code block"),
        ("Hello\n```\ncode\n", 2, "never ends"),
        ("Hello\n<!-- open\n### [A](https://a.example/1)\n", 2, "never ends"),
        ('+++\nsubject = "x"\n', 1, "never ends"),
        ('+++\nsubject = "x\n+++\n', 2, "not TOML"),
        ('+++\nsubject = "a"\nsubject = "b"\n+++\n', 3, "not TOML"),
        ("+++\nsubject = 3\n+++\n", 2, "not text"),
        ('+++\npreheader = "a"\nsubject = "a\\nb"\n+++\n', 3, "more than one line"),
    ],
)
def test_reports_what_cannot_be_parsed_with_its_line_and_a_remedy(text: str, line: int, words: str):
    with pytest.raises(IssueError, match=words) as caught:
        parse_issue(text, file="issues/2026-W47/issue.md")
    assert str(caught.value.place) == f"issues/2026-W47/issue.md:{line}"
    assert caught.value.hint


def test_an_unknown_key_suggests_the_nearest_one():
    with pytest.raises(IssueError, match="unknown key subjekt") as caught:
        parse_issue('+++\npreheader = ""\nsubjekt = "x"\n+++\n')
    assert (caught.value.place.line, caught.value.hint) == (3, "Did you mean subject?")


def test_refuses_a_story_that_occurs_twice_and_names_both_lines():
    text = "### [A](https://a.example/1)\n\n### [B](http://A.example/1?utm_source=x#top)\n"
    with pytest.raises(IssueError, match="on line 1 and on line 3"):
        parse_issue(text)


def test_reads_a_note_however_it_is_written():
    head = "### [A](https://a.example/1)\n"
    for note in ("_One\ntwo_\n", "_One_\n_two_\n", "One\ntwo\n", "- [x] b\n\nOne\n\n_two_\n"):
        assert parse_issue(head + note).sections[0].stories[0].note == "One\ntwo"


LINKS = "[A](https://a.example/_1) · [B](https://b.example/1)"
MENTIONS = (Mention(name="A", url="https://a.example/_1"), Mention(name="B", url="https://b.example/1"))


@pytest.mark.parametrize(
    "words",
    [
        f"Also reported by {LINKS}",
        f"ALSO  reported by: {LINKS}.",
        f"_Also reported by {LINKS}_",
        f"_Also reported by_\n_{LINKS}_",
        f"Also reported\n  by {LINKS}".replace(" · ", "\n·\n"),
        f"Also reported by {LINKS}".replace(" · ", ", and "),
        f"Also reported by {LINKS}".replace(" · ", ";"),
        'Also reported by [A](https://a.example/_1 "a title") and [B]( <https://b.example/1> )',
        "Also reported by [A](https://a.example/_1)\n\nAlso reported by [B](https://b.example/1)",
    ],
)
def test_reads_also_reported_by_however_it_is_written(words: str):
    for text in (f"- [x] b\n\n{words}\n", f"- [x] b\n{words}\n\nMine.\n", f"{words}\n- [x] b"):
        story = parse_issue(f"### [One](https://a.example/1)\n{text}").stories[0]
        assert (story.also, story.candidates) == (MENTIONS, bullets("b"))
        assert story.note == ("Mine." if "Mine" in text else "")


@pytest.mark.parametrize(
    "words",
    [
        "Also reported by the local paper.",
        "Also reported by",
        f"Also reported by many, such as {LINKS}",
        f"Also reported by {LINKS}, who were late",
        "Also reported by [A](https://a.example/1) [B](https://b.example/1)",
        "Also reported by [A]() · [B](https://b.example/1)",
        "Also reported by [](https://b.example/1)",
        "Also reported by [A] (https://a.example/1)",
        "Also reported by [A](https://a.example/1",
        f"Reported by {LINKS}",
        f"Our own words.\nAlso reported by {LINKS}",
    ],
)
def test_a_note_may_begin_with_also_reported_by(words: str):
    story = parse_issue(f"### [One](https://a.example/1)\n- [x] b\n\n{words}\n").stories[0]
    assert (story.note, story.also) == (words, ())


def test_writes_also_reported_by_under_the_bullets():
    story = Story(url="https://a.example/1", headline="A", note="N", candidates=bullets("b"), also=MENTIONS)
    head = "### [A](https://a.example/1)\n"
    line = f"\nAlso reported by {LINKS}"
    assert format_story(story) == f"{head}_N_\n- [x] b\n{line}"
    assert format_story(replace(story, candidates=())) == f"{head}_N_\n{line}"
    assert format_story(replace(story, candidates=(), note="")) == f"{head}{line}"
    assert format_story(replace(story, also=())) == f"{head}_N_\n- [x] b"


def test_a_report_without_a_name_or_an_address_is_not_written():
    story = Story(url="https://a.example/1", headline="A", also=(Mention(name=" ", url="x"), Mention(name="x", url="")))
    assert format_story(story) == "### [A](https://a.example/1)"


def test_a_note_keeps_its_own_emphasis():
    note = "_One_ and _two_"
    story = Story(url="https://a.example/1", headline="A", note=note, candidates=bullets("b"))
    issue = Issue(id="", sections=(Section(stories=(story,)),))
    assert parse_issue(format_issue(issue)) == issue


def test_a_bullet_that_begins_with_a_link_has_no_box():
    text = "### [A](https://a.example/1)\n- [x](https://b.example) is a letter\n- [ ]\n-\n- [x]\n  on the next line\n"
    story = parse_issue(text).sections[0].stories[0]
    assert [item.bullet.text for item in story.candidates] == ["[x](https://b.example) is a letter", "on the next line"]


def test_restores_the_origin_of_unchanged_bullets():
    proposed = Bullet(text="Kept as it was", start=3, end=17, origin="extracted")
    author = Bullet(text="The author's", origin="author")
    story = Story(
        url="https://a.example/1",
        headline="A",
        candidates=(Candidate(bullet=proposed), Candidate(bullet=author, ticked=False)),
    )
    base = Issue(id="2026-W47", sections=(Section(title="World", stories=(story,)),))
    text = format_issue(base).replace("The author's", "The editor's").replace("/1)", "/1?utm_source=me)")
    traced = trace_origins(parse_issue(text, id="2026-W47"), base)
    assert [item.bullet for item in traced.stories[0].candidates] == [proposed, Bullet(text="The editor's")]


def test_an_untitled_section_cannot_follow_another():
    with pytest.raises(ValueError, match="untitled"):
        format_issue(Issue(id="", sections=(Section(title="World"), Section())))


# What a file can express, drawn with the characters that mean something in it.
letters = st.one_of(st.characters(codec="utf-8"), st.sampled_from("#-*_[]()<>\\`\"'!+&|:= \t"))


def one_line(text: str) -> str:
    return " ".join(text.split())


def free_of_comments(text: str) -> bool:
    return "<!--" not in text


plain = st.text(letters, max_size=20).map(one_line)
words = plain.filter(bool)
addresses = st.one_of(
    st.builds("https://{}.example/{}".format, st.sampled_from("abc"), st.text(letters, max_size=8)),
    st.text(letters, max_size=12),
).map(lambda url: url.replace("\r", "").replace("\n", "").strip())
note_lines = (
    st.text(st.sampled_from("ab _*`\\[]é1"), min_size=1, max_size=12)
    .map(one_line)
    .filter(lambda line: line and line[0] not in "*`" and line.strip("_ ") and unwrap_note([line]) == line)
)
candidates = st.builds(
    lambda text, ticked: Candidate(bullet=Bullet(text=text), ticked=ticked),
    words.filter(free_of_comments),
    st.booleans(),
)
stories = st.builds(
    Story,
    url=addresses.filter(bool),
    id=st.one_of(st.just(""), st.text(min_size=1), st.sampled_from(["-->", "a--b-", " é ", "50%", "tag:x,2026:/1"])),
    headline=words,
    note=st.lists(note_lines, max_size=3).map("\n".join),
    candidates=st.lists(candidates, max_size=3).map(tuple),
    also=st.lists(st.builds(Mention, name=words, url=addresses.filter(bool)), max_size=3).map(tuple),
)
code = st.sampled_from(["```\n## no section\n<!-- no comment\n\n# no title\n```", "~~~ py\n### x\n```\n~~~~"])
paragraphs = st.builds(
    lambda mark, line: f"{mark}{line}",
    st.sampled_from(["", "> ", "- ", "1. ", "    # ", "#### ", "  "]),
    st.text(st.sampled_from("ab*_[](). é"), min_size=1, max_size=12).map(lambda line: f"a{line}"),
)
texts = st.lists(st.one_of(paragraphs, code, st.just("")), max_size=4).map(lambda lines: "\n".join(lines).strip("\n"))


@st.composite
def issues(draw: st.DrawFn) -> Issue:
    drawn = draw(st.lists(stories, max_size=6, unique_by=lambda story: story.key))
    cut = draw(st.integers(0, len(drawn)))
    sections = [Section(stories=tuple(drawn[:cut]))] if cut else []
    sections.append(Section(title=draw(words), text=draw(texts), stories=tuple(drawn[cut:])))
    sections += draw(st.lists(st.builds(Section, title=words, text=texts), max_size=2))
    return Issue(id="2026-W47", subject=draw(plain), preheader=draw(plain), intro=draw(texts), sections=tuple(sections))


@given(issues())
def test_what_is_written_is_read_back(issue: Issue):
    text = format_issue(issue)
    assert parse_issue(text, id="2026-W47") == issue
    assert format_issue(parse_issue(text)) == text


@given(issues())
def test_parsing_does_not_depend_on_the_line_break(issue: Issue):
    assert parse_issue(format_issue(issue).replace("\n", "\r\n"), id="2026-W47") == issue


pieces = st.sampled_from(
    ["+++", "\n", "\r", "\r\n", "## ", "### ", "# ", "[", "](", ")", "- [x] ", "* ", "_", "<!--", "-->", "```", "~~~",
     "subject = ", '"', "'''", '"""', "  ", "\t", "\\", "<", ">", "\x00", "\x0b", "\x1c", "\x85", "\u2028", "\ufeff",
     "https://a.example/1", "Also reported by ", "[R](b)", " and ", " · ", "(<", "[[", "9" * 5000, "[" * 2000]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=3)), max_size=30).map("".join)))
def test_any_text_parses_or_raises_an_issue_error(text: str):
    issue, error = outcome(text)
    if error is None:
        assert parse_issue(format_issue(issue)) == issue
    else:
        assert 1 <= error.place.line <= text.count("\n") + text.count("\r") + 1


def outcome(text: str) -> tuple[Issue | None, IssueError | None]:
    try:
        return parse_issue(text), None
    except IssueError as error:
        return None, error


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", ">>>>>>> 1a2b3c4"])
@pytest.mark.parametrize("before", ["", "## World\n", "### [A](https://a.example/)\n- [x] One\n"])
def test_refuses_the_conflict_markers_of_an_unfinished_merge(mark, before):
    with pytest.raises(IssueError, match="merge") as caught:
        parse_issue(f"Hello\n\n{before}{mark}\n")
    assert caught.value.place == Place("issue.md", 3 + before.count("\n"))


@pytest.mark.parametrize("tick", ["[y]", "[]", "[-]"])
def test_a_box_is_ticked_or_empty(tick):
    with pytest.raises(IssueError, match="this box is neither"):
        parse_issue(f"### [A](https://a.example/)\n- {tick} One\n")


def test_a_bullet_may_begin_with_a_link_or_a_bracketed_word():
    issue = parse_issue("### [A](https://a.example/)\n- [x](https://x.example/) marks it\n- [sic] One\n")
    assert [bullet.text for bullet in issue.stories[0].bullets] == ["[x](https://x.example/) marks it", "[sic] One"]


def test_the_sponsor_is_optional():
    text = '+++\nsubject = "S"\npreheader = "P"\nsponsor = "By **Tide Maps**"\n+++\n'
    issue = parse_issue(text, id="2026-W47", file="issue.md")
    assert (issue.sponsor, issue.lines["sponsor"]) == ("By **Tide Maps**", 4)
    assert format_issue(issue) == text
    none = parse_issue(text.replace("By **Tide Maps**", ""), id="2026-W47", file="issue.md")
    assert none.sponsor == ""
    assert format_issue(none).count("sponsor") == 1
    assert parse_issue("", id="2026-W47", file="issue.md").sponsor is None
