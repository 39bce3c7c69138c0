from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from digest.checks import Finding, Severity
from digest.errors import Place
from digest.preview import PreviewedIssue, PreviewSecret, create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from digest.preview.web_pictures import WebPicture

HOME = "http://127.0.0.1:8025"
PAGE = PreviewedIssue(
    id="2026-W47",
    file="issues/2026-W47/issue.md",
    html="<!doctype html><html><head><title>t</title></head><body><p>Eight towns</p></body></html>",
    text="Eight towns",
    subject="Small models, big week",
    preheader="Eight reads",
    sender="Digest Sampler <news@example.org>",
    findings=(
        Finding(
            code="T102",
            severity=Severity.WARNING,
            message="The preheader repeats the subject",
            place=Place("issues/2026-W47/issue.md", 3),
            hint="Say what the subject leaves out.",
        ),
    ),
    token="7f3a91cd0b5e44a2c1d9e8f7061524ab",
    state="draft",
    bytes_html=80,
)


@dataclass
class MemorySource:
    """A source in memory that renders ``page`` or raises ``error``."""

    page: PreviewedIssue = PAGE
    error: Exception | None = None
    paths: tuple[Path, ...] = ()
    images: dict[str, Path] = field(default_factory=dict)
    pictures: dict[str, WebPicture] = field(default_factory=dict)
    renders: int = 0
    during: Callable[[], None] = lambda: None

    def change(self, **fields):
        self.page = replace(self.page, **fields)

    def render(self):
        self.renders += 1
        self.during()
        if self.error is not None:
            raise self.error
        return self.page

    def watched(self):
        return self.paths

    def image(self, url):
        return self.images.get(url)

    def web_picture(self, url):
        return self.pictures.get(url)


@pytest.fixture
def open_preview():
    """Opens the preview of a source as a browser would, by its address, and gives a client."""

    @contextlib.contextmanager
    def open_preview(source, **options):
        secret = PreviewSecret()
        with TestClient(create_app(source, secret=secret, **options), base_url=HOME) as client:
            assert client.get(secret.address("/")).status_code == 200
            yield client

    return open_preview


@pytest.fixture
def source():
    return MemorySource()
