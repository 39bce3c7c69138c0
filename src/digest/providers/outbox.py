"""The outbox: each mail becomes an .eml file in ``.digest/outbox/ISSUE/``, and nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from digest.config import ProviderSettings
from digest.config.atomic_files import replace_file
from digest.errors import ProviderError
from digest.providers.base_provider import BaseProvider
from digest.providers.contract import Capabilities, Diagnosis
from digest.providers.message_composition import MessageComposer
from digest.providers.provider_call import Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.provider_call import MailContent, Recipient

__all__ = ["OutboxProvider", "OutboxSettings"]


class OutboxSettings(ProviderSettings):
    """The provider ``outbox``, which has no keys."""

    local: ClassVar[bool] = True


class OutboxProvider(BaseProvider):
    """Writes files. An existing file proves that its mail was accepted, so a call can be repeated safely."""

    Settings = OutboxSettings

    name = "outbox"
    capabilities = Capabilities(max_recipients=100, repeatable=True, local=OutboxSettings.local)

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del config, environ, now  # every provider is constructed with the same arguments
        self.folder = root / ".digest" / "outbox"
        self._composer: MessageComposer | None = None

    def send(
        self,
        content: MailContent,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
    ) -> SendResult:
        """Write one file per recipient, each whole or not at all."""
        self.check(content)
        if self._composer is None or self._composer.content is not content:
            self._composer = MessageComposer(content)
        messages = [(self._path(content, recipient), self._composer.message(recipient)) for recipient in recipients]
        begin()
        try:
            for path, message in messages:
                if not path.exists():
                    replace_file(path, message, private=True)  # it holds an address
        except OSError as error:
            raise ProviderError(
                f"cannot write to {self.folder}: {error.strerror}",
                hint="Free some space, then: digest send --live --resume",
            ) from None
        return SendResult(outcome=Outcome.ACCEPTED, message_id=reference)

    def lookup(self, content: MailContent, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """The recipients whose file exists."""
        del reference
        return frozenset(recipient.key for recipient in recipients if self._path(content, recipient).exists())

    def diagnose(self, sender: str) -> tuple[Diagnosis, ...]:
        """Always fine: files need nothing."""
        del sender
        return (Diagnosis(what="provider", state="ok", words="the outbox writes files and sends nothing"),)

    def _path(self, content: MailContent, recipient: Recipient) -> Path:
        # The campaign's name is in it: another audience, or another build after the ledger was lost, is another mail.
        return self.folder / content.issue / f"{recipient.key}.{content.campaign}.eml"
