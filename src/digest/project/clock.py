"""The clock: the only place that reads the system's time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["clock_of"]


def clock_of(environ: Mapping[str, str]) -> Callable[[], datetime]:
    """The clock of a command: the system's, or a fixed one if ``DIGEST_NOW`` is set, as for tests and rehearsals.

    Args:
        environ: ``DIGEST_NOW`` is an ISO 8601 date and time with an offset from UTC.

    Returns:
        A function that returns an aware datetime in UTC.

    Raises:
        UsageError: ``DIGEST_NOW`` is not a date and time with an offset.
    """
    text = environ.get("DIGEST_NOW", "")
    if not text:
        return lambda: datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(f"DIGEST_NOW is {text!r}", hint="Write it as 2026-11-20T09:00:00+01:00, or unset it.")
    fixed = moment.astimezone(UTC)
    return lambda: fixed
