"""SendGrid, through its official package over a keep-alive transport (twilio.com/docs/sendgrid/api-reference)."""

from digest.providers.sendgrid.sendgrid_provider import SendGridProvider
from digest.providers.sendgrid.sendgrid_settings import SendGridSettings

__all__ = ["SendGridProvider", "SendGridSettings"]
