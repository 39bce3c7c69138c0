"""An invented issue, audience and provider for tests of campaigns, which need no newsletter's folder."""

from __future__ import annotations

import hashlib
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from digest.config import Config
from digest.delivery import open_ledger, preview_campaign, send_campaign
from digest.models import Audience, Manifest, PersonalTag, RenderedIssue, Subscriber
from digest.providers import BaseProvider, Capabilities, Diagnosis, Outcome, SendResult, open_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from digest.delivery import Ledger, SendReport
    from digest.models import Suppression
    from digest.providers import MailContent, MailHolds, Provider, Recipient

__all__ = ["NOON", "CampaignHarness", "ScriptedProvider", "make_audience", "make_rendered"]

#: The current time in the tests of campaigns: a Friday; aware, in UTC.
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_rendered(
    *,
    issue: str = "2026-W47",
    audience: str = "weekly",
    provider: str = "sendgrid",
    subject: str = "A quiet week",
    unsubscribe: str = "https://example.org/u/{token}",
    not_after: datetime | None = None,
) -> RenderedIssue:
    """A small rendered issue with personal tags for the name and the unsubscribe link."""
    name, link = "[[tag-5f2c-name]]", "[[tag-5f2c-unsubscribe]]"
    html = f'<!doctype html><p>Dear {name},</p><p>Café news & <a href="{link}">leave</a></p>\n'
    text = f"Dear {name},\n\nCafé news.\n\n-- \nLeave: {link}\n"
    manifest = Manifest(
        issue=issue,
        html_sha256=hashlib.sha256(html.encode()).hexdigest(),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        subject=subject,
        preheader="Little happened",
        sender="Weekly <news@example.org>",
        reply_to="",
        audience=audience,
        audience_where="",
        provider=provider,
        unsubscribe=unsubscribe,
        not_after=not_after or NOON + timedelta(days=7),
        tags=(
            PersonalTag(name="name", tag=name, html=(html.index(name),), text=(text.index(name),)),
            PersonalTag(name="unsubscribe_url", tag=link, html=(html.index(link),), text=(text.index(link),)),
        ),
    )
    return RenderedIssue(
        html=html, text=text, manifest=manifest, token=hashlib.sha256(repr(manifest).encode()).hexdigest()[:32]
    )


def make_audience(count: int, *, name: str = "weekly", first: int = 1) -> Audience:
    """Invented subscribers: r00001@example.com and so on."""
    people = (
        Subscriber(email=f"r{number:05}@example.com", name=f"Reader {number}") for number in range(first, first + count)
    )
    return Audience(name=name, subscribers=tuple(people))


class ScriptedProvider(BaseProvider):
    """An in-memory provider whose answers are scripted by a test.

    Attributes:
        answers: What the next calls do, in order. An exception is raised after the claim, a result is returned, and a
            function is called with the recipients. A call without an answer is accepted.
        mailed: The address of each accepted message, in order.
        calls: The addresses of each call.
        contents: The content of each call.
        reported_suppressions: The suppressions that the provider reports.
        proven: Addresses that `lookup` has a record of.
        editions: Editions that `knows` has a record of.
        reserved: The number of schedules that were reserved.
        called_off: The schedules that were cancelled.
    """

    name = "scripted"
    holds: MailHolds | None = None

    #: The default answer: the call is accepted.
    accepted = SendResult(outcome=Outcome.ACCEPTED, message_id="m")

    def __init__(
        self, *, max_recipients: int = 10, repeatable: bool = False, schedules: timedelta = timedelta(hours=71)
    ) -> None:
        self.capabilities = Capabilities(
            max_recipients=max_recipients,
            repeatable=repeatable,
            sandbox=True,
            schedules=schedules,
            undo_until=timedelta(minutes=10),
        )
        self.contents: list[MailContent] = []
        self.called_off: list[str] = []
        self.reserved = 0
        self.answers: deque[Exception | SendResult | Callable[[Sequence[Recipient]], SendResult]] = deque()
        self.mailed: list[str] = []
        self.calls: list[list[str]] = []
        self.reported_suppressions: list[Suppression] = []
        self.proven: frozenset[str] = frozenset()
        self.editions: set[str] = set()

    def check(self, content: MailContent) -> None:
        """Accept any content."""

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> SendResult:
        """Do what the next scripted answer says."""
        del reference
        begin()
        self.contents.append(content)
        self.calls.append([person.email for person in recipients])
        answer = self.answers.popleft() if self.answers else self.accepted
        if isinstance(answer, Exception):
            raise answer
        result = answer if isinstance(answer, SendResult) else answer(recipients)
        self.mailed.extend(person.email for person in recipients if result.of(person.key).outcome is Outcome.ACCEPTED)
        return result

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """The recipients whose address is in ``proven``."""
        del content, reference
        return frozenset(person.key for person in recipients if person.email in self.proven)

    def knows(self, content: MailContent) -> bool:
        """Whether the edition is in ``editions``."""
        return content.edition in self.editions

    def reserve(self) -> str:
        """A new name each time."""
        self.reserved += 1
        return f"schedule-{self.reserved}"

    def call_off(self, schedule: str) -> None:
        """Add the schedule to ``called_off``."""
        self.called_off.append(schedule)

    def diagnose(self, sender: str) -> tuple[Diagnosis, ...]:
        """Report that all is well."""
        return (Diagnosis(what="provider", state="ok", words=f"takes {sender}"),)

    def suppressions(self) -> tuple[Suppression, ...]:
        """The suppressions in ``reported_suppressions``."""
        return tuple(self.reported_suppressions)

    def close(self) -> None:
        """Do nothing: no connection is open."""


class CampaignHarness:
    """Sends an issue to 25 subscribers, with a ledger in a folder and a scripted provider.

    Tests may replace any attribute.

    Attributes:
        now: The current time.
        slept: The requested waits in seconds. The harness records them instead of waiting.
    """

    def __init__(self, folder: Path, *, ledger: Ledger | None = None) -> None:
        self.config = Config.model_validate({"newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"}})
        self.now = NOON
        self._folder = folder
        self.ledger = ledger or open_ledger(
            f"sqlite:///{folder / 'ledger.db'}", root=folder, environ={}, now=lambda: self.now
        )
        self.provider: Provider = ScriptedProvider()
        self.rendered = make_rendered()
        self.audience = make_audience(25)
        self.slept: list[float] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.provider.close()
        self.ledger.close()

    @property
    def everyone(self) -> list[str]:
        """The addresses of the audience."""
        return [person.email for person in self.audience.subscribers]

    def configure(self, **tables: Mapping[str, Any]) -> None:
        """Replace tables of the configuration."""
        self.config = Config.model_validate({**self.config.model_dump(exclude_unset=True), **tables})

    def connect(self, name: str, *, environ: Mapping[str, str] | None = None, **settings: Any) -> None:
        """Send through one of the installed providers, with these settings."""
        self.configure(providers={name: settings})
        self.provider = open_provider(
            name, config=self.config, environ=environ or {}, root=self._folder, now=lambda: self.now
        )

    def preview(self, **options: Any) -> SendReport:
        """Do a dry run. Options replace the arguments of `preview_campaign`."""
        return preview_campaign(
            self.rendered, self.audience, **self._arguments({"ledger": self.ledger.snapshot(), **options})
        )

    def send(self, **options: Any) -> SendReport:
        """Send the issue. Options replace the arguments of `send_campaign`."""
        return send_campaign(self.rendered, self.audience, sleep=self.slept.append, **self._arguments(options))

    def _arguments(self, options: dict[str, Any]) -> dict[str, Any]:
        arguments = {"ledger": self.ledger, "provider": self.provider, "config": self.config, "secret": b"secret"}
        return {**arguments, "now": lambda: self.now, **options}
