from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import CredentialsError, ListError
from digest.models import Suppression, SuppressionReason
from digest.subscribers import AGE_KEY, append_suppressions, new_age_key, read_suppressions, suppressions_file

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "subscribers" / "suppressions.csv"


def test_no_file_suppresses_nobody(path):
    assert read_suppressions(path) == ()


def test_what_is_added_is_read_back_and_nobody_is_added_twice(path):
    ana = Suppression(email="ana@example.com", reason=SuppressionReason.UNSUBSCRIBED, at=AT, source="link, page")
    bob = Suppression(email="bob@example.com", reason=SuppressionReason.MANUAL)
    again = Suppression(email="ANA@example.com", reason=SuppressionReason.COMPLAINT)
    assert append_suppressions(path, [ana]) == 1
    assert append_suppressions(path, [again, bob, bob]) == 1
    assert read_suppressions(path) == (ana, bob)
    assert [entry.name for entry in path.parent.iterdir()] == ["suppressions.csv"]


def test_an_encrypted_file_protects_the_same_people_and_holds_no_address(path):
    file, environ = "subscribers/suppressions.csv.age", {AGE_KEY: new_age_key()}
    sealed = path.with_name("suppressions.csv.age")
    ana = Suppression(email="ana@example.com", reason=SuppressionReason.MANUAL, at=AT)
    assert append_suppressions(sealed, [ana], file=file, environ=environ) == 1
    assert append_suppressions(sealed, [ana], file=file, environ=environ) == 0
    assert read_suppressions(sealed, file=file, environ=environ) == (ana,)
    assert "ana" not in sealed.read_text()
    with pytest.raises(CredentialsError):
        read_suppressions(sealed, file=file)
    assert suppressions_file(path.parent.parent) == file


def test_a_file_written_by_hand_protects_as_much_as_it_can(path):
    path.parent.mkdir()
    path.write_bytes("\ufeffEmail;reason;at\r\nAna@Example.com;left us;20.11.\r\n;x;\r\nno address;;\r\n".encode())
    assert read_suppressions(path) == (
        Suppression(email="Ana@example.com", reason=SuppressionReason.MANUAL, source=""),
    )
    append_suppressions(path, [Suppression(email="bob@example.com", reason=SuppressionReason.MANUAL)])
    assert [one.email for one in read_suppressions(path)] == ["Ana@example.com", "bob@example.com"]


@pytest.mark.parametrize("text", ["address\na@example.com\n", 'email\n"a@example.com\n', ""])
def test_a_file_that_cannot_be_read_stops_everything(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ListError):
        read_suppressions(path)


def test_a_place_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "subscribers").write_text("")
    with pytest.raises(ListError, match="cannot be written"):
        append_suppressions(
            tmp_path / "subscribers" / "s.csv", [Suppression(email="a@example.com", reason=SuppressionReason.MANUAL)]
        )
