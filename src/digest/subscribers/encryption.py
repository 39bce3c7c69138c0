"""Lists that may lie in a repository: encrypted with age (age-encryption.org).

There is one key, which editors and runners have, and nobody else.
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
    """A fresh key."""
    from pyrage import x25519  # noqa: PLC0415 - hardly ever needed

    return str(x25519.Identity.generate())


def encrypt_list(text: str, *, environ: Mapping[str, str]) -> bytes:
    """Encrypt a list for the key's own owner, as text that git can keep.

    Raises:
        CredentialsError: DIGEST_AGE_KEY is missing or is no key.
    """
    import pyrage  # noqa: PLC0415

    return bytes(pyrage.encrypt(text.encode(), [_identity(environ).to_public()], armored=True))


def decrypt_list(data: bytes, *, file: str, environ: Mapping[str, str]) -> str:
    """The list's text.

    Raises:
        CredentialsError: DIGEST_AGE_KEY is missing, is no key, or is another one than the list was encrypted for.
        ListError: The file is not encrypted with age, or damaged.
    """
    import pyrage  # noqa: PLC0415

    identity = _identity(environ)
    try:
        return bytes(pyrage.decrypt(data, [identity])).decode("utf-8-sig")
    except pyrage.DecryptError as error:
        if "matching" in str(error).lower():
            raise CredentialsError(
                f"{file} was encrypted for another key than {AGE_KEY} holds", hint="Set the key that it was made with."
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
            hint="On a runner, store the key as a secret of that name.",
        )
    try:
        return x25519.Identity.from_str(key)
    except IdentityError:
        raise CredentialsError(f"{AGE_KEY} is no key of age", hint="It begins with AGE-SECRET-KEY-1.") from None
