"""Compare colours of CSS, to find text that has the colour of its ground."""

from __future__ import annotations

import re

__all__ = ["is_transparent", "look_alike"]

_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*(?:[,/]\s*([\d.]+)%?\s*)?\)")
_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_NAMES = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "red": (255, 0, 0),
    "yellow": (255, 255, 0),
    "blue": (0, 0, 255),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
}
_CLOSE = 12  # how much two colours may differ in red, green and blue


def is_transparent(colour: str) -> bool:
    """Return whether a colour, in lower case, shows what is below it."""
    parts = _parts(colour)
    return colour == "transparent" if parts is None else parts[3] == 0


def look_alike(colour: str, other: str) -> bool:
    """Return whether two colours are nearly the same. One that is a picture, a variable or unknown is like no other."""
    one, two = _parts(colour), _parts(other)
    if one is None or two is None:
        return False
    return all(abs(left - right) <= _CLOSE for left, right in zip(one[:3], two[:3], strict=True))


def _parts(colour: str) -> tuple[int, int, int, float] | None:
    """Red, green, blue and opacity, which is only exact where it is 0; None for what is no plain colour."""
    if colour in _NAMES:
        return (*_NAMES[colour], 1.0)
    if match := _HEX.fullmatch(colour):
        digits = match[1] if len(match[1]) > 4 else "".join(digit * 2 for digit in match[1])
        red, green, blue, opacity = (int(f"{digits}ff"[at : at + 2], 16) for at in (0, 2, 4, 6))
        return red, green, blue, opacity / 255
    if match := _RGB.fullmatch(colour):
        share = match[4] or "1"
        return int(match[1]), int(match[2]), int(match[3]), 0.0 if not share.strip("0.") else 1.0
    return None
