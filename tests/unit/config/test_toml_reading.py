from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.toml_reading import TomlError, read_toml

#: Texts that take quadratic time or a deep stack somewhere, each with a part of the message.
COSTLY = {
    "a key of many parts": ("a." * 20_000 + "b = 1", "too complicated"),
    "a quoted key of many parts": ('"a" . ' * 9_000 + "b = 1", "too complicated"),
    "a header of many parts": (f"[{'a.' * 20_000}b]", "too complicated"),
    "lists in lists": ("a = " + "[" * 60_000, "nested too deeply"),
    "tables in tables": ("a = " + "{b = " * 12_000, "nested too deeply"),
    "lists in tables in lists": ("a = " + "[{b = " * 10_000, "nested too deeply"),
    "nesting by dotted keys": ("a = " + "{b.c.d.e.f.g.h.i.j.k = " * 20 + "1" + "}" * 20, "nested too deeply"),
    "quotation marks that are escaped": ('a = "' + '\\"' * 30_000, "not TOML"),
    "a long string that does not end": ('a = """' + '\\"""' * 15_000, "not TOML"),
    "an integer of many digits": ("a = " + "9" * 60_000, "not TOML"),
    "a hexadecimal integer of many digits": ("a = 0x" + "f" * 60_000, "not TOML"),
    "many bytes": ("# " + "ä" * 40_000, "too large"),
}


@pytest.mark.parametrize("case", COSTLY)
def test_a_costly_text_is_refused_at_once(case):
    text, message = COSTLY[case]
    start = time.process_time()
    with pytest.raises(TomlError, match=message):
        read_toml(text)
    assert time.process_time() - start < 1


def test_the_line_of_what_is_too_deep_is_named():
    with pytest.raises(TomlError) as caught:
        read_toml("a = 1\nb = '''\n[[[[\n'''\nc = " + "[" * 51)
    assert caught.value.line == 5


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 49 + "]" * 49,
        ".".join("abcdefghijklmnopqrst") + " = 1",
        "a = '" + "[" * 500 + "'",
        'a = "' + "x." * 500 + '"',
        "a = '''\n" + "[{" * 100 + "'''",
        'a = """' + "[" * 100 + '\\""" ' + '"""',
        "# " + "[" * 100 + " a." * 30 + "\na = 1.5",
        "a = [1.5, 2026-11-30T09:00:00.5Z, 0xff]\nb = 9_223_372_036_854_775_807",
    ],
)
def test_what_is_usual_is_read_as_the_standard_library_reads_it(text):
    assert read_toml(text) == tomllib.loads(text)


@given(st.text(alphabet="ab.=[]{}\"'\\#\n, 1-x", max_size=60))
def test_any_text_is_read_as_the_standard_library_reads_it(text):
    try:
        expected = tomllib.loads(text)
    except ValueError:
        expected = None
    if expected is not None:
        assert read_toml(text) == expected
        return
    with pytest.raises(TomlError) as caught:
        read_toml(text)
    assert 1 <= caught.value.line <= text.count("\n") + 1
