from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import Place, SourceError
from digest.models import Article
from digest.sources import parse_text

PATH = "articles/harbour.txt"
DAY = datetime(2025, 11, 27, tzinfo=UTC)

SAMPLE = """

Town to Send More Ferries to the Islands

By Harbour Insights Team | Nov 27, 2025

The town will send more ferries to the islands, the mayor said on Wednesday, as part of a wider plan for the coast.

She called it the next phase of the plan.

  • Town widens its service to the islands
  • Anglers warn that the ferries could drive fish away
  • Mayor asks the neighbours to build piers

The plan follows months of talks.

Also Read: Another Harbour Opens Its Gates Today

The mayor defended it."""


def read(text, path=PATH):
    return parse_text(text if isinstance(text, bytes) else text.encode(), path=path)


def test_reads_a_whole_plain_text_article():
    assert read(SAMPLE) == Article(
        url=PATH,
        title="Town to Send More Ferries to the Islands",
        text="The town will send more ferries to the islands, the mayor said on Wednesday, as part of a wider plan for "
        "the coast.\n\nShe called it the next phase of the plan.\n\nThe plan follows months of talks.\n\n"
        "The mayor defended it.",
        authors=("Harbour Insights Team",),
        published=DAY,
        key_points=(
            "Town widens its service to the islands",
            "Anglers warn that the ferries could drive fish away",
            "Mayor asks the neighbours to build piers",
        ),
    )


def test_ignores_windows_line_endings():
    assert read(SAMPLE.replace("\n", "\r\n")) == read(SAMPLE)


@pytest.mark.parametrize(
    ("head", "authors", "published"),
    [
        ("By Ann Lee | Nov 27, 2025", ("Ann Lee",), DAY),
        ("By Ann Lee, Nov 27, 2025", ("Ann Lee",), DAY),
        ("By Ann Lee - 27 November 2025", ("Ann Lee",), DAY),
        ("By Ann Lee and Bob Ray\nPublished: 2025-11-27", ("Ann Lee", "Bob Ray"), DAY),
        ("November 27, 2025\n\nBy Ann Lee", ("Ann Lee",), DAY),
        ("By Ann Lee", ("Ann Lee",), None),
        ("27.11.2025", (), DAY),
    ],
)
def test_separates_a_byline_and_a_date_from_the_text(head, authors, published):
    article = read(f"Title\n{head}\n\nThe body.")
    assert (article.authors, article.published, article.text) == (authors, published, "The body.")


@pytest.mark.parametrize(
    "line", ["By noon the hall was full.", "By 2030 it will be done", "On May 5, 2026 the town met its mayor."]
)
def test_does_not_take_a_sentence_for_a_byline(line):
    article = read(f"Title\n\n{line}\n\nMore.")
    assert (article.authors, article.published, article.text) == ((), None, f"{line}\n\nMore.")


@pytest.mark.parametrize(
    ("body", "points", "text"),
    [
        ("• one only\n\nText.", ("one only",), "Text."),
        ("- one\n- two\n\nText.", ("one", "two"), "Text."),
        ("* one\n\n* two\n  goes on\n\nText.", ("one", "two goes on"), "Text."),
        ("\u2013 one\n\u2013 two\nText.", ("one", "two"), "Text."),
        ("Key points:\n- one\n- two\n\nText.", ("one", "two"), "Text."),
        ("Text.\n\n- a lone dash", (), "Text.\n\na lone dash"),
        ("It has two parts:\n- one\n- two\n\nText.", (), "It has two parts:\n\none\n\ntwo\n\nText."),
        ("• one\n• two\n\nText.\n\n• three\n• four", ("one", "two"), "Text.\n\nthree\n\nfour"),
    ],
)
def test_reads_runs_of_bullets_as_key_points(body, points, text):
    article = read(f"Title\n\n{body}")
    assert (article.key_points, article.text) == (points, text)


def test_drops_promotion_with_the_headline_below_it():
    article = read(
        "Title\n\nAlso Read:\nAnother headline\n\nText.\nRelated: this\nMore text.\n\nRead more: https://x.example"
    )
    assert article.text == "Text. More text."


def test_joins_wrapped_lines_and_keeps_long_lines_as_paragraphs():
    long = "A line that nobody wrapped, " * 5 + "as editors' lines are."
    assert read(f"Title\n\nshort\nlines\n\n{long}\n{long}").text == f"short lines\n\n{long}\n\n{long}"


# -- front matter -----------------------------------------------------------------------------------------------------


def test_simple_front_matter_accepts_colons_and_quotes():
    article = read(
        "---\ntitle: Mayor: \"no\" to ferries, 'yes' to piers\nurl: https://a.example/1?x=1:2\ndate: 27 Nov 2025\n"
        "author: Ann Lee, Bob Ray\nmood: calm\n---\n\nThe body."
    )
    assert article.title == "Mayor: \"no\" to ferries, 'yes' to piers"
    assert article.url == "https://a.example/1?x=1:2"
    assert (article.published, article.authors, article.text) == (DAY, ("Ann Lee", "Bob Ray"), "The body.")


@pytest.mark.parametrize(
    "authors", ["authors: [Ann Lee, Bob]", "author:\n  - Ann Lee\n  - Bob", "Author: 'Ann Lee; Bob'"]
)
def test_front_matter_can_list_authors(authors):
    article = read(f'---\n{authors}\ntitle: "Quoted: title"\n---\nThe body.')
    assert article.title == "Quoted: title"
    assert article.authors in {("Ann Lee", "Bob"), ("Ann Lee; Bob",)}


@pytest.mark.parametrize("day", ["2025-11-27", "2025-11-27T00:00:00Z", '"27 November 2025"'])
def test_reads_toml_front_matter(day):
    article = read(f'+++\ntitle = "T"\ndate = {day}\nauthors = ["Ann", "Bob"]\n+++\nThe body.')
    assert (article.title, article.published, article.authors) == ("T", DAY, ("Ann", "Bob"))


def test_removes_the_title_of_the_front_matter_from_the_text():
    assert read("---\ntitle: The title\n---\nThe title\n\nThe body.").text == "The body."


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\ntitle: T\nurl: nowhere\n---\nBody", 3, "not a web address"),
        ("---\ntitle: T\ndate: someday\n---\nBody", 3, "cannot be read"),
        ('+++\ntitle = "T"\ndate = nope\n+++\nBody', 3, "not TOML"),
        ('+++\ntitle = "T"\nBody', 1, "never ends"),
        ("---\ntitle: T\n\nBody", 1, "never ends"),
    ],
)
def test_names_the_line_of_wrong_front_matter(text, line, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(text)
    assert caught.value.place == Place(PATH, line)
    assert caught.value.hint


# -- other files ------------------------------------------------------------------------------------------------------


def test_reads_markdown_as_plain_text():
    article = read(
        "# Big *news* today\n\n*By Ann Lee | Nov 27, 2025*\n\n- point one\n- point **two**\n\n"
        "Body with **bold**, [a link](https://x.example) & `code`.\n\n## More\n\n- a\n- b\n\n![picture](x.png)\n\n"
        "**Also Read:** [Elsewhere](https://x.example)\n\n> A quote.\n",
        "articles/a.md",
    )
    assert article == Article(
        url="articles/a.md",
        title="Big news today",
        text="Body with bold, a link & code.\n\nMore\n\na\n\nb\n\nA quote.",
        authors=("Ann Lee",),
        published=DAY,
        key_points=("point one", "point two"),
    )


def test_reads_a_markdown_list_under_its_heading_as_key_points():
    article = read("# T\n\nBody.\n\n## Key points\n\n1. one\n2. two\n\nMore.", "a.md")
    assert (article.key_points, article.text) == (("one", "two"), "Body.\n\nMore.")


def test_reads_an_html_file_as_a_page_with_front_matter_first():
    html = "<html><head><title>Page title</title></head><body><p>The ferries came back at noon on Monday.</p></body>"
    assert read(html, "a/b.html").title == "Page title"
    article = read(f"---\ntitle: Own title\nurl: https://a.example/1\n---\n{html}", "a/b.HTML")
    assert (article.title, article.url) == ("Own title", "https://a.example/1")
    assert article.text == "The ferries came back at noon on Monday."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_recognises_the_encoding_of_a_file(encoding):
    article = read("Grüße vom Hafen\n\nDie Fähren für die Inseln kommen „später“.".encode(encoding))
    assert (article.title, article.text) == ("Grüße vom Hafen", "Die Fähren für die Inseln kommen „später“.")


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (b"", PATH, "the file is empty"),
        (b" \n\t", PATH, "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", PATH, "not a text file"),
        (b"Only a title", PATH, "no text"),
        (b"text", "articles/a.pages", "files ending in .pages are not read"),
        (b"<html></html>", "articles/a.html", "no article text"),
    ],
)
def test_refuses_files_that_are_not_articles(data, path, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(data, path)
    assert caught.value.place == Place(path)
    assert caught.value.hint


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)), st.sampled_from(["a.txt", "a.md"]))
@settings(max_examples=50, deadline=None)
def test_garbage_raises_nothing_but_a_source_error(data, path):
    with contextlib.suppress(SourceError):
        assert read(data, path).url


COSTLY_HEADS = {
    "a key of many parts": "+++\n" + "a." * 20_000 + "b = 1\n+++",
    "lists in lists": "+++\na = " + "[" * 20_000 + "\n+++",
    "an integer of many digits": "+++\na = " + "9" * 20_000 + "\n+++",
    "lists in lists in simple lines": "---\ntags: " + "[" * 20_000 + "\n---",
    "tables in tables over several lines": "---\ntags:\n" + "  {a: {b:\n" * 5_000 + "\n---",
    "a key of many parts in simple lines": "---\ntitle: The mill\n" + "a." * 20_000 + "b: 1\n---",
    "lists in lists by dashes": "---\ntags:\n " + "- " * 20_000 + "x\n---",
    "lists in lists by indentation": "---\ntags:\n" + "".join(" " * n + f"a{n}:\n" for n in range(60)) + "---",
    "many bytes": "---\ntags: " + "a" * 70_000 + "\n---",
    "many bytes of TOML": "+++\ntitle = '" + "a" * 70_000 + "'\n+++",
    "a date of many digits": "---\ndate: " + "1 " * 20_000 + "\n---",
}


@pytest.mark.parametrize("case", COSTLY_HEADS)
def test_front_matter_that_is_costly_to_read_is_refused_at_once(case):
    start = time.process_time()
    with pytest.raises(SourceError) as caught:
        read(f"{COSTLY_HEADS[case]}\nThe council closed the mill.\n")
    assert time.process_time() - start < 1
    assert caught.value.place.file == PATH
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "line",
    [
        "a" + " " * 40_000,
        "tags:\n" + "- x\n" * 12_000,
        "author: " + "a (" * 15_000,
        "\n" * 40_000,
        "title: " + "- " * 20_000,
    ],
)
def test_other_long_front_matter_is_read_within_a_second(line):
    start = time.process_time()
    read(f"---\nkey: 1\n{line}\n---\nThe mill closes\n\nThe council closed the old mill for good on Monday.\n")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("suffix", "text", "title", "body"),
    [
        (".txt", "Use <b>bold</b> & <main>\n\nPut <main> in once.", "Use <b>bold</b> & <main>", "Put <main> in once."),
        (".md", "# Use <main> once\n\nPut <main> <b>in</b><br>once.", "Use <main> once", "Put <main> in once."),
        (".md", "# List<String>\n\n<your-name> is <insert date>.", "List<String>", "<your-name> is <insert date>."),
        (".md", "---\ntitle: Use <main> <em>once</em>\n---\nText.", "Use <main> once", "Text."),
        (".md", "# Mill\n\n<details>\nShut.\n</details>", "Mill", "Shut."),
    ],
)
def test_keeps_words_in_angle_brackets_as_they_were_typed(suffix, text, title, body):
    article = parse_text(text.encode(), path=f"articles/a{suffix}")
    assert (article.title, article.text) == (title, body)
