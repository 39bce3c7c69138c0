"""Read Word documents (.docx) with mammoth, which turns them into HTML: https://github.com/mwilliamson/python-mammoth."""

from __future__ import annotations

import re
from io import BytesIO

from digest.errors import Place, SourceError
from digest.sources.files.documents.document_parts import check_archive

__all__ = ["html_of_docx"]

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Titel'] => h1.title:fresh
p[style-name='Titre'] => h1.title:fresh
p[style-name='Título'] => h1.title:fresh
p[style-name='Headline'] => h1.title:fresh
"""
_MAIN = "word/document.xml"
_HIDDEN_RUN = re.compile(rb"<w:vanish\s*/>|<w:vanish w:val=\"(?:1|true|on)\"")
_RUN = re.compile(rb"<w:r(?:\s[^>]*)?>.*?</w:r>", re.DOTALL)
_NOTE_LIST = re.compile(r"<ol>(?:<li id=\"(?:foot|end)note-.*?</li>)+</ol>", re.DOTALL)
_NOTE_MARK = re.compile(r"<sup><a href=\"#(?:foot|end)note-[^>]*>[^<]*</a></sup>")


def html_of_docx(data: bytes, *, path: str) -> str:
    """Return the text of a document as HTML, without headers, comments, notes, pictures, hidden and deleted text.

    Raises:
        SourceError: The file is no such document, is protected by a password, or is too large.
        ImportError: mammoth is not installed.
    """
    import mammoth  # noqa: PLC0415 - an extra

    parts = check_archive(data, path=path, needed=(_MAIN,))
    if _MAIN not in parts:
        raise SourceError("this is not a Word document", place=Place(path), hint="Save it again as .docx.")
    if b"<!DOCTYPE" in parts[_MAIN] or b"<!ENTITY" in parts[_MAIN]:
        raise SourceError("the document is damaged: it declares entities", place=Place(path), hint="Save it again.")
    if _HIDDEN_RUN.search(parts[_MAIN]):
        visible = _RUN.sub(lambda run: b"" if _HIDDEN_RUN.search(run[0]) else run[0], parts[_MAIN])
        data = _with_main(data, visible)
    result = mammoth.convert_to_html(
        BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
    )
    return _NOTE_MARK.sub("", _NOTE_LIST.sub("", str(result.value)))


def _with_main(data: bytes, main: bytes) -> bytes:
    """The archive with another main part."""
    import zipfile  # noqa: PLC0415 - few documents have hidden text

    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if not name.startswith("word/media/"):
                new.writestr(name, main if name == _MAIN else old.read(name))
    return target.getvalue()
