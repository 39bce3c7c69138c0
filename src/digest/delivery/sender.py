"""Sending a campaign, the only part that posts mail.

::

    rails ─▶ ask the record ─▶ pull suppressions ─▶ freeze ─┐  (a new campaign)
                                                            ├─▶ each pending batch: claim ─▶ post ─▶ settle
    rails ─▶ pull suppressions ─▶ recover ─▶ look up ───────┘  (resume)
"""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.batches import BatchSender
from digest.delivery.compose import Composer
from digest.delivery.ledger import CampaignExistsError
from digest.delivery.patience import Stop, ask_again
from digest.delivery.plan import plan_campaign
from digest.delivery.rails import (
    describe,
    is_in_window,
    require_holds,
    require_in_time,
    require_new,
    require_resumable,
    require_schedulable,
)
from digest.delivery.report import (
    CampaignDoneError,
    CampaignIncompleteError,
    CampaignInterrupted,
    CampaignRefusedError,
    SendReport,
)
from digest.delivery.starting import (
    count_skipped,
    due_moment,
    last_size,
    planned_report,
    require_open_window,
    require_size,
    require_startable,
    with_numbers,
)
from digest.delivery.suppressing import pull_suppressions, reduce_audience, tell_suppressed
from digest.delivery.two_phase import TwoPhaseSender
from digest.errors import CredentialsError, LedgerError, ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.config import Config
    from digest.delivery.groups import GroupsBook
    from digest.delivery.ledger import Ledger
    from digest.delivery.report import Campaign
    from digest.delivery.roster import Roster
    from digest.models import Audience, Manifest, RenderedIssue
    from digest.providers import MailContent, Provider

__all__ = ["send_campaign"]


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
    sleep: Callable[[float], object] = time.sleep,
) -> SendReport:
    """Send an approved issue to everyone in the audience, once (design, section 6).

    The provider's suppressions are pulled first; without them nothing is sent.

    Args:
        audience: As selected now. A campaign that has begun keeps its frozen batches, less those who have left.
        secret: Signs the unsubscribe tokens.
        resume: Go on with an interrupted campaign, or start one that never began.
        on_unknown: ``hold``: at most once. ``resend``: mail those whose outcome is unknown again.
        at: Aware; when the provider is to deliver. A campaign that has begun keeps the moment that it began with.
        progress: Called with the campaign's numbers, a few times a second.
        notice: Called with what a person should know and what stops nothing.
        sleep: Waits so many seconds.

    Returns: The numbers of a campaign in which everybody is settled: ``sent``, or ``scheduled`` with ``at``.

    Raises:
        CampaignRefusedError: A rail held, or another process is sending (exit 6).
        CampaignIncompleteError: Partly sent, or something is unknown (exit 7).
        CampaignDoneError: It is finished, or there is nobody to mail (exit 8).
        CampaignInterrupted: Ctrl-C; the call in flight was waited for (exit 130).
        CredentialsError: The provider refused the key; what was not posted is still pending (exit 4).
        ProviderError: The provider refused the message; what was not posted is still pending (exit 1).
        LedgerError: It cannot be written; what was posted last is unknown (exit 1).
    """
    stop = Stop()
    one = _Sending(
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
        progress=progress or _quiet,
        notice=notice or _quiet,
    )
    numbers = partial(_standing, rendered, audience, ledger=ledger)
    with _garbage_let_be(), ledger.sending(join=resume, report=numbers), stop.listening(), with_numbers(numbers):
        try:
            return one.run()
        except CampaignExistsError:
            if not resume:
                raise CampaignRefusedError(
                    f"another digest began to send {rendered.manifest.issue} at this moment",
                    hint="Wait for it, then: digest status",
                    report=numbers(),
                ) from None
            return one.run()  # now it is one that has begun


@dataclass(kw_only=True)
class _Sending:
    """One call of `send_campaign`, whose arguments these are."""

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
    progress: Callable[[SendReport], None]
    notice: Callable[[str], None]

    def run(self) -> SendReport:
        """Begin or resume, then send what is pending.

        Raises:
            CampaignExistsError: Another process began it meanwhile.
        """
        issue, audience = self.rendered.manifest.issue, self.rendered.manifest.audience
        known = self.ledger.campaign(issue, audience)
        sender = self._begun() if known is None else self._resumed(known)
        try:
            trouble = sender.send_with_others()
        finally:
            report = sender.book.finish().report
        return _judge(report, trouble, issue=issue, interrupted=self.stop.asked)

    def _begun(self) -> BatchSender | TwoPhaseSender:
        """Pass the rails of a new campaign and write it down."""
        planned, manifest, at = planned_report(self.rendered, self.audience), self.rendered.manifest, self.at
        due = due_moment(self.provider, self.config, at=at, now=self.now())
        require_startable(self.rendered, self.audience, config=self.config, due=due, report=planned)
        require_schedulable(at, provider=self.provider, now=self.now(), report=planned)
        two_phase = self.provider.holds is not None
        schedule = "" if two_phase else _reserved(self.provider, at, stop=self.stop, sleep=self.sleep)
        composer = self._composer(self.now(), at, schedule)
        self._require_unknown_there(composer.content, planned)
        pull_suppressions(self.ledger, self.provider, stop=self.stop, sleep=self.sleep)
        todays, people = reduce_audience(self.audience, self.ledger)
        tell_suppressed(self.audience, todays, self.notice)
        before, now_planned = last_size(self.ledger, manifest), planned_report(self.rendered, todays)
        require_size(todays, config=self.config, before=before, report=now_planned)
        if self.stop.asked:
            raise CampaignInterrupted(now_planned)
        book = _freeze(
            self.rendered, todays, people, ledger=self.ledger, provider=self.provider, at=at, schedule=schedule
        )
        return self._sender(book, composer, people, at)

    def _resumed(self, known: Campaign) -> BatchSender | TwoPhaseSender:
        """Pass the rails of a campaign that has begun and settle what its dead senders left."""
        manifest = self.rendered.manifest
        require_resumable(known, token=self.rendered.token, provider=self.provider.name, resume=self.resume)
        at = known.send_at if known.send_at and known.send_at > self.now() else None
        composer = self._composer(known.started_at, at, known.schedule)
        pull_suppressions(self.ledger, self.provider, stop=self.stop, sleep=self.sleep)
        _, people = reduce_audience(self.audience, self.ledger)
        if self.stop.asked:
            raise CampaignInterrupted(known.report)
        book = self.ledger.book(manifest.issue, manifest.audience)
        if book is None:
            raise LedgerError("the campaign has gone from the ledger", hint="See: digest status")
        require_holds(book.groups(), provider=self.provider, report=known.report)
        sender = self._sender(book, composer, people, at)
        book.recover()
        due = due_moment(self.provider, self.config, at=at, now=self.now())
        _resolve(sender, manifest, config=self.config, now=self.now(), due=due, resend=self.resend)
        return sender

    def _composer(self, date: datetime, at: datetime | None, schedule: str) -> Composer:
        composer = Composer(
            self.rendered, config=self.config, secret=self.secret, date=date, send_at=at, schedule=schedule
        )
        self.provider.check(composer.content)
        return composer

    def _sender(
        self, book: GroupsBook, composer: Composer, people: Roster, at: datetime | None
    ) -> BatchSender | TwoPhaseSender:
        calls = BatchSender(
            book=book,
            provider=self.provider,
            composer=composer,
            people=people,
            stop=self.stop,
            sleep=self.sleep,
            progress=self.progress,
        )
        if self.provider.holds is None:
            return calls
        return TwoPhaseSender(
            book=book,
            calls=calls,
            holds=self.provider.holds,
            compose=partial(self._composer, composer.content.date),
            at=at,
            undo=timedelta(minutes=self.config.delivery.undo_minutes),
            now=self.now,
        )

    def _require_unknown_there(self, content: MailContent, planned: SendReport) -> None:
        """Refuse what the provider has a record of, unless another sender has just begun it."""
        manifest = self.rendered.manifest
        knows = _ask_record(self.provider, content, stop=self.stop, sleep=self.sleep, notice=self.notice)
        if knows:
            self.ledger.refresh()
            if self.ledger.campaign(manifest.issue, manifest.audience) is not None:
                raise CampaignExistsError("the campaign was begun a moment ago", hint="See: digest status")
        require_new(knows, issue=manifest.issue, provider=self.provider.name, report=planned)


@contextmanager
def _garbage_let_be() -> Iterator[None]:
    """Keep what is there by now out of the search for garbage, which would take a third of the time of a long send."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _resolve(
    sender: BatchSender | TwoPhaseSender,
    manifest: Manifest,
    *,
    config: Config,
    now: datetime,
    due: datetime,
    resend: bool,
) -> None:
    """Settle what is unknown, and refuse to mail anybody when it is too late, which leaves the unknown unknown."""
    delivery, zone = config.delivery, config.newsletter.zone
    open_ = is_in_window(due, window=delivery.send_window, days=delivery.send_days, zone=zone)
    sender.resolve_unknown(resend=resend, in_time=open_ and now <= manifest.not_after)
    report = sender.book.finish().report
    if report.pending or (resend and report.unknown):
        require_in_time(manifest, now=now, report=report)
        require_open_window(config, due, report)


def _standing(rendered: RenderedIssue, audience: Audience, *, ledger: Ledger) -> SendReport:
    """The numbers of the campaign, or of the one that was to begin."""
    known = ledger.campaign(rendered.manifest.issue, rendered.manifest.audience)
    return known.report if known else planned_report(rendered, audience)


def _reserved(provider: Provider, at: datetime | None, *, stop: Stop, sleep: Callable[[float], object]) -> str:
    """The name under which a delivery that is to come can be called off; empty for one at once."""
    if at is None:
        return ""
    try:
        return ask_again(provider.reserve, stop=stop, sleep=sleep)
    except NotSent as error:
        raise ProviderError(
            f"{provider.name} gives no schedule: {error.reason}", hint="Nothing was sent. Try again later."
        ) from None


def _ask_record(
    provider: Provider,
    content: MailContent,
    *,
    stop: Stop,
    sleep: Callable[[float], object],
    notice: Callable[[str], None],
) -> bool:
    """Whether the provider's own record has this issue: a ledger brought back from a copy may not know of it."""
    try:
        return ask_again(lambda: provider.knows(content), stop=stop, sleep=sleep)
    except NotSent as error:
        raise ProviderError(
            f"whether {provider.name} has mailed this issue before could not be asked: {error.reason}",
            hint="Nothing was sent. Try again later.",
        ) from None
    except (CredentialsError, ProviderError) as error:
        notice(f"{provider.name} does not tell whether it has mailed this issue before: {error.message}")
        return False


def _freeze(
    rendered: RenderedIssue,
    audience: Audience,
    people: Roster,
    *,
    ledger: Ledger,
    provider: Provider,
    at: datetime | None,
    schedule: str,
) -> GroupsBook:
    """Write a new campaign down. ``people`` are the audience's, by their hash."""
    manifest = rendered.manifest
    if not len(people):
        raise CampaignDoneError(
            f"there is nobody to mail in the audience {audience.name}: all of them are suppressed",
            hint="Look at the lists with: digest subscribers check",
            report=planned_report(rendered, audience),
        )
    return ledger.start(
        issue=manifest.issue,
        audience=manifest.audience,
        token=rendered.token,
        provider=provider.name,
        skipped=count_skipped(audience),
        batches=partial(plan_campaign, people, size=provider.capabilities.max_recipients),
        send_at=at,
        schedule=schedule,
    )


def _judge(report: SendReport, trouble: str, *, issue: str, interrupted: bool) -> SendReport:
    if report.state in {"sent", "scheduled"} and report.rejected and not report.accepted:
        raise ProviderError(
            f"{issue} reached nobody: {report.rejected:,} were refused",
            hint="Nothing is sent twice; they get the next one. Begin it with: digest collect",
        )
    if report.state in {"sent", "scheduled"}:
        return report
    if report.state == "cancelled":
        raise CampaignDoneError(f"{issue} was cancelled meanwhile", hint="See: digest status", report=report)
    if interrupted:
        raise CampaignInterrupted(report)
    if report.pending:
        raise CampaignIncompleteError(
            f"{issue} is partly sent ({trouble}): {describe(report)}",
            hint="Go on later with: digest send --live --resume",
            report=report,
        )
    raise CampaignIncompleteError(
        f"{issue}: it is unknown whether {report.unknown:,} people got it, so they are not mailed again",
        hint="Ask the provider with `digest send --live --resume`; to mail them again, add `--on-unknown resend`.",
        report=report,
    )


def _quiet(_: object) -> None:
    """Where nobody watches."""
