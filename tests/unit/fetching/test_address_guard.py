from __future__ import annotations

import httpcore2
import pytest

from digest.errors import FetchError
from digest.fetching.address_guard import GuardedBackend


def test_refuses_a_name_with_one_private_address_among_public_ones():
    backend = GuardedBackend(resolve=answering("93.184.216.34", "10.0.0.7"))
    with pytest.raises(FetchError, match=r"news\.example is at 10\.0\.0\.7") as caught:
        backend.connect_tcp("news.example", 80)
    assert caught.value.hint == (
        'If you trust it, allow it in digest.toml: [fetching] allow_hosts = ["news.example:80"]'
    )


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1"])
def test_refuses_other_spellings_of_loopback(host):
    with pytest.raises(FetchError, match=r"127\.0\.0\.1"):
        GuardedBackend().connect_tcp(host, 80)


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("intranet.example", "intranet.example", 8080, True),
        ("intranet.example:8080", "intranet.example", 8080, True),
        ("Intranet.Example:8080", "intranet.example", 8080, True),
        ("intranet.example:80", "intranet.example", 80, True),
        ("intranet.example:8080", "intranet.example", 80, False),
        ("intranet.example", "other.example", 8080, False),
        ("[::1]:8080", "::1", 8080, True),
        ("::1", "::1", 8080, True),
        ("bücher.example", "xn--bcher-kva.example", 80, True),
    ],
)
def test_an_allowed_host_may_be_private(entry, host, port, allowed):
    backend = GuardedBackend([entry], resolve=answering("127.0.0.1"))
    backend._backend = Dialled()
    if allowed:
        backend.connect_tcp(host, port)
        assert backend._backend.dialled == [("127.0.0.1", port)]
    else:
        with pytest.raises(FetchError):
            backend.connect_tcp(host, port)
        assert backend._backend.dialled == []


def test_connects_to_the_checked_address_and_then_to_the_next():
    backend = GuardedBackend(resolve=answering("93.184.216.34", "8.8.8.8"))
    backend._backend = Dialled(dead={"93.184.216.34"})
    backend.connect_tcp("news.example", 443)
    assert backend._backend.dialled == [("93.184.216.34", 443), ("8.8.8.8", 443)]


def test_resolves_and_checks_the_name_for_every_connection():
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    backend = GuardedBackend(resolve=lambda *_: next(answers))
    backend._backend = Dialled()
    backend.connect_tcp("news.example", 80)
    with pytest.raises(FetchError, match=r"news\.example is at 127\.0\.0\.1"):
        backend.connect_tcp("news.example", 80)
    assert backend._backend.dialled == [("93.184.216.34", 80)]


@pytest.mark.parametrize("answer", ["64:ff9b::7f00:1", "2002:7f00:1::1", "224.0.0.1", "0.0.0.0", "::ffff:127.0.0.1"])  # noqa: S104 - an address to refuse
def test_refuses_a_private_address_in_disguise(answer):
    backend = GuardedBackend(resolve=answering(answer))
    backend._backend = Dialled()
    with pytest.raises(FetchError, match="not a public address"):
        backend.connect_tcp("news.example", 443)
    assert backend._backend.dialled == []


class Dialled(httpcore2.SyncBackend):
    """Writes down what would be dialled."""

    def __init__(self, dead=frozenset()):
        self.dialled = []
        self.dead = dead

    def connect_tcp(self, host, port, *_, **__):
        self.dialled.append((host, port))
        if host in self.dead:
            raise httpcore2.ConnectError("no route")
        return httpcore2.NetworkStream()


def answering(*addresses):
    return lambda *_: addresses
