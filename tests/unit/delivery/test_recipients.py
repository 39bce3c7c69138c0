from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from digest.delivery import AudienceIndex, plan_batch, plan_campaign
from digest.models import Subscriber

NAMES = st.lists(st.integers(0, 60), max_size=60, unique=True)


def key_of(email):
    return email.casefold().encode().rjust(16, b"\0")[:16]


def keys_of(folded):
    return b"".join(map(key_of, folded))


def index_of(numbers):
    return AudienceIndex([Subscriber(email=f"r{n}@example.com") for n in numbers], keys_of)


@given(NAMES, st.integers(1, 20))
def test_every_subscriber_is_in_one_batch_in_order_and_no_batch_is_too_large(numbers, size):
    people = index_of(numbers)
    batches = list(plan_campaign(people, size=size))
    planned = [key for batch in batches for key in batch.recipients]
    assert planned == [key_of(f"r{n}@example.com") for n in numbers]
    assert set(people) == set(planned)
    assert [batch.no for batch in batches] == list(range(1, len(batches) + 1))
    assert all(1 <= len(batch.recipients) <= size for batch in batches)


def test_a_duplicate_subscriber_is_kept_once():
    people = AudienceIndex([Subscriber(email="Ana@example.com"), Subscriber(email="ana@example.com")], keys_of)
    (batch,) = plan_campaign(people, size=10)
    assert len(batch.recipients) == 1
    assert [person.email for person in people.values()] == ["Ana@example.com"]


@given(NAMES, NAMES, st.sets(st.integers(0, 60)))
def test_a_resumed_batch_holds_the_remaining_unsettled_recipients(then, today, done):
    batches = list(plan_campaign(index_of(then), size=7))
    settled = {key_of(f"r{n}@example.com") for n in done}
    plans = [plan_batch(batch, people=index_of(today), settled=settled, size=7) for batch in batches]
    to_mail = [int(person.email[1:].partition("@")[0]) for plan in plans for person in plan.people]
    assert [key_of(person.email) for plan in plans for person in plan.people] == [
        k for plan in plans for k in plan.keys
    ]
    assert to_mail == [n for n in then if n in set(today) and n not in done]
    gone = {key for plan in plans for key in plan.gone}
    assert gone == {key_of(f"r{n}@example.com") for n in set(then) - set(today) - done}
    assert [plan.no for plan in plans] == [batch.no for batch in batches]
