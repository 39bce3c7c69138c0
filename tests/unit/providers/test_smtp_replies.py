from __future__ import annotations

import pytest

from digest.providers.smtp_replies import is_hard_bounce, is_policy_refusal, reply_text


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


def test_a_policy_refusal_says_nothing_about_the_recipient():
    assert is_policy_refusal(b"5.7.1 relaying denied")
    assert not is_policy_refusal(b"5.1.1 no such user 5.7.1")


def test_a_reply_is_shown_without_addresses():
    assert "ana@example.com" not in reply_text(550, b"5.1.1 <ana@example.com> unknown")
