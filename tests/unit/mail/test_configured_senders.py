"""Whatever the configuration accepts as a sender can be sent, and arrives as it was written."""

from __future__ import annotations

import email
import json
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import getaddresses, quote

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.config import NewsletterConfig
from digest.mail import build_message, parse_sender
from digest.providers import MailContent, Recipient
from digest.providers.sendgrid.request_body import BodyBuilder

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from("\"\\,;:<>()@=?_ '[]"),
    max_size=60,
)
ADDRESSES = st.sampled_from(["news@example.org", "a.b+c@Mail.Example.org", "x@bücher.example", "jö@example.org", "no"])
SENDERS = (
    st.builds("{} <{}>".format, NAMES, ADDRESSES)
    | st.builds('"{}" <{}>'.format, NAMES, ADDRESSES)
    | st.builds("{1} ({0})".format, NAMES, ADDRESSES)
    | st.builds("{}{}".format, NAMES, ADDRESSES)
)


def accepted(sender: str) -> bool:
    try:
        NewsletterConfig(name="Weekly", sender=sender, reply_to=sender)
    except ValidationError:
        return False
    return True


def mailboxes(header: str) -> list[tuple[str, str]]:
    """Names and addresses, where policy.default would put a space between two encoded words of a name."""
    pairs = getaddresses(["".join(header.splitlines())])
    return [(str(make_header(decode_header(name))), address) for name, address in pairs]


@given(SENDERS)
@example("My, News <news@example.org>")
@example('"My, News" <news@example.org>')
@example("news@example.org (My News)")
@example('"The \\"best\\" news" <news@example.org>')
@example("=?utf-8?q?x?= <news@example.org>")
@example(f"{'long ' * 60}<news@example.org>")
def test_an_accepted_sender_arrives_with_its_name_and_address(sender):
    if not accepted(sender):
        return
    name, address = parse_sender(sender.strip())
    data = build_message(
        sender=(name, address),
        reply_to=(name, address),
        to="ana@example.com",
        subject="Hello",
        html="<p>Hello</p>",
        text="Hello",
        message_id="<1@example.org>",
        date=datetime(2026, 11, 19, tzinfo=UTC),
    )
    message = email.message_from_bytes(data)
    for header in ("From", "Reply-To"):
        assert mailboxes(message[header]) == [(name, address)]
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


@given(SENDERS)
@example('"My, News" <news@example.org>')
@example("=?utf-8?q?x?= <news@example.org>")
def test_an_accepted_sender_reaches_sendgrid_with_its_name_and_address(sender):
    if not accepted(sender):
        return
    name, address = parse_sender(sender.strip())
    content = MailContent(
        issue="2026-W47",
        campaign="2026-W47.weekly.1a2b",
        edition="2026-W47.weekly.c0ffee",
        sender=(name, address),
        reply_to=(name, address),
        subject="Hello",
        html="<p>Hello</p>",
        text="Hello",
        date=datetime(2026, 11, 19, tzinfo=UTC),
    )
    body = json.loads(BodyBuilder(content).body([Recipient(key="ab" * 16, email="ana@example.com")], reference="b1"))
    for key in ("from", "reply_to"):
        assert body[key]["email"] == address
        assert body[key].get("name", "") in {name, f'"{quote(name)}"'}
