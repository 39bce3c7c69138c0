"""The keys of ``[providers.sendgrid]``."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import field_validator

from digest.config import ProviderSettings

__all__ = ["SendGridSettings"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SendGridSettings(ProviderSettings):
    """SendGrid's settings. ``host`` is https, or plain http on loopback for tests.

    ``two_phase`` sends in groups that SendGrid holds back until all of a group is accepted. ``unsubscribe_group`` is
    the number of an ASM group, whose unsubscribe page SendGrid hosts.
    """

    unsubscribe_key: ClassVar[str] = "unsubscribe_group"
    tracked_link_bytes: ClassVar[int] = 400

    host: str = "https://api.sendgrid.com"
    api_key_env: str = "SENDGRID_API_KEY"
    two_phase: bool = False
    unsubscribe_group: int | None = None
    webhook_key_env: str = "SENDGRID_WEBHOOK_KEY"

    @field_validator("host")
    @classmethod
    def _safe_host(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            return value.rstrip("/")
        raise ValueError("it must begin with https:// (plain http only on loopback)")

    @property
    def required_variables(self) -> tuple[str, ...]:
        """The API key."""
        return (self.api_key_env,)

    @property
    def unsubscribe_method(self) -> str:
        """The group, if there is one."""
        return "" if self.unsubscribe_group is None else f"group:{self.unsubscribe_group}"
