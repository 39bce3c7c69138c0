"""An editor's edit is never lost: any edits, then any collects, in any order.

The machine below plays both people of the story. The sources change their words, bring stories and lose them; the
editor edits the text of the file, with string operations and without our parser's help. Two things are checked after
each collect: what the editor did is still there (a ledger of edits, and line by line), and every field is what the
table in `issue_merge` says (a second merge, written on values instead of text).
"""

from __future__ import annotations

import re
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from digest.issues import Merge, merge_issue, parse_issue
from digest.models import NEW_SECTION, Bullet, Candidate, Issue, Mention, Section, Story, canonical_url, escape_inline

HEADING = re.compile(r"^### \[(.*)\]\((.*)\)$")
ALSO = re.compile(r"_?Also reported by:? ")
tricky = st.sampled_from(
    ["", " [x] y", " \\", " #", ' "quoted"', " <!-- no comment", " `code", " _so_", " *", " é ü", "]( (", ": - ", "\\]"]
)


def key_of(heading: str) -> str:
    url = HEADING.match(heading)[2]
    if url.startswith("<"):
        url = re.sub(r"\\(.)", r"\1", url[1:-1])
    return canonical_url(url)


class Editing(RuleBasedStateMachine):
    """The sources' words are "World n", the editor's "Mine n", so that the two never say the same by chance."""

    def __init__(self):
        super().__init__()
        self.counter = 0
        self.world: dict[str, Story] = {}
        self.lost: dict[str, Story] = {}
        self.subject = self.preheader = ""
        self.text: str | None = None
        self.written: str | None = None
        self.base: Issue | None = None
        self.sha256: str | None = None
        self.ever_touched = False
        # The ledger: what the editor did, by canonical address.
        self.headlines: dict[str, str] = {}
        self.notes: dict[str, list[str]] = {}
        self.also: dict[str, str] = {}
        self.dropped: set[str] = set()
        self.by_hand: set[str] = set()
        self.fields: dict[str, str] = {}
        self.anywhere: list[str] = []

    # ---- the sources

    def unique(self, who: str, tail: str = "") -> str:
        self.counter += 1
        return " ".join(f"{who} {self.counter}{tail}".split())

    def bullets(self, count: int, tail: str) -> tuple[Candidate, ...]:
        texts = [escape_inline(self.unique("World says", tail)) for _ in range(count)]
        return tuple(
            Candidate(bullet=Bullet(text=text, start=1, end=2, origin="extracted"), ticked=number < 2)
            for number, text in enumerate(texts)
        )

    @initialize(count=st.integers(0, 4))
    def begin(self, count: int):
        self.subject, self.preheader = self.unique("World"), self.unique("World")
        for _ in range(count):
            self.world_brings(number=2, tail="", odd=False)
        self.collect()

    @rule(number=st.integers(0, 3), tail=tricky, odd=st.booleans())
    def world_brings(self, number: int, tail: str, odd: bool):
        self.counter += 1
        url = f"https://a.example/{self.counter} (a)?b=<c>" if odd else f"https://a.example/{self.counter}"
        self.world[canonical_url(url)] = Story(
            url=url, headline=self.unique("World", tail), candidates=self.bullets(number, tail)
        )

    @precondition(lambda self: self.world)
    @rule(data=st.data(), tail=tricky)
    def world_retitles(self, data: st.DataObject, tail: str):
        key = data.draw(st.sampled_from(sorted(self.world)))
        self.world[key] = replace(self.world[key], headline=self.unique("World", tail))

    @precondition(lambda self: self.world)
    @rule(data=st.data(), number=st.integers(0, 3), tail=tricky)
    def world_says_otherwise(self, data: st.DataObject, number: int, tail: str):
        key = data.draw(st.sampled_from(sorted(self.world)))
        self.world[key] = replace(self.world[key], candidates=self.bullets(number, tail))

    @precondition(lambda self: self.world)
    @rule(data=st.data(), number=st.integers(0, 3), tail=tricky, end=st.sampled_from(["", " b", "(c)", "_d", ")<!--"]))
    def world_reports_it_elsewhere(self, data: st.DataObject, number: int, tail: str, end: str):
        key = data.draw(st.sampled_from(sorted(self.world)))
        also = tuple(
            Mention(name=self.unique("World", tail), url=f"https://b.example/{self.counter}{end}")
            for _ in range(number)
        )
        self.world[key] = replace(self.world[key], also=also)

    @precondition(lambda self: self.world)
    @rule(data=st.data())
    def world_loses(self, data: st.DataObject):
        key = data.draw(st.sampled_from(sorted(self.world)))
        self.lost[key] = self.world.pop(key)

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def world_brings_back(self, data: st.DataObject):
        key = data.draw(st.sampled_from(sorted(self.lost)))
        self.world[key] = self.lost.pop(key)

    @rule(tail=tricky)
    def world_changes_the_subject(self, tail: str):
        self.subject = self.unique("World", tail)

    @rule(tail=tricky)
    def world_changes_the_preheader(self, tail: str):
        self.preheader = self.unique("World", tail)

    @rule(data=st.data())
    def world_is_in_another_order(self, data: st.DataObject):
        self.world = {key: self.world[key] for key in data.draw(st.permutations(sorted(self.world)))}

    # ---- the editor, who sees nothing but text

    @property
    def lines(self) -> list[str]:
        return (self.text or "").split("\n")

    def save(self, lines: list[str]):
        self.text = "\n".join(lines)

    def headings(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) if HEADING.match(line)]

    def block_end(self, start: int) -> int:
        lines = self.lines
        later = (n for n in range(start + 1, len(lines)) if lines[n].startswith(("## ", "### ")))
        return next(later, len(lines))

    def pick_heading(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(self.headings()))

    @precondition(lambda self: self.headings())
    @rule(data=st.data(), tail=st.sampled_from(["", ": so", ' "quoted"', " #1", " \\[x\\]"]))
    def retitles(self, data: st.DataObject, tail: str):
        at = self.pick_heading(data)
        lines = self.lines
        mine = self.unique("Mine", tail)
        url = HEADING.match(lines[at])[2]
        lines[at] = f"### [{mine}]({url})"
        self.headlines[key_of(lines[at])] = mine.replace("\\", "")
        self.save(lines)

    @precondition(lambda self: self.headings())
    @rule(data=st.data())
    def drops(self, data: st.DataObject):
        at = self.pick_heading(data)
        lines = self.lines
        key = key_of(lines[at])
        del lines[at : self.block_end(at)]
        for ledger in (self.headlines, self.notes, self.also):
            ledger.pop(key, None)
        self.by_hand.discard(key)
        if key in self.proposed():
            self.dropped.add(key)
        self.save(lines)

    @precondition(lambda self: len(self.headings()) > 1)
    @rule(data=st.data())
    def moves(self, data: st.DataObject):
        """Cut a block and paste it before another block, or at the end: a reorder, and a move between sections."""
        at = self.pick_heading(data)
        lines = self.lines
        block = lines[at : self.block_end(at)]
        del lines[at : self.block_end(at)]
        self.save(lines)
        places = [*self.headings(), len(lines)]
        to = data.draw(st.sampled_from(places))
        lines[to:to] = [*(["", ""] if to == len(lines) else []), *block, ""]
        self.save(lines)

    def bullet_lines(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) if re.match(r"- \[[ x]\] ", line)]

    @precondition(lambda self: self.bullet_lines())
    @rule(data=st.data())
    def ticks(self, data: st.DataObject):
        at = data.draw(st.sampled_from(self.bullet_lines()))
        lines = self.lines
        lines[at] = f"- [{' ' if lines[at][3] == 'x' else 'x'}] {lines[at][6:]}"
        self.save(lines)

    @precondition(lambda self: self.bullet_lines())
    @rule(
        data=st.data(),
        shape=st.sampled_from(["- [x] {}", "* {}", "  - [ ] {}", "- [X] {}\n  goes on", "+ {} <!-- ? -->"]),
    )
    def rewrites_a_bullet(self, data: st.DataObject, shape: str):
        at = data.draw(st.sampled_from(self.bullet_lines()))
        lines = self.lines
        lines[at : at + 1] = shape.format(self.unique("Mine says")).split("\n")
        self.save(lines)

    @precondition(lambda self: self.bullet_lines())
    @rule(data=st.data())
    def deletes_a_bullet(self, data: st.DataObject):
        lines = self.lines
        del lines[data.draw(st.sampled_from(self.bullet_lines()))]
        self.save(lines)

    @precondition(lambda self: self.bullet_lines())
    @rule(data=st.data())
    def comments_on_a_bullet(self, data: st.DataObject):
        lines = self.lines
        at = data.draw(st.sampled_from(self.bullet_lines()))
        if "`" not in lines[at]:  # in code it would be no comment
            lines[at] += f" <!-- {self.unique('Mine comments')} -->"
            self.save(lines)

    def also_lines(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) if ALSO.match(line)]

    def story_at(self, number: int) -> str:
        return key_of(self.lines[max(at for at in self.headings() if at < number)])

    def also_end(self, start: int) -> int:
        lines = self.lines
        return next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))

    @precondition(lambda self: self.also_lines())
    @rule(
        data=st.data(),
        shape=st.sampled_from(
            [
                "Also reported by [{0}](https://mine.example/{0})",
                "_Also reported by: [{0}](<https://mine.example/{0}>)_",
                "Also reported by [{0}](https://mine.example/1),\n[One more](https://mine.example/_2_)",
            ]
        ),
    )
    def names_other_reports(self, data: st.DataObject, shape: str):
        at = data.draw(st.sampled_from(self.also_lines()))
        lines = self.lines
        mine = self.unique("Mine")
        lines[at : self.also_end(at)] = shape.format(mine).replace("e/Mine ", "e/Mine").split("\n")
        self.also[self.story_at(at)] = mine
        self.save(lines)

    @precondition(lambda self: self.headings())
    @rule(data=st.data())
    def adds_another_report(self, data: st.DataObject):
        at = self.pick_heading(data)
        lines = self.lines
        if not any(ALSO.match(line) for line in lines[at : self.block_end(at)]):
            mine = self.unique("Mine")
            to = self.block_end(at)
            lines[to:to] = ["", "", f"Also reported by [{mine}](https://mine.example/1)", ""]
            self.also[key_of(lines[at])] = mine
            self.save(lines)

    @precondition(lambda self: self.also_lines())
    @rule(data=st.data(), blank=st.booleans())
    def deletes_other_reports(self, data: st.DataObject, blank: bool):
        at = data.draw(st.sampled_from(self.also_lines()))
        lines = self.lines
        self.also.pop(self.story_at(at), None)
        del lines[at - (blank and not lines[at - 1]) : self.also_end(at)]
        self.save(lines)

    @precondition(lambda self: self.also_lines())
    @rule(data=st.data())
    def comments_on_other_reports(self, data: st.DataObject):
        lines = self.lines
        at = data.draw(st.sampled_from(self.also_lines()))
        if "`" not in lines[at] and not lines[at].endswith("_"):
            lines[at] += f" <!-- {self.unique('Mine comments')} -->"
            self.save(lines)

    @rule()
    def saves_without_a_line_break_at_the_end(self):
        self.text = (self.text or "").rstrip("\n")

    @precondition(lambda self: self.headings())
    @rule(
        data=st.data(),
        shape=st.sampled_from(["_{}_", "{} is *mine*", "_{}_ <!-- a reminder -->", "<!--\nhidden\n-->\n_{}_"]),
        last=st.booleans(),
    )
    def adds_a_note(self, data: st.DataObject, shape: str, last: bool):
        at = self.pick_heading(data)
        lines = self.lines
        mine = self.unique("Mine notes")
        to = self.block_end(at) if last else at + 1
        lines[to:to] = [*(["", ""] if last else []), *shape.format(mine).split("\n"), ""]
        self.notes.setdefault(key_of(lines[at]), []).append(mine)
        self.save(lines)

    @rule(data=st.data(), waiting=st.booleans())
    def adds_a_story_by_hand(self, data: st.DataObject, waiting: bool):
        """Paste a heading with a link: one that the sources will never bring, or that they bring already."""
        there = {key_of(self.lines[at]) for at in self.headings()}
        known_urls = sorted(key for key in self.world if key not in there and " " not in key)
        self.counter += 1
        url = data.draw(st.sampled_from([f"https://hand.example/{self.counter}?utm_source=me", *known_urls]))
        lines = self.lines
        mine = self.unique("Mine")
        section = [] if waiting else ["", self.unique("## Mine")]
        lines += [*section, "", f"### [{mine}]({url})", f"- {self.unique('Mine says')}"]
        self.headlines[canonical_url(url)] = mine
        self.by_hand.add(canonical_url(url))
        self.dropped.discard(canonical_url(url))
        self.save(lines)

    @rule(shape=st.sampled_from(["{}", "**{}**\n", "```\n## {}\n<!--\n```", "<!-- {} -->", "> {}"]))
    def writes_an_intro(self, shape: str):
        lines = self.lines
        end = lines.index("+++", 1) + 1 if lines[:1] == ["+++"] else 0
        mine = self.unique("Mine intro")
        lines[end:end] = shape.format(mine).split("\n")
        self.anywhere.append(mine)
        self.save(lines)

    @rule(name=st.sampled_from(["subject", "preheader"]), tail=st.sampled_from(["", " # no comment", " \\u00e9"]))
    def writes_a_field(self, name: str, tail: str):
        lines = self.lines
        at = next((number for number, line in enumerate(lines[:4]) if line.startswith(name)), None)
        if at is not None:
            mine = self.unique("Mine", tail)
            lines[at] = f'{name} = "{mine}"  # mine'
            self.fields[name] = mine.replace("\\u00e9", "é")
            self.save(lines)

    @rule(data=st.data())
    def renames_a_section(self, data: st.DataObject):
        lines = self.lines
        titled = [number for number, line in enumerate(lines) if line == "## World"]
        if titled:
            lines[data.draw(st.sampled_from(titled))] = self.unique("## Mine")
            self.save(lines)

    # ---- the tool

    def fresh(self) -> Issue:
        return Issue(
            id="2026-W47",
            subject=self.subject,
            preheader=self.preheader,
            sections=(Section(title="World", stories=tuple(self.world.values())),) if self.world else (),
        )

    def proposed(self) -> set[str]:
        sections = self.base.sections if self.base else ()
        return {canonical_url(story.url) for section in sections for story in section.stories}

    def merge(self, fresh: Issue) -> Merge:
        return merge_issue(yours=self.text, base=self.base, written_sha256=self.sha256, fresh=fresh)

    @rule()
    def collect(self):
        fresh, yours, base = self.fresh(), self.text, self.base
        touched = self.ever_touched or (yours is not None and yours != self.written)
        merge = self.merge(fresh)
        assert merge.touched == touched
        if touched:
            self.ever_touched = True
            guarded = with_comments(yours, r" *[-*+] "), with_comments(yours, ALSO.pattern)
            expected = reference(parse_issue(yours), base, fresh, guarded=guarded)
            assert_same_words(parse_issue(merge.text), expected)
            assert_lines_kept(yours, merge)
            assert all(mine in merge.text for mine in re.findall(r"Mine[ \w]* \d+", yours))
        self.text = self.written = merge.text
        self.base, self.sha256 = merge.base, merge.written_sha256

        twice = self.merge(fresh)
        assert (twice.text, twice.base, twice.added, twice.conflicts) == (merge.text, merge.base, (), ())

    @rule(newline=st.sampled_from(["\r\n", "\r"]))
    def collects_in_another_system(self, newline: str):
        """The same collect on a file with other line breaks gives the same, with those line breaks."""
        if self.text is None or (self.text == self.written and not self.ever_touched):
            return
        theirs = merge_issue(
            yours=self.text.replace("\n", newline), base=self.base, written_sha256=self.sha256, fresh=self.fresh()
        )
        assert theirs.text == self.merge(self.fresh()).text.replace("\n", newline)

    @invariant()
    def nothing_of_the_editor_s_is_lost(self):
        if self.text is None:
            return
        issue = parse_issue(self.text)
        stories = {canonical_url(story.url): story for section in issue.sections for story in section.stories}
        assert not self.dropped & stories.keys()
        assert self.by_hand <= stories.keys()
        for key, headline in self.headlines.items():
            assert stories[key].headline == headline
        for key, notes in self.notes.items():
            assert all(note in stories[key].note for note in notes)
        for key, mine in self.also.items():
            assert mine in [mention.name for mention in stories[key].also]
        for name, value in self.fields.items():
            assert getattr(issue, name) == value
        assert all(mine in self.text for mine in self.anywhere)


def words_of(story: Story) -> tuple[tuple[str, bool], ...]:
    return tuple((item.bullet.text, item.ticked) for item in story.candidates)


def flat(issue: Issue | None) -> dict[str, Story]:
    return {canonical_url(story.url): story for section in issue.sections for story in section.stories} if issue else {}


def with_comments(text: str, opening: str) -> set[str]:
    """The stories that have a comment in a line that begins so, which makes the field the editor's."""
    found: set[str] = set()
    story = ""
    for line in text.split("\n"):
        if HEADING.match(line):
            story = key_of(line)
        elif re.match(rf"{opening}.*(?<!\\)<!-- (?:Mine|\?)", line):
            found.add(story)
    return found


def reference(yours: Issue, base: Issue, fresh: Issue, *, guarded: tuple[set[str], set[str]]) -> Issue:
    """The table in `issue_merge`, applied to values."""
    old, new, mine = flat(base), flat(fresh), flat(yours)

    def decide(yours, base, fresh):
        return fresh if yours == base else yours

    def merged(story: Story) -> Story:
        key = canonical_url(story.url)
        if key not in old or key not in new:
            return story
        headline = decide(story.headline, old[key].headline, new[key].headline)
        unchanged = words_of(story) == words_of(old[key]) and key not in guarded[0]
        also = story.also if key in guarded[1] else decide(story.also, old[key].also, new[key].also)
        candidates = new[key].candidates if unchanged else story.candidates
        return replace(story, headline=headline, candidates=candidates, also=also)

    sections = [replace(section, stories=tuple(map(merged, section.stories))) for section in yours.sections]
    added = tuple(story for key, story in new.items() if key not in old and key not in mine)
    waiting = [number for number, section in enumerate(sections) if section.title == NEW_SECTION]
    if added and waiting:
        sections[waiting[-1]] = replace(sections[waiting[-1]], stories=(*sections[waiting[-1]].stories, *added))
    elif added:
        sections.append(Section(title=NEW_SECTION, stories=added))
    return replace(
        yours,
        subject=decide(yours.subject, base.subject, fresh.subject),
        preheader=decide(yours.preheader, base.preheader, fresh.preheader),
        sections=tuple(sections),
    )


def assert_same_words(got: Issue, expected: Issue):
    def plain(issue: Issue):
        return (
            (issue.subject, issue.preheader, issue.intro),
            [
                (
                    section.title,
                    section.text,
                    [(s.url, s.headline, s.note, words_of(s), s.also) for s in section.stories],
                )
                for section in issue.sections
            ],
        )

    assert plain(got) == plain(expected)


def assert_lines_kept(yours: str, merge: Merge):
    """Every line that is not a refreshed field stands in the result, byte for byte and in the same order."""
    fields = [name for name in ("subject", "preheader") if name in merge.refreshed]
    headlines = {canonical_url(entry.split(" ", 1)[1]) for entry in merge.refreshed if entry.startswith("headline ")}
    bullets = {canonical_url(entry.split(" ", 1)[1]) for entry in merge.refreshed if entry.startswith("bullets ")}
    also = {canonical_url(entry.split(" ", 3)[3]) for entry in merge.refreshed if entry.startswith("also reported by ")}
    story, listing = "", False
    kept_lines: list[str] = []
    for line in yours.split("\n"):
        if HEADING.match(line):
            story = key_of(line)
            if story in headlines:
                continue
        elif line.startswith("## "):
            story = ""
        is_bullet = re.match(r" *[-*+] ", line)
        listing = bool(line) and (listing or ALSO.match(line) is not None)
        # What is taken out goes with the blank line above it.
        if story in also and (listing or not line):
            continue
        if (is_bullet and story in bullets) or any(line.startswith(f"{name} =") for name in fields):
            continue
        kept_lines.append(line)
    rest = iter(merge.text.split("\n"))
    assert all(line in rest for line in kept_lines)


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
