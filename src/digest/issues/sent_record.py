"""sent.toml: the result of a live send, kept beside the issue. Pure.

The ledger is what a send relies on. This file is for people, and it shows that a ledger was lost: an issue that has it
was sent with a ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.config.toml_text import toml_string
from digest.issues.records import moment_text

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SentRecord", "dump_sent_record"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SentRecord:
    """The numbers of one campaign. It contains no address.

    Attributes:
        token: The token of the build.
        audience: The audience's name.
        provider: The provider's name.
        state: The campaign's state, such as ``sending`` or ``sent``.
        counts: The number of recipients by outcome: accepted, rejected, unknown, skipped, pending.
        started_at: Aware.
        finished_at: Aware; None before the last recipient has an outcome.
    """

    token: str
    audience: str
    provider: str
    state: str
    counts: dict[str, int]
    started_at: datetime
    finished_at: datetime | None


def dump_sent_record(record: SentRecord) -> bytes:
    """The record as TOML."""
    lines = [f"{name} = {toml_string(getattr(record, name))}" for name in ("token", "audience", "provider", "state")]
    lines.extend(f"{name} = {count}" for name, count in record.counts.items())
    lines.append(f"started_at = {moment_text(record.started_at)}")
    if record.finished_at is not None:
        lines.append(f"finished_at = {moment_text(record.finished_at)}")
    return "".join(f"{line}\n" for line in lines).encode()
