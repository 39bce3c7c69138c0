"""The preview's web application: a page, the data that it shows, and a stream of events when the data changes."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from html import unescape
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from digest.checks import GMAIL_CLIP_BYTES
from digest.models import parse_sender
from digest.preview.frame import Scheme, clip_position, frame_html
from digest.preview.live_preview import LivePreview
from digest.preview.request_guard import LOOPBACK, PAGE_POLICY, Guard, email_policy
from digest.preview.watch import watch
from digest.preview.web_pictures import is_web_picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from starlette.requests import Request

    from digest.checks import Finding
    from digest.editing import Trace
    from digest.errors import DigestError
    from digest.preview.live_preview import PreviewState
    from digest.preview.preview_secret import PreviewSecret
    from digest.preview.preview_source import PreviewedIssue, PreviewSource

__all__ = ["create_app"]


def create_app(source: PreviewSource, *, secret: PreviewSecret, hosts: Collection[str] = LOOPBACK) -> Starlette:
    """The preview of ``source`` as an ASGI application, which watches files and renders during its lifespan.

    Args:
        source: Renders the issue and lists the files to watch.
        secret: What a request must have, in its address or as a cookie.
        hosts: The names, without port, that a request may have in its ``Host`` header.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        live = app.state.live
        watching = asyncio.create_task(watch(source.watched, live.render))
        try:
            yield
        finally:
            await live.close()
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    app = Starlette(
        routes=[
            Route("/", _page),
            Route("/static/{name}", _static),
            Route("/state", _state),
            Route("/email", _email),
            Route("/image", _image),
            Route("/events", _events),
        ],
        middleware=[Middleware(Guard, secret=secret, hosts=hosts)],
        lifespan=lifespan,
    )
    app.state.source = source
    app.state.live = LivePreview(source)
    return app


async def _page(_: Request) -> Response:
    return HTMLResponse(_asset("page.html"), headers={"Content-Security-Policy": PAGE_POLICY})


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    names = {file.name for file in resources.files(__package__).joinpath("static").iterdir() if file.is_file()}
    if name not in names:
        raise HTTPException(404)
    return Response(_asset(name), media_type=mimetypes.guess_type(name)[0])


async def _state(request: Request) -> Response:
    return JSONResponse(_describe(await request.app.state.live.current()))


async def _email(request: Request) -> Response:
    query = request.query_params
    try:
        scheme = Scheme(query.get("scheme", Scheme.LIGHT))
    except ValueError:
        raise HTTPException(400, f"scheme must be one of {', '.join(Scheme)}") from None
    state = await request.app.state.live.current()
    if state.issue is None:
        raise HTTPException(404, "There is no email yet.")
    source = request.app.state.source

    def local(url: str) -> str | None:
        shown = source.image(url) is not None or is_web_picture(url)
        return f"/image?url={quote(url, safe='')}" if shown else None

    html = await asyncio.to_thread(frame_html, state.issue.html, scheme=scheme, image=local)
    return HTMLResponse(html, headers={"Content-Security-Policy": email_policy(images=query.get("images") != "off")})


async def _image(request: Request) -> Response:
    source, url = request.app.state.source, request.query_params.get("url", "")
    path = await asyncio.to_thread(source.image, url)
    kind = mimetypes.guess_type(path.name)[0] if path else None
    if path is not None and path.is_file() and (kind or "").startswith("image/"):
        return FileResponse(path, media_type=kind)
    state = await request.app.state.live.current()
    # Only what the email shows is fetched: this address must not serve to reach other servers.
    shown = state.issue is not None and path is None and url in unescape(state.issue.html)
    picture = await asyncio.to_thread(source.web_picture, url) if shown and is_web_picture(url) else None
    if picture is None:
        raise HTTPException(404, "This is not a picture of the email.")
    return Response(picture.content, media_type=picture.media_type)


async def _events(request: Request) -> Response:
    """Server-sent events with the version of each new state.

    See https://html.spec.whatwg.org/multipage/server-sent-events.html.
    """
    return StreamingResponse(_stream(request.app.state.live), media_type="text/event-stream")


async def _stream(live: LivePreview) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"  # in milliseconds: how soon the browser reconnects after the machine was asleep
    async for state in live.states():
        yield f"event: rendered\ndata: {state.version}\n\n"


def _asset(name: str) -> bytes:
    return resources.files(__package__).joinpath("static", name).read_bytes()


def _describe(state: PreviewState) -> dict[str, Any]:
    return {
        "version": state.version,
        "clip_bytes": GMAIL_CLIP_BYTES,
        "page": _describe_issue(state.issue) if state.issue else None,
        "error": _describe_error(state.error) if state.error else None,
    }


def _describe_issue(issue: PreviewedIssue) -> dict[str, Any]:
    name, address = parse_sender(issue.sender)
    return {
        "issue": issue.id,
        "file": issue.file,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "sender": issue.sender,
        "sender_name": name or address,
        "token": issue.token,
        "state": issue.state.capitalize(),
        "bytes_html": issue.bytes_html,
        "clip_at": clip_position(issue.html),
        "html": issue.html,
        "text": issue.text,
        "findings": [_describe_finding(finding) for finding in issue.findings],
        "problem": _describe_error(issue.problem) if issue.problem else None,
        "bullets": [_describe_bullet(trace, issue.file) for trace in issue.bullets],
    }


def _describe_bullet(trace: Trace, file: str) -> dict[str, Any]:
    return {
        "headline": trace.headline,
        "text": trace.text,
        "origin": trace.origin,
        "sentence": trace.sentence,
        "shortened": trace.shortened,
        "place": f"{file}:{trace.line}" if trace.line else file,
        "line": trace.line,
    }


def _describe_finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "file": finding.place.file,
        "place": str(finding.place),
        "line": finding.place.line,
        "hint": finding.hint,
    }


def _describe_error(error: DigestError) -> dict[str, Any]:
    return {"message": error.message, "place": str(error.place or ""), "hint": error.hint}
