"""Open the parts of a document that is a ZIP archive of XML files, within limits. See OPC and ODF 1.3, part 2."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from lxml import etree

from digest.errors import Place, SourceError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["check_archive", "parse_part"]

_MOST_PARTS = 2_000
_LARGEST_TEXT = 16 * 2**20  # bytes of one part of XML; a novel has two million
_LARGEST_ALL = 200 * 2**20
_OLE = b"\xd0\xcf\x11\xe0"  # https://learn.microsoft.com/openspecs/windows_protocols/ms-cfb


def check_archive(data: bytes, *, path: str, needed: Collection[str]) -> dict[str, bytes]:
    """Return the parts of a document that are needed.

    Sizes are checked before anything is unpacked: a few kilobytes of ZIP can hold gigabytes.

    Args:
        data: The file.
        path: Its path, for error messages.
        needed: The names of the parts.

    Raises:
        SourceError: The file is no such archive, is protected by a password, or is too large when unpacked.
    """
    place = Place(path)
    if data.startswith(_OLE):
        raise SourceError(
            "the document is protected by a password, or of an old version of Word",
            place=place,
            hint="Save it without a password as .docx, or its text as .txt.",
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            sizes = {part.filename: part.file_size for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise SourceError("the document is protected by a password", place=place, hint="Save it without one.")
            texts = (size for name, size in sizes.items() if name.endswith((".xml", ".rels")))
            if len(parts) > _MOST_PARTS or sum(sizes.values()) > _LARGEST_ALL or max(texts, default=0) > _LARGEST_TEXT:
                raise SourceError(
                    "the document is too large when it is unpacked", place=place, hint="Save its text as .txt."
                )
            return {name: archive.read(name) for name in needed if name in sizes}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise SourceError(f"the document is damaged: {error}", place=place, hint="Save it again.") from None


def parse_part(data: bytes, *, path: str) -> etree._Element:
    """Parse XML that names no entities and loads nothing.

    Raises:
        SourceError: It is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"the document is damaged: {error}", place=Place(path), hint="Save it again.") from None
