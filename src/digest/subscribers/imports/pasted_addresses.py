"""An address out of a cell, however it was pasted there: ``mailto:ana@example.org``, ``Ana <ana@example.org>``."""

from __future__ import annotations

import re
from urllib.parse import unquote

from digest.mail import clean_value, normalise_address
from digest.subscribers.inert_cells import restored_cell

__all__ = ["address_and_name"]

#: RFC 5322, section 3.4: a name, quoted or not, before an address in angle brackets.
_MAILBOX = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^<>]*?))\s*<\s*([^<>\s]+)\s*>[\s,;.]*')
#: RFC 822: the name in a comment after the address.
_COMMENT = re.compile(r"([^\s()]+@[^\s()]+)\s*\(([^()]*)\)")
#: Google Contacts puts a person's further values behind the first, in the same cell.
_NEXT_VALUE = " ::: "
_AROUND = " \t'\"<>[]()"
_BEHIND = ".,;:"


def address_and_name(text: str) -> tuple[str, str]:
    """The normalised address in a cell and the name beside it; the address is empty if the cell is not one person's.

    Nothing is guessed: a cell with two addresses, or with more than a name around an address, is no address.
    """
    text = restored_cell(text).partition(_NEXT_VALUE)[0]
    try:
        return normalise_address(text), ""
    except ValueError:
        pass
    name, address = "", clean_value(text)
    if mailbox := _MAILBOX.fullmatch(address):
        quoted, bare, address = mailbox.groups()
        name = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (bare or "").strip(" '\"")
    elif comment := _COMMENT.fullmatch(address):
        address, name = comment.groups()
    address = _unwrapped(address)
    if address[:7].casefold() == "mailto:":  # RFC 6068
        address = _unwrapped(unquote(address[7:].partition("?")[0]))
    try:
        return normalise_address(address), "" if "@" in name else name
    except ValueError:
        return "", ""


def _unwrapped(address: str) -> str:
    return address.strip(_AROUND).rstrip(_BEHIND).strip(_AROUND)
