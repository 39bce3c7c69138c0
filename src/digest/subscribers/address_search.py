"""Which of many files hold addresses of the lists, however many people these have. Pure: it reads what it is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.models.email_address import normalise_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

__all__ = ["ENOUGH", "addresses_in", "find_holders"]

#: A file with at least this many addresses from the lists counts as a list. Any text may name one or two subscribers.
ENOUGH = 3
#: How many addresses are looked up in the lists at a time; they take about 60 MB.
_AT_ONCE = 300_000
#: The longest address is shorter (RFC 5321, section 4.5.3.1), also with each @ written in six characters.
_OVERLAP = 400
#: A local part as it is written nearly always, and with everything that RFC 5321 allows without quotes; reversed.
_USUAL_LOCAL = re.compile(rb"[A-Za-z0-9._+-]{1,64}")
_LOCAL = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(rb"[A-Za-z0-9\x80-\xff-]{1,63}(?:\.[A-Za-z0-9\x80-\xff-]{1,63})+")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
#: How an @ is written in HTML, JSON, URLs and quoted-printable text.
_WRITTEN_AT = re.compile(rb"&#0*64;|&#x0*40;|&commat;|\\u0040|\\x40|%40|=40", re.IGNORECASE)
#: A line end or tab within a text of JSON or of a program; a soft line break of quoted-printable text.
_ESCAPED_SPACE, _SOFT_BREAK = re.compile(rb"\\[nrt]"), re.compile(rb"=\r?\n")


def addresses_in(pieces: Iterable[bytes]) -> Iterator[str]:
    """Everything in a file that may be an email address, casefolded, often more than once.

    The encoding does not matter: UTF-8, the 8-bit ones, UTF-16 and UTF-32.

    Args:
        pieces: The file's content, in pieces of any size.
    """
    rest = b""
    for piece in pieces:
        text = rest + piece
        yield from _addresses(text)
        rest = text[-_OVERLAP:]


def _addresses(text: bytes) -> Iterator[str]:
    if b"\0" in text:  # it ends a text in binary files, and stands beside each ASCII character in UTF-16 and UTF-32
        yield from _addresses(text.replace(b"\0", b""))
        text = text.replace(b"\0", b"\n")
    if b"@" not in text and not _WRITTEN_AT.search(text):
        return
    text = _ESCAPED_SPACE.sub(b" ", _WRITTEN_AT.sub(b"@", _SOFT_BREAK.sub(b"", text)))
    at = text.find(b"@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        before = text[max(0, at - 64) : at][::-1]
        usual, local = _USUAL_LOCAL.match(before), _LOCAL.match(before)
        if domain and local:
            for each in {local[0], usual[0] if usual else local[0]}:  # the second one as in to=ana@… or 'ana@…'
                yield _folded(each[::-1], domain[0])
                if not domain[0].isascii():  # or a binary file, with such bytes after it
                    yield _folded(each[::-1], _NOT_ASCII.split(domain[0], maxsplit=1)[0])
        at = text.find(b"@", at + 1)


def _folded(local: bytes, domain: bytes) -> str:
    address = f"{local.decode('ascii')}@{domain.decode('utf-8', 'replace')}".strip(".-")
    if not address.isascii():
        try:
            return normalise_address(address).casefold()
        except ValueError:
            pass
    return address.casefold()


def find_holders(
    files: Iterable[tuple[str, Iterable[bytes]]], *, people: Callable[[], Iterable[str]], other: Collection[str]
) -> set[str]:
    """The files that hold at least `ENOUGH` addresses of the lists.

    Possible addresses are collected from the files, and looked up in bounded amounts: the lists are never held in
    memory. They are not read at all if no file holds enough addresses.

    Args:
        files: The name and the content of each file.
        people: Reads the lists: the casefolded address of each person. It may be called several times.
        other: Casefolded addresses that do not count, such as the sender's.
    """
    search = _Search(people)
    for name, pieces in files:
        search.read(name, (address for address in addresses_in(pieces) if address not in other))
    search.look_up()
    return {name for name in search.matches if search.is_holder(name)}


class _Search:
    """The addresses that wait to be looked up in the lists, and those that were found there, by file."""

    def __init__(self, people: Callable[[], Iterable[str]]) -> None:
        self._people = people
        self._waiting: dict[str, set[str]] = {}
        self._count = 0
        self.matches: dict[str, set[str]] = {}

    def is_holder(self, name: str) -> bool:
        return len(self.matches.get(name, ())) >= ENOUGH

    def read(self, name: str, addresses: Iterable[str]) -> None:
        """Take a file's addresses. The rest of the file is not read once enough of them were found."""
        own: set[str] = set()
        for address in addresses:
            own.add(address)
            if self._count + len(own) >= _AT_ONCE:
                self._waiting[name] = own
                self.look_up()
                own = set()
                if self.is_holder(name):
                    return
        if len(own) + len(self.matches.get(name, ())) >= ENOUGH:
            self._waiting[name] = own
            self._count += len(own)

    def look_up(self) -> None:
        """Look for all that wait in the lists, reading them once."""
        holders: dict[str, list[str]] = {}
        for name, addresses in self._waiting.items():
            for address in addresses:
                holders.setdefault(address, []).append(name)
        self._waiting, self._count = {}, 0
        for address in self._people() if holders else ():
            for name in holders.get(address, ()):
                self.matches.setdefault(name, set()).add(address)
