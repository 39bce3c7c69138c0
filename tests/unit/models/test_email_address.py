from __future__ import annotations

import string
import time

import hypothesis.strategies as st
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given

from digest.errors import ConfigError
from digest.models import normalise_address, parse_sender, redact_addresses


@pytest.mark.parametrize(
    ("given_as", "normal"),
    [
        ("ana@example.com", "ana@example.com"),
        ("  Ana.B+news@EXAMPLE.Com\t", "Ana.B+news@example.com"),
        ("jo@bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@bücher.test", "jo@xn--bcher-kva.test"),
        ("o'neil@mail.example.org", "o'neil@mail.example.org"),
        ("a@sub-domain.example.museum", "a@sub-domain.example.museum"),
    ],
)
def test_an_address_has_one_form(given_as, normal):
    assert normalise_address(given_as) == normal
    assert normalise_address(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example",
        "a@b@example.com",
        ".ana@example.com",
        "ana.@example.com",
        "an..a@example.com",
        "ana@-example.com",
        "ana@example..com",
        "ana@example.com.",
        "ana@exa mple.com",
        "ana@example.com\nbcc: eve@example.com",
        "Ana <ana@example.com>",
        "jörg@example.com",
        "ana@[192.0.2.1]",
        '"ana b"@example.com',
        "a" * 65 + "@example.com",
        "ana@" + "a" * 64 + ".com",
        "ana@" + "a.b" * 90 + ".com",
    ],
)
def test_refuses_an_invalid_address_without_repeating_it(text):
    with pytest.raises(ValueError) as caught:
        normalise_address(text)
    assert "@" not in str(caught.value)


LOCAL = st.text(string.ascii_letters + string.digits + ".!#$%&'*+/=?^_`{|}~-\"\\(),:;<>[] ", min_size=0, max_size=66)
DOMAIN = st.text(string.ascii_letters + string.digits + ".-_", min_size=0, max_size=70)


@given(LOCAL, DOMAIN)
@example("a", "b--c.com")
@example("a", "1.2.3.4")
@example("a", "example.c0m")
def test_the_fast_path_agrees_with_email_validator(local, domain):
    text = f"{local}@{domain}"
    try:
        validated = validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
        expected = validated.ascii_email if "." in validated.ascii_domain else None
    except EmailNotValidError:
        expected = None
    try:
        made = normalise_address(text)
    except ValueError:
        made = None
    assert made == expected


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Weekly <news@example.org>", ("Weekly", "news@example.org")),
        ('"News, weekly" <news@Example.org>', ("News, weekly", "news@example.org")),
        ('"The \\"best\\"" <news@example.org>', ('The "best"', "news@example.org")),
        ("Größe <news@example.org>", ("Größe", "news@example.org")),
        ("news@example.org", ("", "news@example.org")),
        ("<news@example.org>", ("", "news@example.org")),
    ],
)
def test_a_sender_is_a_name_and_an_address(text, parsed):
    assert parse_sender(text) == parsed


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "it is empty", "Write it as Name <news@example.org>"),
        ("Weekly", "'Weekly' is not an email address", "Write it as Name <news@example.org>"),
        ("Weekly <news>", "'news' is not an email address", "Write it as Name <news@example.org>"),
        ("A\n <a@b.example>", "line break", "Write it as"),
        ("A <a@b.example> <c@d.example>", "two addresses", "Write it as"),
        ("a@b.example, c@d.example", "two addresses", "Write it as"),
        ("A <a@b.example>, B <c@d.example>", "two addresses", "Write it as"),
        ("a@b.example <c@d.example>", "two addresses", "Write it as"),
        ("News@Home <a@b.example>", "an @ in a name needs quotes", 'Write it as "News@Home" <a@b.example>'),
        ("News@Home, weekly <a@b.example>", "a comma outside", 'Write it as "News@Home, weekly" <a@b.example>'),
        ("My, News <a@b.example>", "a comma outside quotes", 'Write it as "My, News" <a@b.example>'),
        ("a@b.example (My News)", "before the address", "Write it as My News <a@b.example>."),
        ('My "Best" News <a@b.example>', "quotation marks", 'Write it as "My Best News" <a@b.example>'),
        ("My News <jö@b.example>", "only ASCII characters", "Write it as"),
    ],
)
def test_a_sender_that_could_not_be_sent_is_refused_and_explained(text, reason, hint):
    with pytest.raises(ConfigError) as caught:
        parse_sender(text)
    assert reason in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_addresses_and_line_breaks_are_removed_from_a_server_reply():
    reply = "550 5.1.1 <ana.b@example.com>:\r\n\tno such user, ask postmaster@example.org; id=x"
    assert redact_addresses(reply) == "550 5.1.1 <…>: no such user, ask …; id=x"


@pytest.mark.parametrize("unit", ["a", ".", "a.", "@", "a@", "@a", "é", "{", "\\", "a b@", "<", "a=", "=@"])
def test_a_long_reply_is_redacted_within_a_second(unit):
    start = time.process_time()
    redacted = redact_addresses(
        f"550 ana@reader.example {unit * (40_000 // len(unit))} bo@reader.example", limit=50_000
    )
    assert time.process_time() - start < 1
    assert "reader.example" not in redacted


@pytest.mark.parametrize("text", ['"' + '\\"' * 20_000, "a" * 40_000, "a@" * 20_000, "(" * 40_000, "<" * 40_000])
def test_a_sender_of_many_characters_is_refused_within_a_second(text):
    start = time.process_time()
    with pytest.raises(ConfigError, match="more than 1,000 characters"):
        parse_sender(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("text", [" " * 1000, "\u3000" * 1000, "a" + " " * 998 + "b"])
def test_a_sender_of_blanks_is_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(ConfigError):
        parse_sender(text)
    assert time.process_time() - start < 0.5
