"""The preview: a web server on loopback that shows the issue as readers will see it, and follows every change.

::

    watch ──(a file changed)──▶ LivePreview.render ──▶ PreviewState ──(SSE: its version)──▶ page fetches /state, /email

The preview only reads: no request changes anything. It answers only requests with the secret from the address
that it printed. What it shows comes from a `PreviewSource`.
"""

from digest.preview.preview_app import create_app
from digest.preview.preview_secret import PreviewSecret
from digest.preview.preview_source import NewsletterPreview, PreviewedIssue, PreviewSource
from digest.preview.server import serve

__all__ = ["NewsletterPreview", "PreviewSecret", "PreviewSource", "PreviewedIssue", "create_app", "serve"]
