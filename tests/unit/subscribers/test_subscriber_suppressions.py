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


def test_a_missing_file_has_no_suppressions(path):
    assert read_suppressions(path) == ()


def test_reads_back_added_suppressions_and_adds_no_address_twice(path):
    ana = Suppression(email="ana@example.com", reason=SuppressionReason.UNSUBSCRIBED, at=AT, source="link, page")
    bob = Suppression(email="bob@example.com", reason=SuppressionReason.MANUAL)
    duplicate = Suppression(email="ANA@example.com", reason=SuppressionReason.COMPLAINT)
    assert append_suppressions(path, [ana]) == 1
    assert append_suppressions(path, [duplicate, bob, bob]) == 1
    assert read_suppressions(path) == (ana, bob)
    assert [entry.name for entry in path.parent.iterdir()] == ["suppressions.csv"]


def test_adds_distinct_people_who_are_not_in_the_file_yet(path):
    ana, bob, cleo = (
        Suppression(email=f"{name}@example.com", reason=SuppressionReason.HARD_BOUNCE)
        for name in ("ana", "bob", "cleo")
    )
    append_suppressions(path, [ana])
    assert append_suppressions(path, [bob, ana, cleo], distinct=True) == 2
    assert read_suppressions(path) == (ana, bob, cleo)


def test_an_encrypted_file_has_the_same_suppressions_and_no_plain_address(path):
    file, environ = "subscribers/suppressions.csv.age", {AGE_KEY: new_age_key()}
    encrypted = path.with_name("suppressions.csv.age")
    ana = Suppression(email="ana@example.com", reason=SuppressionReason.MANUAL, at=AT)
    assert append_suppressions(encrypted, [ana], file=file, environ=environ) == 1
    assert append_suppressions(encrypted, [ana], file=file, environ=environ) == 0
    assert read_suppressions(encrypted, file=file, environ=environ) == (ana,)
    assert "ana" not in encrypted.read_text()
    with pytest.raises(CredentialsError):
        read_suppressions(encrypted, file=file)
    assert suppressions_file(path.parent.parent) == file


def test_reads_as_much_as_possible_of_a_file_written_by_hand(path):
    path.parent.mkdir()
    path.write_bytes("\ufeffEmail;reason;at\r\nAna@Example.com;left us;20.11.\r\n;x;\r\nno address;;\r\n".encode())
    assert read_suppressions(path) == (
        Suppression(email="Ana@example.com", reason=SuppressionReason.MANUAL, source=""),
    )
    append_suppressions(path, [Suppression(email="bob@example.com", reason=SuppressionReason.MANUAL)])
    assert [suppression.email for suppression in read_suppressions(path)] == ["Ana@example.com", "bob@example.com"]


@pytest.mark.parametrize("text", ["address\na@example.com\n", 'email\n"a@example.com\n', ""])
def test_an_unreadable_file_is_an_error(path, text):
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ListError):
        read_suppressions(path)


def test_reports_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "subscribers").write_text("")
    with pytest.raises(ListError, match="cannot be written"):
        append_suppressions(
            tmp_path / "subscribers" / "s.csv", [Suppression(email="a@example.com", reason=SuppressionReason.MANUAL)]
        )
