"""Which addresses may stand in an email, and where its pictures come from."""

from __future__ import annotations

import posixpath
from urllib.parse import quote, urlsplit

from digest.models import is_web_address
from digest.rendering.text import clean_text

__all__ = ["is_local_path", "published_image", "safe_url"]


def safe_url(address: str) -> str:
    """``address`` as it was given, or an empty string when it is not http, https or mailto.

    White space cannot stand in an address (RFC 3986, section 2): at the ends it goes, inside it is percent-encoded.
    """
    url = "%20".join(clean_text(address).split())
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() == "mailto":
        return url if "@" in parts.path else ""
    return url if is_web_address(url) else ""


def is_local_path(text: str) -> bool:
    """Tell whether ``text`` is a relative path, as of a file in the newsletter's folder, not an address of any kind."""
    try:
        return bool(text) and not urlsplit(text).scheme and not text.startswith(("/", "\\", "#"))
    except ValueError:
        return False


def published_image(image: str, *, base_url: str) -> str:
    """The address of a picture in the email, or an empty string when it cannot have one.

    Args:
        image: An absolute address, or a path from the newsletter's root with forward slashes.
        base_url: Where the folder ``images`` is served from (``[images] base_url``).
    """
    if is_web_address(image):
        return safe_url(image)
    if not is_local_path(image) or not is_web_address(base_url):
        return ""
    path = posixpath.normpath(image)
    if path.startswith(".."):
        return ""
    return f"{base_url.rstrip('/')}/{quote(path.removeprefix('images/'))}"
