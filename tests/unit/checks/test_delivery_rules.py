from __future__ import annotations

import re

import pytest

from digest.checks import PeopleInGit
from digest.config import load_config
from digest.providers.sendgrid import SendGridSettings
from digest.workflow.new_newsletter import Answers, initialise

HTML = "issues/2026-W47/build/email.html"
TEXT = "issues/2026-W47/build/email.txt"


def test_d601_reports_an_html_part_without_an_unsubscribe_link(problems, clean, built):
    clean.rendered = built(clean, html=lambda html: re.sub(r'href="digest-[^"]*"', 'href="https://example.org"', html))
    assert problems(clean) == [("D601", HTML)]


def test_d601_reports_a_text_part_without_an_unsubscribe_link(problems, clean, built):
    clean.rendered = built(clean, text=lambda text: re.sub(r"digest-\w+-unsubscribe-url", "", text))
    assert problems(clean) == [("D601", TEXT)]


def test_d601_reports_that_no_way_to_unsubscribe_is_configured(problems, clean):
    delivery = clean.config.delivery.model_copy(update={"unsubscribe_url": ""})
    clean.config = clean.config.model_copy(update={"delivery": delivery})
    assert problems(clean) == [("D601", HTML)]


@pytest.mark.parametrize("address", ["", "  "])
def test_d603_reports_that_no_postal_address_is_configured(problems, clean, address):
    newsletter = clean.config.newsletter.model_copy(update={"postal_address": address})
    clean.config = clean.config.model_copy(update={"newsletter": newsletter})
    assert problems(clean) == [("D603", HTML)]


@pytest.mark.parametrize(("part", "file"), [("html", HTML), ("text", TEXT)])
def test_d603_reports_a_part_without_the_postal_address(problems, clean, built, part, file):
    clean.rendered = built(clean, **{part: lambda content: content.replace("1 Example Street", "")})
    assert problems(clean) == [("D603", file)]


def test_d603_finds_a_postal_address_of_several_lines(problems, clean):
    newsletter = clean.config.newsletter.model_copy(update={"postal_address": "1 Example Street\n12345 Town & Sons"})
    clean.config = clean.config.model_copy(update={"newsletter": newsletter})
    assert problems(clean) == []


EXAMPLES = [
    (
        "newsletter",
        "sender",
        "Letter <news@Example.com>",
        "newsletter.sender still has an example value: news@example.com",
    ),
    (
        "newsletter",
        "sender",
        "news@mail.example.net",
        "newsletter.sender still has an example value: news@mail.example.net",
    ),
    (
        "newsletter",
        "postal_address",
        "1 Example Street,\n12345 Town",
        "newsletter.postal_address still has an example value: 1 Example Street, 12345 Town",
    ),
    (
        "newsletter",
        "postal_address",
        "Letter Ltd · 1 EXAMPLE STREET · 12345 Town",
        "newsletter.postal_address still has an example value: Letter Ltd · 1 EXAMPLE STREET · 12345 Town",
    ),
    (
        "newsletter",
        "reply_to",
        "Editor <editor@example.com>",
        "newsletter.reply_to still has an example value: editor@example.com",
    ),
    (
        "delivery",
        "unsubscribe_url",
        "https://www.example.org/u/{token}",
        "delivery.unsubscribe_url still has an example value: https://www.example.org/u/{token}",
    ),
    (
        "newsletter",
        "homepage",
        "https://example.org",
        "newsletter.homepage still has an example value: https://example.org",
    ),
]


@pytest.fixture
def own(clean, configure):
    """The clean issue with addresses of its own and a provider that sends."""
    own = {"sender": "Letter <news@letter.example>", "postal_address": "2 Quay, 54321 Port"}
    configure(clean, "newsletter", **own, homepage="https://letter.example")
    return configure(clean, "delivery", provider="smtp", unsubscribe_url="https://letter.example/u/{token}")


def test_d605_accepts_addresses_of_your_own(problems, own):
    assert problems(own) == []


@pytest.mark.parametrize(("table", "key", "value", "message"), EXAMPLES)
def test_d605_reports_each_leftover_example_value(check, own, configure, table, key, value, message):
    [finding] = check(configure(own, table, **{key: value}))

    assert (finding.code, finding.severity, str(finding.place)) == ("D605", "error", "digest.toml")
    assert finding.message == message


def test_d605_reports_each_key_once(problems, clean, configure):
    assert problems(configure(clean, "delivery", provider="sendgrid")) == [("D605", "digest.toml")] * 4


def test_d605_reports_every_example_value_of_a_new_newsletter(check, clean, tmp_path):
    initialise(tmp_path, Answers(provider="smtp"))
    made = load_config(tmp_path)
    clean.config = made.model_copy(update={"selection": clean.config.selection})
    assert [finding.code for finding in check(clean)] == ["D605"] * 4


def test_d605_ignores_the_outbox_and_an_unsubscribe_url_that_is_not_used(problems, own, configure):
    assert (
        problems(configure(own, "delivery", unsubscribe_url="https://example.org/u/{token}", provider="outbox")) == []
    )
    configure(own, "providers", sendgrid=SendGridSettings(unsubscribe_group=12345))
    assert problems(configure(own, "delivery", provider="sendgrid")) == []


@pytest.mark.parametrize(
    "host", ["example.org.uk", "my-example.org", "counterexample.org", "example.de", "letter.example"]
)
def test_d605_compares_whole_labels_of_a_host(problems, own, configure, host):
    assert problems(configure(own, "newsletter", sender=f"news@{host}")) == []


def test_d606_reports_each_file_with_people_that_git_tracks_or_would_add(check, clean):
    clean.people_in_git = (
        PeopleInGit(file="subscribers/weekly.csv", tracked=True, people=2),
        PeopleInGit(file="subscribers/suppressions.csv", tracked=False, people=1),
        PeopleInGit(file="old/backup.zip", tracked=True),
        PeopleInGit(file="bomb.zip", tracked=True, problem="unpacks to more than 1 GB"),
    )
    findings = {str(finding.place): finding for finding in check(clean)}
    assert {finding.code for finding in findings.values()} == {"D606"}
    weekly, suppressed = findings["subscribers/weekly.csv"], findings["subscribers/suppressions.csv"]
    assert (weekly.severity, weekly.message) == ("error", "git tracks an unencrypted list of 2 people")
    assert "audiences.files" in weekly.hint
    assert suppressed.message == "git would take up an unencrypted list of 1 person"
    assert "audiences.files" not in suppressed.hint
    assert ".gitignore: subscribers/suppressions.csv" in suppressed.hint
    backup, bomb = findings["old/backup.zip"], findings["bomb.zip"]
    assert (backup.severity, "git rm --cached old/backup.zip" in backup.hint) == ("error", True)
    assert (bomb.severity, "it unpacks to more than 1 GB" in bomb.message) == ("warning", True)
