"""The preview: a web server on loopback that shows the issue as its readers will see it, and follows every change.

::

    watch ──(something changed)──▶ Live.render ──▶ View ──(SSE: its version)──▶ the page asks for /state and /email

It reads and shows; nothing it serves changes any state. What is previewed comes from a `PreviewSource`.
"""

from digest.preview.app import create_app
from digest.preview.server import serve
from digest.preview.source import Page, PreviewSource

__all__ = ["Page", "PreviewSource", "create_app", "serve"]
