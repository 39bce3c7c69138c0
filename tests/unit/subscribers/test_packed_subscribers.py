"""Many subscribers in little memory: what comes out is what went in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.models import Subscriber
from digest.subscribers import PackedSubscribers

ADDRESSES = st.sampled_from(["ana@quay.example", "Ben@Quay.example", "cleo@quay.example", "dora@quay.example"])
NAMES = st.sampled_from(["", "Ana", "Ben Ømer", "C. L. Eo"])
#: Lists with the same columns, with as many others, and with more.
FIELDS = st.sampled_from([{}, {"city": "Tidewell"}, {"plan": ""}, {"plan": "pro", "city": ""}])


@given(st.lists(st.lists(st.builds(Subscriber, email=ADDRESSES, name=NAMES, fields=FIELDS), max_size=4), max_size=3))
def test_the_mailboxes_are_those_of_the_subscribers(lists):
    people = PackedSubscribers.joined(lists)
    emails, names = people.mailboxes()
    assert [*zip(emails, names, strict=True)] == [(person.email, person.name) for person in people]
    given_people = [(person.email, dict(person.fields)) for each in lists for person in each]
    assert all((person.email, dict(person.fields)) in given_people for person in people)
    assert [*people.folded()] == sorted(person.email.casefold() for person in people)
