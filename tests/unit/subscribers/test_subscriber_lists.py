from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from digest.config.resources import shipped
from digest.errors import ConfigError, ListError, Place
from digest.models import Subscriber
from digest.subscribers import is_sample, read_csv_table, read_list, usual_rows
from digest.subscribers.lists import _Reader


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "weekly.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return read_list(path, file="subscribers/weekly.csv")

    return read


def people(reading):
    return [(subscriber.email, subscriber.name) for subscriber in reading.subscribers]


def test_a_list_has_people_with_names_and_fields(read):
    reading = read("email,name,status,city\nana@Example.com,Ana,active,Bonn\nbob@example.com,,,\n")
    assert reading.subscribers == (
        Subscriber(email="ana@example.com", name="Ana", fields={"status": "active", "city": "Bonn"}),
        Subscriber(email="bob@example.com", name="", fields={"status": "", "city": ""}),
    )
    assert reading.columns == ("email", "name", "status", "city")
    assert (dict(reading.left_out), reading.problems) == ({}, ())


@pytest.mark.parametrize(
    "text",
    [
        "EMAIL,Name\nana@example.com,Ana\n",
        "\ufeffemail,name\r\nana@example.com,Ana\r\n",
        "Email;name\nana@example.com;Ana\n",
        "name,email\nAna,ana@example.com",
        '"email","name"\n"ana@example.com","Ana"\n',
        "\n\nemail , name\n\n ana@example.com , Ana \n,\n\n",
        "email,name\rana@example.com,Ana\r",
    ],
)
def test_reads_the_same_list_in_many_notations(read, text):
    reading = read(text)
    assert people(reading) == [("ana@example.com", "Ana")]
    assert reading.problems == ()


def test_the_status_decides_who_is_mailed(read):
    statuses = ["active", "Confirmed", "SUBSCRIBED", "", "pending", "unsubscribed", "bounced"]
    reading = read("email,status\n" + "".join(f"r{n}@example.com,{status}\n" for n, status in enumerate(statuses)))
    assert [subscriber.email[:2] for subscriber in reading.subscribers] == ["r0", "r1", "r2", "r3"]
    assert dict(reading.left_out) == {"pending": 1, "unsubscribed": 1, "unknown status": 1}
    assert reading.unsubscribed == {"r5@example.com"}
    (problem,) = reading.problems
    assert problem.place == Place("subscribers/weekly.csv", 8)
    assert problem.message == "the status is not one of active, confirmed, pending, subscribed, unsubscribed"


def test_a_bad_row_is_left_out_and_reported_with_its_line_and_without_its_address(read):
    reading = read(
        "email,name\nana@example.com,Ana\nnot-an-address,Bob\n,Cem\nd@example.com,Dee, Jr.\neve@example.com,Eve\n"
    )
    assert people(reading) == [("ana@example.com", "Ana"), ("eve@example.com", "Eve")]
    assert dict(reading.left_out) == {"bad address": 2, "bad row": 1}
    assert [problem.place.line for problem in reading.problems] == [3, 4, 5]
    assert not any("@" in problem.message or "not-an" in problem.message for problem in reading.problems)


def test_a_cell_may_hold_commas_quotes_and_line_ends(read):
    reading = read('email,name,note\nana@example.com,"Ana ""A"", Jr.","one\ntwo"\nbob@example.com,Bob 5" B,x\n')
    assert people(reading) == [("ana@example.com", 'Ana "A", Jr.'), ("bob@example.com", 'Bob 5" B')]
    assert reading.subscribers[0].fields == {"note": "one two"}


def test_an_unclosed_quote_costs_only_its_own_row(read):
    rest = "".join(f"r{n}@example.com,R{n}\n" for n in range(50))
    reading = read(f'email,name\nana@example.com,"Ana\n{rest}')
    assert len(reading.subscribers) == 50
    assert [(problem.place.line, problem.message) for problem in reading.problems] == [
        (2, "a quote is opened and never closed")
    ]


def test_two_stray_quotes_do_not_swallow_the_people_between_them(read):
    reading = read('email,name\na@example.com,"A\nb@example.com,B\nc@example.com,C"\nd@example.com,D\n')
    assert [subscriber.email[0] for subscriber in reading.subscribers] == ["b", "c", "d"]
    assert [problem.place.line for problem in reading.problems] == [2]


def test_a_name_cannot_carry_a_header(read):
    reading = read('email,name\nana@example.com,"Ana\u2028Bcc: x"\nbob@example.com,B\u202eo\x00b\n')
    assert people(reading) == [("ana@example.com", "Ana Bcc: x"), ("bob@example.com", "Bob")]


def test_an_unreadable_list_is_reported_with_its_file(read, tmp_path):
    with pytest.raises(ListError, match="does not exist") as caught:
        read_list(tmp_path / "none.csv", file="subscribers/none.csv")
    assert (str(caught.value.place), caught.value.exit_code) == ("subscribers/none.csv", 3)
    for text, message in [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("ana@example.com,Ana\n", "no column called email"),
        ("name\nAna\n", "no column called email"),
        ("email,Email\na@example.com,b@example.com\n", "two columns are called email"),
        ("email,city,City\n", "two columns are called city"),
    ]:
        with pytest.raises(ListError, match=message):
            read(text)


def test_a_list_that_is_not_utf_8_names_the_line(read):
    with pytest.raises(ListError, match="not UTF-8") as caught:
        read("email,name\nana@example.com,Ana\njo@example.com,Jörg\n", encoding="latin-1")
    assert caught.value.place.line == 3


def test_refuses_a_folder_as_a_list(tmp_path):
    with pytest.raises(ListError, match="cannot be read"):
        read_list(tmp_path, file="subscribers")


def test_recognises_the_sample_list_by_its_subscribers():
    sample = read_list(shipped("subscribers/sample.csv"), file="sample.csv").subscribers
    other = Subscriber(email="reader@example.com")
    assert is_sample(sample)
    assert is_sample(sample[:1])
    assert is_sample([*sample, other])
    assert not is_sample([other])
    assert not is_sample([])


def test_finds_shipped_files_and_reports_missing_ones():
    assert shipped("templates").is_dir()
    assert shipped("github/workflows/collect.yml").name == "collect.yml"
    with pytest.raises(ConfigError, match="is missing from"):
        shipped("no/such/thing")


_USUAL = "a{0}@example.com,Ana {0},active,Rome\n"
_UNUSUAL = (
    "\n",
    "   \n",
    "Bo@Example.COM,Bo,active,Oslo\n",
    "zoe@example.com,Zoë,active,Köln\n",
    ' "c@example.com" ,"Lee, Ana",active,Rome\n',
    'd@example.com,"over\ntwo lines",active,Rome\n',
    'e@example.com,"never closed,active,Rome\n',
    'f@example.com,two" stray" quotes,active,Rome\n',
    "g@example.com,Gil,unsubscribed,Rome\n",
    "h@example.com,Hal,Confirmed,Rome\n",
    "i@example.com,Ivo,\u017fubscribed,Rome\n",
    "nobody,Jo,active,Rome\n",
    "k@example.com,Kim\n",
    "l@example.com,Lee,active,Rome,one,too,many\n",
    " m@example.com , Mia ,active,  Rome\n",
    f"{'n' * 70}@example.com,Nia,active,Rome\n",
    "o@example.com,tab\tbed,,Rome\n",
    "p@-bad-.example,Pia,active,Rome\n",
    "q@example.com,\x0bQi\u2028,active,\n",
)


def _row_by_row(text):
    """The reading of a list by the careful code alone."""
    with read_csv_table(text, file="weekly.csv") as table:
        reader = _Reader("weekly.csv", table.header)
        for row in table.rows:
            reader.take(row)
    return reader.reading()


@pytest.mark.parametrize(
    "header", ["email,name,status,city", "email,first,status,name", "name,email,status,", "email,name,plan,city"]
)
@pytest.mark.parametrize("seed", range(10))
def test_reading_in_bulk_gives_the_same_as_reading_row_by_row(monkeypatch, header, seed):
    random = Random(seed)  # noqa: S311 - invented rows are no secret
    monkeypatch.setattr(usual_rows, "_CHUNK", random.choice([1, 100, 1000]))
    rows = [_USUAL.format(number) for number in range(150)]
    for row in random.choices(_UNUSUAL, k=seed * 3):
        rows.insert(random.randrange(len(rows)), row)
    text = "\n" * (seed % 3) + f"{header}\n" + "".join(rows).removesuffix("\n" * (seed % 2))
    reading = read_list(Path(), file="env:LIST", environ={"LIST": text})
    assert replace(reading, file="weekly.csv", problems=()) == replace(_row_by_row(text), problems=())
    lines = [(each.place.line, each.message) for each in reading.problems]
    assert lines == [(each.place.line, each.message) for each in _row_by_row(text).problems]


@pytest.mark.parametrize("text", ["email\na@example.com\n", "email\na@example.com", "name;email\nAna;a@example.com\n"])
def test_reading_in_bulk_understands_any_columns(text):
    reading = read_list(Path(), file="env:LIST", environ={"LIST": text})
    assert reading == replace(_row_by_row(text), file="env:LIST")
    assert [person.email for person in reading.subscribers] == ["a@example.com"]


def test_a_short_row_does_not_take_cells_from_the_row_below():
    text = "email,name,status\na@example.com,Ana\nactive,b@example.com,Bo,active\nc@example.com,Cleo,active\n"
    reading = read_list(Path(), file="env:LIST", environ={"LIST": text})
    assert reading == replace(_row_by_row(text), file="env:LIST", problems=reading.problems)
    assert [person.email for person in reading.subscribers] == ["a@example.com", "c@example.com"]
    assert [each.place.line for each in reading.problems] == [3]
