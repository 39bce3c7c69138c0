"""The identity of an article: its canonical address.

The canonical form is for matching only; what is published is the address as it was given.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

__all__ = ["canonical_url", "host_name", "is_example_host", "is_web_address", "site_name"]

#: Parameters that name a campaign and never a document.
_TRACKING = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "_hsenc", "_hsmi"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: RFC 2606, section 3.
_EXAMPLE_HOSTS = ("example.com", "example.net", "example.org")


def is_web_address(text: str) -> bool:
    """Tell whether ``text`` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname)
    except ValueError:
        return False


def host_name(url: str) -> str:
    """The host of an address without ``www.``, as a reader would name the site; empty for a local path."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def site_name(url: str) -> str:
    """`host_name` where it tells one site from others: empty for a bare IP address, localhost and a local path."""
    host = host_name(url)
    return "" if host == "localhost" or ":" in host or host.replace(".", "").isdigit() else host


def is_example_host(host: str) -> bool:
    """Tell whether ``host`` is one of the domains reserved for examples, or below one (RFC 2606, section 3).

    Whole labels are compared, so ``counterexample.org`` is not an example. Case and a trailing dot do not matter.
    """
    name = host.rstrip(".").lower()
    return any(name == example or name.endswith(f".{example}") for example in _EXAMPLE_HOSTS)


def canonical_url(url: str) -> str:
    """The form of an address under which two articles are the same one.

    http becomes https, the host is in lower case without its default port, the fragment, ``utm_*`` and click ids are
    gone, the remaining parameters keep their order, and a lone trailing slash does not count. A local path, or what is
    no address at all, is returned without surrounding space.

    See RFC 3986, section 6, for which of these are equivalences and not guesses.
    """
    text = url.strip()
    if not is_web_address(text):
        return text
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return text
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port not in _DEFAULT_PORTS.values():
        host = f"{host}:{port}"
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not (name.startswith("utm_") or name in _TRACKING)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return urlunsplit(("https", host, parts.path.rstrip("/") or "/", query, ""))
