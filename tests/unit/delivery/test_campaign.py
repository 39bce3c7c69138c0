"""What a campaign's numbers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import CampaignState, SendReport
from digest.delivery.campaign import group_reasons

COUNTS = st.integers(min_value=0, max_value=10_000)


def report(accepted=0, rejected=0, unknown=0, pending=0):
    return SendReport(
        state=CampaignState.SENT, accepted=accepted, rejected=rejected, unknown=unknown, pending=pending, skipped=7
    )


@pytest.mark.parametrize(
    ("numbers", "many", "keeps"),
    [
        ((90, 10), False, False),
        ((89, 10), True, True),
        ((1, 9), True, False),
        ((0, 9), True, False),
        ((0, 10), True, True),
        ((900, 100), False, False),
        ((899, 101), True, True),
        ((0, 10, 50, 40), False, False),  # whoever has no outcome yet is part of the campaign
        ((0, 0), False, False),
    ],
)
def test_more_than_ten_percent_is_many_and_more_than_nine_people_keep_the_bounces(numbers, many, keeps):
    assert (report(*numbers).many_rejected, report(*numbers).keeps_bounces) == (many, keeps)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_bounces_are_kept_only_if_many_were_rejected(accepted, rejected, unknown, pending):
    numbers = report(accepted, rejected, unknown, pending)
    assert numbers.keeps_bounces <= numbers.many_rejected
    assert numbers.many_rejected <= (rejected > 0)
    assert numbers.size == accepted + rejected + unknown + pending


def test_reasons_that_say_the_same_are_counted_together_the_most_frequent_first():
    reasons = {
        "552 5.2.2 full": 2,
        "550 5.1.1 <ana@a.example> no such user (q4Fz)": 1,
        "550 5.1.1 <ben@b.example> no such user (k77a)": 3,
        "everybody has left": 0,
        "": 1,
    }
    assert list(group_reasons(reasons).items()) == [
        ("550 5.1.1 … no such user …", 4),
        ("552 5.2.2 full", 2),
        ("no reason given", 1),
    ]
