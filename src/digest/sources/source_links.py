"""Links and language tags as feeds and pages write them: relative, padded, or in forms that no standard knows."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from digest.models import is_web_address

__all__ = ["join_link", "language_tag", "same_site"]

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?![A-Za-z\d])")
#: A link that urljoin returns unchanged, as nearly all are. Matching it is much faster than urljoin.
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::\d{1,5})?/(?:[!-~]*[!-\"$->@-~])?")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SITE_PREFIXES = ("www.", "m.", "mobile.", "amp.")


def join_link(base: str, link: str) -> str:
    """Resolve a link against the address of its document.

    Args:
        base: A web address, or a path in the newsletter's folder.
        link: As written in the document.

    Returns:
        A web address; or, if ``base`` is a path, possibly a path. "" for anything else, such as ``mailto:``.
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


def same_site(first: str, second: str) -> bool:
    """Return whether two addresses belong to one site: the same host apart from "www.", "m." and the like."""
    return _site(first) == _site(second) != ""


def language_tag(text: object) -> str | None:
    """Return the BCP 47 tag (https://www.rfc-editor.org/info/bcp47) of a text such as ``en_us``, ``EN`` or ``pt-BR``.

    None if the text does not begin with a language.
    """
    match = _LANGUAGE.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    language, script, region = match.groups()
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
