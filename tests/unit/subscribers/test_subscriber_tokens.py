from __future__ import annotations

import string

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from digest.errors import CredentialsError, UsageError
from digest.subscribers import batch_signer, make_token, read_token

OLD, NEW = b"the old secret", b"the new secret"


def test_a_token_identifies_its_list_and_subscriber():
    reading = read_token([NEW], make_token(NEW, list="weekly", email="Ana@example.com"))
    assert reading.list == "weekly"
    assert reading.is_for("ana@example.com")
    assert not reading.is_for("bob@example.com")


def test_a_token_outlives_a_change_of_the_secret():
    token = make_token(OLD, list="weekly", email="ana@example.com")
    assert read_token([NEW, OLD], token).is_for("ana@example.com")
    with pytest.raises(UsageError):
        read_token([NEW], token)


def test_a_token_is_short_url_safe_and_always_the_same():
    token = make_token(NEW, list="weekly", email="ana@example.com")
    assert token == make_token(NEW, list="weekly", email="ANA@example.com")
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")
    assert len(token) < 60
    assert token != make_token(NEW, list="daily", email="ana@example.com")


@pytest.mark.parametrize("name", ["w", "ab", "abc", "weekly", "Grüße"])
@pytest.mark.parametrize("emails", [[], ["ana@example.com"], ["ana@example.com", "Bob@example.com", "cem@x.example"]])
def test_many_tokens_are_the_same_as_one_at_a_time(name, emails):
    assert batch_signer(NEW, name)(emails) == [make_token(NEW, list=name, email=email) for email in emails]


def test_the_repr_does_not_show_the_key():
    assert "key" not in repr(read_token([NEW], make_token(NEW, list="weekly", email="ana@example.com")))


@given(st.integers(0, 70), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_refuses_a_changed_token(place, letter):
    token = make_token(NEW, list="weekly", email="ana@example.com")
    changed = token[:place] + letter + token[place + 1 :]
    assume(changed != token)
    with pytest.raises(UsageError):
        read_token([NEW], changed)


@pytest.mark.parametrize("token", ["", "x", "é", "===", "A" * 44, "a b", "AQ=="])
def test_refuses_anything_but_a_token(token):
    with pytest.raises(UsageError):
        read_token([NEW], token)


def test_an_empty_secret_signs_nothing():
    with pytest.raises(CredentialsError):
        make_token(b"", list="weekly", email="ana@example.com")
