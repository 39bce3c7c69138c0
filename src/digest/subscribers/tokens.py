"""The tokens in unsubscribe links: who leaves which list, signed, without an address in them.

A token is base64url of ``version(1) key(4) recipient(12) signature(16) list(…)``. It is scoped to one list, never
expires, and names the key that signed it, so that links in old mail outlive a change of the secret as long as the old
secret is still given. Keyed BLAKE2b (RFC 7693) throughout.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import b2a_base64
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from digest.errors import CredentialsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TokenReading", "make_token", "read_token", "signer"]

_VERSION = b"\x01"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_RECIPIENT = slice(5, 17)
_SIGNATURE = slice(17, 33)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenReading:
    """What a genuine token says.

    Attributes:
        list: The list that is left.
        recipient: Who leaves it, as an opaque 12-byte hash.
    """

    list: str
    recipient: bytes
    key: bytes = field(repr=False)

    def is_for(self, email: str) -> bool:
        """Tell whether this address, normalised, is the one that the token was made for."""
        return hmac.compare_digest(self.recipient, _recipient(self.key, self.list, email))


def make_token(secret: bytes, *, list: str, email: str) -> str:
    """Sign that ``email`` (normalised) may leave ``list``. The same input gives the same token, about 55 letters long.

    Raises:
        CredentialsError: The secret is empty.
    """
    return signer(secret, list)(email)


def read_token(secrets: Sequence[bytes], token: str) -> TokenReading:
    """Verify a token with whichever of the secrets signed it.

    Raises:
        UsageError: It was not made by this newsletter, or was cut short or changed.
        CredentialsError: A secret is empty.
    """
    try:
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        if urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != token:
            raise ValueError("not in its one form")  # noqa: TRY301 - joins the decoder's own refusals
    except (binascii.Error, ValueError):
        data = b""
    for secret in secrets:
        key, key_id = _key(secret)
        if data[:5] != _VERSION + key_id:
            continue
        body, scope = data[:17], data[33:]
        if hmac.compare_digest(_signature(key, body, scope), data[_SIGNATURE]):
            return TokenReading(list=scope.decode(), recipient=data[_RECIPIENT], key=key)
    raise UsageError("this is no unsubscribe token of this newsletter", hint="Copy it whole, from the link.")


@lru_cache(maxsize=8)
def _key(secret: bytes) -> tuple[bytes, bytes]:
    if not secret:
        raise CredentialsError("the secret that signs unsubscribe links is empty", hint="Set DIGEST_SECRET.")
    key = blake2b(secret, digest_size=32, person=b"digest-token").digest()
    return key, blake2b(key, digest_size=4, person=b"digest-key-id").digest()


@lru_cache(maxsize=8)
def signer(secret: bytes, list: str) -> Callable[[str], str]:
    """As `make_token`, for many readers of one list: the hashes begin once, and not for every reader.

    Raises:
        CredentialsError: The secret is empty.
    """
    key, key_id = _key(secret)
    head, scope = _VERSION + key_id, list.encode()
    person = blake2b(f"{list}\0".encode(), digest_size=12, key=key, person=b"digest-person")
    sign = blake2b(digest_size=16, key=key, person=b"digest-sign")

    def token(email: str) -> str:
        recipient, signature = person.copy(), sign.copy()
        recipient.update(email.casefold().encode())
        body = head + recipient.digest()
        signature.update(body + scope)
        data = b2a_base64(body + signature.digest() + scope, newline=False)
        return data.translate(_URL_SAFE, b"=").decode("ascii")

    return token


def _recipient(key: bytes, scope: str, email: str) -> bytes:
    text = f"{scope}\0{email.casefold()}".encode()
    return blake2b(text, digest_size=12, key=key, person=b"digest-person").digest()


def _signature(key: bytes, body: bytes, scope: bytes) -> bytes:
    return blake2b(body + scope, digest_size=16, key=key, person=b"digest-sign").digest()
