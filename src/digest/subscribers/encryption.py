"""Lists encrypted with age (https://age-encryption.org), so that they can be committed.

There is one key, which only editors and runners have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digest.errors import CredentialsError, ListError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AGE_KEY", "ENCRYPTED", "decrypt_list", "encrypt_list", "new_age_key"]

#: The variable that holds the key, which begins with AGE-SECRET-KEY-1.
AGE_KEY = "DIGEST_AGE_KEY"
ENCRYPTED = ".age"


def new_age_key() -> str:
    """A new key."""
    from pyrage import x25519  # noqa: PLC0415 - rarely needed

    return str(x25519.Identity.generate())


def encrypt_list(text: str, *, environ: Mapping[str, str]) -> bytes:
    """Encrypt a list for the owner of the key, in age's armored (text) format.

    Raises:
        CredentialsError: DIGEST_AGE_KEY is missing or not a key.
    """
    import pyrage  # noqa: PLC0415

    return bytes(pyrage.encrypt(text.encode(), [_identity(environ).to_public()], armored=True))


def decrypt_list(data: bytes, *, file: str, environ: Mapping[str, str]) -> str:
    """The text of a list that was encrypted in age's armored or binary format.

    Raises:
        CredentialsError: DIGEST_AGE_KEY is missing, not a key, or not the key that the list was encrypted for.
        ListError: The file is damaged, or not encrypted with age.
    """
    import pyrage  # noqa: PLC0415

    identity = _identity(environ)
    try:
        return bytes(pyrage.decrypt(data, [identity])).decode("utf-8-sig")
    except pyrage.DecryptError as error:
        if "matching" in str(error).lower():
            raise CredentialsError(
                f"{file} was encrypted with a different key than the one in {AGE_KEY}",
                hint="Set it to the key of that list.",
            ) from None
        raise ListError("the file is damaged, or not encrypted with age", place=Place(file)) from None
    except UnicodeDecodeError:
        raise ListError("the file is not UTF-8", place=Place(file), hint="Save it as UTF-8.") from None


def _identity(environ: Mapping[str, str]) -> Any:
    from pyrage import IdentityError, x25519  # noqa: PLC0415

    key = environ.get(AGE_KEY, "").strip()
    if not key:
        raise CredentialsError(
            f"{AGE_KEY} is not set, and the list is encrypted",
            hint="On a runner, store the key as a secret with this name.",
        )
    try:
        return x25519.Identity.from_str(key)
    except IdentityError:
        raise CredentialsError(
            f"the key in {AGE_KEY}, or in .digest/age.key if that is not set, is not an age key",
            hint="A key begins with AGE-SECRET-KEY-1.",
        ) from None
