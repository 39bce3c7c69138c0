"""What `doctor` says of the DNS records of a sender's domain."""

from __future__ import annotations

import pytest

from digest.workflow.doctor import diagnose_domain

SPF, DMARC, KEY = "v=spf1 include:sendgrid.net -all", "v=DMARC1; p=none", "k=rsa; p=MIGf"
SELECTORS = ("s1", "s2")
GOOD = {
    "letter.dev": (SPF, "google-site-verification=x"),
    "s1._domainkey.letter.dev": (KEY,),
    "_dmarc.letter.dev": (DMARC,),
}


def states(records, *, domain="letter.dev", selectors=SELECTORS):
    diagnoses = diagnose_domain(domain, selectors=selectors, resolve=lambda name: records.get(name, ()))
    return {diagnosis.what: diagnosis.state for diagnosis in diagnoses}


def test_a_domain_with_all_three_records_is_fine():
    assert states(GOOD) == {"SPF": "ok", "DKIM": "ok", "DMARC": "ok"}


def test_a_subdomain_takes_the_dmarc_policy_of_its_parent():
    assert states(GOOD | {"news.letter.dev": (SPF,)}, domain="news.letter.dev")["DMARC"] == "ok"


def test_dkim_is_not_checked_without_known_selectors():
    assert states(GOOD, selectors=()) == {"SPF": "ok", "DMARC": "ok"}


@pytest.mark.parametrize(
    ("change", "what", "state"),
    [
        ({"letter.dev": ()}, "SPF", "warning"),
        ({"letter.dev": (SPF, SPF)}, "SPF", "error"),
        ({"s1._domainkey.letter.dev": ("v=DKIM1",)}, "DKIM", "warning"),
        ({"_dmarc.letter.dev": ()}, "DMARC", "error"),
        ({"_dmarc.letter.dev": (DMARC, DMARC)}, "DMARC", "error"),
    ],
)
def test_a_missing_or_duplicate_record_is_reported_with_its_remedy(change, what, state):
    records = GOOD | change
    diagnoses = diagnose_domain("letter.dev", selectors=SELECTORS, resolve=lambda name: records.get(name, ()))
    (diagnosis,) = (each for each in diagnoses if each.what == what)
    assert (diagnosis.state, bool(diagnosis.remedy)) == (state, True)


def test_a_resolver_that_does_not_answer_is_a_warning():
    def silent(name):
        raise OSError(f"no answer about {name}")

    (diagnosis,) = diagnose_domain("letter.dev", selectors=(), resolve=silent)
    assert (diagnosis.what, diagnosis.state) == ("DNS", "warning")
