"""Values as TOML text (https://toml.io/en/v1.0.0); the standard library only reads it."""

from __future__ import annotations

__all__ = ["toml_string"]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t"}


def toml_string(value: str) -> str:
    """``value`` as a basic string."""
    escaped = "".join(
        _ESCAPES.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}")
        for letter in value
    )
    return f'"{escaped}"'
