"""What every provider promises, shown on each against a real counterpart, with both kinds of recipients."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email import policy

import pytest

from digest.config import Config
from digest.delivery.composer import Composer
from digest.errors import ProviderError
from digest.providers import LinkedRecipients, NotSent, Outcome, open_provider
from digest.subscribers.packed_subscribers import PackedSubscribers
from digest.testing.campaigns import NOON, make_audience, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid
from digest.testing.inbox import Inbox


class Bench:
    """A provider under test, and a way to read what it has sent.

    ``linked`` chooses what most campaigns hand over: `LinkedRecipients`, with nothing personal but the link. Otherwise
    the mails also hold names, and each call gets a list of `Recipient`.
    """

    def __init__(self, name, config, environ, root, read, *, linked=False):
        table = {"newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"}, "providers": config}
        self.config = Config.model_validate(table)
        self.provider = open_provider(name, config=self.config, environ=environ, root=root, now=lambda: NOON)
        self.read = read
        self.linked = linked
        self.begun = 0

    def begin(self):
        self.begun += 1

    def compose(self, count=1, **options):
        content, (recipients,) = self.compose_calls(count, size=count, **options)
        return content, recipients

    def compose_calls(self, count, *, size, **options):
        """The content and the recipients of several calls, as a campaign composes them."""
        rendered = make_rendered(**options)
        if self.linked:
            rendered = without_names(rendered)
        composer = Composer(rendered, config=self.config, secret=b"s", date=NOON)
        calls = []
        for first in range(0, count, size):
            people = make_audience(min(size, count - first), first=first + 1).subscribers
            keys = [bytes([first + number]) * 16 for number in range(len(people))]
            calls.append(composer.recipients(keys, PackedSubscribers.of(people)))
        if not options:
            assert all(isinstance(call, LinkedRecipients) is self.linked for call in calls)
        return composer.content, calls

    def send(self, content, recipients):
        return self.provider.send(content, recipients, reference="b1", begin=self.begin)


def without_names(rendered):
    name, link = rendered.manifest.tags
    return replace(
        rendered,
        html=rendered.html.replace(name.tag, "reader"),
        text=rendered.text.replace(name.tag, "reader"),
        manifest=replace(rendered.manifest, tags=(link,)),
    )


@pytest.fixture(params=[False, True], ids=["named", "linked"])
def linked(request):
    return request.param


@pytest.fixture(params=["outbox", "sendgrid", "smtp"])
def bench(request, linked, tmp_path):
    if request.param == "sendgrid":
        with FakeSendGrid() as fake:
            config = {"sendgrid": {"host": fake.host}}

            def read():
                return [(mail.to, mail.subject, mail.html, mail.text, mail.headers) for mail in fake.mails]

            bench = Bench("sendgrid", config, {"SENDGRID_API_KEY": fake.api_key}, tmp_path, read, linked=linked)
            bench.unreachable = {"sendgrid": {"host": "http://127.0.0.1:9"}}
            yield bench
            bench.provider.close()
    elif request.param == "smtp":
        with Inbox() as inbox:
            config = {"smtp": {"host": "127.0.0.1", "port": inbox.port, "security": "none"}}

            def read():
                return [parse(data) for data in inbox.messages]

            bench = Bench("smtp", config, {}, tmp_path, read, linked=linked)
            bench.unreachable = {"smtp": {"host": "127.0.0.1", "port": 9, "security": "none"}}
            yield bench
            bench.provider.close()
    else:
        folder = tmp_path / ".digest" / "outbox" / "2026-W47"

        def read():
            return [parse(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]

        bench = Bench("outbox", {}, {}, tmp_path, read, linked=linked)
        bench.unreachable = None
        yield bench


def parse(data):
    message = email.message_from_bytes(data, policy=policy.default)
    html, text = message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()
    return (
        message["To"].addresses[0].addr_spec,
        str(message["Subject"]),
        html.replace("\r\n", "\n"),
        text.replace("\r\n", "\n"),
        dict(message.items()),
    )


def test_a_call_begins_once_and_is_accepted(bench):
    content, recipients = bench.compose(1)
    result = bench.send(content, recipients)
    assert result.of(recipients[0].key).outcome is Outcome.ACCEPTED
    assert result.message_id
    assert bench.begun == 1
    assert [mail[0] for mail in bench.read()] == ["r00001@example.com"]


def test_a_mail_is_complete_and_personal(bench):
    content, recipients = bench.compose(1)
    bench.send(content, recipients)
    ((_, subject, html, text, headers),) = bench.read()
    url = headers["List-Unsubscribe"].strip("<>")
    name = "reader" if bench.linked else "Reader 1"
    assert re.fullmatch(r"https://example\.org/u/[A-Za-z0-9_-]{40,}", url)
    assert subject == "A quiet week"
    assert html == f'<!doctype html><p>Dear {name},</p><p>Café news & <a href="{url}">leave</a></p>\n'
    assert text == f"Dear {name},\n\nCafé news.\n\n-- \nLeave: {url}\n"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "Weekly <weekly.example.org>"


def test_each_recipient_of_a_call_gets_a_mail_with_their_own_link(bench):
    count = min(bench.provider.capabilities.max_recipients, 3)
    content, recipients = bench.compose(count)
    bench.provider.prepare(content, recipients, reference="b1")
    bench.send(content, recipients)
    links = {mail[0]: mail[4]["List-Unsubscribe"] for mail in bench.read()}
    assert links == {recipient.email: recipient.headers["List-Unsubscribe"] for recipient in recipients}
    assert len(set(links.values())) == count
    assert all(
        link.strip("<>") in mail[2] and link.strip("<>") in mail[3]
        for mail in bench.read()
        for link in [mail[4]["List-Unsubscribe"]]
    )


@pytest.mark.parametrize("linked", [False])
def test_escapes_a_value_in_html_and_not_in_text(bench):
    content, (recipient,) = bench.compose(1)
    tag = content.tags[0]
    recipient.values[tag] = 'Tom & "Ann" <b>'
    bench.send(content, [recipient])
    ((_, _, html, text, _),) = bench.read()
    assert "Dear Tom &amp; &quot;Ann&quot; &lt;b&gt;," in html
    assert 'Dear Tom & "Ann" <b>,' in text


def test_sends_nothing_if_begin_raises(bench):
    class TakenError(Exception):
        pass

    def begin():
        raise TakenError

    content, recipients = bench.compose(1)
    with pytest.raises(TakenError):
        bench.provider.send(content, recipients, reference="b1", begin=begin)
    assert bench.read() == []
    assert bench.send(content, recipients).outcome is Outcome.ACCEPTED


def test_the_settings_say_as_well_whether_nothing_leaves_this_machine(bench):
    """The checks ask the settings: they read the configuration and open no provider."""
    assert bench.provider.Settings.local == bench.provider.capabilities.local


def test_one_provider_makes_many_calls(bench):
    content, calls = bench.compose_calls(12, size=min(bench.provider.capabilities.max_recipients, 3))
    for recipients in calls:
        bench.send(content, recipients)
    assert sorted(mail[0] for mail in bench.read()) == [f"r{number:05}@example.com" for number in range(1, 13)]


def test_an_unreachable_provider_has_sent_nothing(bench, tmp_path):
    if bench.unreachable is None:
        assert bench.provider.capabilities.local
        return
    gone = Bench(bench.provider.name, bench.unreachable, {"SENDGRID_API_KEY": "k"}, tmp_path, list, linked=bench.linked)
    content, recipients = gone.compose(1)
    with pytest.raises(NotSent):
        gone.send(content, recipients)
    assert gone.begun == 0


def test_a_provider_without_unsubscribe_groups_refuses_them(bench):
    content, recipients = bench.compose(1, unsubscribe="group:42")
    if bench.provider.capabilities.hosts_unsubscribe:
        assert bench.send(content, recipients).outcome is Outcome.ACCEPTED
    else:
        with pytest.raises(ProviderError, match="unsubscribe groups"):
            bench.send(content, recipients)
        assert bench.read() == []


def test_closing_twice_is_harmless(bench):
    content, recipients = bench.compose(1)
    bench.send(content, recipients)
    bench.provider.close()
    bench.provider.close()
    assert bench.send(content, recipients).outcome is Outcome.ACCEPTED
