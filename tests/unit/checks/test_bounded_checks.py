from __future__ import annotations

import time

import pytest

from digest.checks.safety_rules import _LOCAL_PATH, _secret_patterns
from digest.checks.text_rules import _left_over
from digest.errors import IssueError
from digest.issues import parse_issue

#: What a hostile or careless text repeats.
UNITS = [
    *"{}[]()<>*_`~&|%!#$@.,;:=+-'\"\\/ aA1é",
    *(
        "{{",
        "{%",
        "{{a",
        "*|",
        "%%",
        "<<a",
        "[[a|",
        "TK",
        "TK ",
        "XXX ",
        "TODO ",
        "TODO A ",
        "Lorem ",
        "eyJ-",
        "eyJaaaaaaaaaa-",
    ),
    *(
        "sk-",
        "SG.",
        "SG.aaaaaaaaaaaaaaaa-",
        "ghp_",
        "AKIA",
        "a:b@",
        "http://a:",
        "http://a:b",
        "a-",
        "a.",
        "-----BEGIN ",
        "/home/",
    ),
]


@pytest.mark.parametrize("unit", UNITS)
def test_placeholders_and_secrets_are_searched_in_linear_time(unit):
    text = unit * (40_000 // len(unit))
    start = time.process_time()
    for _ in _left_over(text):
        pass
    for _, pattern in _secret_patterns():
        pattern.search(text)
    _LOCAL_PATH.search(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("unit", ["{", "[", "![", "[a](", "a*", "`a", "<", "x", "&", "_a"])
def test_a_bullet_of_40_kb_is_refused_at_its_line(unit):
    text = f"## World\n\n### [A shop opens](https://a.example/1)\n- [x] {unit * (40_000 // len(unit))}\n"
    start = time.process_time()
    with pytest.raises(IssueError, match=r"^issue\.md:4: this paragraph has more than"):
        parse_issue(text, id="2026-W47", file="issue.md")
    assert time.process_time() - start < 1


def test_a_file_full_of_markup_is_refused():
    text = "## World\n\n" + ("[" * 900 + "\n\n") * 12
    with pytest.raises(IssueError, match=r"the file has more than 10,000 marks"):
        parse_issue(text, id="2026-W47", file="issue.md")


def test_a_long_issue_of_usual_paragraphs_is_read():
    story = (
        "### [A *very* short shop](https://a.example/{})\n"
        + "- [x] It [opens](https://b.example/a_b_c) on **Friday**.\n" * 8
    )
    text = "## World\n" + "".join(story.format(number) for number in range(60))
    assert len(parse_issue(text, id="2026-W47", file="issue.md").stories) == 60
