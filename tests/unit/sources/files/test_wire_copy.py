"""Heads and endings of editorial systems, agencies and mail are no text, and nobody's address is published."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import parse_text
from digest.sources.files.not_for_print import DraftError
from digest.sources.files.wire_copy import read_wire_head, without_ending

FIRST = "The glassworks at Brill melts bottles from four towns, and its furnace has not been cold for years."
SECOND = "A shard of green glass keeps its colour for ever, says the master, who has never broken one."
BODY = f"{FIRST}\n\n{SECOND}"


def read(text: str, path: str = "articles/glass.txt"):
    article = parse_text(text.encode(), path=path)
    assert "@" not in str(article)
    return article


@pytest.mark.parametrize(
    "head",
    [
        "SLUG: GLASS-1118\nHEADLINE: The furnace never sleeps\nBYLINE: By ANN LEE\nStaff Writer\nalee@paper.example",
        "Hed: The furnace never sleeps\nDek: Four towns\nBy-line: Ann Lee\nWords: 350\nDate: 18 November 2026",
        "Headline: The furnace never sleeps\nAuthor: Ann Lee <alee@paper.example>\nSection: Town\nPage: A4",
        "Slug: glass\n\nHeadline: The furnace never sleeps\n\nByline: Ann Lee, Staff Writer",
        "BC-EU--Glass Furnace, 350\n^The furnace never sleeps<\n^By ANN LEE<\n^Staff Writer<",
        "Überschrift: The furnace never sleeps\nRessort: Stadt\nAutorin: Ann Lee\nZeichen: 2100",
        "The furnace never sleeps\nBy ANN LEE\nStaff Writer\nalee@paper.example",
        "The furnace never sleeps\nAnn Lee, Staff Writer\nalee@paper.example",
        "The furnace never sleeps\nBy Ann Lee (alee@paper.example)",
        "Title: The furnace never sleeps\nAuthor: Ann Lee\nTags: glass, town\nCategory: Town\nStatus: published",
    ],
)
@pytest.mark.parametrize("suffix", ["txt", "md"])
def test_the_head_of_an_editorial_system_is_no_text(head, suffix):
    article = read(f"{head}\n\n{BODY}\n", f"articles/glass.{suffix}")
    assert (article.title, article.authors, article.text) == ("The furnace never sleeps", ("Ann Lee",), BODY)


@pytest.mark.parametrize(
    "head",
    [
        "Subject: Fwd: The furnace never sleeps\nFrom: Bob Ray <bray@paper.example>\nTo: desk@paper.example",
        (
            "From: Bob Ray <bray@paper.example>\nDate: Wed, 18 Nov 2026 09:00\nTo: desk@paper.example\n"
            "Subject: Re: [desk] The furnace never sleeps"
        ),
        (
            "---------- Forwarded message ---------\nFrom: Bob Ray <bray@paper.example>\nDate: Wed, 18 Nov 2026\n"
            "Subject: The furnace never sleeps\nTo: <desk@paper.example>"
        ),
        "Betreff: WG: The furnace never sleeps\nVon: Bob Ray <bray@paper.example>\nGesendet: 18.11.2026\nAn: Redaktion",
        (
            "Subject: Fwd: for Friday\nFrom: Cy Poe <cpoe@paper.example>\n\nBegin forwarded message:\n\n"
            "From: Bob Ray <bray@paper.example>\nSubject: The furnace never sleeps"
        ),
    ],
)
def test_the_head_of_a_mail_is_no_text(head):
    article = read(f"{head}\n\n{BODY}\n\nSent from my phone\n--\nBob Ray\nbray@paper.example\n")
    assert (article.title, article.authors, article.text) == ("The furnace never sleeps", (), BODY)


def test_a_quoted_mail_is_read_without_its_marks():
    quoted = "\n".join(f"> {line}".rstrip() for line in f"Subject: The furnace never sleeps\n\n{BODY}".split("\n"))
    article = read(f"Begin forwarded message:\n\n{quoted}")
    assert (article.title, article.text) == ("The furnace never sleeps", BODY)


@pytest.mark.parametrize(
    "ending",
    [
        "-30-", "- 30 -", "###", "# # #", "ENDS", "(ENDS)", "-ends-", "END", "XXX",
        "-30-\n\nNotes to editors: call us.",
        "ENDS\n\nMedia contact: Bob Ray, bray@paper.example", "Notes to editors:\n\nThe master is Mr Poe.",
        "Media contact: Bob Ray\n\nTel: 01234 567 890", "(MORE)", "-more-", "Contact: Ann Lee, alee@paper.example",
        "Ann Lee can be reached at alee@paper.example.", "E-mail: a.b@paper.example", "--\nAnn Lee\nalee@paper.example",
    ],
)  # fmt: skip
def test_what_follows_the_text_is_no_text(ending):
    article = read(f"The furnace never sleeps\nBy Ann Lee\n\n{BODY}\n\n{ending}\n")
    assert article.text == BODY


@pytest.mark.parametrize(
    "text",
    [
        "Mission: dry feet", "Note: the mayor sings", "Source: a spring in the wood", "From: here to the sea",
        "Section 28: a history", "10:30 at the pier", "Page: one of a kind",
    ],
)  # fmt: skip
def test_a_headline_with_a_colon_is_no_head(text):
    article = read(f"{text}\n\n{BODY}")
    assert (article.title, article.text) == (text, BODY)


@pytest.mark.parametrize("line", ["More.", "The end.", "Ends and odds", "30", "Fin whales are back.", "-- and so on"])
def test_a_line_of_the_text_is_no_ending(line):
    assert without_ending(["One.", line, "Two."]) == ["One.", line, "Two."]


def test_an_address_for_readers_stays():
    text = f"The furnace\nBy Ann Lee\n\n{FIRST}\n\nBook a visit at tickets@glassworks.example.\n\n{SECOND}"
    assert "tickets@glassworks.example" in parse_text(text.encode(), path="a.txt").text


def test_a_status_in_a_head_marks_a_draft():
    with pytest.raises(DraftError):
        read(f"Title: The furnace\nStatus: draft\n\n{BODY}", "articles/glass.md")


@given(
    st.lists(st.one_of(st.text(), st.sampled_from(["Subject: a", "From: b", "^x<", "-30-", ">", "--"]))).map("\n".join)
)
def test_any_text_has_a_head_or_none(text):
    _, body = read_wire_head(text)
    assert len(without_ending(body.splitlines())) <= len(text.splitlines())
