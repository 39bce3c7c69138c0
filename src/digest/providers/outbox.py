"""The outbox: each mail becomes an .eml file in ``.digest/outbox/ISSUE/``, and nothing leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.config.atomic_files import replace_file
from digest.errors import ProviderError
from digest.providers.base import Capabilities, Diagnosis, Outcome, SendResult, nothing
from digest.providers.composing import MessageMaker, PlainProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.providers.base import Content, Recipient

__all__ = ["OutboxProvider"]


class OutboxProvider(PlainProvider):
    """Writes files. One that exists proves that its mail was accepted, so a call can be repeated at will."""

    name = "outbox"
    capabilities = Capabilities(max_recipients=100, repeatable=True, local=True)

    def __init__(self, *, config: Config, environ: Mapping[str, str], root: Path, now: Callable[[], datetime]) -> None:
        del config, environ, now  # every provider is made with the same things
        self.folder = root / ".digest" / "outbox"
        self._maker: MessageMaker | None = None

    def send(
        self,
        content: Content,
        recipients: Sequence[Recipient],
        *,
        reference: str,
        begin: Callable[[], None],
        meanwhile: Callable[[], None] = nothing,
    ) -> SendResult:
        """Write one file for each recipient, each whole or not at all."""
        del meanwhile
        self.check(content)
        if self._maker is None or self._maker.content is not content:
            self._maker = MessageMaker(content)
        messages = [(self._path(content, person), self._maker.message(person)) for person in recipients]
        begin()
        try:
            for path, message in messages:
                if not path.exists():
                    replace_file(path, message, mode=0o600)  # an address is in it
        except OSError as error:
            raise ProviderError(
                f"the outbox cannot be written: {error.strerror}", hint="Make room, then: digest send --live --resume"
            ) from None
        return SendResult(outcome=Outcome.ACCEPTED, message_id=reference)

    def lookup(self, content: Content, recipients: Sequence[Recipient], *, reference: str) -> frozenset[str]:
        """Whose file is there."""
        del reference
        return frozenset(person.key for person in recipients if self._path(content, person).exists())

    def diagnose(self, sender: str) -> tuple[Diagnosis, ...]:
        """Files need nothing."""
        del sender
        return (Diagnosis(what="provider", state="ok", words="the outbox writes files and sends nothing"),)

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, content: Content, person: Recipient) -> Path:
        # Another audience, or another build whose ledger was lost, is another mail to the same person.
        return self.folder / content.issue / f"{person.key}.{content.campaign}.eml"
