"""One mail, as the fake SendGrid would deliver it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SentMail"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SentMail:
    """One mail to one recipient, with its substitutions applied where SendGrid applies them."""

    to: str
    to_name: str
    message_id: str
    request: Mapping[str, Any] = field(repr=False)
    personalization: Mapping[str, Any] = field(repr=False)
    accepted_at: float = 0.0

    @property
    def send_at(self) -> float | None:
        """When it is to be delivered, in seconds since 1970; None: at once."""
        found: float | None = self.personalization.get("send_at", self.request.get("send_at"))
        return found

    @property
    def batch(self) -> str:
        """The batch id; empty where it has none."""
        return str(self.request.get("batch_id") or "")

    @property
    def subject(self) -> str:
        """The subject that is read."""
        return self._filled(self.personalization.get("subject") or self.request.get("subject", ""))

    @property
    def html(self) -> str:
        """The HTML part."""
        return self._part("text/html")

    @property
    def text(self) -> str:
        """The text part."""
        return self._part("text/plain")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this mail; the recipient's own win."""
        return {**self.request.get("headers", {}), **self.personalization.get("headers", {})}

    @property
    def custom_args(self) -> dict[str, str]:
        """What comes back with each event."""
        return {**self.request.get("custom_args", {}), **self.personalization.get("custom_args", {})}

    @property
    def categories(self) -> list[str]:
        """What the logs are asked by."""
        return list(self.request.get("categories", ()))

    def _part(self, kind: str) -> str:
        return self._filled(next((part["value"] for part in self.request["content"] if part["type"] == kind), ""))

    def _filled(self, text: str) -> str:
        for tag, value in self.personalization.get("substitutions", {}).items():
            text = text.replace(tag, value)
        return text
