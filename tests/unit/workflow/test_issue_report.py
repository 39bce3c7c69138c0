"""An issue beside the one before it."""

from __future__ import annotations

from digest.issues import parse_issue
from digest.workflow.issue_report import compare_issues, difference_lines

BEFORE = """+++
subject = "One"
preheader = "p"
+++
## World

### [Trams](https://a.example/1?utm_source=x)
- [x] Two words
- [ ] Three words left out

## Sports

### [Goals](https://b.example/1)
- [x] Two words
"""
AFTER = """+++
subject = "Two"
preheader = "p"
+++
Hello there

## World

### [Trams, again](https://a.example/1)
- [x] Two words

## Arts

### [Paint](https://c.example/1)
- [x] Two words

## New since you last looked

### [Late](https://d.example/1)
- [ ] Two words
"""


def test_the_difference_lists_what_readers_of_both_issues_notice():
    comparison = compare_issues(parse_issue(BEFORE, id="2026-W47"), parse_issue(AFTER, id="2026-W48"))
    assert comparison.subjects == ("One", "Two")
    assert comparison.stories == (2, 2)
    assert comparison.words == (6, 9)
    assert comparison.again == ("Trams, again",)
    assert (comparison.sections_new, comparison.sections_gone) == (("Arts",), ("Sports",))
    assert (comparison.sites_new, comparison.sites_gone) == (("c.example",), ("b.example",))
    assert ("Again", "Trams, again") in difference_lines(comparison)
    assert ("Not this time", "b.example") in difference_lines(comparison)


def test_comparing_an_issue_with_itself_lists_every_story_as_repeated():
    issue = parse_issue(AFTER, id="2026-W48")
    comparison = compare_issues(issue, issue)
    assert comparison.again == ("Trams, again", "Paint")
    assert (comparison.sections_new, comparison.sites_new, comparison.sites_gone) == ((), (), ())
