"""Email addresses: their normal form, the sender's name and address, and text with the addresses taken out."""

from __future__ import annotations

import re
from email.utils import quote

from digest.errors import ConfigError

__all__ = ["MAX_USUAL_LENGTH", "USUAL_ADDRESS", "normalise_address", "parse_sender", "redact_addresses"]

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#: The form of nearly every address. It accepts nothing that email-validator refuses. Everything else goes to
#: email-validator, including a double hyphen, which may be the start of an encoded label.
_PLAIN = re.compile(
    rf"(?!.*--)(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@)({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+[A-Za-z]{{2,63}})"
)
#: What most of those look like, matched in a fraction of the time. Up to this length no part of it can be too long.
USUAL_ADDRESS = r"[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,63}"
MAX_USUAL_LENGTH = 64
_USUAL = re.compile(USUAL_ADDRESS)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: A quoted or a bare name before an address in angle brackets, or the address alone.
_MAILBOX = re.compile(rf'\s*(?:(?:{_QUOTED.pattern}|([^"<>,@]*?))\s*<([^<>]*)>|([^\s"<>(),;:]+))\s*')
_ESCAPED = re.compile(r"\\(.)")
#: The form of RFC 822 with the name in a comment after the address.
_COMMENT = re.compile(r"\s*([^\s<>(),]+@[^\s<>(),]+)\s*\(([^()]+)\)\s*")
_SENDER_FORM = "Write it as Name <news@example.org>; a name with a comma or an @ in it needs quotes around it."
_MAX_SENDER = 1000
_SEPARATORS = re.compile(r"[\s<>(),;]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: A run of characters that may be an address, from its start: trying every other start takes quadratic time.
_ADDRESS_IN_TEXT = re.compile(r"(?<![^\s<>()\[\]\"',;:=@])[^\s<>()\[\]\"',;:=@]++@[^\s<>()\[\]\"',;:]++")


def normalise_address(text: str) -> str:
    """Normalise an address: no surrounding space, the domain in lower case and in IDNA (ASCII) form.

    The local part keeps its case, because only its own server may treat case as irrelevant (RFC 5321, section 2.4).
    Only the syntax is checked; DNS is not queried.

    Raises:
        ValueError: It is not an address. The message never repeats it.
    """
    text = text.strip()
    if len(text) <= MAX_USUAL_LENGTH and _USUAL.fullmatch(text):
        return text
    if plain := _PLAIN.fullmatch(text):
        return f"{plain[1]}@{plain[2].lower()}"
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to import, and rarely needed

    try:
        address = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            globally_deliverable=False,
            strict=True,
            test_environment=True,  # accepts domains below .test, as the patterns above do
        )
    except EmailNotValidError:
        raise ValueError("not an email address") from None
    if address.ascii_email is None or "." not in address.ascii_domain:
        raise ValueError("not an email address")
    return address.ascii_email


def parse_sender(text: str) -> tuple[str, str]:
    """Read the sender of a newsletter, ``Name <news@example.org>`` or a bare address, as name and normalised address.

    This is the mailbox of RFC 5322, section 3.4, without comments and obsolete forms. A name needs quotes only when it
    holds a comma, an at sign or a quotation mark; whatever this function accepts can stand in a From header.

    Raises:
        ConfigError: It is not a single mailbox. The message says why, and the hint says how to write it.
    """
    if len(text) > _MAX_SENDER:
        raise ConfigError(f"it has more than {_MAX_SENDER:,} characters", hint=_SENDER_FORM)
    if _CONTROL.search(text):
        raise ConfigError("it contains a line break or another control character", hint=_SENDER_FORM)
    text = text.strip()  # the pattern takes cubic time for blanks alone
    mailbox = _MAILBOX.fullmatch(text)
    if mailbox is None:
        raise _sender_error(text)
    quoted, bare, bracketed, plain = mailbox.groups()
    address = (plain if bracketed is None else bracketed).strip()
    name = (bare or "") if quoted is None else _ESCAPED.sub(r"\1", quoted)
    try:
        return name.strip(), normalise_address(address)
    except ValueError:
        reason = "" if address.isascii() else ": only ASCII characters are allowed before the @"
        raise ConfigError(f"{address!r} is not an email address{reason}", hint=_SENDER_FORM) from None


def _sender_error(text: str) -> ConfigError:
    """The error for a text that is not a single mailbox, with a specific message for each common mistake."""
    if not text.strip():
        return ConfigError("it is empty", hint=_SENDER_FORM)
    unquoted = _QUOTED.sub("", text)
    if comment := _COMMENT.fullmatch(text):
        return ConfigError("the name goes before the address", hint=f"Write it as {comment[2]} <{comment[1]}>.")
    if sum(map(_is_address, _SEPARATORS.split(unquoted))) > 1:
        return ConfigError("it contains two addresses, but only one is allowed", hint=_SENDER_FORM)
    name, bracket, rest = text.rpartition("<")
    mark = next((mark for mark in ",@" if mark in unquoted.rpartition("<")[0]), "")
    if bracket and mark:
        quoted = f'"{quote(name.strip())}" <{rest}' if not {'"', "<"} & set(name) else ""
        reason = "a comma outside quotes separates two addresses" if mark == "," else "an @ in a name needs quotes"
        return ConfigError(reason, hint=f"Write it as {quoted}" if quoted else _SENDER_FORM)
    if bracket and '"' in name:
        escaped = quote(name.strip().replace('"', "").strip())
        return ConfigError(
            "quotation marks must enclose the whole name",
            hint=f'Write it as "{escaped}" <{rest}; a quotation mark within the name is written \\".',
        )
    return ConfigError(f"{text!r} is not a name and an address", hint=_SENDER_FORM)


def _is_address(text: str) -> bool:
    try:
        normalise_address(text)
    except ValueError:
        return False
    return True


def redact_addresses(text: str, limit: int = 200) -> str:
    """A server's reply on one line of at most ``limit`` characters, without addresses, for logs and ``--json``."""
    return _ADDRESS_IN_TEXT.sub("…", " ".join(_CONTROL.sub(" ", text).split()))[:limit]
