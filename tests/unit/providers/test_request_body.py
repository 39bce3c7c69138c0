from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from digest.errors import IssueError, ProviderError
from digest.providers import LinkedRecipients, MailContent, Recipient
from digest.providers.sendgrid.request_body import BodyBuilder, check_content
from digest.testing.campaigns import NOON
from digest.testing.fake_sendgrid.refusal_rules import mail_schema

CONTENT = MailContent(
    issue="2026-W47",
    campaign="2026-W47.weekly.1a2b",
    edition="2026-W47.weekly.c0ffee",
    sender=("Weekly", "news@example.org"),
    reply_to=("", "desk@example.org"),
    subject="Hello [[n]]",
    html="<p>[[n]]</p>",
    text="[[n]]",
    date=NOON,
    tags=("[[n]]",),
)


def recipient(name="Ana", **changes):
    return Recipient(key="ab" * 16, email="ana@example.com", name=name, values={"[[n]]": name}, **changes)


def body(*people, content=CONTENT):
    made = json.loads(BodyBuilder(content).body(people, reference="b1"))
    jsonschema.validate(made, mail_schema())
    return made


def test_a_value_without_special_characters_is_the_same_in_both_parts():
    request = body(recipient())
    assert request["personalizations"][0]["substitutions"] == {"[[n]]": "Ana"}
    assert request["content"][1]["value"] == "<p>[[n]]</p>"


def test_a_value_that_needs_escaping_gets_a_tag_of_its_own_in_html():
    request = body(recipient("A & B"), recipient("Cem"))
    assert request["content"][1]["value"] == "<p>[[.h.n]]</p>"
    assert request["content"][0]["value"] == "[[n]]"
    assert [group["substitutions"] for group in request["personalizations"]] == [
        {"[[n]]": "A & B", "[[.h.n]]": "A &amp; B"},
        {"[[n]]": "Cem", "[[.h.n]]": "Cem"},
    ]


@pytest.mark.parametrize(
    ("name", "sent"),
    [("Ana", "Ana"), ("Lee, Ana", '"Lee, Ana"'), ('A; "B"', '"A; \\"B\\""')],
)
def test_a_name_with_a_comma_is_quoted(name, sent):
    assert body(recipient(name))["personalizations"][0]["to"] == [{"email": "ana@example.com", "name": sent}]


def test_shared_headers_are_repeated_beside_the_recipients_own():
    content = replace(CONTENT, headers={"List-Id": "<w.example.org>"})
    request = body(recipient(headers={"List-Unsubscribe": "<https://example.org/u/x>"}), content=content)
    assert request["personalizations"][0]["headers"] == {
        "List-Id": "<w.example.org>",
        "List-Unsubscribe": "<https://example.org/u/x>",
    }
    assert "headers" not in request


@pytest.mark.parametrize("text", ["a\r\nBcc: b", "a\nb"])
def test_a_line_break_cannot_inject_a_header(text):
    with pytest.raises(IssueError):
        body(recipient(headers={"List-Unsubscribe": text}))
    with pytest.raises(IssueError):
        body(recipient(), content=replace(CONTENT, subject=text))
    with pytest.raises(IssueError):
        body(recipient(text))


def test_a_tag_inside_another_tag_is_refused():
    with pytest.raises(ProviderError, match="part of another"):
        check_content(replace(CONTENT, tags=("x-name", "x-name-first")))


@pytest.mark.parametrize("name", ["", "Ana", "Lee, Ana", 'A; "B"', "Ana \\ Bo", "Zoë", "{n}"])
@pytest.mark.parametrize("email", ["ana@example.com", '"a b"@example.com'])
def test_recipients_who_differ_only_in_their_link_get_the_same_request_as_any_others(name, email):
    linked = LinkedRecipients(
        keys=["ab" * 16, "cd" * 16],
        emails=[email, "bob@example.com"],
        names=[name, "Bob"],
        tokens=["x", "y"],
        around=("https://example.org/u/", ""),
        tag="[[n]]",
        headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    content = replace(CONTENT, headers={"List-Id": "<w.example.org>"})
    assert body(*linked, content=content) == json.loads(BodyBuilder(content).body(linked, reference="b1"))
