"""What the commands of the panel Start print with ``--json``: demo, init and doctor."""

from __future__ import annotations

from typing import Literal

from digest.cli.json_objects.json_object import JsonObject

__all__ = [
    "DemoResult",
    "DoctorResult",
    "DoctorResultItem",
    "InitResult",
    "TwoPhaseFailed",
    "TwoPhasePassed",
    "TwoPhaseStarted",
    "TwoPhaseStep",
    "WorkflowsResult",
]


class DemoResult(JsonObject):
    """The demo newsletter, and what became of its first issue."""

    folder: str
    """The folder that the demo was made in."""
    issue: str
    """The issue's id, such as ``2026-W47``."""
    file: str
    """The issue's ``issue.md``."""
    email: str
    """The built email as HTML."""
    outbox: str
    """The folder with the emails that were "sent"."""
    stories: int
    """How many stories are in the email."""
    errors: int
    """How many errors ``digest check`` found."""
    warnings: int
    """How many warnings ``digest check`` found."""
    accepted: int
    """How many emails the outbox took."""
    token: str
    """The token of the build."""


class InitResult(JsonObject):
    """The new newsletter. All paths start at its folder."""

    folder: str
    """The newsletter's folder."""
    written: list[str]
    """The files that were written."""
    kept: list[str]
    """The files that were there already and were left alone."""


class WorkflowsResult(JsonObject):
    """What ``digest init --workflows`` did. All paths start at the newsletter's folder."""

    written: list[str]
    """The workflow files that were written."""
    current: list[str]
    """The workflow files that were up to date."""
    undo: dict[str, str]
    """For each file that was replaced or removed, the copy of what was there before."""


class DoctorResultItem(JsonObject):
    """One thing that the doctor looked at."""

    part: str
    """What it belongs to, such as ``lists`` or ``provider``."""
    what: str
    """What was looked at."""
    state: Literal["ok", "warning", "error"]
    """Whether a send would work."""
    words: str
    """What was found."""
    remedy: str
    """What to do about it; empty if nothing needs to be done."""


class DoctorResult(JsonObject):
    """Everything that a send needs, and whether it is there."""

    errors: int
    """How many of the findings are errors."""
    warnings: int
    """How many of the findings are warnings."""
    findings: list[DoctorResultItem]
    """Everything that was looked at, in order."""


class TwoPhaseStep(JsonObject):
    """One step of the two-phase self-test."""

    mail: Literal["A", "B"]
    """The mail that the step is about: A is cancelled, B is held and then released."""
    what: str
    """What was done."""
    state: Literal["ok", "error"]
    """Whether it worked."""
    words: str
    """What the provider replied."""
    remedy: str
    """What to do about it; empty if nothing needs to be done."""


class TwoPhaseStarted(JsonObject):
    """What ``digest doctor --two-phase --to`` did."""

    two_phase: Literal["begun", "failed"]
    """Whether the test is under way."""
    due: str | None
    """When mail B should arrive, as ISO 8601; null if the test failed."""
    steps: list[TwoPhaseStep]
    """What was done, in order."""


class TwoPhasePassed(JsonObject):
    """What ``digest doctor --two-phase --received`` prints when the code is right."""

    two_phase: Literal["passed"]
    """The test has passed: the cancelled mail did not arrive and the released one did."""


class TwoPhaseFailed(JsonObject):
    """What ``digest doctor --two-phase --received`` adds to a failure when mail was delivered that must not be."""

    two_phase: Literal["failed"]
    """The test has failed."""
