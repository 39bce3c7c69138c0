"""L: where the links lead. Nothing is fetched here."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from digest.checks.registry import fault
from digest.models import canonical_url, is_web_address
from digest.rendering import is_local_path, safe_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_links"]

#: Names that are never public (RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution on .internal).
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def check_links(material: Material) -> Iterator[Finding]:
    """L204, for stories, for who else reported them, for links in Markdown, and for what only a template holds."""
    allowed = material.config.fetching.allow_hosts
    seen = set()
    for story in material.issue.stories:
        seen.add(unquote(story.url))
        if not _is_local_article(material, story.url) and (why := _dead(story.url, allowed)):
            yield fault("L204", f"The story's link {why}: {story.url}", material.line(story.line))
        for mention in story.also:
            seen.add(unquote(mention.url))
            if not _is_local_article(material, mention.url) and (why := _dead(mention.url, allowed)):
                message = f"“Also reported by”: the link to {mention.name} {why}: {mention.url}"
                yield fault("L204", message, material.line(story.line))
    for passage in material.passages():
        for link, line in passage.links():
            seen.add(unquote(link.url))
            if not link.image and (why := _dead(link.url, allowed)):
                yield fault("L204", f"A link in {passage.what} {why}: {link.url}", material.line(line))
    tags = {tag.tag for tag in material.rendered.manifest.tags}
    for url in dict.fromkeys(material.page.links):
        if url not in tags and unquote(url) not in seen and (why := _dead(url, allowed)):
            yield fault("L204", f"A link in the email {why}: {url}", material.built("email.html"))


def _is_local_article(material: Material, url: str) -> bool:
    """Tell whether a story is a file of the newsletter's, which has no link."""
    if is_web_address(url):
        return False
    if canonical_url(url) in material.articles:
        return True
    path = material.root / url
    return is_local_path(url) and path.is_file() and path.resolve().is_relative_to(material.root.resolve())


def _dead(url: str, allowed: Collection[str]) -> str:
    """Why a reader cannot follow ``url``; empty when nothing speaks against it."""
    text = url.strip()
    if text in {"", "#"}:
        return "is empty"
    if not safe_url(text):
        return _unsendable(text)
    parts = urlsplit(text)
    host, netloc = (parts.hostname or ""), parts.netloc.rpartition("@")[2].lower()
    if parts.scheme.lower() == "mailto" or {host, netloc} & set(allowed):
        return ""
    return "leads into a private network" if _is_private(host) else ""


def _unsendable(text: str) -> str:
    scheme = text.partition(":")[0].lower()
    if scheme == "file" or text.startswith(("/", "\\")) or (len(scheme) == 1 and scheme != text):
        return "is a file on one computer"
    known = scheme in {"http", "https"} or not scheme.isalpha() or scheme == text.lower()
    return "is no web address" if known else f"begins with {scheme}:, which is not let through"


def _is_private(host: str) -> bool:
    name = host.rstrip(".").lower()
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(name))  # also 127.1 and 0x7f000001, as browsers do
        except OSError:
            return "." not in name or name.endswith(_PRIVATE_SUFFIXES)
    return not address.is_global
