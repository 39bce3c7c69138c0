from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import hypothesis.strategies as st
import pytest
from hypothesis import given

from digest.errors import IssueError
from digest.mail import MessageTemplate, build_message, fill, unsubscribe_headers

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def build(**changes):
    given = {
        "sender": ("Weekly", "news@example.org"),
        "to": "ana@example.com",
        "subject": "A quiet week",
        "html": "<p>Hello</p>\n",
        "text": "Hello\n",
        "message_id": "<1.2@example.org>",
        "date": NOW,
        **changes,
    }
    return build_message(**given)


def read(data):
    return message_from_bytes(data, policy=policy.default)


def test_the_text_part_comes_first_and_both_parts_decode():
    message = read(build())
    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parts} == {"utf-8"}
    assert {part["Content-Transfer-Encoding"] for part in parts} == {"quoted-printable"}


def test_has_the_headers_that_a_message_needs():
    message = read(build(to_name="Ana", reply_to=("", "desk@example.org"), headers={"List-Id": "<w.example.org>"}))
    assert dict(message.items()) == {
        "From": "Weekly <news@example.org>",
        "To": "Ana <ana@example.com>",
        "Reply-To": "desk@example.org",
        "Subject": "A quiet week",
        "Date": "Fri, 20 Nov 2026 09:30:00 +0000",
        "Message-ID": "<1.2@example.org>",
        "List-Id": "<w.example.org>",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_a_long_unsubscribe_address_is_neither_encoded_nor_folded():
    url = "https://example.org/u/" + "aB3_-" * 120
    data = build(headers=unsubscribe_headers(url))
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in data


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120),
)
def test_any_subject_and_name_arrive_unchanged(subject, name):
    data = build(subject=subject, to_name=name)
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert data.isascii()
    message = message_from_bytes(data, policy=policy.compat32)
    from email.header import decode_header, make_header

    assert str(make_header(decode_header(message["Subject"]))).split() == subject.split()
    assert message["To"].rstrip().endswith("ana@example.com>") or message["To"] == "ana@example.com"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
def test_any_content_arrives_unchanged(content):
    data = build(html=content, text=content)
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    wanted = re.sub(r"\r\n?|\n", "\n", content).encode()
    for part in message_from_bytes(data).get_payload():
        assert part.get_payload(decode=True).replace(b"\r\n", b"\n") == wanted


def test_a_very_long_line_has_soft_breaks():
    data = build(html="<p>" + "x" * 40_000 + "</p>")
    assert max(len(line) for line in data.split(b"\r\n")) <= 78
    assert "x" * 40_000 in read(data).get_body(("html",)).get_content()


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\r\nBcc: x@example.com"},
        {"to_name": "a\nb"},
        {"sender": ("a\rb", "news@example.org")},
        {"headers": {"X-A": "b\n c"}},
        {"headers": {"X A": "b"}},
        {"headers": {"List-Unsubscribe": "<" + "a" * 1000 + ">"}},
        {"headers": {"X-A": "é"}},
        {"to": "a@example.com\r\nBcc: b@example.com"},
        {"message_id": "<a\r\nb>"},
    ],
)
def test_refuses_values_that_would_inject_a_header(changes):
    with pytest.raises(IssueError):
        build(**changes)


def test_the_same_message_gives_the_same_bytes():
    assert build() == build()


WORDS = st.text(st.sampled_from("ab.=é \r\n\t<&日") | st.characters(exclude_categories=["Cs"]), max_size=200)


@given(WORDS, WORDS, WORDS, st.integers(0, 90))
def test_spliced_values_decode_as_if_they_were_part_of_the_text(before, between, value, width):
    tags = ("[[one]]", "[[two]]")
    content = f"{before}[[one]]{'x' * width}{between}[[two]]."
    given_ = {"[[one]]": " ".join(value.split()), "[[two]]": "y" * width}
    template = MessageTemplate(
        sender=("Weekly", "news@example.org"), subject="Hi [[two]]", html=content, text=content, date=NOW, tags=tags
    )
    made = template.message(to="ana@example.com", message_id="<1@example.org>", values=given_)
    message = read(made)
    expected = fill(content, given_)
    # The line end before the boundary is the boundary's own (RFC 2046, section 5.1.1).
    plain, page = (part.get_payload(decode=True).decode() for part in message.iter_parts())
    assert _lines(plain) == _lines(expected)
    assert _lines(page) == _lines(fill(content, given_, escape=html.escape))
    body = made.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 76
    stuffed = template.message(to="ana@example.com", message_id="<1@example.org>", values=given_, stuffed=True)
    assert re.sub(rb"^\.", b"..", made, flags=re.MULTILINE) == stuffed


def _lines(text):
    return re.split("\r\n|\r|\n", text)
