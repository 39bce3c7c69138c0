"""Local articles in the forms in which people save them."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.sources import parse_text

DAY = datetime(2025, 11, 27, tzinfo=UTC)
POINTS = ("Town widens its service", "Anglers warn of the noise")
LONG = (
    "The town will send more ferries to the islands, the mayor said on Wednesday, as part of a wider plan for the "
    "coast. She called it the next phase, and the anglers of the town were not at all amused by what she said."
)


def read(text, path="a.txt"):
    return parse_text(text if isinstance(text, bytes) else text.encode(), path=path)


@pytest.mark.parametrize("path", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    "head",
    [
        "Ferries Are Back\n\nBy Ann Lee | Nov 27, 2025",
        "Ferries Are Back\nBy Ann Lee\n27 Nov 2025\n",
        "Ferries Are Back\n\nAnn Lee\nPublished: 27 November 2025",
        "November 27, 2025\n\nFerries Are Back\n\nBy Ann Lee",
        "Title: Ferries Are Back\nAuthor: Ann Lee\nDate: 2025-11-27",
        "Ferries Are Back\n================\n\nBy Ann Lee in London\nFirst published on Nov 27, 2025",
        "**Ferries Are Back**\n\n*By Ann Lee, Staff Writer*\n\n27.11.2025",
        "# Ferries Are Back\nBy Ann Lee • Nov. 27, 2025 • 5 min read",
        "Ferries Are Back\nhttps://news.example/ferries\nBy Ann Lee, 27 November 2025",
        "\ufeffFerries Are Back\r\nVon Ann Lee\r\n27. November 2025\r\n",
    ],
)
def test_reads_title_byline_and_date_in_many_forms(head, path):
    article = read(f"{head}\n\nThe body.", path)
    assert (article.title, article.authors, article.published) == ("Ferries Are Back", ("Ann Lee",), DAY)
    assert article.text == "The body."


def test_keeps_a_title_in_capitals():
    article = read("FERRIES ARE BACK\nBY ANN LEE | NOVEMBER 27, 2025\n\nThe body.")
    assert (article.title, article.authors, article.text) == ("FERRIES ARE BACK", ("Ann Lee",), "The body.")


@pytest.mark.parametrize(
    "line", ["Authors of the report warn the town.", "Town Hall Meets Again", "Reporter meets mayor"]
)
def test_does_not_take_the_first_line_of_the_text_for_a_byline(line):
    assert read(f"Title\n\n{line}\n\nMore.").text == f"{line}\n\nMore."


@pytest.mark.parametrize("path", ["a.txt", "a.md"])
@pytest.mark.parametrize("heading", ["Key Points:", "Highlights", "**Key takeaways**", "AT A GLANCE"])
@pytest.mark.parametrize("marks", ["•", "-", "*", "1. 2.", "1) 2)"])
def test_reads_key_points_with_any_bullet_under_a_heading(heading, marks, path):
    first, second = marks.split() if " " in marks else (marks, marks)
    article = read(f"Title\n\nThe body.\n\n{heading}\n\n{first} {POINTS[0]}\n{second} {POINTS[1]}\n\nMore.", path)
    assert (article.key_points, article.text) == (POINTS, "The body.\n\nMore.")


@pytest.mark.parametrize(
    ("list_", "points", "text"),
    [
        ("•{0}\n•{1}", POINTS, "Text."),
        ("•\t{0}\n•\t{1}", POINTS, "Text."),
        ("1. {0}\n2. {1}", POINTS, "Text."),
        ("KEY POINTS\n\n{0}\n{1}", POINTS, "Text."),
        ("Text first.\n\n1. {0}\n2. {1}", (), "Text first.\n\n1. {0}\n\n2. {1}\n\nText."),
        ("Summary\nthat goes on in a\nwrapped line", (), "Summary that goes on in a wrapped line\n\nText."),
    ],
)
def test_tells_key_points_from_lists_in_plain_text(list_, points, text):
    article = read(f"Title\n\n{list_.format(*POINTS)}\n\nText.")
    assert (article.key_points, article.text) == (points, text.format(*POINTS))


@pytest.mark.parametrize("path", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    "line",
    [
        "Also Read: Another Harbour Opens",
        "Also Read - Another Harbour Opens",
        "ALSO READ | Another Harbour Opens",
        "READ: Another harbour opens",
        "Read more: https://news.example/x",
        "Subscribe to our newsletter for more.",
        "Sign up for our daily briefing",
        "Follow us on Instagram and X",
        "Follow The Harbour News on Facebook",
        "(With inputs from agencies)",
        "With agency inputs",
        "(Reporting by Ann Lee; Editing by Bob Ray)",
        "Photo: Ann Lee/The News",
        "Image credit: The News",
        "Caption: A ferry in the harbour on Monday.",
        "Representational image",
        "First Published: Nov 27, 2025, 10:00",
        "Advertisement",
        "Share this article",
        "Click here to read more",
        "© 2025 The News. All rights reserved.",
    ],
)
def test_drops_lines_that_do_not_belong_to_the_article(line, path):
    assert read(f"Title\n\nThe body.\n\n{line}\n\nThe end.", path).text == "The body.\n\nThe end."


@pytest.mark.parametrize(
    "line",
    [
        "Follow the ferries from pier to pier and you see the town.",
        "With the mayor absent, inputs were few.",
        "Photos of the harbour hang in the town hall.",
        "Related matters were put off until Monday.",
        "Readers of the paper: the town thanks you for it, said the mayor of the islands, and so do I.",
    ],
)
def test_keeps_sentences_that_begin_like_promotion(line):
    assert read(f"Title\n\nThe body.\n\n{line}\n\nThe end.").text == f"The body.\n\n{line}\n\nThe end."


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("LONDON, Nov 27 (Reuters) - The town will pay.", "The town will pay."),
        ("NEW DELHI: The town will pay.", "The town will pay."),
        ("Bad Ems, Germany (AP) — The town will pay.", "The town will pay."),
        ("PARIS \u2013 “We will pay”, said the mayor.", "“We will pay”, said the mayor."),
        ("NATO will pay.", "NATO will pay."),
        ("The mayor - of all people - will pay.", "The mayor - of all people - will pay."),
    ],
)
def test_removes_a_dateline(line, text):
    assert read(f"Title\n\n{line}\n\nPARIS: Second.").text == f"{text}\n\nPARIS: Second."


def test_joins_wrapped_lines_into_paragraphs():
    wrapped = textwrap.fill(LONG, 72)
    assert read(f"Title\n\n{wrapped}\n\n{wrapped}").text == f"{LONG}\n\n{LONG}"
    indented = textwrap.fill(LONG, 72, initial_indent="    ")
    assert read(f"Title\n\n{indented}\n{indented}").text == f"{LONG}\n\n{LONG}"
    assert read("Title\n\nThe town wants a long-\nterm plan.").text == "The town wants a long-term plan."


def test_treats_lines_that_all_end_like_sentences_as_paragraphs():
    lines = [
        f"The harbour of the town was dredged for the {word} time on Monday." for word in ("first", "second", "third")
    ]
    assert read("Title\n" + "\n".join(lines)).text == "\n\n".join(lines)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16-le"])
def test_reads_files_from_windows(encoding):
    article = read("Grüße vom Hafen\r\nVon Jörg Groß\r\n\r\nDie Fähren kommen „später“.\r\n".encode(encoding))
    assert (article.title, article.authors, article.text) == (
        "Grüße vom Hafen",
        ("Jörg Groß",),
        "Die Fähren kommen „später“.",
    )


def test_refuses_a_text_as_long_as_a_book():
    with pytest.raises(SourceError, match="too long"):
        read("Title\n\n" + "word " * 100_000)
