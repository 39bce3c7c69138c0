"""Sends a campaign. This is the only module that mails an audience.

::

    rails ─▶ ask for a record ─▶ pull suppressions ─▶ freeze ─┐  (a new campaign, or a replaced one)
                                                              ├─▶ each pending batch: claim ─▶ post ─▶ settle
    rails ─▶ pull suppressions ─▶ recover ─▶ look up ─────────┘  (a resumed one)
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from digest.delivery.batch_sender import BatchSender
from digest.delivery.calls.retry import Stop, retry_query
from digest.delivery.campaign import (
    CampaignInterrupted,
    CampaignRefusedError,
    SendReport,
    count_skipped,
    judge_outcome,
    planned_report,
)
from digest.delivery.campaign_rails import (
    closing_reason,
    delivery_time,
    is_in_window,
    is_replaced,
    require_expected_size,
    require_in_time,
    require_in_window,
    require_recipients,
    require_remaining_audience,
    require_resumable,
    require_same_phases,
    require_schedulable,
    require_startable,
    require_unknown_to_provider,
    shrinking_reason,
)
from digest.delivery.composer import Composer
from digest.delivery.ledger import CampaignExistsError
from digest.delivery.recipients import AudienceIndex, count_gone, plan_campaign, remove_mailed, remove_suppressed
from digest.delivery.rehearsal import with_numbers
from digest.delivery.two_phase_sender import TwoPhaseSender
from digest.errors import CredentialsError, LedgerError, ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from digest.config import Config
    from digest.delivery.campaign import Campaign
    from digest.delivery.group_ledger import CampaignLedger
    from digest.delivery.ledger import Ledger
    from digest.models import Audience, RenderedIssue
    from digest.providers import MailContent, Provider

__all__ = ["send_campaign"]

_Answer = TypeVar("_Answer")


def send_campaign(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    ledger: Ledger,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    resume: bool = False,
    on_unknown: str = "hold",
    at: datetime | None = None,
    progress: Callable[[SendReport], None] | None = None,
    notice: Callable[[str], None] | None = None,
    recorded: Callable[[Campaign], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> SendReport:
    """Send an approved issue to everyone in the audience, once.

    The provider's suppressions are pulled first; without them nothing is sent.

    Args:
        rendered: The issue.
        audience: The audience as selected now. A campaign that has started keeps its frozen batches, without those who
            have left.
        ledger: The ledger, opened or refreshed a moment ago.
        provider: The configured provider.
        config: The newsletter's configuration.
        now: The clock; aware.
        secret: Signs the unsubscribe tokens.
        resume: Continue an interrupted campaign, or start one that never started.
        on_unknown: ``resend`` mails recipients with an unknown outcome again; ``hold`` does not, so that nobody is
            mailed twice.
        at: When the provider delivers; aware. A campaign that has started keeps the time that it started with.
        progress: Called with the campaign's numbers, a few times a second.
        notice: Called with messages for the user that do not stop the send.
        recorded: Called with the campaign once it is in the ledger, before anybody is mailed, and again when this run
            of it ends.
        sleep: Waits the given number of seconds.

    Returns: The numbers of a campaign in which everybody is settled: ``sent``, or ``scheduled`` with ``at``.

    Raises:
        CampaignRefusedError: A rail refused, or another process is sending (exit 6).
        CampaignIncompleteError: The issue is partly sent, or an outcome is unknown (exit 7).
        CampaignDoneError: The campaign is finished, or there is nobody to mail (exit 8).
        CampaignInterrupted: The user pressed Ctrl-C; the call in flight was awaited (exit 130).
        CredentialsError: The provider refused the key; what was not posted is still pending (exit 4).
        ProviderError: The provider refused the message; what was not posted is still pending (exit 1).
        LedgerError: The ledger cannot be written; the outcome of the last call is unknown (exit 1).
    """
    stop = Stop()
    send = _Send(
        rendered=rendered,
        audience=audience,
        ledger=ledger,
        provider=provider,
        config=config,
        now=now,
        secret=secret,
        resume=resume,
        resend=on_unknown == "resend",
        at=at,
        stop=stop,
        sleep=sleep,
        progress=progress,
        notice=notice or (lambda _notice: None),
        recorded=recorded or (lambda _campaign: None),
    )
    with _heap_frozen(), ledger.sending(join=resume, report=send.numbers), stop.listening(), with_numbers(send.numbers):
        try:
            return send.run()
        except CampaignExistsError:
            if not resume:
                raise CampaignRefusedError(
                    f"another digest process started to send {rendered.manifest.issue} just now",
                    hint="Wait for it, then: digest status",
                    report=send.numbers(),
                ) from None
            return send.run()  # the campaign has started by now


@dataclass(kw_only=True)
class _Send:
    """One call of `send_campaign`, with its arguments."""

    rendered: RenderedIssue
    audience: Audience
    ledger: Ledger
    provider: Provider
    config: Config
    now: Callable[[], datetime]
    secret: bytes
    resume: bool
    resend: bool
    at: datetime | None
    stop: Stop
    sleep: Callable[[float], object]
    progress: Callable[[SendReport], None] | None
    notice: Callable[[str], None]
    recorded: Callable[[Campaign], None]

    def run(self) -> SendReport:
        """Start or resume the campaign, then send what is pending.

        Raises:
            CampaignExistsError: Another process has started the campaign meanwhile.
        """
        issue, audience = self.rendered.manifest.issue, self.rendered.manifest.audience
        snapshot = self.ledger.snapshot()  # all rails judge this state
        campaign = snapshot.campaign(issue, audience)
        replaces = is_replaced(campaign, token=self.rendered.token, provider=self.provider.name)
        if campaign is None or replaces:
            sender = self._start(previous=snapshot.previous_size(issue, audience), replaces=replaces)
        else:
            sender = self._resume(campaign)
        self.recorded(sender.batches.campaign())
        try:
            trouble = sender.send_with_others()
        finally:
            ended = sender.batches.finish()
            self.recorded(ended)
        return judge_outcome(ended.report, trouble, issue=issue, interrupted=self.stop.requested)

    def numbers(self) -> SendReport:
        """The numbers of the campaign, or of the one that was to start."""
        campaign = self._campaign()
        return campaign.report if campaign else planned_report(self.rendered, self.audience)

    def _campaign(self) -> Campaign | None:
        return self.ledger.campaign(self.rendered.manifest.issue, self.rendered.manifest.audience)

    def _start(self, *, previous: int | None, replaces: bool) -> BatchSender | TwoPhaseSender:
        """Pass the rails of a new campaign and record it. ``previous`` is the size of the previous issue's."""
        at, now = self.at, self.now()
        planned = planned_report(self.rendered, self.audience)
        due = delivery_time(self.provider, self.config, at=at, now=now)
        require_startable(self.rendered, self.audience, config=self.config, due=due, report=planned)
        require_schedulable(at, provider=self.provider, now=now, report=planned)
        composer = self._composer(now, at, self._reserve_schedule())
        self._require_unknown_to_provider(composer.content, planned)
        audience, people = self._without_suppressed()
        audience, people = remove_mailed(audience, people, self._mailed_to_others())
        self._report_left_out(audience)
        planned = planned_report(self.rendered, audience)
        require_expected_size(audience, config=self.config, previous=previous, report=planned)
        if self.stop.requested:
            raise CampaignInterrupted(planned)
        batches = self._freeze(audience, people, composer.content, replaces=replaces)
        return self._sender(batches, composer, people, at)

    def _resume(self, campaign: Campaign) -> BatchSender | TwoPhaseSender:
        """Pass the rails of a campaign that has started, and settle what its dead senders left."""
        manifest = self.rendered.manifest
        require_resumable(campaign, token=self.rendered.token, provider=self.provider.name, resume=self.resume)
        at = campaign.send_at if campaign.send_at and campaign.send_at > self.now() else None
        composer = self._composer(campaign.started_at, at, campaign.schedule)
        people = self._without_suppressed()[1]
        if self.stop.requested:
            raise CampaignInterrupted(campaign.report)
        batches = self.ledger.open_campaign(manifest.issue, manifest.audience)
        if batches is None:
            raise LedgerError("the campaign is no longer in the ledger", hint="See: digest status")
        require_same_phases(batches.groups(), provider=self.provider, report=campaign.report)
        people.mailed.update(self._mailed_to_others())
        self._require_remaining(batches, people)
        sender = self._sender(batches, composer, people, at)
        batches.recover()
        self._resolve_unknown(sender, at)
        self._require_remaining(batches, people)  # others may be pending now
        return sender

    def _require_remaining(self, batches: CampaignLedger, people: AudienceIndex) -> None:
        gone = count_gone(batches.pending, people=people, size=self.provider.capabilities.max_recipients)
        require_remaining_audience(gone, config=self.config, report=batches.campaign().report)

    def _resolve_unknown(self, sender: BatchSender | TwoPhaseSender, at: datetime | None) -> None:
        """Settle unknown outcomes. If it is too late to send the issue, they stay unknown, and the send is refused."""
        manifest, config, now = self.rendered.manifest, self.config, self.now()
        due = delivery_time(self.provider, config, at=at, now=now)
        in_time = is_in_window(due, config=config) and now <= manifest.not_after
        sender.resolve_unknown(resend=self.resend, in_time=in_time)
        report = sender.batches.finish().report
        if report.pending or (self.resend and report.unknown):
            require_in_time(manifest, now=now, report=report)
            require_in_window(due, config=config, report=report)

    def _composer(self, date: datetime, at: datetime | None, schedule: str) -> Composer:
        composer = Composer(
            self.rendered, config=self.config, secret=self.secret, date=date, send_at=at, schedule=schedule
        )
        self.provider.check(composer.content)
        return composer

    def _sender(
        self, batches: CampaignLedger, composer: Composer, people: AudienceIndex, at: datetime | None
    ) -> BatchSender | TwoPhaseSender:
        calls = BatchSender(
            batches=batches,
            provider=self.provider,
            composer=composer,
            people=people,
            stop=self.stop,
            sleep=self.sleep,
            progress=self.progress,
            patience=self.config.delivery.retry_minutes * 60.0,
            clock=lambda: self.now().astimezone(self.config.newsletter.zone),
        )
        report, left = batches.campaign().report, set[bytes]()

        def shrunk(leavers: Collection[bytes]) -> str:
            left.update(leavers)
            return shrinking_reason(len(left), of=report.pending + report.unknown, config=self.config, report=report)

        if self.provider.holds is None:
            calls.closed = lambda leavers: self._closed(at) or shrunk(leavers)
            return calls
        calls.closed = shrunk  # the rest is checked for each group
        return TwoPhaseSender(
            batches=batches,
            calls=calls,
            holds=self.provider.holds,
            compose=partial(self._composer, composer.content.date),
            at=at,
            undo=timedelta(minutes=self.config.delivery.undo_minutes),
            now=self.now,
            closed=partial(closing_reason, manifest=self.rendered.manifest, config=self.config),
        )

    def _closed(self, at: datetime | None) -> str:
        due = delivery_time(self.provider, self.config, at=at, now=self.now())
        return closing_reason(due, manifest=self.rendered.manifest, config=self.config)

    def _mailed_to_others(self) -> dict[bytes, str]:
        return self.ledger.mailed_to_others(self.rendered.manifest.issue, self.rendered.manifest.audience)

    def _query(self, query: Callable[[], _Answer]) -> _Answer:
        return retry_query(query, stop=self.stop, sleep=self.sleep)

    def _reserve_schedule(self) -> str:
        """The provider's name for a scheduled delivery, by which it can be cancelled; empty for immediate delivery.

        In two phases each group has a name of its own.
        """
        if self.at is None or self.provider.holds is not None:
            return ""
        try:
            return self._query(self.provider.reserve)
        except NotSent as error:
            raise ProviderError(
                f"{self.provider.name} did not reserve a scheduled delivery: {error.reason}",
                hint="Nothing was sent. Try again later.",
            ) from None

    def _require_unknown_to_provider(self, content: MailContent, planned: SendReport) -> None:
        """Refuse an issue that the provider has a record of, unless another sender has started it just now.

        A ledger that was restored from a copy may not have its campaign.
        """
        name = self.provider.name
        try:
            is_known = self._query(lambda: self.provider.knows(content))
        except NotSent as error:
            raise ProviderError(
                f"could not ask {name} whether it has mailed this issue before: {error.reason}",
                hint="Nothing was sent. Try again later.",
            ) from None
        except (CredentialsError, ProviderError) as error:
            self.notice(f"{name} does not say whether it has mailed this issue before: {error.message}")
            return
        if is_known:
            self.ledger.refresh()
            if self._campaign() is not None:
                raise CampaignExistsError("the campaign was started a moment ago", hint="See: digest status")
        require_unknown_to_provider(is_known, issue=self.rendered.manifest.issue, provider=name, report=planned)

    def _without_suppressed(self) -> tuple[Audience, AudienceIndex]:
        """Pull and record the provider's suppressions. Returns the audience without all that are recorded.

        Raises:
            ProviderError: The provider did not answer.
        """
        try:
            suppressions = self._query(lambda: tuple(self.provider.suppressions()))
        except NotSent as error:
            raise ProviderError(
                f"could not fetch the suppression lists of {self.provider.name}: {error.reason}",
                hint="Nothing was sent. Try again later.",
            ) from None
        self.ledger.suppress(suppressions, provider=self.provider.name)
        index = AudienceIndex(self.audience.subscribers, self.ledger.keys_of)
        return remove_suppressed(self.audience, index, self.ledger.suppressions())

    def _report_left_out(self, audience: Audience) -> None:
        """Say how many subscribers were removed just now: by the provider's suppressions, or by another campaign."""
        for reason, count in sorted(audience.left_out.items()):
            more = count - self.audience.left_out.get(reason, 0)
            if more > 0:
                self.notice(f"{more:,} more are left out: {reason}")

    def _freeze(
        self, audience: Audience, people: AudienceIndex, content: MailContent, *, replaces: bool
    ) -> CampaignLedger:
        """Record a new campaign with its batches."""
        manifest = self.rendered.manifest
        require_recipients(audience, issue=manifest.issue, report=planned_report(self.rendered, audience))
        return self.ledger.start(
            issue=manifest.issue,
            audience=manifest.audience,
            token=self.rendered.token,
            provider=self.provider.name,
            skipped=count_skipped(audience),
            batches=partial(plan_campaign, people, size=self.provider.capabilities.max_recipients),
            send_at=content.send_at,
            schedule=content.schedule,
            replaces=replaces,
        )


@contextmanager
def _heap_frozen() -> Iterator[None]:
    """Freeze the heap so that the collector skips it. Scanning it would take a third of the time of a long send."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
