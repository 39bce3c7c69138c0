"""The encoding and the delimiter of a text export, found by reading it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import TYPE_CHECKING, BinaryIO

from charset_normalizer import from_bytes

from digest.subscribers.imports.vocabulary import is_known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["DELIMITERS", "find_delimiter", "find_encoding"]

DELIMITERS = ",;\t|"
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What spreadsheet programs write outside western Europe. Windows-1252 accepts nearly any bytes, so another encoding
#: has to be recognised by its letters.
_OTHERS = ["cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp932", "gb18030", "big5", "cp949", "koi8_r"]
#: What spreadsheet programs write in Europe, the most usual first, for files with few accented letters.
_FAMILIAR = ("cp1252", "cp1250", "cp1254", "mac_roman")
_CELL_ENDS = re.compile(r"[;,\t|\r\n\"]+")
#: A symbol within a word, or a capital after a small letter: the wrong encoding of a letter.
_ODD_WORD = re.compile(r"[£³¯¹¿…†‡€§‰¾][^\W\d]|[^\W\d]{3}[£³¯¹¿†‡‰¾]|[a-z][À-ÞŠŽŸ]")
_BLOCK = 1 << 20
_ENOUGH = 1 << 14
#: Fewer bytes outside ASCII are too few to tell an alphabet by.
_FEW_LETTERS = 24
_PAIR = 2
_MOSTLY = 0.7


def find_encoding(open_bytes: Callable[[], BinaryIO]) -> str:
    """The encoding of a file: by its byte order mark, UTF-8 if it is valid, else the one whose letters make words.

    Args:
        open_bytes: Opens the file; called once.

    Raises:
        OSError: The file cannot be read.
    """
    with open_bytes() as file:
        block = file.read(_BLOCK)
        for mark, encoding in _BYTE_ORDER_MARKS:
            if block.startswith(mark):
                return encoding
        if wide := _wide_encoding(block[:_ENOUGH]):
            return wide
        decoder = codecs.getincrementaldecoder("utf-8")()
        odd_lines: list[bytes] = []
        valid = True
        while block:
            if valid:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    valid = False
            if not block.isascii() and sum(map(len, odd_lines)) < _ENOUGH:
                odd_lines += [line for line in block.splitlines() if not line.isascii()][:500]
            block = file.read(_BLOCK)
        if valid:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                valid = False
    return "utf-8" if valid else _legacy_encoding(b"\n".join(odd_lines)[:_ENOUGH])


def _wide_encoding(block: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of most letters is zero."""
    if block.count(0) * 3 < len(block):
        return ""
    return "utf-16-le" if block[1::2].count(0) > block[0::2].count(0) else "utf-16-be"


def _legacy_encoding(sample: bytes) -> str:
    """Windows-1252, unless the letters of the sample clearly belong to another alphabet."""
    try:
        sample.decode("cp1252")
        western = True
    except UnicodeDecodeError:
        western = False
    letters = [byte for byte in sample if byte >= 0x80]
    if not western or len(letters) >= _FEW_LETTERS:
        if western and _looks_western(sample.decode("cp1252")):
            return "cp1252"
        best = from_bytes(sample, cp_isolation=_OTHERS).best()
        if best is not None:
            return str(best.encoding)
    return max(_FAMILIAR, key=lambda encoding: _familiarity(sample, encoding)) if western else "latin-1"


def _familiarity(sample: bytes, encoding: str) -> tuple[int, int]:
    """How well a few accented letters fit an encoding: how many known words they make, and how few odd ones."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return -1, 0
    cells = {cell for cell in _CELL_ENDS.split(text) if cell and not cell.isascii()}
    return sum(map(is_known, cells)), -len(_ODD_WORD.findall(text))


def _looks_western(text: str) -> bool:
    """Whether accented letters stand one by one or in pairs, as in western names, and not in words of their own."""
    runs = "".join(letter if ord(letter) > 0x7F and letter.isalpha() else " " for letter in text).split()
    return sum(len(run) <= _PAIR for run in runs) >= len(runs) * _MOSTLY


def find_delimiter(lines: Sequence[str]) -> str:
    """The delimiter that makes the lines rows of one width, or a comma if the lines have one column.

    Args:
        lines: The first lines of a file, without a ``sep=`` line.
    """
    if not lines:
        return ","

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [
                len(row) for row in csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter) if row
            ]
        except csv.Error:
            return 0, 0
        if not widths or widths[0] < 2:
            return 0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    best = max(DELIMITERS, key=score)
    return best if score(best)[0] else ","
