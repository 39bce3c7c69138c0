"""What SendGrid rejects, taken from its published schema and documentation, not from the provider's request builder.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors and /limitations.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Refusal", "mail_schema", "refusals"]

#: A message and the field that it is about, as in the reply's ``errors``.
Refusal = tuple[str, str]

_RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
}
_MOST_BYTES = 10_000
_LONGEST_DELAY = 72 * 3600


@cache
def mail_schema() -> dict[str, Any]:
    """The body of /v3/mail/send as JSON Schema."""
    text = resources.files("digest.testing.fake_sendgrid").joinpath("mail_schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def refusals(body: Any, *, now: float) -> list[Refusal]:
    """Why SendGrid answers a body of /v3/mail/send with 400; empty if it accepts it.

    Args:
        body: The parsed JSON.
        now: Seconds since 1970, for ``send_at``.
    """
    errors = list(_against_schema(body, mail_schema(), ""))
    return errors or [*_personalizations(body, now), *_shared(body, now)]


def _against_schema(value: Any, schema: dict[str, Any], at: str) -> Iterator[Refusal]:
    """Validate, as far as the vendor's document uses JSON Schema."""
    expected = schema.get("type")
    valid = isinstance(value, _TYPES[expected]) if expected else True
    if not valid or (expected == "integer" and isinstance(value, bool)):
        yield f"Invalid type. Expected: {expected}, given: {type(value).__name__}.", at
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"must be one of {schema['enum']}", at
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield f"String length must be greater than or equal to {schema['minLength']}", at
        if len(value) > schema.get("maxLength", len(value)):
            yield f"String length must be less than or equal to {schema['maxLength']}", at
        if schema.get("format") == "email" and not _is_address(value):
            yield "Does not contain a valid address.", at
    elif isinstance(value, list):
        yield from _items(value, schema, at)
    elif isinstance(value, dict):
        yield from _members(value, schema, at)


def _items(value: list[Any], schema: dict[str, Any], at: str) -> Iterator[Refusal]:
    if len(value) > schema.get("maxItems", len(value)):
        yield f"The {at} field may contain at most {schema['maxItems']} items.", at
    if schema.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        yield "array items must be unique", at
    for number, item in enumerate(value):
        yield from _against_schema(item, schema.get("items", {}), f"{at}.{number}")


def _members(value: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[Refusal]:
    inside = f"{at}." if at else ""
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"The {name} field is required.", inside + name
    if len(value) > schema.get("maxProperties", len(value)):
        yield "too many properties", at
    additional = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            yield from _against_schema(item, properties[name], inside + name)
        elif additional is False:
            yield f"Additional property {name} is not allowed", at or "null"
        elif isinstance(additional, dict):
            yield from _against_schema(item, additional, inside + name)


def _personalizations(body: dict[str, Any], now: float) -> Iterator[Refusal]:
    groups = body["personalizations"]
    if not groups:
        yield "The personalizations field is required and must have at least one personalization.", "personalizations"
    seen: set[str] = set()
    total = 0
    for number, group in enumerate(groups):
        at = f"personalizations.{number}"
        if not group["to"]:
            yield "The to array is required and must have at least one recipient.", f"{at}.to"
        for kind in ("to", "cc", "bcc"):
            for place, mailbox in enumerate(group.get(kind, ())):
                total += 1
                address = mailbox["email"].lower()
                if address in seen:
                    yield "Each email address in the personalization block should be unique.", f"{at}.{kind}.{place}"
                seen.add(address)
        if not (group.get("subject") or body.get("subject") or body.get("template_id")):
            yield "The subject is required.", f"{at}.subject"
        yield from _headers(group.get("headers", {}), f"{at}.headers")
        yield from _sizes(group, at)
        yield from _send_at(group, now, at)
    if total > 1000:
        yield "The total number of recipients may not exceed 1000.", "personalizations"


def _shared(body: dict[str, Any], now: float) -> Iterator[Refusal]:
    content = body.get("content", [])
    if not content and not body.get("template_id"):
        yield "Unless a valid template_id is provided, the content parameter is required.", "content"
    order = [part["type"] for part in content]
    ranks = [{"text/plain": 0, "text/html": 1}.get(kind, 2) for kind in order]
    if ranks != sorted(ranks):
        yield "If present, text/plain and text/html may only be provided once, plain before html.", "content"
    if len(set(order)) != len(order):
        yield "If present, text/plain and text/html may only be provided once.", "content"
    if any(not category.isascii() for category in body.get("categories", ())):
        yield "The category must be an ascii string.", "categories"
    if "reply_to" in body and "reply_to_list" in body:
        yield "reply_to and reply_to_list cannot both be given.", "reply_to"
    settings = body.get("mail_settings", {})
    if settings.get("bypass_list_management", {}).get("enable") and len(settings) > 1:
        yield "bypass_list_management cannot be combined with other bypass filters", "mail_settings"
    yield from _headers(body.get("headers", {}), "headers")
    yield from _sizes(body, "")
    yield from _send_at(body, now, "")


def _headers(headers: dict[str, Any], at: str) -> Iterator[Refusal]:
    for name, value in headers.items():
        if name.lower() in _RESERVED:
            yield f"The header {name} may not be overridden", at
        if not isinstance(value, str) or not name.isascii() or re.search(r"[\r\n\x00]", f"{name}{value}"):
            yield "headers must be strings without line breaks", at


def _sizes(part: dict[str, Any], at: str) -> Iterator[Refusal]:
    for name in ("substitutions", "custom_args"):
        members = part.get(name, {})
        if sum(len(f"{key}{value}".encode()) for key, value in members.items()) > _MOST_BYTES:
            yield f"The {name} may not exceed {_MOST_BYTES} bytes.", f"{at}.{name}".lstrip(".")


def _send_at(part: dict[str, Any], now: float, at: str) -> Iterator[Refusal]:
    if "send_at" in part and part["send_at"] > now + _LONGEST_DELAY:
        yield "The send_at may not be more than 72 hours in the future.", f"{at}.send_at".lstrip(".")


def _is_address(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow, and only the fake needs it

    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True
