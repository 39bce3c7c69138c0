"""Addresses, headers (RFC 8058, 2369, 2919) and MIME. Nothing here touches the disk, the network or the clock."""

from digest.mail.mail_headers import check_header, list_id, unsubscribe_headers
from digest.mail.mime_message import MessageTemplate, build_message
from digest.mail.personal_values import clean_value, fill
from digest.models.email_address import normalise_address, parse_sender, redact_addresses

__all__ = [
    "MessageTemplate",
    "build_message",
    "check_header",
    "clean_value",
    "fill",
    "list_id",
    "normalise_address",
    "parse_sender",
    "redact_addresses",
    "unsubscribe_headers",
]
