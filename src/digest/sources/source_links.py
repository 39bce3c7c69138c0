"""Addresses as they stand in feeds and pages: relative, padded, or of another kind."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from digest.models import is_web_address

__all__ = ["join_link", "language_tag", "same_site"]

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?![A-Za-z\d])")
#: What urljoin would give back unchanged, as nearly every link is.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?/(?:[!-~]*[!-\"$->@-~])?")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SITE_PREFIXES = ("www.", "m.", "mobile.", "amp.")


def join_link(base: str, link: str) -> str:
    """``link`` as an absolute address, or where ``base`` is a path in the newsletter's folder as such a path.

    Anything that is neither, such as ``mailto:`` or ``javascript:``, gives "".
    """
    if _ABSOLUTE.fullmatch(link):
        return link
    link = re.sub(r" *[\t\r\n]\s*", "", link.strip()).replace(" ", "%20")
    link = _CONTROLS.sub("", link)
    if not link:
        return ""
    try:
        joined = urljoin(base, link)
        if is_web_address(joined):
            return joined
        parts = urlsplit(joined)
    except ValueError:
        return ""
    local = not is_web_address(base) and not parts.scheme and not parts.netloc
    return joined.lstrip("/") if local else ""


def same_site(one: str, other: str) -> bool:
    """Tell whether two addresses are of one site: the same host but for "www.", "m." and the like."""
    return _site(one) == _site(other) != ""


def language_tag(text: object) -> str | None:
    """A BCP 47 tag such as ``en`` or ``pt-BR``, out of forms such as ``en_us`` and ``EN``; None where there is none."""
    found = _LANGUAGE.match(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    language, script, region = found.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def _site(url: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    for prefix in _SITE_PREFIXES:
        host = host.removeprefix(prefix)
    return host
