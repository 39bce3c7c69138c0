"""What SendGrid's answers say of what went wrong (twilio.com/docs/sendgrid/api-reference: errors)."""

from __future__ import annotations

import json

__all__ = ["errors_in", "message_in"]


def errors_in(text: str) -> list[tuple[str, str]]:
    """Each message of an answer, and the field that it speaks of; empty where the answer has none."""
    try:
        errors = json.loads(text)["errors"]
        return [(str(error.get("message", "")), str(error.get("field") or "")) for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def message_in(text: str) -> str:
    """The messages of an answer in one line; it may hold addresses."""
    return "; ".join(message for message, _ in errors_in(text)) or text[:200]
