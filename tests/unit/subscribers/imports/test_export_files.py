from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook

from digest.errors import ListError

PEOPLE = "Name;Email;Status\nJörg Öhm;a@q.org;active\nZoé Çelik;b@q.org;unsubscribed\n"


def people(plan):
    return {person.email: person.name for person in plan.people()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_encoding_and_delimiter_is_found_out(imports, encoding, delimiter):
    plan = imports.plan(PEOPLE.replace(";", delimiter).encode(encoding))
    assert (people(plan), set(plan.left)) == ({"a@q.org": "Jörg Öhm"}, {"b@q.org"})


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n'])
def test_a_line_for_excel_is_no_header(imports, first):
    plan = imports.plan(f"{first}{PEOPLE}")
    assert people(plan) == {"a@q.org": "Jörg Öhm"}
    assert plan.tables[0].header == ("Name", "Email", "Status")


def test_another_alphabet_is_recognised(imports):
    rows = "".join(f"p{n}@q.org;Иван Петров живёт в Москве\n" for n in range(20))
    plan = imports.plan(f"email;имя\n{rows}".encode("cp1251"))
    assert set(people(plan).values()) == {"Иван Петров живёт в Москве"}
    assert plan.notes


@pytest.mark.parametrize(
    ("encoding", "header", "name"),
    [
        ("cp1250", "Adres e-mail;Imię", "Łukasz Gęś"),
        ("cp1254", "E-posta;Ad\N{LATIN SMALL LETTER DOTLESS I}", "Y\N{LATIN SMALL LETTER DOTLESS I}lmaz"),
        ("mac_roman", "Adresse e-mail;Prénom", "Zoé Öhm"),
        ("cp1252", "E-mail;Navn", "Søren Ærø, 5 m³"),
        ("cp1252", "Netfang;Nafn", "Þórður"),
    ],
)
def test_a_few_letters_tell_an_encoding_if_they_make_words(imports, encoding, header, name):
    assert people(imports.plan(f"{header}\na@q.org;{name}\n".encode(encoding))) == {"a@q.org": name}


@pytest.mark.parametrize("above", ["Our members\n\n", "Our members;;\n;;\n", "sep=;\n# made on Monday\n"])
def test_a_title_above_the_header_is_told_and_not_read(imports, above):
    plan = imports.plan(above + PEOPLE)
    assert (people(plan), set(plan.left), plan.problems) == ({"a@q.org": "Jörg Öhm"}, {"b@q.org"}, ())
    assert "above the header" in plan.notes[-1]


@pytest.mark.parametrize("first", ["a@@q.org,Ana", "Ana,a@q..org", "a@localhost,Ana"])
def test_a_first_person_with_a_bad_address_is_named_and_is_no_header(imports, first):
    rows = ["b@q.org,Bo", "c@q.org,Cy"] if first[1] == "@" else ["Bo,b@q.org", "Cy,c@q.org"]
    plan = imports.plan("\n".join([first, *rows]))
    assert people(plan) == {"b@q.org": "Bo", "c@q.org": "Cy"}
    assert [problem.place.line for problem in plan.problems] == [1]


def test_a_header_with_commas_does_not_hide_the_delimiter(imports):
    plan = imports.plan('"Name, as we write it";Email\nA;a@q.org\nB;b@q.org\n')
    assert list(people(plan)) == ["a@q.org", "b@q.org"]


@pytest.mark.parametrize(
    "text",
    [
        "a@q.org\nb@q.org\n",
        "Ana <a@q.org>\n\nmailto:b@q.org\n",
        "Ana <a@q.org>, b@q.org\n",
        "a@q.org; b@q.org;\n",
        "a@q.org b@q.org\n",
        '"Bell, Ana" <a@q.org>\n<b@q.org>\n',
    ],
)
def test_addresses_alone_are_people(imports, text):
    assert list(imports.statuses(text, "members.txt")) == ["a@q.org", "b@q.org"]


def test_the_first_person_of_a_file_without_a_header_is_not_lost(imports):
    assert imports.statuses('"Wanda","a@q.org","Subscribed"\n"Xavi","b@q.org","Unsubscribed"\n') == {
        "a@q.org": "active",
        "b@q.org": "unsubscribed",
    }


def workbook(*sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_is_read_whatever_its_name(imports):
    data = workbook(
        (
            "People",
            [("Email", "Name", "Subscribed", "Note"), ("a@q.org", "Ana", True, None), ("b@q.org", "Bo", False, None)],
        ),
        ("Empty", []),
    )
    for name in ("book.xlsx", "book.csv"):
        assert imports.statuses(data, name) == {"a@q.org": "active", "b@q.org": "unsubscribed"}
    titled = workbook(("People", [("Our members",), ("Email", "Status"), ("a@q.org", "active")]))
    assert imports.statuses(titled, "book.xlsx") == {"a@q.org": "active"}


def archive(**files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as target:
        for name, text in files.items():
            target.writestr(name.replace("__", "."), text)
    return data.getvalue()


def test_a_whole_zip_of_mailchimp_is_read_and_the_gravest_file_counts(imports):
    data = archive(
        subscribed_members_export_1a__csv="Email Address,First Name\na@q.org,Ana\nb@q.org,Bo\n",
        unsubscribed_members_export_1a__csv="Email Address,First Name\nb@q.org,Bo\n",
        cleaned_members_export_1a__csv="Email Address,First Name\nc@q.org,Cy\n",
        nonsubscribed_members_export_1a__csv="Email Address,First Name\nd@q.org,Di\n",
        readme__pdf="%PDF",
    )
    assert imports.statuses(data, "export.zip") == {
        "a@q.org": "active",
        "b@q.org": "unsubscribed",
        "c@q.org": "hard_bounce",
        "d@q.org": "pending",
    }
    assert imports.plan(data, "export.zip").notes == ("readme.pdf in the zip was not read: it is not a CSV file",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + bytes(range(256)), "damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old Excel workbook"),
        (archive(notes__md="nothing"), "holds no CSV"),
        (b"a\x00b\x00\x00\x01,\xff\n" * 3 + b"plain text,and more\n" * 9, "not text|no column"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(imports, data, message):
    with pytest.raises(ListError, match=message):
        imports.plan(data)


@pytest.mark.parametrize(
    ("cell", "address", "name"),
    [
        ("mailto:a@q.org", "a@q.org", ""),
        ("mailto:a%2Bb@q.org?subject=Hi", "a+b@q.org", ""),
        ("Ana Bell <a@q.org>", "a@q.org", "Ana Bell"),
        ('"Bell, Ana" <a@q.org>', "a@q.org", "Bell, Ana"),
        ("a@q.org (Ana)", "a@q.org", "Ana"),
        ("<a@q.org>", "a@q.org", ""),
        ("a@q.org.", "a@q.org", ""),
        ("'a@q.org',", "a@q.org", ""),
        ("\u200ba@q.org", "a@q.org", ""),
        ("a@q.org ::: b@q.org", "a@q.org", ""),
        ("a@q.org b@q.org", "", ""),
        ("a@q.org, b@q.org", "", ""),
        ("a at q.org", "", ""),
        ("@q.org", "", ""),
    ],
)
def test_an_address_is_found_however_it_was_pasted(cell, address, name):
    from digest.subscribers.imports.pasted_addresses import address_and_name

    assert address_and_name(cell) == (address, name)
