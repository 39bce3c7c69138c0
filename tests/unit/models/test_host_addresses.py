from __future__ import annotations

import pytest

from digest.models import ip_literal, is_local_host, is_public_address


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "192.0.0.192",
        "192.88.99.1",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:168.63.129.16",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "2001:0:7f00:1::1",
        "2002:a00:1::",
        "3fff:abc::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "not an address",
    ],
)
def test_addresses_that_are_not_public_unicast(address):
    assert is_public_address(address) is False


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "168.63.129.17", "192.88.100.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"],
)
def test_public_unicast_addresses(address):
    assert is_public_address(address) is True


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1.", "127.0.0.1"),
        ("news.example", ""),
        ("127.0.0.1.nip.example", ""),
        ("", ""),
    ],
)
def test_ip_literals_in_every_spelling(host, address):
    assert ip_literal(host) == address


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "app.localhost", "nas", "nas.local", "wiki.corp.internal", "pi.home.arpa"),
        *("feeds.test", "10.0.0.7", "::1", "[fd00::1]", "0x7f000001"),
    ],
)
def test_local_hosts(host):
    assert is_local_host(host) is True


@pytest.mark.parametrize(
    "host", ["", "news.example", "local.example.org", "8.8.8.8", "2606:4700::1111", "localhost.example.org", "a.lan"]
)
def test_hosts_that_may_be_public(host):
    assert is_local_host(host) is False
