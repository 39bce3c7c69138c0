from __future__ import annotations

import pytest

from digest.providers import Fault
from digest.providers.smtp_replies import (
    fault_of,
    is_bounce_at_rcpt,
    is_greylisting,
    is_hard_bounce,
    reply_text,
    retry_after_in,
    wording,
)


@pytest.mark.parametrize(
    "reply",
    ["5.1.1", "5.1.0", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "550 5.1.1 no such user", "550-5.1.1. Gone"],
)
def test_a_reply_that_says_that_the_address_does_not_exist_is_a_hard_bounce(reply):
    assert is_hard_bounce(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "5.1.5",  # the address is valid
        "553 5.1.7 bad sender",
        "553 5.1.8 bad sender",
        "5.1.9",
        "5.1.11",
        "552 5.2.2 mailbox full",
        "550 5.7.1 policy",
        "450 4.1.1 try later",
        "554 blocked: 5.1.1.7 is listed",  # an IP address
        "554 blocked: 10.5.1.1 is listed",
        "",
        None,
        511,
    ],
)
def test_any_other_reply_is_not_a_hard_bounce(reply):
    assert not is_hard_bounce(reply)


def test_one_of_several_replies_suffices():
    assert is_hard_bounce(None, "5.0.0", "550 5.1.1 no such user")


def test_a_reply_that_blames_the_sender_counts_unless_another_names_the_mailbox():
    assert not is_hard_bounce("5.1.3", "553 5.1.8 sender domain not found")
    assert not is_hard_bounce("550", "553 5.1.7 bad sender", otherwise=True)
    assert is_hard_bounce("5.1.8", "550 5.1.1 no such user", otherwise=False)


def test_what_the_provider_concludes_counts_where_no_reply_names_the_mailbox_or_the_sender():
    assert is_hard_bounce("550", "rejected", otherwise=True)
    assert not is_hard_bounce("5.1.0", "rejected", otherwise=False)


RECIPIENT, SENDER, UNCLEAR = Fault.RECIPIENT, Fault.SENDER, Fault.UNCLEAR
LATER, CONNECTION = Fault.LATER, Fault.CONNECTION


@pytest.mark.parametrize(
    ("fault", "code", "text", "stage"),
    [
        # The mailbox: RFC 3463, sections 3.2 and 3.3; RFC 7505 for 5.1.10.
        (RECIPIENT, 550, "5.1.1 <…>: Recipient address rejected: User unknown", "rcpt"),
        (RECIPIENT, 550, "5.1.1 no such user", "message"),
        (RECIPIENT, 556, "5.1.10 the domain takes no mail", "rcpt"),
        (RECIPIENT, 552, "5.2.2 Mailbox full", "rcpt"),
        (RECIPIENT, 552, "5.2.2 The email account that you tried to reach is over quota", "rcpt"),
        (RECIPIENT, 550, "No such user here", "rcpt"),
        (RECIPIENT, 550, "Benutzer unbekannt", "rcpt"),
        (RECIPIENT, 552, "Das Postfach des Empfängers ist voll", "rcpt"),
        (RECIPIENT, 552, "Boîte aux lettres pleine", "rcpt"),
        (RECIPIENT, 552, "mailbox size limit of the user exceeded: mailbox is full", "rcpt"),
        # The account that sends, at any stage.
        (SENDER, 550, "5.4.5 Daily user sending limit exceeded", "rcpt"),
        (SENDER, 550, "5.4.5 come back tomorrow", "message"),
        (SENDER, 550, "5.7.1 You have exceeded your daily sending limit", "message"),
        (SENDER, 554, "5.7.1 Only 200 messages per day are allowed", "message"),
        (SENDER, 550, "mailbox unavailable; outgoing mail limit for this hour exceeded", "rcpt"),
        (SENDER, 552, "5.2.2 the sender's mailbox is over quota, and its sending limit is zero", "rcpt"),
        (SENDER, 550, "5.7.0 Your account has been suspended", "rcpt"),
        (SENDER, 554, "Message rejected: Email address is not verified.", "message"),
        (SENDER, 550, "Unauthenticated senders not allowed", "rcpt"),
        (SENDER, 550, "5.1.8 Access denied, bad outbound sender", "rcpt"),
        (SENDER, 550, "5.7.60 Client does not have permissions to send as this sender", "message"),
        (SENDER, 550, "5.1.0 anything", "mail"),
        (SENDER, 530, "5.7.0 Authentication required", "rcpt"),
        (SENDER, 454, "Throttling failure: Daily message quota exceeded.", "message"),
        (SENDER, 451, "4.7.0 Maximum credits exceeded", "rcpt"),
        (SENDER, 550, "Too many messages from your account in the last 24 hours", "message"),
        (SENDER, 554, "5.7.1 Outbound messages from this mailbox are limited to 500", "rcpt"),
        (SENDER, 550, "5.7.501 Access denied, spam abuse detected", "rcpt"),
        (SENDER, 550, "5.7.1 Tageslimit für den Versand erreicht", "message"),
        (SENDER, 550, "5.7.1 Ihr Konto wurde vorübergehend gesperrt", "rcpt"),
        (SENDER, 550, "quota d'envoi dépassé", "rcpt"),
        (SENDER, 550, "5.7.1 ha superado su límite diario de envíos", "message"),
        # Neither is named, or the recipient decides who may write.
        (UNCLEAR, 554, "5.7.1 <…>: Relay access denied", "rcpt"),
        (UNCLEAR, 550, "5.7.1 the recipient's filter refuses this", "message"),
        (UNCLEAR, 550, "5.7.133 sender not authenticated for group", "rcpt"),
        (UNCLEAR, 550, "5.7.1 you may not send to this recipient", "rcpt"),
        (UNCLEAR, 550, "5.7.1 the recipient takes 10 messages a day", "rcpt"),
        (UNCLEAR, 550, "5.2.1 The email account that you tried to reach is disabled", "rcpt"),
        (UNCLEAR, 552, "5.3.4 Message size exceeds fixed limit", "message"),
        (UNCLEAR, 554, "no", "data"),
        # For now.
        (LATER, 450, "4.2.1 mailbox busy", "rcpt"),
        (LATER, 452, "4.2.2 mailbox full", "rcpt"),
        (LATER, 451, "4.3.0 local error", "data"),
        (LATER, 450, "4.7.1 rate limit of the sender, slow down", "rcpt"),
        (LATER, 451, "4.7.1 Greylisting in action", "message"),
        (CONNECTION, 421, "4.7.0 closing", "rcpt"),
        (CONNECTION, 452, "4.5.3 too many recipients", "rcpt"),
        (CONNECTION, 450, "too many messages in this session", "rcpt"),
        (CONNECTION, 554, "5.7.0 too many messages in this connection", "rcpt"),
        (CONNECTION, 450, "4.7.1 later", "mail"),
    ],
)
def test_whose_fault_a_refusal_is(fault, code, text, stage):
    assert fault_of(code, text, stage=stage) is fault


def test_only_a_reply_to_rcpt_that_the_mailbox_does_not_exist_is_a_bounce_of_the_send():
    assert is_bounce_at_rcpt("550 5.1.1 no such user")
    assert is_bounce_at_rcpt("556-5.1.10 null MX")
    assert not is_bounce_at_rcpt("message refused: 550 5.1.1 no such user")
    assert not is_bounce_at_rcpt("553 5.1.8 bad sender, see 5.1.1")
    assert not is_bounce_at_rcpt("552 5.2.2 mailbox full")


def test_the_wording_leaves_out_what_differs_from_one_recipient_to_the_next():
    first = wording("554 5.7.1 <ana@example.com>: blocked, id 4F2c (mx1.example.com) see example.com")
    assert first == wording("554 5.7.1 <b@example.org>: blocked, id 77aa (mx2.example.org) see example.org")
    assert first == "554 5.7.1 …: blocked, id … … see …"
    assert wording("550 5.7.1 blocked") != wording("550 5.7.2 blocked")
    assert wording("Bad Request") == "Bad Request"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("450 4.2.0 Greylisted, try again in 300 seconds", 300),
        ("451 4.7.1 greylisting, come back in 00:05:00", 300),
        ("450 retry in 2 minutes", 120),
        ("450 4.2.1 busy", None),
    ],
)
def test_the_time_that_a_reply_asks_to_wait_is_read(text, seconds):
    assert retry_after_in(text) == seconds


def test_greylisting_is_recognised_in_either_spelling():
    assert is_greylisting("450 4.2.0 Greylisted")
    assert is_greylisting("451 Graylist in action")
    assert not is_greylisting("450 4.2.1 busy")


def test_a_reply_is_shown_without_addresses():
    assert "ana@example.com" not in reply_text(550, b"5.1.1 <ana@example.com> unknown")
