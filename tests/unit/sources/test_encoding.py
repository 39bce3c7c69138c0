"""Pages are decoded in their actual encoding, whatever they declare."""

from __future__ import annotations

import codecs

import pytest

from digest.sources.encoding import decode_page, decode_text, is_binary

GERMAN = "<p>Grüße vom Hafen „heute“ \u2013 die Fähren fahren für die Insulaner später, sagt der Bürgermeister.</p>"
RUSSIAN = "<p>Порт города был углублён в понедельник, и паромы вернулись в полдень, сообщил мэр.</p>"
JAPANESE = "<p>港は月曜日に初めて浚渫され、フェリーは正午に戻ってきたと市長が述べた。</p>"
CHINESE = "<p>港口在星期一首次疏浚、渡轮在中午返回、市长说。</p>"
KOREAN = "<p>항구는 월요일에 처음으로 준설되었고 여객선은 정오에 돌아왔다고 시장이 말했다.</p>"


def meta(label):
    return f'<html><head><meta charset="{label}"></head>'


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (GERMAN, "cp1252", "iso-8859-1"),
        (GERMAN, "cp1252", "ISO8859-1"),
        (GERMAN, "cp1252", "us-ascii"),
        (GERMAN, "cp1252", "iso-8859-15"),
        ("<p>Žluťoučký kůň", "cp1250", "x-cp1250"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8_r"),
        (JAPANESE, "cp932", "x-sjis"),
        (JAPANESE, "euc_jp", "euc-jp"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (CHINESE, "gb18030", "gb2312"),
        (KOREAN, "cp949", "ks_c_5601-1987"),
    ],
)
def test_reads_labels_as_browsers_do(text, encoding, label):
    html = meta(label) + text
    assert decode_page(html.encode(encoding)) == html


@pytest.mark.parametrize("label", ["iso-8859-1", "koi8-r", "shift_jis", "gbk", "utf-16", "rot13", "idna", "nonsense"])
def test_recognises_utf_8_under_a_wrong_label(label):
    html = meta(label) + RUSSIAN
    assert decode_page(html.encode()) == html


@pytest.mark.parametrize(
    ("text", "encoding"), [(GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (JAPANESE, "cp932"), (CHINESE, "gb18030")]
)
@pytest.mark.parametrize("header", [None, "text/html; charset=utf-8"])
def test_ignores_the_label_utf_8_on_other_encodings(text, encoding, header):
    html = meta("utf-8") + text
    assert decode_page(html.encode(encoding), header) == html


def test_prefers_the_mark_to_the_header_to_the_document():
    html = meta("koi8-r") + RUSSIAN
    assert decode_page(codecs.BOM_UTF8 + html.encode(), "text/html; charset=cp1251") == html
    assert decode_page(html.encode("cp1251"), 'text/html; charset="windows-1251"') == html
    assert decode_page(html.encode("koi8-r"), "text/html") == html
    assert decode_page(html.encode("koi8-r"), "text/html; charset=nonsense") == html


@pytest.mark.parametrize(
    "head",
    [
        "<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>",
        "<meta content='text/html;charset=koi8-r' http-equiv=content-type>",
        '<?xml version="1.0" encoding="koi8-r"?><html>',
        "<!-- <meta charset='windows-1251'> --><meta charset = koi8-r >",
        "<meta name='description' content='what charset=windows-1251 means'><META CHARSET=KOI8-R>",
        "<script charset='windows-1251'></script><meta charset='koi8-r'/>",
    ],
)
def test_finds_the_declaration_of_a_document(head):
    html = head + RUSSIAN
    assert decode_page(html.encode("koi8-r")) == html


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_recognises_utf_16_without_a_mark(encoding):
    html = meta("utf-8") + GERMAN
    data = html.encode(encoding)
    assert not is_binary(data)
    assert decode_page(data) == html


def test_guesses_the_encoding_from_text_deep_in_a_page():
    html = "<script>" + "var a = 1;\n" * 20_000 + "</script>" + "<p>plain words " * 5_000 + GERMAN
    assert decode_page(html.encode("cp1252")) == html


def test_keeps_the_encoding_despite_some_invalid_bytes():
    words = GERMAN * 3
    assert decode_page(words.encode() + b" caf\xe9 ") == words + " café "
    assert decode_page((meta("utf-8") + words).encode()[:-1] + "é".encode()[:1]) == (meta("utf-8") + words)[:-1]
    assert decode_page((meta("windows-1251") + RUSSIAN).encode("cp1251") + b"\x98").endswith("</p>\ufffd")


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"<meta charset=utf-16>", b"\x81" * 9]
)
def test_decodes_any_bytes(data):
    assert isinstance(decode_page(data), str)
    assert isinstance(decode_text(data), str)
