from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models import deception, shown_host

#: Written with escapes, because the point of these letters is that nobody can tell them apart.
DECEPTIVE = {
    "https://www.museum.example.org@trap.example/tickets": "a user part before the site that it leads to, trap.example",
    "https://anna:geheim@trap.example": "a user part",
    "https://@trap.example": "a user part",
    "https://museum.example.org\\@trap.example": "a user part",
    "https://museum.example.org%40trap.example/": "escaped characters",
    "https://www.m\u0443seum.example": "mixes alphabets",
    "https://tickets.mus\u03b5um.example:8443/x": "mixes alphabets",
    "https://museum.ex\u0430mple": "mixes alphabets",
    "HTTPS://MUS\u0415UM.EXAMPLE": "mixes alphabets",
    "https://xn--mseum-pyf.example": "mixes alphabets",
    "https://\u0441\u0430\u0445\u0430\u0440.example": "all look like Latin ones",
    "https://xn--80ak5af.example": "all look like Latin ones",
    "https://\u03bf\u03c7\u03b9.example": "all look like Latin ones",
    "https://\u0570\u0578\u057d.example": "all look like Latin ones",
    "https://\uab8d\uab8e\uab97.example": "an alphabet that no site is written in",
    "https://\u0251rt.example": "phonetic notation",
    "https://\ua731hop.example": "phonetic notation",
    "https://museum.example.org\u2215tickets.trap.example": "U\\+2215",
    "https://mus\u200beum.example": "U\\+200B",
    "https://mus\u00adeum.example": "U\\+00AD",
    "https://mus\u202eeum.example": "U\\+202E",
    "https://mus\u2010eum.example": "U\\+2010",
    "https://xn--museum-.example": "invalid punycode",
    "https://xn--99999999.example": "invalid punycode",
}
HONEST = [
    "https://m\u00fcnchen.example",
    "https://xn--mnchen-3ya.example",
    "https://stra\u00dfe.example",
    "https://\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
    "https://xn--80a1acny.xn--p1ai",
    "https://\u0441\u0430\u0445\u0430\u0440.ru",
    "https://\u043d\u043e\u0432\u043e\u0441\u0442\u0438.example",
    "https://\u043c\u043e\u0439-\u0441\u0430\u0439\u044224.\u0440\u0444",
    "https://\u03b5\u03bb\u03bb\u03ac\u03b4\u03b1.gr",
    "https://\u6771\u4eac\u30bf\u30ef\u30fc\u3068tokyo.jp",
    "https://\ud55c\uad6dabc.kr",
    "https://\u4f8b\u3048\u3002\u30c6\u30b9\u30c8",
    "https://\u0645\u062b\u0627\u0644.example",
    "https://\u0633\u0644\u0627\u0645\u200c\u0639\u0644\u06cc\u06a9\u0645.ir",
    "https://\u0928\u092e\u0938\u094d\u0924\u0947.example",
    "https://paral\u00b7lel.example",
    "https://i\u2764.example",
    "https://a-b_c.example/@anna/1?to=a@b.example#@x",
    "https://127.0.0.1:8080/",
    "https://[::1]/",
    "articles/letter.md",
]


@pytest.mark.parametrize(("url", "reason"), DECEPTIVE.items(), ids=map(ascii, DECEPTIVE))
def test_an_address_that_looks_like_that_of_another_site(url, reason):
    assert re.search(reason, deception(url))
    assert shown_host(url).isascii()
    assert deception(url).isprintable()


@pytest.mark.parametrize("url", HONEST, ids=ascii)
def test_an_honest_address(url):
    assert deception(url) == ""


def test_an_honest_host_is_shown_in_its_own_alphabet():
    assert shown_host("https://www.m\u00fcnchen.example/kunst") == "m\u00fcnchen.example"
    assert shown_host("https://www.m\u0443seum.example/") == "xn--mseum-eze.example"


@given(st.text(max_size=40))
def test_any_host_is_judged(text):
    url = f"https://{text}/"
    assert isinstance(deception(url), str)
    assert isinstance(shown_host(url), str)
