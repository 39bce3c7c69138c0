import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers import address_search
from digest.subscribers.address_search import addresses_in, find_holders

PEOPLE = ["ana@reader.example", "ben@reader.example", "cleo@reader.example", "o'hara@reader.example"]


def holders(files, people=PEOPLE, other=()):
    parts = [(name, [content] if isinstance(content, bytes) else content) for name, content in files.items()]
    return find_holders(parts, people=lambda: iter(people), other=other)


TEXT = "Ana@Reader.example,ben@reader.example\ncleo@reader.example\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r").encode(),
        b"INSERT INTO p VALUES ('ana@reader.example'),('ben@reader.example'),('cleo@reader.example');",
        b'{"text": "email\\nana@reader.example\\nben@reader.example\\tcleo@reader.example"}',
        b'<a href="mailto:ana%40reader.example">ben&#64;reader.example</a> cleo&commat;reader.example',
        b"to=ana@reader.example&to=ben@reader.example&to=cleo\\u0040reader.example",
        b"To: Ana <ana@reader.example>, ben@reader.example; cleo@rea=\r\nder.example",
        b"- ana@reader.example.\n- (ben@reader.example)\n- *cleo@reader.example*",
        b"\x00\x12ana@reader.example\x00\x13ben@reader.example\x01cleo@reader.example\xff",
        b"o'hara@reader.example|ana@reader.example|BEN@READER.EXAMPLE",
    ],
)
def test_three_addresses_are_found_however_they_are_written(content):
    assert holders({"file": content}) == {"file"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"@@@ a@b @x y@",
        b"ana@reader.example and ben@reader.example, and ana@reader.example again, Ana@Reader.Example",
        b"desk@letter.example press@letter.example ads@letter.example jobs@letter.example",
        b"nana@reader.example ben@reader.example.org xcleo@reader.example",
    ],
)
def test_fewer_addresses_or_those_of_others_are_no_list(content):
    assert holders({"file": content}) == set()


def test_the_senders_addresses_do_not_count():
    assert holders({"file": TEXT.encode()}, other={"ben@reader.example"}) == set()


def test_an_encoded_domain_is_the_same_address():
    people = ["ana@xn--bcher-kva.example", "ben@xn--bcher-kva.example", "cleo@reader.example"]
    content = "ana@bücher.example ben@Bücher.example cleo@reader.example".encode()
    assert holders({"file": content}, people) == {"file"}


@given(st.integers(1, len(TEXT) - 1))
def test_a_file_may_come_in_pieces(size):
    content = TEXT.encode()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert {"ana@reader.example", "ben@reader.example", "cleo@reader.example"} <= set(addresses_in(pieces))


def test_the_lists_are_read_only_for_files_with_enough_addresses():
    def people():
        raise AssertionError

    files = [("a", [b"ana@reader.example"]), ("b", [b"ben@reader.example cleo@reader.example"])]
    assert find_holders(files, people=people, other=()) == set()


def test_a_long_foreign_list_hides_nobody(monkeypatch):
    monkeypatch.setattr(address_search, "_AT_ONCE", 100)
    foreign = b"".join(b"x%d@other.example\n" % number for number in range(1000))
    late = foreign + b"ana@reader.example\n" + foreign + b"ben@reader.example\n" + foreign + b"cleo@reader.example"
    files = {"foreign": foreign, "late": late, "short": b"ana@reader.example ben@reader.example x@other.example"}
    assert holders(files) == {"late"}


def test_many_people_take_little_memory(monkeypatch):
    monkeypatch.setattr(address_search, "_AT_ONCE", 1_000)

    def people():
        return (f"person{number}@reader.example" for number in range(20_000))

    def copy():
        for start in range(0, 20_000, 100):
            yield "".join(
                f"person{number}@reader.example,{'x' * 500}\n" for number in range(start, start + 100)
            ).encode()

    tracemalloc.start()
    holders = find_holders([("copy", copy()), ("again", copy())], people=people, other=())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert holders == {"copy", "again"}
    assert peak < 1_000_000
