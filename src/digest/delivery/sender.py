"""Sending a campaign, the only part that posts mail.

::

    rails ─▶ ask the record ─▶ pull suppressions ─▶ freeze ─┐  (a new campaign)
                                                            ├─▶ each pending batch: claim ─▶ post ─▶ settle
    rails ─▶ pull suppressions ─▶ recover ─▶ look up ───────┘  (resume)
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.batches import BatchSender
from digest.delivery.compose import Composer
from digest.delivery.patience import Stop, ask_again
from digest.delivery.plan import plan_campaign
from digest.delivery.rails import (
    describe,
    require_cancellable,
    require_familiar_size,
    require_in_time,
    require_in_window,
    require_new,
    require_not_too_many,
    require_resumable,
    require_schedulable,
)
from digest.delivery.report import CampaignDoneError, CampaignIncompleteError, CampaignInterrupted, SendReport
from digest.delivery.roster import Roster
from digest.errors import CredentialsError, LedgerError, ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.config import Config
    from digest.delivery.book import CampaignBook
    from digest.delivery.ledger import Ledger
    from digest.models import Audience, Manifest, RenderedIssue
    from digest.providers import Content, Provider

__all__ = ["cancel_campaign", "last_size", "preview_campaign", "send_campaign", "without_suppressed"]


def preview_campaign(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    ledger: Ledger | None,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    resume: bool = False,
    at: datetime | None = None,
) -> SendReport:
    """Do everything that `send_campaign` does, but for the network and the ledger's pages.

    A recipient's values and headers are made, so that what could not be sent is found now.

    Args:
        ledger: None when there is none yet; it is not made for a rehearsal.

    Returns: The numbers, with state ``planned`` for a campaign that has not begun.

    Raises:
        CampaignDoneError, CampaignIncompleteError, CampaignRefusedError, ProviderError: As `send_campaign`.
    """
    manifest = rendered.manifest
    known = ledger.campaign(manifest.issue, manifest.audience) if ledger else None
    if known is not None:
        require_resumable(known, token=rendered.token, provider=provider.name, resume=resume)
        if known.report.pending:
            require_in_time(manifest, now=now(), report=known.report)
            _require_in_window(config, max(known.send_at or now(), now()), known.report)
        return known.report
    if ledger is not None:
        audience = without_suppressed(audience, ledger)
    report = _planned(rendered, audience)
    before = last_size(ledger, manifest) if ledger else None
    _require_startable(rendered, audience, config=config, now=now(), at=at, report=report)
    _require_size(audience, config=config, before=before, report=report)
    require_schedulable(at, provider=provider, now=now(), report=report)
    composer = Composer(rendered, config=config, secret=secret, date=now(), send_at=at)
    with _with_numbers(lambda: report):
        provider.check(composer.content)
    composer.recipient(b"", audience.subscribers[0])
    return report


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
    numbers = partial(_standing, rendered, audience, ledger=ledger)
    with (
        _garbage_let_be(),
        ledger.sending(report=partial(numbers, live=True)),
        stop.listening(),
        _with_numbers(partial(numbers, live=False)),
    ):
        known = ledger.campaign(rendered.manifest.issue, rendered.manifest.audience, live=False)
        if known is not None:
            require_resumable(known, token=rendered.token, provider=provider.name, resume=resume)
            at = known.send_at if known.send_at and known.send_at > now() else None
        else:
            planned = _planned(rendered, audience)
            _require_startable(rendered, audience, config=config, now=now(), at=at, report=planned)
            require_schedulable(at, provider=provider, now=now(), report=planned)
        started = known.started_at if known else now()
        schedule = known.schedule if known else _reserved(provider, at, stop=stop, sleep=sleep)
        composer = Composer(rendered, config=config, secret=secret, date=started, send_at=at, schedule=schedule)
        provider.check(composer.content)
        if known is None:
            knows = _ask_record(provider, composer.content, stop=stop, sleep=sleep, notice=notice or _quiet)
            require_new(knows, issue=rendered.manifest.issue, provider=provider.name, report=planned)
        _pull_suppressions(ledger, provider, stop=stop, sleep=sleep)
        todays, people = _reduced(audience, ledger)
        if known is None:
            _tell_suppressed(audience, todays, notice or _quiet)
            before = last_size(ledger, rendered.manifest)
            _require_size(todays, config=config, before=before, report=_planned(rendered, todays))
        if stop.asked:
            raise CampaignInterrupted(known.report if known else _planned(rendered, todays))
        book = ledger.book(rendered.manifest.issue, rendered.manifest.audience)
        if book is None:
            book = _freeze(rendered, todays, people, ledger=ledger, provider=provider, at=at, schedule=schedule)
        sender = BatchSender(
            book=book,
            provider=provider,
            composer=composer,
            people=people,
            stop=stop,
            sleep=sleep,
            progress=progress or _quiet,
        )
        if known is not None:
            book.recover()
            _resolve(sender, rendered.manifest, config=config, now=now(), at=at, resend=on_unknown == "resend")
        try:
            trouble = sender.send_pending()
        finally:
            report = book.finish().report
        return _judge(report, trouble, issue=rendered.manifest.issue, interrupted=stop.asked)


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
    sender: BatchSender, manifest: Manifest, *, config: Config, now: datetime, at: datetime | None, resend: bool
) -> None:
    """Settle what is unknown, and refuse to mail anybody when it is too late, which leaves the unknown unknown."""
    sender.resolve_unknown(resend=resend, in_time=now <= manifest.not_after)
    report = sender.book.finish().report
    if report.pending or (resend and report.unknown):
        require_in_time(manifest, now=now, report=report)
        _require_in_window(config, at or now, report)


def _require_in_window(config: Config, moment: datetime, report: SendReport) -> None:
    delivery, zone = config.delivery, config.newsletter.zone
    require_in_window(moment, window=delivery.send_window, days=delivery.send_days, zone=zone, report=report)


@contextmanager
def _with_numbers(report: Callable[[], SendReport]) -> Iterator[None]:
    """Let an error that stops a campaign carry its numbers, for --json."""
    try:
        yield
    except (CredentialsError, ProviderError) as error:
        with suppress(LedgerError):
            error.data = report().as_data()
        raise


def _standing(rendered: RenderedIssue, audience: Audience, *, ledger: Ledger, live: bool) -> SendReport:
    """The numbers of the campaign, or of the one that was to begin."""
    known = ledger.campaign(rendered.manifest.issue, rendered.manifest.audience, live=live)
    return known.report if known else _planned(rendered, audience)


def _require_startable(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    config: Config,
    now: datetime,
    at: datetime | None,
    report: SendReport,
) -> None:
    require_in_time(rendered.manifest, now=at or now, report=report)
    _require_in_window(config, at or now, report)
    if not audience.subscribers:
        raise CampaignDoneError(
            f"there is nobody to mail in the audience {audience.name}",
            hint="Look at the lists with: digest subscribers check",
            report=report,
        )


def _require_size(audience: Audience, *, config: Config, before: int | None, report: SendReport) -> None:
    """The rails on how many are mailed, which count whom the provider leaves in."""
    delivery = config.delivery
    require_not_too_many(len(audience.subscribers), limit=delivery.max_recipients, report=report)
    percent = delivery.max_change_percent
    require_familiar_size(len(audience.subscribers), before=before, percent=percent, report=report)


def last_size(ledger: Ledger, manifest: Manifest) -> int | None:
    """How many people the last issue to this audience went to; None where there was none."""
    done = [one for one in ledger.campaigns() if one.audience == manifest.audience and one.issue < manifest.issue]
    if not done:
        return None
    report = max(done, key=lambda one: one.issue).report
    return report.accepted + report.rejected + report.unknown + report.pending


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


def cancel_campaign(
    issue: str,
    audience: str,
    *,
    ledger: Ledger,
    provider: Provider,
    now: Callable[[], datetime],
    sleep: Callable[[float], object] = time.sleep,
) -> SendReport:
    """Call off a campaign that is to be delivered later: nobody gets it. It is not sent again either.

    Raises:
        CampaignDoneError: There is none, it was cancelled already, or delivered (exit 8).
        CampaignRefusedError: It is too late, it is delivered at once, or another process is sending (exit 6).
        ProviderError, CredentialsError: The provider could not be asked; it is still scheduled.
    """
    stop = Stop()
    with ledger.sending(), stop.listening():
        known = ledger.campaign(issue, audience, live=False)
        book = ledger.book(issue, audience)
        if known is None or book is None or known.state in {"sent", "cancelled"}:
            words = f"{issue} was {known.state}" if known else f"no send of {issue} has begun"
            raise CampaignDoneError(words, hint="See: digest status", report=known.report if known else None)
        require_cancellable(known, provider=provider, now=now())
        try:
            ask_again(lambda: provider.call_off(known.schedule), stop=stop, sleep=sleep)
        except NotSent as error:
            hint = "It is still scheduled. Try again at once: digest cancel"
            raise ProviderError(f"{provider.name} could not be asked: {error.reason}", hint=hint) from None
        return book.cancel().report


def _ask_record(
    provider: Provider,
    content: Content,
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


def _planned(rendered: RenderedIssue, audience: Audience) -> SendReport:
    return SendReport(
        state="planned", pending=len(audience.subscribers), skipped=_skipped(audience), token=rendered.token
    )


def _skipped(audience: Audience) -> int:
    return audience.left_out.get("bad address", 0)


def _pull_suppressions(ledger: Ledger, provider: Provider, *, stop: Stop, sleep: Callable[[float], object]) -> None:
    try:
        found = ask_again(lambda: tuple(provider.suppressions()), stop=stop, sleep=sleep)
        ledger.suppress(found, provider=provider.name)
    except NotSent as error:
        raise ProviderError(
            f"whom {provider.name} says not to mail could not be asked: {error.reason}",
            hint="Nothing was sent. Try again later.",
        ) from None


def without_suppressed(audience: Audience, ledger: Ledger) -> Audience:
    """An audience without whom the ledger knows not to mail, since a provider said so."""
    return _reduced(audience, ledger)[0] if ledger.suppressed() else audience


def _tell_suppressed(before: Audience, after: Audience, notice: Callable[[str], None]) -> None:
    """Say how many the provider has just taken out."""
    for reason, count in sorted(after.left_out.items()):
        more = count - before.left_out.get(reason, 0)
        if more > 0:
            notice(f"{more:,} more are left out: {reason}")


def _reduced(audience: Audience, ledger: Ledger) -> tuple[Audience, Roster]:
    roster = Roster(audience.subscribers, ledger.keys_of)
    suppressed = ledger.suppressed()
    reasons = Counter(f"suppressed: {suppressed[key]}" for key in roster if key in suppressed) if suppressed else {}
    if not reasons:
        return replace(audience, subscribers=roster.people), roster
    roster = roster.only(lambda key: key not in suppressed)
    left_out = Counter(audience.left_out) + Counter(reasons)
    return replace(audience, subscribers=roster.people, left_out=dict(left_out)), roster


def _freeze(
    rendered: RenderedIssue,
    audience: Audience,
    people: Roster,
    *,
    ledger: Ledger,
    provider: Provider,
    at: datetime | None,
    schedule: str,
) -> CampaignBook:
    """Write a new campaign down. ``people`` are the audience's, by their hash."""
    manifest = rendered.manifest
    if not len(people):
        raise CampaignDoneError(
            f"there is nobody to mail in the audience {audience.name}: all of them are suppressed",
            hint="Look at the lists with: digest subscribers check",
            report=_planned(rendered, audience),
        )
    return ledger.start(
        issue=manifest.issue,
        audience=manifest.audience,
        token=rendered.token,
        provider=provider.name,
        skipped=_skipped(audience),
        batches=plan_campaign(people, size=provider.capabilities.max_recipients),
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
