from __future__ import annotations

from dataclasses import replace

import pytest

from digest.config import Config
from digest.delivery import send_test_message
from digest.delivery.composer import Composer
from digest.errors import ProviderError, UsageError
from digest.models import PersonalTag, Subscriber
from digest.providers import NotSent, Outcome, SendResult
from digest.subscribers import read_token
from digest.testing.campaigns import NOON, ScriptedProvider, make_rendered

CONFIG = Config.model_validate({"newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"}})


def compose(rendered=None):
    return Composer(rendered or make_rendered(), config=CONFIG, secret=b"secret", date=NOON)


def with_tag(name):
    rendered = make_rendered()
    manifest = replace(rendered.manifest, tags=(PersonalTag(name=name, tag="[[t]]"),))
    return replace(rendered, manifest=manifest)


def test_the_shared_content_comes_from_the_approved_manifest():
    rendered = make_rendered()
    content = compose(rendered).content
    assert content.campaign == f"2026-W47.weekly.{rendered.token[:12]}"
    assert content.sender == ("Weekly", "news@example.org")
    assert content.headers == {"List-Id": "Weekly <weekly.example.org>", "Auto-Submitted": "auto-generated"}
    assert (content.html, content.text, content.subject) == (rendered.html, rendered.text, "A quiet week")


def test_each_recipients_link_unsubscribes_from_this_list_only():
    recipient = compose().recipient(b"k" * 16, Subscriber(email="ana@example.com", name="Ana"))
    token = recipient.headers["List-Unsubscribe"].removeprefix("<https://example.org/u/").removesuffix(">")
    reading = read_token([b"secret"], token)
    assert reading.list == "weekly"
    assert reading.is_for("ana@example.com")
    assert recipient.key == (b"k" * 16).hex()


def test_an_unsubscribe_group_needs_no_link():
    composer = compose(make_rendered(unsubscribe="group:42"))
    assert composer.content.unsubscribe_group == 42
    assert composer.content.unsubscribe_tag == "[[tag-5f2c-unsubscribe]]"
    assert composer.recipient(b"k", Subscriber(email="ana@example.com")).headers == {}


@pytest.mark.parametrize(
    ("tag", "value"),
    [("name", "Ana B"), ("email", "ana@example.com"), ("city", "Bonn"), ("town", ""), ("town|there", "there")],
)
def test_a_tag_is_replaced_by_a_field_or_its_fallback(tag, value):
    person = Subscriber(email="ana@example.com", name="Ana\r\nB", fields={"city": "Bonn"})
    assert compose(with_tag(tag)).recipient(b"k", person).values == {"[[t]]": value}


def test_a_test_message_goes_to_the_named_addresses_and_is_marked():
    provider = ScriptedProvider()
    subjects = []
    provider.check = lambda content: subjects.append(content.subject)
    options = {"provider": provider, "config": CONFIG, "now": lambda: NOON, "secret": b"secret"}
    send_test_message(make_rendered(), ["Me@Example.org", "you@example.org"], **options)
    assert provider.mailed == ["Me@example.org", "you@example.org"]
    assert subjects == ["[TEST] A quiet week"]
    with pytest.raises(UsageError, match="'nobody' is not an email address; nothing was sent"):
        send_test_message(make_rendered(), ["third@example.org", "nobody"], **options)
    assert len(provider.mailed) == 2
    provider.answers.extend([NotSent("busy"), SendResult(outcome=Outcome.UNKNOWN, reason="lost")])
    for message in ("busy", "lost"):
        with pytest.raises(ProviderError, match=message):
            send_test_message(make_rendered(), ["me@example.org"], **options)
