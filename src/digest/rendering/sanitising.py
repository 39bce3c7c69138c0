"""What may enter an email: text without control characters, safe addresses, and published pictures."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, urlsplit

from digest.models import is_web_address

__all__ = [
    "clean_line",
    "inert_tags",
    "inert_tags_in_html",
    "is_local_path",
    "published_image",
    "safe_url",
    "strip_controls",
]

#: Control characters; embeddings, overrides and isolates, which change the direction of the text around them; the byte
#: order mark, lone surrogates and noncharacters. Joiners are kept: emoji and Indic scripts need them. C1 controls make
#: Gmail clip an email of any size: https://github.com/hteumeuleu/email-bugs/issues/41
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ud800-\udfff"
    # The last two code points of each of the 17 planes.
    + "".join(chr(plane | 0xFFFE) + chr(plane | 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_NEW_LINES = re.compile("\r\n?|[\x85\u2028\u2029]")
#: White space at which a line may be broken, which excludes no-break spaces.
_SPACE = re.compile("[^\\S\u00a0\u202f]+")

#: Begins a tag that a mail service replaces in every message it sends: ``<%asm_preferences_url%>``
#: (https://www.twilio.com/docs/sendgrid/ui/sending-email/unsubscribe-groups), Mailchimp's ``*|UNSUB|*``, and Mailgun's
#: ``%recipient.name%`` and ``%unsubscribe_url%``.
_SERVICE_TAG = re.compile(
    r"<(?=%)|\*(?=\|[\w:./-]{1,200}\|\*)|%(?=(?:recipient|(?:tag_|mailing_list_)?unsubscribe)[\w.-]{0,60}%)"
)


def inert_tags(text: str) -> str:
    """Plain ``text`` in which nothing is a mail service's own tag, such as ``<%asm_preferences_url%>``.

    What an article says is text, also where it speaks of such tags. A word joiner, which readers do not see, divides
    them.
    """
    return _SERVICE_TAG.sub("\\g<0>\u2060", text)


def inert_tags_in_html(html: str) -> str:
    """The same for HTML, where a character reference in the tag changes nothing for readers, also within an address."""
    return _SERVICE_TAG.sub(lambda match: match[0] if match[0] == "<" else f"&#{ord(match[0])};", html)


def strip_controls(text: str) -> str:
    r"""``text`` without control characters, and without those that change its direction; line ends become ``\n``."""
    if text.isprintable():  # the usual case: printable text contains none of them
        return text
    return _UNWANTED.sub("", _NEW_LINES.sub("\n", text))


def clean_line(text: str) -> str:
    """``text`` without control characters, on one line. Runs of white space become one space; no-break spaces stay."""
    return _SPACE.sub(" ", strip_controls(text)).strip()


def safe_url(address: str) -> str:
    """``address`` unchanged, or an empty string if it is not http, https or mailto.

    An address cannot contain white space (RFC 3986, section 2): it is stripped at the ends and percent-encoded inside.
    """
    url = "%20".join(strip_controls(address).split())
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() == "mailto":
        return url if "@" in parts.path else ""
    return url if is_web_address(url) else ""


def is_local_path(text: str) -> bool:
    """Return whether ``text`` is a relative path, such as that of a file in the newsletter's folder."""
    try:
        return bool(text) and not urlsplit(text).scheme and not text.startswith(("/", "\\", "#"))
    except ValueError:
        return False


def published_image(image: str, *, base_url: str) -> str:
    """The address of a picture in the email, or an empty string if it cannot be published.

    Args:
        image: A web address, or a path relative to the newsletter's root with forward slashes.
        base_url: The address where the folder ``images`` is published (``[images] base_url``).
    """
    if is_web_address(image):
        return safe_url(image)
    if not is_local_path(image) or not is_web_address(base_url):
        return ""
    path = posixpath.normpath(image)
    if path.startswith(".."):
        return ""
    return f"{base_url.rstrip('/')}/{quote(path.removeprefix('images/'))}"
