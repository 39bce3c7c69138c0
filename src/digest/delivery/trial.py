"""A test: the real message to a few named people. No list is read, and the ledger does not know of it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from digest.delivery.compose import Composer
from digest.errors import ProviderError, UsageError
from digest.mail import normalise_address
from digest.models import Subscriber
from digest.providers import CallRefused, NotSent, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import RenderedIssue
    from digest.providers import Provider

__all__ = ["send_test"]


def send_test(
    rendered: RenderedIssue,
    to: Sequence[str],
    *,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    sandbox: bool = False,
) -> None:
    """Send the built issue to each address, with "[TEST]" before the subject and a working unsubscribe link.

    Args:
        sandbox: Let the provider check the message and send nothing.

    Raises:
        UsageError: An address is none.
        ProviderError: One was not taken, or nobody knows.
        CredentialsError: The key is missing or was refused.
    """
    moment = now()
    composer = Composer(rendered, config=config, secret=secret, date=moment, sandbox=sandbox)
    content = replace(
        composer.content,
        subject=f"[TEST] {composer.content.subject}",
        campaign=f"{composer.content.campaign}.test{moment:%H%M%S%f}",
        edition=f"{composer.content.edition}.test",
    )
    provider.check(content)
    for number, text in enumerate(to, start=1):
        try:
            email = normalise_address(text)
        except ValueError:
            raise UsageError(f"{text!r} is no email address", hint="digest send-test --to you@example.org") from None
        key = blake2b(f"{content.campaign}\0{email}".encode(), digest_size=16).digest()
        recipient = composer.recipient(key, Subscriber(email=email))
        try:
            result = provider.send(content, [recipient], reference=f"t{number}", begin=_begin)
        except (NotSent, CallRefused) as error:
            raise ProviderError(f"the test was not taken: {error.reason}") from None
        if result.outcome is not Outcome.ACCEPTED:
            raise ProviderError(f"the test is {result.outcome}: {result.reason}")


def _begin() -> None:
    """A test is not written down."""
