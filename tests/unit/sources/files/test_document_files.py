from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.sources.files.article_files import parse_text
from digest.sources.files.documents.document_files import UnreadFileError, read_document
from digest.sources.files.documents.pdf_document import lines_to_paragraphs, without_running_lines
from digest.sources.files.not_for_print import DraftError

TITLE = "The mill at Fernmouth closes"
FIRST = "The last mill at Fernmouth closed on Friday after a hundred years, and forty people lost their work there."
SECOND = "The town wants to buy the building & turn it into flats, with a café on the ground floor by the water."
POINTS = ("Forty people lost their work", "The town wants to buy the building")


def read(data, suffix):
    return parse_text(data, path=f"articles/mill{suffix}")


def archive(**parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_rels", ".rels"), content)
    return target.getvalue()


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


# --- Word ---

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = f'<w:styles {W}><w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style></w:styles>'
NUMBERING = (
    f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
MAIN = "word/document.xml"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escaped(text)}</w:t></w:r>'


def paragraph(content, style=""):
    content = content if content.startswith("<") else run(content)
    return f"<w:p><w:pPr>{style}</w:pPr>{content}</w:p>"


ITEM = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
TITLED = '<w:pStyle w:val="T"/>'


def docx(*paragraphs):
    return archive(
        **{"[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'},
        ___rels__rels=RELATIONS.format(
            f'<Relationship Id="r" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
        ),
        word__document_xml=f"<w:document {W}><w:body>{''.join(paragraphs)}</w:body></w:document>",
        word__styles_xml=STYLES,
        word__numbering_xml=NUMBERING,
        word___rels__document_xml_rels=RELATIONS.format(
            f'<Relationship Id="a" Type="{OFFICE}/styles" Target="styles.xml"/>'
            f'<Relationship Id="b" Type="{OFFICE}/numbering" Target="numbering.xml"/>'
        ),
    )


def test_reads_a_word_document():
    article = read(
        docx(
            paragraph(TITLE, TITLED),
            paragraph("By Ann Lee"),
            *(paragraph(point, ITEM) for point in POINTS),
            paragraph(FIRST),
            paragraph(run(SECOND) + run(" Hidden words.", "<w:vanish/>")),
        ),
        ".docx",
    )
    assert (article.title, article.authors, article.key_points) == (TITLE, ("Ann Lee",), POINTS)
    assert article.text == f"{FIRST}\n\n{SECOND}"


def test_reads_the_head_of_an_editorial_system_in_a_word_document():
    article = read(
        docx(*map(paragraph, ("SLUG: MILL-1", f"HEADLINE: {TITLE}", "BYLINE: Ann Lee", FIRST, SECOND))), ".docx"
    )
    assert (article.title, article.authors, article.text) == (TITLE, ("Ann Lee",), f"{FIRST}\n\n{SECOND}")
    with pytest.raises(DraftError):
        read(docx(*map(paragraph, ("SLUG: MILL-1", "STATUS: Draft", FIRST))), ".docx")


# --- OpenDocument ---

ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "style", "drawing")
)


def odt(body, styles="", **parts):
    content = f"<office:document-content {ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
    content += f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    return archive(content_xml=content, **parts)


def test_reads_an_opendocument_text():
    body = (
        f'<text:p text:style-name="P1">{TITLE}</text:p><text:p>By Ann Lee</text:p><text:list>'
        f"{''.join(f'<text:list-item><text:p>{point}</text:p></text:list-item>' for point in POINTS)}</text:list>"
        f"<text:p>{FIRST}<text:note><text:p>A note.</text:p></text:note></text:p><text:section><text:p>"
        f'{escaped(SECOND)}<text:span text:style-name="H"> Hidden words.</text:span></text:p></text:section>'
    )
    styles = (
        '<style:style style:name="P1" style:parent-style-name="Title"/>'
        '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    )
    article = read(odt(body, styles), ".odt")
    assert (article.title, article.authors, article.key_points) == (TITLE, ("Ann Lee",), POINTS)
    assert article.text == f"{FIRST}\n\n{SECOND}"


# --- Rich text ---


def test_reads_rich_text():
    second = SECOND.replace("é", "\\'e9")
    source = (
        rf"{{\rtf1\ansi\ansicpg1252{{\fonttbl{{\f0 Arial;}}}}{{\info{{\author Bob Ray}}}}\f0\b {TITLE}\b0\par\pard "
        rf"By Ann Lee\par {{\pict\pngblip {'89504e47' * 400}}}\par"
        rf"{{\listtext\'b7\tab}}{POINTS[0]}\par {{\listtext\'b7\tab}}{POINTS[1]}\par {FIRST}\par "
        rf"{second}{{\v Hidden words.}}\par}}"
    )
    article = read(source.encode(), ".rtf")
    assert (article.title, article.authors, article.key_points) == (TITLE, ("Ann Lee",), POINTS)
    assert article.text == f"{FIRST}\n\n{SECOND}"


# --- PDF ---


def pdf(*pages):
    """A PDF of pages of (size, text) lines."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for lines in pages:
        shown = "".join(f"/F {size} Tf ({text}) Tj T*\n" for size, text in lines)
        stream = f"BT 14 TL 72 700 Td\n{shown}ET"
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/Contents {len(objects)} 0 R/MediaBox[0 0 600 800]"
            "/Resources<</Font<</F 3 0 R>>>>>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>"
    text = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(text))
        text += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(text)
    text += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    return f"{text}startxref\n{start}\n%%EOF".encode("latin-1")


def test_reads_a_pdf():
    page = [
        (9, "Fernmouth Papers"),
        (22, "The mill at Fernmouth"),
        (22, "closes"),
        (11, "By Ann Lee"),
        (11, "The last mill at Fernmouth closed on Friday after a hun-"),
        (11, "dred years, and forty people lost their work there."),
        (11, "The town wants to buy the building and turn it into a"),
        (11, "house of flats, with rooms for guests on the ground floor."),
        (9, "1"),
    ]
    other = [(9, "Fernmouth Papers"), (11, "Work on the roof begins in spring and will take a year."), (9, "2")]
    article = read(pdf(page, other), ".pdf")
    assert article.title == TITLE
    assert article.authors == ("Ann Lee",)
    assert FIRST in article.text
    assert article.text.endswith("Work on the roof begins in spring and will take a year.")
    assert "Papers" not in article.text


def test_says_that_a_pdf_has_only_pictures_of_text():
    with pytest.raises(SourceError, match="no text"):
        read(pdf([]), ".pdf")


def test_joins_the_lines_of_a_page():
    lines = [
        "One line that is as wide as the page is",
        "wide, which ends here.",
        "• A point of",
        "• Another",
        "",
        "End.",
    ]
    joined = "One line that is as wide as the page is wide, which ends here.\n\n• A point of\n\n• Another\n\nEnd."
    assert lines_to_paragraphs(lines) == joined
    assert without_running_lines([["Head 1", "a", "x", "b", "Page 1"], ["Head 2", "c", "y", "d", "Page 2"]]) == [
        *("a", "x", "b"),
        *("c", "y", "d"),
    ]


# --- Mail ---

HEADERS = (
    "From: Ann Lee <ann.lee@paper.example>\nTo: desk@paper.example\nDate: Wed, 18 Nov 2026 10:00:00 +0100\n"
    f"Subject: Fwd: {TITLE}\nMIME-Version: 1.0\n"
)


TEXT = "Content-Type: text/plain; charset=utf-8\n\n"
HTML = "Content-Type: text/html; charset=utf-8\n\n"
PLAIN = f"By Ann Lee\n\n{FIRST}\n\n{SECOND}\n"
RICH = f"<div style='display:none'>Preview.</div><p>By Ann Lee</p><p>{FIRST}</p><p>{escaped(SECOND)}</p>\n"
INNER = f"Content-Type: message/rfc822\n\nSubject: {TITLE}\nDate: Wed, 18 Nov 2026 10:00:00 +0100\n"


def several(kind, *parts):
    separator = "--b\n"
    return f"Content-Type: multipart/{kind}; boundary=b\n\n--b\n{separator.join(parts)}--b--\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{TEXT}{PLAIN}\n-- \nAnn Lee\nann.lee@paper.example\n",
        f"{TEXT}{PLAIN}\nOn Tue, 17 Nov 2026, Bob Ray wrote:\n> When can we have it?\n",
        f"{HTML}{RICH}",
        several("alternative", f"{TEXT}Use HTML.\n", f"{HTML}{RICH}"),
        several("mixed", f"{TEXT}See below.\n", f"{INNER}{TEXT}{PLAIN}"),
    ],
)
def test_reads_a_mail(body):
    article = read(f"{HEADERS}{body}".encode(), ".eml")
    assert (article.title, article.authors) == (TITLE, ("Ann Lee",))
    assert article.text == f"{FIRST}\n\n{SECOND}"
    assert article.published == datetime(2026, 11, 18, 9, tzinfo=UTC)


def test_joins_the_flowed_lines_of_a_mail():
    body = FIRST.replace(" on ", " on \n")
    mail = f"{HEADERS}Content-Type: text/plain; format=flowed\n\n{body}\n"
    assert read(mail.encode(), ".eml").text == FIRST


# --- What cannot be read ---


@pytest.mark.parametrize(
    ("data", "suffix", "message"),
    [
        (b"not a document", ".docx", "damaged"),
        (b"not a document", ".odt", "damaged"),
        (b"not a document", ".pdf", "not a PDF"),
        (b"not a document", ".rtf", "not RTF"),
        (b"%PDF-1.7 broken", ".pdf", "cannot be read"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, ".docx", "password"),
        (archive(readme="x"), ".docx", "not a Word document"),
        (archive(readme="x"), ".odt", "not an OpenDocument text"),
        (odt("", META_INF="x", **{"META-INF/manifest.xml": "<encryption-data/>"}), ".odt", "password"),
        (archive(word__document_xml='<!DOCTYPE a [<!ENTITY b "c">]><a/>'), ".docx", "entities"),
        (archive(word__document_xml=b" " * (17 * 2**20)), ".docx", "too large when it is unpacked"),
        (archive(content_xml=b" " * (17 * 2**20)), ".odt", "too large when it is unpacked"),
        (pdf(*[[(11, "x")]] * 61), ".pdf", "61 pages"),
        (b"{\\rtf1 " + b"word " * 900_000 + b"}", ".rtf", "too long"),
        (b"Subject: x\n\n", ".eml", "no text"),
        (odt(f"<text:p>{TITLE}</text:p>"), ".odt", "a title but no text"),
    ],
)
def test_says_why_a_document_cannot_be_read(data, suffix, message):
    with pytest.raises(SourceError, match=message):
        read(data, suffix)


def test_names_the_command_that_installs_a_missing_reader():
    def reader(_data, _path):
        raise ModuleNotFoundError("No module named 'mammoth'", name="mammoth")

    with pytest.raises(UnreadFileError) as raised:
        read_document(b"x", path="articles/mill.docx", readers={".docx": reader})
    assert "articles/mill.docx" in str(raised.value)
    assert ".docx files need mammoth, which is not installed" in str(raised.value)
    assert "pip install 'newsletter-digest[files]'" in str(raised.value.hint)
