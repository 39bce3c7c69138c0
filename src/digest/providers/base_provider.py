"""Defaults for providers: the behaviour of a service that only accepts mail and has no other features."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from digest.config import ProviderSettings
from digest.errors import ProviderError
from digest.providers.contract import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import BaseModel

    from digest.models import Suppression
    from digest.providers.contract import Capabilities, MailHolds, ProviderAccount
    from digest.providers.provider_call import MailContent, Recipient, SendResult

__all__ = ["BaseProvider"]


class BaseProvider:
    """A `Provider` without groups, sandbox, schedules, records, lists and webhook. Override what the service has."""

    Settings: ClassVar[type[BaseModel]] = ProviderSettings

    name: str
    capabilities: Capabilities

    def check(self, content: MailContent) -> None:
        """Refuse content that needs a capability this provider does not have.

        Raises:
            ProviderError: It needs an unsubscribe group, a sandbox or a scheduled delivery.
        """
        if content.unsubscribe_group is not None and not self.capabilities.hosts_unsubscribe:
            raise ProviderError(
                f"the provider {self.name} has no unsubscribe groups",
                hint="Set delivery.unsubscribe_url and build the issue again.",
            )
        if content.sandbox and not self.capabilities.sandbox:
            raise ProviderError(f"the provider {self.name} has no sandbox", hint="Send the test without --sandbox.")
        if content.send_at is not None and not self.capabilities.schedules:
            raise ProviderError(
                f"the provider {self.name} cannot schedule a delivery",
                hint="Send without --at, at the time you want.",
            )

    def prepare(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> None:
        """Does nothing."""

    def send(
        self, content: MailContent, recipients: Sequence[Recipient], *, reference: str, begin: Callable[[], None]
    ) -> SendResult:
        """Every provider has its own."""
        raise NotImplementedError

    def post(
        self, content: MailContent, recipients: Sequence[Recipient], *, reference: str, begin: Callable[[], None]
    ) -> Callable[[], SendResult]:
        """Make the whole call."""
        result = self.send(content, recipients, reference=reference, begin=begin)
        return lambda: result

    def knows(self, content: MailContent) -> bool:
        """Always false: there are no records."""
        del content
        return False

    def close(self) -> None:
        """Does nothing: no connection is kept."""

    def reserve(self) -> str:
        """Always refused."""
        raise ProviderError(f"the provider {self.name} cannot schedule a delivery")

    def call_off(self, schedule: str) -> None:
        """Always refused."""
        del schedule
        raise ProviderError(f"the provider {self.name} cannot cancel a delivery")

    @property
    def holds(self) -> MailHolds | None:
        """Always None."""
        return None

    @property
    def testable_holds(self) -> MailHolds | None:
        """Always None."""
        return None

    def account(self) -> ProviderAccount:
        """Always refused."""
        raise ProviderError(f"the provider {self.name} has no account")

    def diagnose(self, sender: str) -> Iterable[Diagnosis]:
        """A warning that nothing was checked."""
        del sender
        remedy = "Send yourself a test: digest send-test --to you@example.org"
        return (Diagnosis(what="provider", state="warning", words=f"{self.name} has no checks", remedy=remedy),)

    def suppressions(self) -> Iterable[Suppression]:
        """Always empty: there are no lists."""
        return ()

    def read_events(self, body: bytes, *, signature: str, timestamp: str) -> tuple[Suppression, ...]:
        """Always refused."""
        del body, signature, timestamp
        raise ProviderError(
            f"the provider {self.name} has no webhook", hint="Set delivery.provider to the one that sent the request."
        )
