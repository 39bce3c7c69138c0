from __future__ import annotations

import pytest

from digest.workflow.dns import diagnose_domain

SPF, DMARC, KEY = "v=spf1 include:sendgrid.net -all", "v=DMARC1; p=none", "k=rsa; p=MIGf"
GOOD = {
    "letter.dev": (SPF, "google-site-verification=x"),
    "s1._domainkey.letter.dev": (KEY,),
    "_dmarc.letter.dev": (DMARC,),
}


def states(records, *, domain="letter.dev", provider="sendgrid"):
    found = diagnose_domain(domain, provider=provider, resolve=lambda name: records.get(name, ()))
    return {one.what: one.state for one in found}


def test_a_domain_with_all_three_is_well():
    assert states(GOOD) == {"SPF": "ok", "DKIM": "ok", "DMARC": "ok"}


def test_a_part_of_a_domain_has_the_policy_of_the_whole():
    assert states(GOOD | {"news.letter.dev": (SPF,)}, domain="news.letter.dev")["DMARC"] == "ok"


def test_a_selector_that_nobody_knows_is_not_asked_for():
    assert states(GOOD, provider="smtp") == {"SPF": "ok", "DMARC": "ok"}


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
def test_what_is_missing_or_doubled_is_found_with_its_remedy(change, what, state):
    found = diagnose_domain("letter.dev", provider="sendgrid", resolve=lambda name: (GOOD | change).get(name, ()))
    (one,) = (each for each in found if each.what == what)
    assert (one.state, bool(one.remedy)) == (state, True)


def test_a_resolver_that_does_not_answer_is_no_fault_of_the_domain():
    def silent(name):
        raise OSError(f"no answer about {name}")

    (one,) = diagnose_domain("letter.dev", provider="smtp", resolve=silent)
    assert (one.what, one.state) == ("DNS", "warning")
