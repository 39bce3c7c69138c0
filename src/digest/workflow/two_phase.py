"""`doctor --two-phase`: whether the account really holds mail back, tried with two mails to one's own address.

::

    begin      A   pause ─ post ─ seen paused ─ cancel ─ seen cancelled ─ post once more, as a request that comes late
               B   pause ─ post ─ seen paused ─ delete the pause ─ seen without one
    received   the code of B, at its time, is a pass; the code of A, ever, is a failure

The codes go by mail alone, and their keyed hashes into the ledger: whoever can type a code has got the mail.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Literal, TypeVar

from digest.delivery.patience import Stop, ask_again
from digest.errors import ChecksFailedError, CredentialsError, DigestError, NothingToDoError, ProviderError, UsageError
from digest.mail import normalise_address, parse_sender
from digest.providers import (
    TWO_PHASE,
    CallRefused,
    Content,
    NoSlot,
    NotSent,
    Outcome,
    Recipient,
    TwoPhaseProof,
    hash_code,
    key_fingerprint,
    two_phase_passed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.project import Project, Session
    from digest.providers import MailHolds, Provider

__all__ = ["Step", "begin_two_phase_test", "receive_two_phase_code", "two_phase_is_proven"]

_Answer = TypeVar("_Answer")

#: Letters and digits that nobody takes for one another.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 6
#: A test takes a moment itself, also where ``undo_minutes`` leaves none.
_LEAST_UNDO = timedelta(minutes=5)
#: If the mail that must not come does come, it comes first.
_APART = timedelta(minutes=2)
#: By how much the clocks of two machines may differ.
_CLOCK = timedelta(minutes=1)
_BEGIN = "digest doctor --two-phase --to you@example.org"
_TEXT = """The code of this mail is {code}

"{name}" has sent it to try whether its mail can be held back and let go (digest doctor --two-phase). Type:

    digest doctor --two-phase --received {code}

If a second mail like this one comes, do the same with its code.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing that was tried: with which mail, whether it went as it should, and what to do if not."""

    mail: Literal["A", "B"]
    what: str
    state: Literal["ok", "error"]
    words: str
    remedy: str = ""


def two_phase_is_proven(session: Session) -> bool:
    """Whether the self-test has passed with the key and the host that are configured now."""
    config = session.project.config.providers.sendgrid
    api_key = session.project.environ.get(config.api_key_env, "")
    if not api_key or session.ledger is None:
        return False
    fingerprint = key_fingerprint(api_key, ledger_key=session.ledger.key)
    return two_phase_passed(session.ledger.recall(TWO_PHASE), host=config.host, fingerprint=fingerprint)


def begin_two_phase_test(
    project: Project, to: str, *, sleep: Callable[[float], object] = time.sleep
) -> tuple[datetime, Iterator[Step]]:
    """Send both mails, cancel one and let the other go.

    Args:
        to: One's own address. It is mailed, and written down nowhere.

    Returns: When the one mail is to come, and the steps, each of which is done when it is asked for. After an error
    there is none but the clearing up.

    Raises:
        UsageError: The provider is another one, nothing may be asked over the network, or the address is none.
        CredentialsError: The key is not set.
    """
    api_key = _api_key(project)
    try:
        address = normalise_address(to)
    except ValueError:
        raise UsageError("what follows --to is no email address", hint=_BEGIN) from None
    undo = timedelta(minutes=project.config.delivery.undo_minutes)
    provider = _provider(project)
    first = project.now() + provider.capabilities.undo_until + max(undo, _LEAST_UNDO)
    due = first + _APART
    desk = _Desk(provider, sleep)
    cancelled = _Mail(desk, "A", _content(project, first), address)
    released = _Mail(desk, "B", _content(project, due), address)

    def write_down() -> str:
        with project.open_ledger() as ledger:
            proof = TwoPhaseProof(
                state="begun",
                at=project.now(),
                due=due,
                host=project.config.providers.sendgrid.host,
                fingerprint=key_fingerprint(api_key, ledger_key=ledger.key),
                cancelled=hash_code(cancelled.code, ledger_key=ledger.key),
                released=hash_code(released.code, ledger_key=ledger.key),
            )
            ledger.remember(TWO_PHASE, proof.model_dump_json())
        return "the ledger knows that a test has begun"

    return due, _run(desk, cancelled, released, write_down)


def receive_two_phase_code(project: Project, code: str) -> None:
    """Write down what the code of a mail that has come proves: a pass, when this returns.

    Raises:
        ChecksFailedError: It proves that two-phase sending must not be used with this account.
        UsageError: It is no code of the last test, or that was made with another key.
        NothingToDoError: No test has begun.
        CredentialsError: The key is not set.
    """
    api_key = _api_key(project)
    none = NothingToDoError("no self-test of two-phase sending has begun", hint=f"Begin one: {_BEGIN}")
    if not project.ledger_address.exists():
        raise none
    with project.open_ledger() as ledger:
        proof = TwoPhaseProof.read(ledger.recall(TWO_PHASE))
        if proof is None:
            raise none
        host = project.config.providers.sendgrid.host
        if not proof.is_of(host=host, fingerprint=key_fingerprint(api_key, ledger_key=ledger.key)):
            raise UsageError("the last self-test was made with another key or host", hint=f"Begin one: {_BEGIN}")
        which = proof.which(code, ledger_key=ledger.key)
        if not which:
            hint = f"Type it as the mail has it, or begin again: {_BEGIN}"
            raise UsageError("no mail of the last self-test has this code", hint=hint)
        wrong = _what_is_wrong(proof, which, now=project.now())
        state = "failed" if wrong else "passed"
        ledger.remember(TWO_PHASE, proof.model_copy(update={"state": state, "at": project.now()}).model_dump_json())
    if wrong:
        hint = "Two-phase sending must not be used with this account: [providers.sendgrid] two_phase = false"
        failed = ChecksFailedError(wrong, hint=hint)
        failed.data = {"two_phase": "failed"}
        raise failed


def _what_is_wrong(proof: TwoPhaseProof, which: str, *, now: datetime) -> str:
    if which == "cancelled":
        return "a mail that was cancelled has been delivered"
    if proof.state == "failed":
        return "this self-test has failed already"
    early = proof.due - now
    if proof.state == "begun" and early > _CLOCK:
        minutes = early // timedelta(minutes=1)
        return f"the mail came {minutes} minutes before its time, so that it was not held back"
    return ""


def _api_key(project: Project) -> str:
    if project.config.delivery.provider != "sendgrid":
        raise UsageError(
            f"only SendGrid can send in two phases, and the provider is {project.config.delivery.provider}",
            hint='Set [delivery] provider = "sendgrid" first.',
        )
    name = project.config.providers.sendgrid.api_key_env
    found = project.environ.get(name, "").strip()
    if not found:
        raise CredentialsError(f"{name} is not set", hint=f"The test is of this very key: export {name}=…")
    return found


def _provider(project: Project) -> Provider:
    """SendGrid with two-phase sending switched on, which in the configuration it need not be yet."""
    if project.offline:
        raise UsageError("--offline touches no network, and SendGrid is reached over it", hint=_BEGIN)
    providers = project.config.providers
    sendgrid = providers.sendgrid.model_copy(update={"two_phase": True})
    config = project.config.model_copy(update={"providers": providers.model_copy(update={"sendgrid": sendgrid})})
    return replace(project, config=config).open_provider()


def _content(project: Project, send_at: datetime) -> Content:
    newsletter = project.config.newsletter
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    text = _TEXT.format(code=code, name=newsletter.name)
    return Content(
        issue="two-phase-test",
        campaign=f"two-phase-test.{secrets.token_hex(8)}",
        edition="two-phase-test",
        sender=parse_sender(newsletter.sender),
        subject=f"Two-phase test: {code}",
        html=f"<!doctype html><pre>{escape(text)}</pre>",
        text=text,
        date=project.now(),
        send_at=send_at,
    )


class _Desk:
    """The provider, asked with patience."""

    def __init__(self, provider: Provider, sleep: Callable[[float], object]) -> None:
        self.provider = provider
        self._sleep = sleep
        self._stop = Stop()

    @property
    def holds(self) -> MailHolds:
        holds = self.provider.holds
        if holds is None:
            raise ProviderError(f"{self.provider.name} does not hold mail back")
        return holds

    def ask(self, question: Callable[[], _Answer]) -> _Answer:
        def final() -> _Answer:
            try:
                return question()
            except NoSlot as error:
                hint = "A cancelled one is free again at its time of delivery, a paused one after 72 hours."
                raise ProviderError(error.reason, hint=hint) from None

        return ask_again(final, stop=self._stop, sleep=self._sleep)


class _Mail:
    """One of the two mails. Each method does one thing, and says in words how it went."""

    def __init__(self, desk: _Desk, letter: Literal["A", "B"], content: Content, to: str) -> None:
        self.letter = letter
        self.code = content.subject.rpartition(" ")[2]
        self.schedule = ""
        self._desk = desk
        self._content = content
        self._to = Recipient(secrets.token_hex(16), to)

    def reserve(self) -> str:
        self.schedule = self._desk.ask(self._desk.provider.reserve)
        return "SendGrid gave a batch id"

    def pause(self) -> str:
        self._desk.ask(lambda: self._desk.holds.pause(self.schedule))
        return "the batch is paused"

    def post(self) -> str:
        result = self._send("1")
        if result is not Outcome.ACCEPTED:
            raise ProviderError("nobody knows whether SendGrid took the mail", hint=f"Begin again: {_BEGIN}")
        return "SendGrid took the mail"

    def post_late(self) -> str:
        try:
            self._send("2")
        except (NotSent, CallRefused, ProviderError):
            return "SendGrid takes no more mail for it, which is as good"
        return "SendGrid took the mail once more; it must not come either"

    def see(self, wanted: str) -> str:
        def look() -> None:
            found = self._desk.holds.state(self.schedule)
            if found != wanted:
                raise NotSent(f"SendGrid says that it is {found or 'neither paused nor cancelled'}")

        self._desk.ask(look)
        return f"SendGrid says that it is {wanted or 'not paused any more'}"

    def cancel(self) -> str:
        self._desk.ask(lambda: self._desk.holds.cancel(self.schedule))
        return "the batch is cancelled"

    def release(self) -> str:
        self._desk.ask(lambda: self._desk.holds.release(self.schedule))
        return "the pause is deleted"

    def _send(self, reference: str) -> Outcome:
        content = replace(self._content, schedule=self.schedule)
        return self._desk.provider.send(content, [self._to], reference=reference, begin=_begin).outcome


def _run(desk: _Desk, cancelled: _Mail, released: _Mail, write_down: Callable[[], str]) -> Iterator[Step]:
    plan: list[tuple[_Mail, str, Callable[[], str]]] = [
        (cancelled, "batch id", cancelled.reserve),
        (cancelled, "pause", cancelled.pause),
        (cancelled, "write down", write_down),
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
        for mail, what, do in plan:
            step = _try(mail, what, do)
            yield step
            if step.state == "error":
                if mail.schedule:
                    yield _try(mail, "clear up", mail.cancel)
                return
    finally:
        desk.provider.close()


def _try(mail: _Mail, what: str, do: Callable[[], str]) -> Step:
    try:
        return Step(mail=mail.letter, what=what, state="ok", words=do())
    except (NotSent, CallRefused) as error:
        remedy = f"Begin again: {_BEGIN}"
        return Step(mail=mail.letter, what=what, state="error", words=error.reason, remedy=remedy)
    except DigestError as error:
        return Step(mail=mail.letter, what=what, state="error", words=error.message, remedy=error.hint)


def _begin() -> None:
    """The mail of a test is written down by its code alone."""
