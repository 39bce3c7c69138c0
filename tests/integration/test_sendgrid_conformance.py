"""What every provider promises, shown on each of the three against a real counterpart."""

from __future__ import annotations

import email
import re
from email import policy

import pytest

from digest.config import Config
from digest.delivery.composer import Composer
from digest.errors import ProviderError
from digest.providers import NotSent, Outcome, open_provider
from digest.testing.campaigns import NOON, make_audience, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid
from digest.testing.inbox import Inbox


class Bench:
    """A provider, and a way to read what it has sent."""

    def __init__(self, name, config, environ, root, read):
        table = {"newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"}, "providers": config}
        self.config = Config.model_validate(table)
        self.provider = open_provider(name, config=self.config, environ=environ, root=root, now=lambda: NOON)
        self.read = read
        self.begun = 0

    def begin(self):
        self.begun += 1

    def compose(self, count=1, **options):
        composer = Composer(make_rendered(**options), config=self.config, secret=b"s", date=NOON)
        people = make_audience(count).subscribers
        recipients = [composer.recipient(bytes([number]) * 16, one) for number, one in enumerate(people)]
        return composer.content, recipients

    def send(self, content, recipients):
        return self.provider.send(content, recipients, reference="b1", begin=self.begin)


@pytest.fixture(params=["outbox", "sendgrid", "smtp"])
def bench(request, tmp_path):
    if request.param == "sendgrid":
        with FakeSendGrid() as fake:
            config = {"sendgrid": {"host": fake.host}}

            def read():
                return [(mail.to, mail.subject, mail.html, mail.text, mail.headers) for mail in fake.mails]

            bench = Bench("sendgrid", config, {"SENDGRID_API_KEY": fake.api_key}, tmp_path, read)
            bench.down = {"sendgrid": {"host": "http://127.0.0.1:9"}}
            yield bench
            bench.provider.close()
    elif request.param == "smtp":
        with Inbox() as inbox:
            config = {"smtp": {"host": "127.0.0.1", "port": inbox.port, "security": "none"}}
            bench = Bench("smtp", config, {}, tmp_path, lambda: [parse(data) for data in inbox.messages])
            bench.down = {"smtp": {"host": "127.0.0.1", "port": 9, "security": "none"}}
            yield bench
            bench.provider.close()
    else:
        folder = tmp_path / ".digest" / "outbox" / "2026-W47"

        def read():
            return [parse(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]

        bench = Bench("outbox", {}, {}, tmp_path, read)
        bench.down = None
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


def test_a_call_is_begun_once_and_accepted(bench):
    content, recipients = bench.compose(1)
    result = bench.send(content, recipients)
    assert result.of(recipients[0].key).outcome is Outcome.ACCEPTED
    assert result.message_id
    assert bench.begun == 1
    assert [mail[0] for mail in bench.read()] == ["r00001@example.com"]


def test_a_mail_is_complete_and_personal(bench):
    content, (recipient,) = bench.compose(1)
    bench.send(content, [recipient])
    ((_, subject, html, text, headers),) = bench.read()
    url = headers["List-Unsubscribe"].strip("<>")
    assert re.fullmatch(r"https://example\.org/u/[A-Za-z0-9_-]{40,}", url)
    assert subject == "A quiet week"
    assert html == f'<!doctype html><p>Dear Reader 1,</p><p>Café news & <a href="{url}">leave</a></p>\n'
    assert text == f"Dear Reader 1,\n\nCafé news.\n\n-- \nLeave: {url}\n"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Id"] == "Weekly <weekly.example.org>"


def test_a_value_is_escaped_in_html_and_plain_in_text(bench):
    content, (recipient,) = bench.compose(1)
    tag = content.tags[0]
    recipient.values[tag] = 'Tom & "Ann" <b>'
    bench.send(content, [recipient])
    ((_, _, html, text, _),) = bench.read()
    assert "Dear Tom &amp; &quot;Ann&quot; &lt;b&gt;," in html
    assert 'Dear Tom & "Ann" <b>,' in text


def test_nothing_is_sent_when_the_call_may_not_begin(bench):
    class TakenError(Exception):
        pass

    def begin():
        raise TakenError

    content, recipients = bench.compose(1)
    with pytest.raises(TakenError):
        bench.provider.send(content, recipients, reference="b1", begin=begin)
    assert bench.read() == []
    assert bench.send(content, recipients).outcome is Outcome.ACCEPTED


def test_many_calls_use_the_provider_as_it_stands(bench):
    content, recipients = bench.compose(12)
    size = min(bench.provider.capabilities.max_recipients, 3)
    for start in range(0, 12, size):
        bench.send(content, recipients[start : start + size])
    assert sorted(mail[0] for mail in bench.read()) == [f"r{number:05}@example.com" for number in range(1, 13)]


def test_a_provider_that_is_not_there_has_sent_nothing(bench, tmp_path):
    if bench.down is None:
        assert bench.provider.capabilities.local
        return
    gone = Bench(bench.provider.name, bench.down, {"SENDGRID_API_KEY": "k"}, tmp_path, list)
    content, recipients = gone.compose(1)
    with pytest.raises(NotSent):
        gone.send(content, recipients)
    assert gone.begun == 0


def test_unsubscribe_groups_are_refused_by_who_keeps_none(bench):
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
