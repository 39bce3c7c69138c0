"""The manifest of a build, how it is written and read, and the token that an approval names."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.errors import IssueError, OldBuildError, Place
from digest.models import IssueId, Manifest, PersonalTag, RenderedIssue
from digest.rendering.personal_tags import find_tag

__all__ = [
    "dump_manifest",
    "load_build",
    "load_manifest",
    "manifest_token",
    "not_after",
    "sha256",
]

#: 2: the manifest also says where the mail goes, with which keys, and which list files the audience has.
_SCHEMA_VERSION = 2
_TOKEN_DIGITS = 32
_BUILD_AGAIN = "Build it again: digest build"


def sha256(text: str) -> str:
    """The SHA-256 of the UTF-8 bytes of ``text``, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def not_after(issue: str, *, timezone: str, days: int, now: datetime) -> datetime:
    """The time after which a build must not be sent; aware.

    It is the first multiple of ``days`` after the end of the issue's week that is later than ``now``. Building again
    before that time therefore gives the same manifest, and building again after it gives a later time.
    """
    _, last = IssueId.parse(issue).week_bounds(timezone)
    step = timedelta(days=days)
    return last + max(1, (now - last) // step + 1) * step


def dump_manifest(manifest: Manifest) -> bytes:
    """The canonical form: UTF-8 JSON with sorted keys, an indent of 2, moments in UTC, and a final line end."""
    table = asdict(manifest) | {
        "schema_version": _SCHEMA_VERSION,
        "route": dict(manifest.route),
        "not_after": manifest.not_after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return (json.dumps(table, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def load_manifest(data: bytes, *, file: str = "build/manifest.json") -> Manifest:
    """Read a manifest.

    Args:
        data: The bytes of manifest.json.
        file: The name of the file in error messages.

    Raises:
        IssueError: ``data`` is not a manifest, or a newer version of digest wrote it.
        OldBuildError: An earlier version of digest wrote it.
    """
    try:
        table: Any = json.loads(data)
        version = table.pop("schema_version")
        if isinstance(version, int) and version < _SCHEMA_VERSION:
            raise OldBuildError(
                "an earlier version of digest made this build, and its token does not cover where the mail goes; "
                "build it again",
                place=Place(file),
                hint="digest build",
            )
        _require(version == _SCHEMA_VERSION, "another version of digest wrote it")
        tags = tuple(_tag(tag) for tag in table.pop("tags"))
        moment = datetime.strptime(table.pop("not_after"), "%Y-%m-%dT%H:%M:%S%z")
        stories, files = (tuple(map(str, table.pop(name))) for name in ("stories", "audience_files"))
        route = tuple(sorted(table.pop("route").items()))
        _require(
            all(isinstance(value, str) for value in (*table.values(), *dict(route).values())), "a value is not text"
        )
        return Manifest(
            **table,
            not_after=moment.astimezone(UTC),
            tags=tags,
            stories=stories,
            audience_files=files,
            route=route,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise IssueError(
            f"this is not the manifest of a build ({error})", place=Place(file), hint=_BUILD_AGAIN
        ) from error


def manifest_token(manifest: Manifest) -> str:
    """The approval token: 32 hex digits of the SHA-256 over the canonical manifest."""
    return hashlib.sha256(dump_manifest(manifest)).hexdigest()[:_TOKEN_DIGITS]


def load_build(html: bytes, text: bytes, manifest: bytes) -> RenderedIssue:
    """Read a build, and verify that it is what its manifest describes.

    Raises:
        IssueError: A part does not match the manifest: it was changed by hand, or was not written completely.
        OldBuildError: An earlier version of digest made it.
    """
    loaded = load_manifest(manifest)
    parts = {}
    for name, data, expected in (("email.html", html, loaded.html_sha256), ("email.txt", text, loaded.text_sha256)):
        if hashlib.sha256(data).hexdigest() != expected:
            message = "the file has changed since it was built: the manifest has another hash"
            raise IssueError(message, place=Place(f"build/{name}"), hint=_BUILD_AGAIN)
        parts[name] = data.decode()
    page, plain = parts["email.html"], parts["email.txt"]
    for tag in loaded.tags:
        if tag != find_tag(tag.name, tag.tag, html=page, text=plain, subject=loaded.subject):
            message = f"{tag.name} is not at the positions that the manifest lists"
            raise IssueError(message, place=Place("build/manifest.json"), hint=_BUILD_AGAIN)
    return RenderedIssue(html=page, text=plain, manifest=loaded, token=manifest_token(loaded))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _tag(table: Any) -> PersonalTag:
    html, text, subject = (tuple(map(int, table.pop(part))) for part in ("html", "text", "subject"))
    return PersonalTag(**table, html=html, text=text, subject=subject)
