"""Render an issue: Jinja2, MJML and premailer make the HTML part, Jinja2 alone makes the text part."""

from digest.rendering.manifest import (
    dump_manifest,
    load_build,
    load_manifest,
    manifest_token,
    not_after,
)
from digest.rendering.markdown_rendering import MarkdownLink, markdown_links, prose
from digest.rendering.personal_tags import PERSONAL_PART, personal_parts, shown_preheader, shown_subject
from digest.rendering.render import render_issue
from digest.rendering.sanitising import is_local_path, published_image, safe_url
from digest.rendering.theme_view import lead_image

__all__ = [
    "PERSONAL_PART",
    "MarkdownLink",
    "dump_manifest",
    "is_local_path",
    "lead_image",
    "load_build",
    "load_manifest",
    "manifest_token",
    "markdown_links",
    "not_after",
    "personal_parts",
    "prose",
    "published_image",
    "render_issue",
    "safe_url",
    "shown_preheader",
    "shown_subject",
]
