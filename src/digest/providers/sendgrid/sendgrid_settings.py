"""The keys of ``[providers.sendgrid]``."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import field_validator

from digest.config import ProviderSettings
from digest.models import is_loopback_host

__all__ = ["SendGridSettings"]


class SendGridSettings(ProviderSettings):
    """The provider ``sendgrid``, which delivers through SendGrid's Mail Send API."""

    usual_variables: ClassVar[tuple[str, ...]] = ("SENDGRID_",)
    unsubscribe_key: ClassVar[str] = "unsubscribe_group"
    tracked_link_bytes: ClassVar[int] = 400

    host: str = "https://api.sendgrid.com"
    """The API's address; in the EU https://api.eu.sendgrid.com. Plain http is for tests on this machine."""
    api_key_env: str = "SENDGRID_API_KEY"
    """The environment variable with the API key."""
    two_phase: bool = False
    """Send in groups that SendGrid holds back until it has accepted every call of the group."""
    unsubscribe_group: int | None = None
    """The number of an unsubscribe group (ASM). SendGrid then hosts the page on which readers unsubscribe."""
    webhook_key_env: str = "SENDGRID_WEBHOOK_KEY"
    """The environment variable with the verification key of the Event Webhook."""

    @field_validator("host")
    @classmethod
    def _safe_host(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback_host(parts.hostname or "")):
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
