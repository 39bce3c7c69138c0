"""IP addresses and host names: which addresses are public, and which names belong to a private network.

Pure: no name is resolved here. `digest.fetching` resolves names and checks each address before it connects.
"""

from __future__ import annotations

import ipaddress
import socket

__all__ = ["ip_literal", "is_local_host", "is_public_address"]

# Global unicast (RFC 4291, section 2.5.4) excludes NAT64, link-local and IPv4-compatible addresses.
_GLOBAL_UNICAST_V6 = ipaddress.ip_network("2000::/3")
#: Not public, although `ipaddress.is_global` says so in all or in some of the Python versions that are supported.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # the host of an Azure machine: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
            "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); Oracle Cloud's metadata is at 192.0.0.192
            "192.88.99.0/24",  # relays from IPv4 to 6to4 (RFC 7526)
            "2001::/23",  # IETF protocol assignments, among them Teredo (RFC 4380), which carries IPv4 addresses
            "2002::/16",  # 6to4 (RFC 3056), which carries IPv4 addresses
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
#: Names that are never public: RFC 6761, RFC 6762, RFC 8375, and .internal, which ICANN reserved in 2024.
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".test")


def is_public_address(text: str) -> bool:
    """Return whether an IP address is a public unicast address.

    ``ipaddress.is_global`` also accepts multicast, and NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses, through which
    private IPv4 addresses can be reached.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address not in _GLOBAL_UNICAST_V6:
            return False
    if any(address.version == network.version and address in network for network in _NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def ip_literal(host: str) -> str:
    """The IP address that a host is, in its usual form; empty if the host is a name.

    The older forms of IPv4 addresses count, such as 127.1 and 0x7f000001: browsers and resolvers read them too.
    """
    text = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return str(ipaddress.IPv4Address(socket.inet_aton(text))) if text.isascii() and not text[-1:].isspace() else ""
    except (OSError, ValueError):
        return ""


def is_local_host(host: str) -> bool:
    """Return whether a host can only be in a private network: an IP literal that is not public, or a local name.

    A local name has one label, such as ``localhost``, or ends in .local, .internal, .home.arpa, .test or .localhost.
    """
    name = host.strip("[]").rstrip(".").lower()
    if address := ip_literal(name):
        return not is_public_address(address)
    return bool(name) and ("." not in name or name.endswith(_LOCAL_SUFFIXES))
