"""Sending a campaign, the only part that posts mail.

::

    rails ─▶ pull suppressions ─▶ freeze ─┐
                                          ├─▶ for each pending batch: claim ─▶ post ─▶ settle ─▶ sent | held
    rails ─▶ pull ─▶ recover ─▶ look up ──┘   (resume)
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
from digest.delivery.rails import describe, require_in_time, require_not_too_many, require_resumable
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
    from digest.providers import Provider

__all__ = ["preview_campaign", "send_campaign"]


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
        return known.report
    if ledger is not None and ledger.suppressed():
        audience, _ = _without_suppressed(audience, ledger)
    report = _planned(rendered, audience)
    _require_startable(rendered, audience, config=config, now=now(), report=report)
    composer = Composer(rendered, config=config, secret=secret, date=now())
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
    progress: Callable[[SendReport], None] | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> SendReport:
    """Send an approved issue to everyone in the audience, once (design, section 6).

    The provider's suppressions are pulled first; without them nothing is sent.

    Args:
        audience: As selected now. A campaign that has begun keeps its frozen batches, less those who have left.
        secret: Signs the unsubscribe tokens.
        resume: Go on with an interrupted campaign, or start one that never began.
        on_unknown: ``hold``: at most once. ``resend``: mail those whose outcome is unknown again.
        progress: Called with the campaign's numbers after each call.
        sleep: Waits so many seconds.

    Returns: The numbers of a campaign in which everybody is settled.

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
        else:
            _require_startable(rendered, audience, config=config, now=now(), report=_planned(rendered, audience))
        composer = Composer(rendered, config=config, secret=secret, date=known.started_at if known else now())
        provider.check(composer.content)
        _pull_suppressions(ledger, provider, stop=stop, sleep=sleep)
        todays, people = _without_suppressed(audience, ledger)
        if stop.asked:
            raise CampaignInterrupted(known.report if known else _planned(rendered, todays))
        book = _freeze(rendered, todays, people, ledger=ledger, provider=provider, config=config, now=now)
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
            _resolve(sender, rendered.manifest, now=now(), resend=on_unknown == "resend")
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


def _resolve(sender: BatchSender, manifest: Manifest, *, now: datetime, resend: bool) -> None:
    """Settle what is unknown, and refuse to mail anybody when it is too late, which leaves the unknown unknown."""
    sender.resolve_unknown(resend=resend, in_time=now <= manifest.not_after)
    report = sender.book.finish().report
    if report.pending or (resend and report.unknown):
        require_in_time(manifest, now=now, report=report)


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
    rendered: RenderedIssue, audience: Audience, *, config: Config, now: datetime, report: SendReport
) -> None:
    require_in_time(rendered.manifest, now=now, report=report)
    if not audience.subscribers:
        raise CampaignDoneError(
            f"there is nobody to mail in the audience {audience.name}",
            hint="Look at the lists with: digest subscribers check",
            report=report,
        )
    require_not_too_many(len(audience.subscribers), limit=config.delivery.max_recipients, report=report)


def _planned(rendered: RenderedIssue, audience: Audience) -> SendReport:
    return SendReport(
        state="planned", pending=len(audience.subscribers), skipped=_skipped(audience), token=rendered.token
    )


def _skipped(audience: Audience) -> int:
    return audience.left_out.get("bad address", 0)


def _pull_suppressions(ledger: Ledger, provider: Provider, *, stop: Stop, sleep: Callable[[float], object]) -> None:
    try:
        ledger.suppress(ask_again(lambda: tuple(provider.suppressions()), stop=stop, sleep=sleep))
    except NotSent as error:
        raise ProviderError(
            f"whom {provider.name} says not to mail could not be asked: {error.reason}",
            hint="Nothing was sent. Try again later.",
        ) from None


def _without_suppressed(audience: Audience, ledger: Ledger) -> tuple[Audience, Roster]:
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
    config: Config,
    now: Callable[[], datetime],
) -> CampaignBook:
    """The campaign's book, made when there is none yet. ``people`` are the audience's, by their hash."""
    manifest = rendered.manifest
    book = ledger.book(manifest.issue, manifest.audience)
    if book is None:
        _require_startable(rendered, audience, config=config, now=now(), report=_planned(rendered, audience))
        book = ledger.start(
            issue=manifest.issue,
            audience=manifest.audience,
            token=rendered.token,
            provider=provider.name,
            skipped=_skipped(audience),
            batches=plan_campaign(people, size=provider.capabilities.max_recipients),
        )
    return book


def _judge(report: SendReport, trouble: str, *, issue: str, interrupted: bool) -> SendReport:
    if report.state == "sent" and report.rejected and not report.accepted:
        raise ProviderError(
            f"{issue} reached nobody: {report.rejected:,} were refused",
            hint="Nothing is sent twice; they get the next one. Begin it with: digest collect",
        )
    if report.state == "sent":
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


def _quiet(report: SendReport) -> None:
    """Where nobody watches."""
