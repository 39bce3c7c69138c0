"""The self-test of two-phase sending: does the account really hold mail back? Tried with two mails to yourself.

::

    begin      A   pause ─ post ─ seen paused ─ cancel ─ seen cancelled ─ post once more, as a request that comes late
               B   pause ─ post ─ seen paused ─ delete the pause ─ seen without one
    received   the code of B, at its time, is a pass; the code of A, ever, is a failure

The codes travel only by mail. Their keyed hashes go into the ledger, so whoever can type a code has received the mail.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from digest.errors import ChecksFailedError, CredentialsError, DigestError, NothingToDoError, ProviderError, UsageError
from digest.mail import normalise_address
from digest.providers.contract import do_nothing
from digest.providers.provider_call import CallRefused, MailContent, NoSlot, NotSent, Outcome, Recipient
from digest.providers.two_phase_record import (
    TWO_PHASE,
    TwoPhaseRecord,
    hash_code,
    key_fingerprint,
    two_phase_passed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from digest.providers.contract import MailHolds, Provider

__all__ = [
    "SelfTestStep",
    "SelfTestStore",
    "begin_two_phase_test",
    "finish_two_phase_test",
    "passed_two_phase_test",
    "require_two_phase",
]

_Reply = TypeVar("_Reply")

#: Letters and digits that are not mistaken for one another.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 6
#: The test itself takes a moment, even if ``undo_minutes`` leaves none.
_LEAST_UNDO = timedelta(minutes=5)
#: The mail that must not arrive is scheduled this much earlier, so that if it does arrive, it arrives first.
_APART = timedelta(minutes=2)
#: By how much the clocks of two machines may differ.
_CLOCK_TOLERANCE = timedelta(minutes=1)
_BEGIN = "digest doctor --two-phase --to you@example.org"
_AGAIN = f"Start again: {_BEGIN}"
_TEXT = """The code of this mail is {code}

"{name}" sent it to test whether its mail can be held back and released (digest doctor --two-phase). Type:

    digest doctor --two-phase --received {code}

If a second mail like this one arrives, do the same with its code.
"""


class SelfTestMemory(Protocol):
    """Where the record of a test can be read: the ledger, or a snapshot of it."""

    @property
    def key(self) -> bytes:
        """The key of the store's hashes."""

    def recall(self, name: str) -> str | None:
        """What was remembered under a name."""


class SelfTestStore(SelfTestMemory, Protocol):
    """Where the record of a test is kept: the ledger."""

    def remember(self, name: str, value: str) -> None:
        """Remember a text under a name."""


class _Ask(Protocol):
    def __call__(self, question: Callable[[], _Reply]) -> _Reply: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfTestStep:
    """One step of the test: with which mail, what was tried, how it went, and what to do if it failed."""

    mail: Literal["A", "B"]
    what: str
    state: Literal["ok", "error"]
    words: str
    remedy: str = ""


def require_two_phase(provider: Provider) -> MailHolds:
    """How the provider holds mail back, whether or not two-phase sending is configured.

    Raises:
        UsageError: It cannot.
    """
    holds = provider.testable_holds
    if holds is None:
        raise UsageError(
            f"the provider {provider.name} cannot send in two phases",
            hint="Set delivery.provider to one that can hold mail back, then: digest doctor",
        )
    return holds


def passed_two_phase_test(provider: Provider, store: SelfTestMemory) -> bool:
    """Whether the test has passed with the key and the host that are configured now."""
    try:
        account = provider.account()
    except CredentialsError:
        return False
    fingerprint = key_fingerprint(account.api_key, ledger_key=store.key)
    return two_phase_passed(store.recall(TWO_PHASE), host=account.host, fingerprint=fingerprint)


def begin_two_phase_test(
    provider: Provider,
    to: str,
    *,
    newsletter: str,
    sender: tuple[str, str],
    undo: timedelta,
    now: Callable[[], datetime],
    open_store: Callable[[], AbstractContextManager[SelfTestStore]],
    ask: _Ask,
) -> tuple[datetime, Iterator[SelfTestStep]]:
    """Send both mails, cancel one and release the other.

    Args:
        provider: It is closed after the last step.
        to: The user's own address. It is mailed, and recorded nowhere.
        newsletter: The newsletter's name, for the text of the mails.
        sender: Name and address.
        undo: How long a send can be undone, as configured.
        now: The clock; aware.
        open_store: Opens the ledger.
        ask: Calls a function again while it raises `NotSent`.

    Returns: When mail B should arrive, and an iterator over the steps, each of which runs when the iterator reaches it.
    After an error, a last step cleans up.

    Raises:
        UsageError: The provider cannot hold mail back, or ``to`` is not an address.
        CredentialsError: The key is not set.
    """
    holds, account = require_two_phase(provider), provider.account()
    try:
        address = normalise_address(to)
    except ValueError:
        raise UsageError("the value of --to is not an email address", hint=_BEGIN) from None
    first = now() + provider.capabilities.undo_until + max(undo, _LEAST_UNDO)
    due = first + _APART
    cancelled = _TestMail(provider, holds, ask, "A", _content(newsletter, sender, now(), first), address)
    released = _TestMail(provider, holds, ask, "B", _content(newsletter, sender, now(), due), address)

    def record() -> str:
        with open_store() as store:
            begun = TwoPhaseRecord(
                state="begun",
                at=now(),
                due=due,
                host=account.host,
                fingerprint=key_fingerprint(account.api_key, ledger_key=store.key),
                cancelled=hash_code(cancelled.code, ledger_key=store.key),
                released=hash_code(released.code, ledger_key=store.key),
            )
            store.remember(TWO_PHASE, begun.model_dump_json())
        return "the ledger has recorded the start of the test"

    return due, _run(provider, cancelled, released, record)


def finish_two_phase_test(
    provider: Provider, code: str, *, store: SelfTestStore | None, now: Callable[[], datetime]
) -> None:
    """Record the code of a mail that arrived. The test has passed if this returns.

    Args:
        provider: The provider that was tested.
        code: The code, as the user typed it.
        store: The ledger; None if there is none.
        now: The clock; aware.

    Raises:
        ChecksFailedError: It proves that two-phase sending must not be used with this account.
        UsageError: The last test has no such code, or was made with another key.
        NothingToDoError: No test has started.
        CredentialsError: The key is not set.
    """
    require_two_phase(provider)
    account = provider.account()
    record = TwoPhaseRecord.read(store.recall(TWO_PHASE)) if store is not None else None
    if store is None or record is None:
        raise NothingToDoError("no self-test of two-phase sending has started", hint=f"Start one: {_BEGIN}")
    fingerprint = key_fingerprint(account.api_key, ledger_key=store.key)
    if not record.is_of(host=account.host, fingerprint=fingerprint):
        raise UsageError("the last self-test was made with another key or host", hint=f"Start a new one: {_BEGIN}")
    mail = record.which(code, ledger_key=store.key)
    if not mail:
        hint = f"Type it exactly as in the mail, or start again: {_BEGIN}"
        raise UsageError("no mail of the last self-test has this code", hint=hint)
    failure = _failure(record, mail, now=now())
    state = "failed" if failure else "passed"
    store.remember(TWO_PHASE, record.model_copy(update={"state": state, "at": now()}).model_dump_json())
    if failure:
        hint = f"Do not use two-phase sending with this account: [providers.{provider.name}] two_phase = false"
        error = ChecksFailedError(failure, hint=hint)
        error.data = {"two_phase": "failed"}
        raise error


def _failure(record: TwoPhaseRecord, mail: str, *, now: datetime) -> str:
    if mail == "cancelled":
        return "the cancelled mail was delivered"
    if record.state == "failed":
        return "this self-test has already failed"
    early = record.due - now
    if record.state == "begun" and early > _CLOCK_TOLERANCE:
        minutes = early // timedelta(minutes=1)
        return f"the mail arrived {minutes} minutes early, so it was not held back"
    return ""


def _content(newsletter: str, sender: tuple[str, str], now: datetime, send_at: datetime) -> MailContent:
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    text = _TEXT.format(code=code, name=newsletter)
    return MailContent(
        issue="two-phase-test",
        campaign=f"two-phase-test.{secrets.token_hex(8)}",
        edition="two-phase-test",
        sender=sender,
        subject=f"Two-phase test: {code}",
        html=f"<!doctype html><pre>{escape(text)}</pre>",
        text=text,
        date=now,
        send_at=send_at,
    )


class _TestMail:
    """One of the two mails. Each method takes one step, and returns a sentence about it."""

    def __init__(
        self, provider: Provider, holds: MailHolds, ask: _Ask, letter: Literal["A", "B"], content: MailContent, to: str
    ) -> None:
        self.letter = letter
        self.code = content.subject.rpartition(" ")[2]
        self.schedule = ""
        self._provider = provider
        self._holds = holds
        self._retry = ask
        self._content = content
        self._to = Recipient(secrets.token_hex(16), to)

    def reserve(self) -> str:
        self.schedule = self._ask(self._provider.reserve)
        return f"{self._provider.name} returned a batch id"

    def pause(self) -> str:
        self._ask(lambda: self._holds.pause(self.schedule))
        return "the batch is paused"

    def post(self) -> str:
        if self._send("1") is not Outcome.ACCEPTED:
            raise ProviderError(f"{self._provider.name} may or may not have accepted the mail", hint=_AGAIN)
        return f"{self._provider.name} accepted the mail"

    def post_late(self) -> str:
        try:
            self._send("2")
        except (NotSent, CallRefused, ProviderError):
            return f"{self._provider.name} accepts no more mail for it, which is also fine"
        return f"{self._provider.name} accepted the mail again; this copy must not arrive either"

    def see(self, status: Literal["paused", "cancelled", ""]) -> str:
        def look() -> None:
            state = self._holds.state(self.schedule)
            if state != status:
                raise NotSent(f"{self._provider.name} says that it is {state or 'neither paused nor cancelled'}")

        self._ask(look)
        return f"{self._provider.name} says that it is {status or 'no longer paused'}"

    def cancel(self) -> str:
        self._ask(lambda: self._holds.cancel(self.schedule))
        return "the batch is cancelled"

    def release(self) -> str:
        self._ask(lambda: self._holds.release(self.schedule))
        return "the pause is deleted"

    def _send(self, reference: str) -> Outcome:
        content = replace(self._content, schedule=self.schedule)
        # Nothing has to be recorded before the first byte: the record of a test is the hash of its codes.
        return self._provider.send(content, [self._to], reference=reference, begin=do_nothing).outcome

    def _ask(self, question: Callable[[], _Reply]) -> _Reply:
        def final() -> _Reply:
            try:
                return question()
            except NoSlot as error:
                hint = "A cancelled batch frees its slot at its time of delivery, a paused one after 72 hours."
                raise ProviderError(error.reason, hint=hint) from None

        return self._retry(final)


def _run(
    provider: Provider, cancelled: _TestMail, released: _TestMail, record: Callable[[], str]
) -> Iterator[SelfTestStep]:
    plan: list[tuple[_TestMail, str, Callable[[], str]]] = [
        (cancelled, "batch id", cancelled.reserve),
        (cancelled, "pause", cancelled.pause),
        (cancelled, "write down", record),
        (cancelled, "post", cancelled.post),
        (cancelled, "look", lambda: cancelled.see("paused")),
        (cancelled, "cancel", cancelled.cancel),
        (cancelled, "look", lambda: cancelled.see("cancelled")),
        (cancelled, "post late", cancelled.post_late),
        (released, "batch id", released.reserve),
        (released, "pause", released.pause),
        (released, "post", released.post),
        (released, "look", lambda: released.see("paused")),
        (released, "release", released.release),
        (released, "look", lambda: released.see("")),
    ]
    try:
        for mail, what, action in plan:
            step = _try(mail, what, action)
            yield step
            if step.state == "error":
                if mail.schedule:
                    yield _try(mail, "clear up", mail.cancel)
                return
    finally:
        provider.close()


def _try(mail: _TestMail, what: str, action: Callable[[], str]) -> SelfTestStep:
    try:
        return SelfTestStep(mail=mail.letter, what=what, state="ok", words=action())
    except (NotSent, CallRefused) as error:
        return SelfTestStep(mail=mail.letter, what=what, state="error", words=error.reason, remedy=_AGAIN)
    except DigestError as error:
        return SelfTestStep(mail=mail.letter, what=what, state="error", words=error.message, remedy=error.hint)
