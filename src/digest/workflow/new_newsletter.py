"""`init` and `demo`: write a new newsletter from the shipped files, and make one with sample articles."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from digest import __version__
from digest.config import CONFIG_FILE
from digest.config.atomic_files import replace_file
from digest.config.resources import DEPENDABOT, FORMER_WORKFLOWS, WORKFLOWS, shipped, shipped_workflow
from digest.config.toml_text import toml_string
from digest.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from digest.delivery import SendReport
    from digest.project import Project
    from digest.workflow.building import Built, Checked
    from digest.workflow.collecting import Collected

__all__ = [
    "DEMO_FOLDER",
    "Answers",
    "Demo",
    "Initialised",
    "Refreshed",
    "initialise",
    "make_demo_newsletter",
    "refresh_workflows",
    "run_demo",
]

DEMO_FOLDER = "digest-demo"
#: The folder of the lists, which only the user can read from the beginning.
_LISTS = "subscribers/"
#: Marks a folder that `demo` made and may move aside.
_DEMO_MARK = ".digest/demo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """The answers to the questions of `init`.

    Attributes:
        name: The newsletter's name.
        sender: ``Name <address>``.
        feed: The address of a first feed; empty to take stories from the folder articles/.
        provider: The name of a provider.
        timezone: An IANA name.
    """

    name: str = "My Weekly"
    sender: str = "My Weekly <news@example.org>"
    feed: str = ""
    provider: str = "outbox"
    timezone: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refreshed:
    """What `init --workflows` did. All paths are relative to the newsletter's folder.

    Attributes:
        written: The files that were written.
        current: The files that were up to date.
        undo: For each file that was replaced or removed, where the previous version is backed up.
    """

    written: tuple[str, ...]
    current: tuple[str, ...]
    undo: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Initialised:
    """What `init` did.

    Attributes:
        folder: The newsletter's folder.
        written: The files that were written, from the folder.
        kept: The files that existed before and were not changed.
    """

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Demo:
    """What the demo made: an issue that was collected, built, checked and sent to the local outbox.

    Attributes:
        file: Its ``issue.md``, relative to the demo's folder.
    """

    issue: str
    file: str
    built: Built
    checked: Checked
    report: SendReport


def initialise(folder: Path, answers: Answers) -> Initialised:
    """Write a new newsletter into ``folder``. Existing files are never changed.

    Raises:
        UsageError: A file cannot be written.
    """
    written: list[str] = []
    existing: list[str] = []
    for name, content in _skeleton(answers):
        path = folder / name
        if path.exists():
            existing.append(name)
            continue
        _write(path, content, private=name.startswith(_LISTS))
        written.append(name)
    return Initialised(folder=folder, written=tuple(written), kept=tuple(existing))


def refresh_workflows(project: Project) -> Refreshed:
    """Update the files under .github/ to this version. A file that differs is moved to .digest/undo/.

    A configuration of Dependabot is added if there is none.

    Workflows of earlier versions that were replaced by others are moved there as well; otherwise both would run.

    Raises:
        UsageError: A file cannot be written.
    """
    written: list[str] = []
    current: list[str] = []
    undo: dict[str, str] = {}
    for name in WORKFLOWS:
        path, file = project.root / ".github" / name, f".github/{name}"
        fresh = shipped_workflow(name, timezone=project.config.newsletter.timezone, version=__version__).encode()
        if path.is_file():
            if path.read_bytes() == fresh:
                current.append(file)
                continue
            undo[file] = _keep(project, path)
        _write(path, fresh)
        written.append(file)
    dependabot = f".github/{DEPENDABOT}"
    if not (project.root / dependabot).exists():
        _write(project.root / dependabot, shipped(f"skeleton/{DEPENDABOT}").read_bytes())
        written.append(dependabot)
    for name in FORMER_WORKFLOWS:
        path = project.root / ".github" / name
        if path.is_file():
            undo[f".github/{name}"] = _keep(project, path)
            path.unlink()
    return Refreshed(written=tuple(written), current=tuple(current), undo=undo)


def _keep(project: Project, path: Path) -> str:
    """Copy a file to .digest/undo/. Returns the copy's path relative to the newsletter's folder."""
    name = f".digest/undo/{path.name}.{project.now():%Y%m%dT%H%M%S%f}"
    _write(project.root / name, path.read_bytes())
    return name


def run_demo(
    folder: Path,
    *,
    environ: Mapping[str, str],
    cwd: Path,
    on_collected: Callable[[Collected, Path | None], None],
    on_built: Callable[[Built, Checked], None],
) -> Demo:
    """Make the demo's newsletter in ``folder``, and take its first issue from its sources to a local outbox.

    Args:
        environ: The environment; DIGEST_NOW sets the clock.
        cwd: The current folder.
        on_collected: Called when the articles are collected; also gets the folder of a moved demo, or None.
        on_built: Called when the email is built and checked.

    Raises:
        RefusedError: ``folder`` holds something other than a demo.
    """
    from digest.project import clock_of, open_project
    from digest.workflow.building import build, check
    from digest.workflow.collecting import collect
    from digest.workflow.sending import plan_send, send

    earlier = make_demo_newsletter(folder, now=clock_of(environ)())
    session = open_project(folder, offline=True, cwd=cwd).open_session()
    collected = collect(session)
    on_collected(collected, earlier)
    built, checked = build(session), check(session)
    on_built(built, checked)
    report = send(session, plan_send(session), approve=built.token, throwaway=True)
    return Demo(issue=built.issue, file=collected.file, built=built, checked=checked, report=report)


def make_demo_newsletter(folder: Path, *, now: datetime) -> Path | None:
    """Make the demo's newsletter in ``folder``, with sample articles dated a few days before ``now``.

    An earlier demo in that folder is moved aside, with every edit in it.

    Returns:
        The folder of the earlier demo; None when there was none.

    Raises:
        RefusedError: ``folder`` holds something other than a demo.
    """
    earlier = _move_aside(folder)
    for name, content in _files(shipped("demo")):
        target = folder / name.removesuffix(".j2")
        _write(target, _dated(content, now) if name.endswith(".j2") else content)
    for name, content in _theme():
        _write(folder / name, content)
    _write(folder / "subscribers/sample.csv", shipped("subscribers/sample.csv").read_bytes(), private=True)
    _write(folder / _DEMO_MARK, b"Made by `digest demo`.\n")
    return earlier


def _skeleton(answers: Answers) -> Iterator[tuple[str, bytes]]:
    """The files of a new newsletter: their paths from its folder, and their contents."""
    skeleton = shipped("skeleton")
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - TOML
    environment.filters["toml"] = toml_string
    config = environment.from_string((skeleton / f"{CONFIG_FILE}.j2").read_text(encoding="utf-8"))
    values = {name: getattr(answers, name) for name in Answers.__dataclass_fields__}
    yield CONFIG_FILE, config.render(**values).encode()
    yield ".gitignore", (skeleton / "gitignore").read_bytes()
    yield "articles/.gitkeep", b""
    yield "subscribers/weekly.csv", shipped("subscribers/sample.csv").read_bytes()
    for name in WORKFLOWS:
        yield f".github/{name}", shipped_workflow(name, timezone=answers.timezone, version=__version__).encode()
    yield f".github/{DEPENDABOT}", (skeleton / DEPENDABOT).read_bytes()
    yield from _theme()


def _theme() -> Iterator[tuple[str, bytes]]:
    for name, content in _files(shipped("templates")):
        yield f"templates/{name}", content


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def _dated(content: bytes, now: datetime) -> bytes:
    """Fill in the dates of the sample articles, whose templates give them as days before ``now``."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - ours

    def on(days: float) -> datetime:
        return (now - timedelta(days=days)).astimezone(UTC).replace(microsecond=0)

    functions: dict[str, Callable[[float], str]] = {
        "day": lambda days: format_datetime(on(days), usegmt=True),
        "iso": lambda days: on(days).isoformat().replace("+00:00", "Z"),
    }
    return environment.from_string(content.decode()).render(**functions).encode()


def _write(path: Path, content: bytes, *, private: bool = False) -> None:
    try:
        replace_file(path, content, private=private)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}", hint="Name another folder.") from error


def _move_aside(folder: Path) -> Path | None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not (folder / _DEMO_MARK).is_file():
        raise RefusedError(f"{folder} is not empty and not a demo", hint="Name another folder: digest demo my-demo")
    number = 1
    while (aside := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    os.replace(folder, aside)  # noqa: PTH105 - it is atomic
    return aside
