"""Email addresses: one normal form, and the sender's name and address."""

from __future__ import annotations

import re

from digest.errors import ConfigError

__all__ = ["normalise_address", "parse_sender", "redact_addresses"]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: What nearly every address looks like. It accepts nothing that email-validator refuses; what it does not match is
#: handed over. A double hyphen may be the start of an encoded label, so it is left to the library too.
_PLAIN = re.compile(
    rf"(?!.*--)(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@)({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z]{{2,63}})"
)
#: What most of those look like, found in a fraction of the time; so short that no part of it can be too long.
_USUAL = re.compile(r"[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,63}")
_SHORT = 64
_MAILBOX = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>]*)>\s*')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS_IN_TEXT = re.compile(r"[^\s<>()\[\]\"',;:=]+@[^\s<>()\[\]\"',;:]+")


def normalise_address(text: str) -> str:
    """The one form of an address: no surrounding space, the domain in lower case and in IDNA (ASCII) form.

    The local part keeps its case, since only its own server may say that case does not matter (RFC 5321, section
    2.4). Only the syntax is looked at; nothing is asked of DNS.

    Raises:
        ValueError: It is no address. The message never repeats it.
    """
    text = text.strip()
    if len(text) <= _SHORT and _USUAL.fullmatch(text):
        return text
    if plain := _PLAIN.fullmatch(text):
        return f"{plain[1]}@{plain[2].lower()}"
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow, and hardly ever needed

    try:
        found = validate_email(
            text, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False, strict=True
        )
    except EmailNotValidError:
        raise ValueError("not an email address") from None
    if found.ascii_email is None or "." not in found.ascii_domain:
        raise ValueError("not an email address")
    return found.ascii_email


def parse_sender(text: str) -> tuple[str, str]:
    """Read ``Name <a@b.example>``, or a bare address, as name and normalised address.

    Raises:
        ConfigError: It is neither, or the name holds a control character.
    """
    hint = 'Write it as "Name <news@example.org>".'
    if _CONTROL.search(text):
        raise ConfigError("the sender holds a line break or another control character", hint=hint)
    mailbox = _MAILBOX.fullmatch(text)
    quoted, bare, address = (mailbox[1], mailbox[2], mailbox[3]) if mailbox else (None, "", text)
    name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
    try:
        return name, normalise_address(address)
    except ValueError:
        raise ConfigError(f"{text!r} is no sender", hint=hint) from None


def redact_addresses(text: str, limit: int = 200) -> str:
    """What a server said, on one line and without addresses: fit for logs, the ledger and ``--json``."""
    return _ADDRESS_IN_TEXT.sub("…", " ".join(_CONTROL.sub(" ", text).split()))[:limit]
