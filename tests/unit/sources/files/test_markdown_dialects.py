"""Notation of Obsidian, Pandoc, kramdown, WordPress and Hugo is read as what readers of the published text see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import parse_text
from digest.sources.files.markdown_dialects import plain_markdown

BODY = "The mill at Brill grinds again, after a miller from the next valley had cut it a new wheel."


def read(text: str):
    return parse_text(text.encode(), path="articles/mill.md")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See [[Brill]].", "See Brill."),
        ("See [[places/Brill|the town]].", "See the town."),
        ("See [[Brill#Market]].", "See Brill."),
        ("See [[#Market]].", "See Market."),
        ("![[mill.png]]Gone.", "Gone."),
        ("It is ==new== now.", "It is new now."),
        ("It grinds. ^a1b2", "It grinds."),
        ("It grinds.[^1]", "It grinds."),
        ("It grinds [@smith2020, p. 3].", "It grinds."),
        ("It [grinds]{.smallcaps} flour.", "It grinds flour."),
        ("It grinds.{: .lead}", "It grinds."),
        ('[gallery ids="1,2"]It grinds.', "It grinds."),
        ('{{< figure src="a.png" >}}It grinds.', "It grinds."),
        ("{% include note.html %}It grinds.", "It grinds."),
        ("::: note\nIt grinds.\n:::", "It grinds."),
        ("#mill #brill\n\nIt grinds.", "It grinds."),
        ("It grinds.\n\n[^1]: A note.", "It grinds."),
    ],
)  # fmt: skip
def test_notation_is_read_as_readers_see_it(written, shown):
    assert read(f"# Mill\n\n{BODY}\n\n{written}").text == f"{BODY}\n\n{shown}"


@pytest.mark.parametrize("text", ["a == b", "x[0][1]", "1 {2} 3", "C# is #1", "f(x) = {y: 1}"])
def test_other_text_stays(text):
    assert plain_markdown(text) == text


def test_code_stays():
    assert plain_markdown("```\n[[a]] ==b==\n```") == "```\n[[a]] ==b==\n```"


def test_reads_the_title_block_of_pandoc():
    article = read(f"% The mill grinds\n  again\n% Ann Lee; Bob Ray\n% 18 November 2026\n\n{BODY}")
    assert (article.title, article.authors, article.text) == ("The mill grinds again", ("Ann Lee", "Bob Ray"), BODY)
    assert f"{article.published:%Y-%m-%d}" == "2026-11-18"


def test_a_heading_loses_its_attributes():
    assert read(f"# The mill {{#mill .unnumbered}}\n\n{BODY}").title == "The mill"


@given(st.text(st.sampled_from("[]{}#=^@:.%!|ab \n`-<>"), max_size=80))
def test_any_text_is_rewritten(text):
    assert len(plain_markdown(text)) <= len(text)
