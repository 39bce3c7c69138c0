from __future__ import annotations

import pytest

from digest.subscribers.imports import read_bounces, read_export_file


@pytest.fixture
def bounces(tmp_path):
    def read(text, name="bounces.csv", **options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_bounces(read_export_file(path), **options)

    return read


def reasons(reading):
    return {person.email: person.reason for person in reading.people}


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        # SendGrid: the status is 550 or a code, and the reason tells more.
        (
            (
                "created,status,reason,email\n1700000000,550,550 5.1.1 The account does not exist.,a@q.org\n"
                "1700000000,5.1.8,553 5.1.8 Sender domain not found,b@q.org\n"
                "1700000000,554,554 5.7.1 Blocked by 203.5.1.1,c@q.org\n1700000000,4.2.2,452 4.2.2 full,d@q.org\n"
            ),
            {"a@q.org": "hard_bounce"},
        ),
        # Postmark
        (
            "Email,SuppressionReason,Origin\na@q.org,HardBounce,Recipient\nb@q.org,SpamComplaint,Recipient\n",
            {"a@q.org": "hard_bounce", "b@q.org": "complaint"},
        ),
        # Amazon SES
        (
            "EmailAddress,Reason\na@q.org,BOUNCE\nb@q.org,COMPLAINT\n",
            {"a@q.org": "hard_bounce", "b@q.org": "complaint"},
        ),
        ("Email,Type\na@q.org,Hard bounce\nb@q.org,Soft bounce\n", {"a@q.org": "hard_bounce"}),
        ("Email,Bounce type\na@q.org,hard\nb@q.org,soft\n", {"a@q.org": "hard_bounce"}),
        ("Email,bounce_type\na@q.org,Permanent\nb@q.org,Transient\nc@q.org,Undetermined\n", {"a@q.org": "hard_bounce"}),
        (
            "Email,Bounce category,Complaint\na@q.org,Hard bounce,no\nb@q.org,Block,no\nc@q.org,Soft bounce,yes\n",
            {"a@q.org": "hard_bounce", "c@q.org": "complaint"},
        ),
        ("a@q.org\nmailto:b@q.org\n", {"a@q.org": "hard_bounce", "b@q.org": "hard_bounce"}),
    ],
)
def test_only_permanent_failures_of_an_address_suppress_it(bounces, text, gone):
    assert reasons(bounces(text)) == gone


def test_the_name_of_the_file_or_the_user_gives_the_reason(bounces):
    assert reasons(bounces("a@q.org\n", "spam_complaints.csv")) == {"a@q.org": "complaint"}
    assert reasons(bounces("a@q.org\n", "spam_complaints.csv", reason="manual")) == {"a@q.org": "manual"}


def test_what_suppresses_nobody_is_counted_and_named(bounces):
    reading = bounces("email,status\na@q.org,5.1.1\nb@q.org,4.4.1\nnobody,5.1.1\n")
    assert reading.left_out == {"no permanent failure of the address": 1, "bad address": 1}
    assert [problem.place.line for problem in reading.problems] == [4]
