"""Web addresses: recognising them, the site they belong to, and the canonical form for comparing articles."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

__all__ = [
    "article_key",
    "canonical_url",
    "host_name",
    "is_example_host",
    "is_loopback_host",
    "is_web_address",
    "printable_url",
    "site_name",
]

#: Query parameters that identify a campaign or a click, never a document.
_TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "_hsenc", "_hsmi"})
#: The user name and password of something that is no address for another reason.
_USER = re.compile(r"^(\w+://)[^/?#]*@")
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: RFC 2606, section 3.
_EXAMPLE_HOSTS = ("example.com", "example.net", "example.org")
#: Slashes and all white space, none of which lies above U+3000.
_PATH_END = "/" + "".join(filter(str.isspace, map(chr, range(0x3001))))


def is_web_address(text: str) -> bool:
    """Return whether ``text`` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        return False


def printable_url(url: str) -> str:
    """An address without its user name and password (RFC 3986, section 3.2.1), so that it can be printed and kept."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _USER.sub(r"\1", url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def host_name(url: str) -> str:
    """The host of an address in lower case and without ``www.``; empty for a local path."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def site_name(url: str) -> str:
    """The host of an address if it names a site; empty for a bare IP address, localhost and a local path."""
    host = host_name(url)
    return "" if host == "localhost" or ":" in host or host.replace(".", "").isdigit() else host


def is_example_host(host: str) -> bool:
    """Return whether ``host`` is one of the domains reserved for examples, or below one (RFC 2606, section 3).

    Whole labels are compared, so ``counterexample.org`` is not an example. Case and a trailing dot do not matter.
    """
    name = host.rstrip(".").lower()
    return any(name == example or name.endswith(f".{example}") for example in _EXAMPLE_HOSTS)


def is_loopback_host(host: str) -> bool:
    """Return whether ``host`` always means this machine, so data sent to it never crosses a network."""
    return host in {"127.0.0.1", "localhost", "::1"}


def canonical_url(url: str) -> str:
    """The form of an address that identifies an article: two addresses with one form are the same article.

    The scheme becomes https, the host is lower-cased and loses its default port, and the user, the fragment, ``utm_*``
    parameters, click ids and trailing slashes are removed. The remaining parameters keep their order. A local path, or
    text that is not a web address, only loses the white space around it. Use it only for
    comparing, and publish the original address.

    Never raises, and canonicalising again changes nothing. RFC 3986, section 6, defines which of these steps are
    equivalences. The others are heuristics that hold on the web.
    """
    text = url.strip()
    if not is_web_address(text):
        return text
    try:
        parts = urlsplit(text.partition("#")[0].rstrip())
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return text
    if not host:
        return text
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port not in _DEFAULT_PORTS.values():
        host = f"{host}:{port}"
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    remaining = [(name, value) for name, value in parameters if not (name.startswith("utm_") or name in _TRACKING)]
    # A lone surrogate, which no encoding of a page can hold, may still come from a JSON escape such as "\ud800".
    query = parts.query if len(remaining) == len(parameters) else urlencode(remaining, errors="surrogatepass")
    return urlunsplit(("https", host, parts.path.rstrip(_PATH_END) or "/", query, ""))


def article_key(url: str, id: str = "") -> str:
    """The text that identifies an article: two articles with one key are the same article.

    Args:
        url: Its address or path.
        id: What tells it apart from the other articles at this address; empty if the address is enough.
    """
    # A canonical address has no fragment, so the key of one article is never the address of another.
    return f"{canonical_url(url)}#{id}" if id else canonical_url(url)
