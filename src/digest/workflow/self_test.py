"""`doctor --two-phase`: the provider's self-test of two-phase sending, run with the newsletter's ledger."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.retry import Stop, retry_query
from digest.errors import UsageError
from digest.mail import parse_sender
from digest.providers import (
    begin_two_phase_test,
    finish_two_phase_test,
    passed_two_phase_test,
    require_two_phase,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.project import Project, Session
    from digest.providers import Provider, SelfTestStep

__all__ = ["begin_self_test", "finish_self_test", "self_test_passed"]


def self_test_passed(session: Session, provider: Provider) -> bool:
    """Whether the self-test has passed with the key and the host that are configured now."""
    return session.ledger is not None and passed_two_phase_test(provider, session.ledger)


def begin_self_test(
    project: Project, to: str, *, sleep: Callable[[float], object] = time.sleep
) -> tuple[datetime, Iterator[SelfTestStep]]:
    """Send both mails of the test to ``to``, as `begin_two_phase_test`.

    Raises:
        UsageError: The provider cannot, the network is not to be used, or ``to`` is not an address.
        CredentialsError: The provider's key is not set.
    """
    provider = project.open_provider()
    require_two_phase(provider)
    if project.offline:
        raise UsageError(
            f"--offline forbids network access, which the provider {provider.name} needs",
            hint="Run it without --offline.",
        )
    return begin_two_phase_test(
        provider,
        to,
        newsletter=project.config.newsletter.name,
        sender=parse_sender(project.config.newsletter.sender),
        undo=timedelta(minutes=project.config.delivery.undo_minutes),
        now=project.now,
        open_store=project.open_ledger,
        ask=partial(retry_query, stop=Stop(), sleep=sleep),
    )


def finish_self_test(project: Project, code: str) -> None:
    """Record the code of a mail that arrived, as `finish_two_phase_test`, and raise what it raises."""
    provider = project.open_provider()
    if not project.ledger_address.exists():
        finish_two_phase_test(provider, code, store=None, now=project.now)
        return
    with project.open_ledger() as ledger:
        finish_two_phase_test(provider, code, store=ledger, now=project.now)
