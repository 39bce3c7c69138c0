from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.imports.left_people import LeftPeople, LeftPerson

REASONS = st.sampled_from(["unsubscribed", "hard_bounce", "complaint", "invalid"])
ADDRESSES = st.sampled_from(
    ["ana@reader.example", "Ana@Reader.Example", "ben@reader.example", "STRASSE@reader.example"]
)
TIMES = st.none() | st.integers(0, 10**10).map(
    lambda seconds: datetime(1, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(st.lists(st.tuples(ADDRESSES, REASONS, TIMES)))
def test_keeps_what_a_dictionary_would_keep(given):
    people, expected = LeftPeople(), {}
    for email, reason, left_at in given:
        people.add(email, reason, left_at)
        expected[email.casefold()] = (reason, left_at)
    assert [(each.email.casefold(), (each.reason, each.left_at)) for each in people.people()] == [*expected.items()]
    assert {key: people.reason(key) for key in expected} == {key: reason for key, (reason, _) in expected.items()}
    assert list(people) == list(expected)
    assert people.count().total() == len(people) == len(expected)


def test_holds_nobody_until_someone_is_added():
    people = LeftPeople()
    assert people.reason("ana@reader.example") == ""
    assert "ana@reader.example" not in people


def test_keeps_the_spelling_of_the_last_row():
    people = LeftPeople()
    people.add("Ana@Reader.example", "unsubscribed", None)
    people.add("ana@reader.example", "complaint", None)
    assert [*people.people()] == [LeftPerson("ana@reader.example", "complaint", None)]
