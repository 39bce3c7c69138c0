import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile

import openpyxl
import pytest

from digest.subscribers import file_contents
from digest.subscribers.file_contents import ContentError, read_contents, unpack

LIST = b"email\nana@reader.example\nben@reader.example\n"


def zipped(content, *, name="weekly.csv"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "x")
        archive.writestr(name, content)
    return buffer.getvalue()


def tarred(content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("weekly.csv")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def workbook():
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for line in LIST.decode().split():
        book.active.append([line])
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        LIST,
        zipped(LIST),
        zipped(zipped(LIST), name="inner.zip"),
        zipped(gzip.compress(LIST), name="weekly.csv.gz"),
        gzip.compress(LIST),
        bz2.compress(LIST),
        lzma.compress(LIST),
        tarred(LIST),
        workbook(),
    ],
    ids=["plain", "zip", "zip in zip", "gzip in zip", "gzip", "bzip2", "xz", "tar.gz", "workbook"],
)
def test_what_is_packed_in_a_file_is_read(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    for pieces in (read_contents(path), unpack(content)):
        text = b"".join(pieces)
        assert b"ana@reader.example" in text
        assert b"ben@reader.example" in text


def test_the_cells_of_a_database_are_apart(tmp_path):
    path = tmp_path / "members.db"
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE "the ""people""" (email TEXT, name TEXT, photo BLOB, age INTEGER)')
        database.execute('INSERT INTO "the ""people""" VALUES (?, ?, ?, ?)', ("ana@reader.example", "Ana", b"x", 3))
    database.close()
    assert b"ana@reader.example\nAna\n" in b"".join(read_contents(path))


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 ana@reader.example", b"\x1f\x8b ana@reader.example", zipped(LIST)[:90]],
    ids=["zip", "gzip", "cut-off-zip"],  # a zip holds the time, so its bytes are no name for a test
)
def test_a_damaged_archive_is_read_as_it_is(content):
    assert b"".join(unpack(content)).endswith(content)


def test_a_file_that_unpacks_to_too_much_or_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(file_contents, "_MOST_BYTES", 5_000_000)
    with pytest.raises(ContentError, match="unpacks to more than 1 GB"):
        list(unpack(gzip.compress(bytes(10_000_000))))
    with pytest.raises(ContentError, match="cannot be read"):
        list(read_contents(tmp_path / "missing"))
