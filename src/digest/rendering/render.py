"""Render an `Issue` into what is approved and sent: the HTML part, the text part and the manifest.

::

    issue, articles, config ──view──▶ issue.mjml.j2 ──mrml──▶ HTML ──premailer──▶ email.html ─┐
                                └───▶ issue.txt.j2 ──────────────────────────────▶ email.txt ──┴─▶ manifest ─▶ token

The same input gives the same bytes: no clock is read, and ``now`` affects only ``not_after`` in the manifest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digest.errors import RenderError
from digest.models import Manifest, RenderedIssue
from digest.rendering.css_inlining import inline_css
from digest.rendering.jinja_templates import render_template, template_place
from digest.rendering.manifest import manifest_token, not_after, sha256
from digest.rendering.mjml import render_mjml
from digest.rendering.personal_tags import PERSONAL_PART, PersonalTags, find_tag, nonce_of
from digest.rendering.sanitising import inert_tags, inert_tags_in_html
from digest.rendering.text_wrapping import tidy
from digest.rendering.theme_view import view_issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.models import Article, Issue

__all__ = ["render_issue"]

_PAGE = "issue.mjml.j2"


def render_issue(
    issue: Issue, *, articles: Mapping[str, Article], config: Config, templates: Sequence[Path], now: datetime
) -> RenderedIssue:
    """Render an issue with a theme.

    Args:
        issue: The issue.
        articles: The collected articles, by their keys. Without its article, a story
            has no picture, byline or date.
        config: The newsletter's configuration.
        templates: The folders of the theme; for each template, the first folder that has it wins.
        now: The current time; aware. It only decides until when the build may be sent.

    Raises:
        RenderError: A template is missing or invalid. The error has its file and line.
        UsageError: ``issue.id`` is not an issue id.
    """
    view = view_issue(issue, articles=articles, config=config)
    tags = PersonalTags(nonce_of(repr(view)))
    if PERSONAL_PART.search(repr(view)):
        view = view_issue(issue, articles=articles, config=config, personal=tags.replaced)
    context = {
        "newsletter": view.newsletter,
        "theme": view.theme,
        "issue": view.issue,
        "unsubscribe_url": tags("unsubscribe_url"),
        "personal": tags,
    }

    html = _html(context, templates)
    text = inert_tags(tidy(render_template("issue.txt.j2", context, folders=templates)))

    subject = inert_tags(view.issue.subject)
    delivery, newsletter = config.delivery, config.newsletter
    audience = config.audiences.get(delivery.audience)
    manifest = Manifest(
        issue=issue.id,
        html_sha256=sha256(html),
        text_sha256=sha256(text),
        subject=subject,
        preheader=view.issue.preheader,
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        audience=delivery.audience,
        audience_files=audience.files if audience else (),
        audience_where=audience.where if audience else "",
        provider=delivery.provider,
        route=tuple(sorted(config.delivery_route.items())),
        unsubscribe=config.unsubscribe_method,
        not_after=not_after(issue.id, timezone=newsletter.timezone, days=delivery.not_after_days, now=now),
        tags=tuple(find_tag(name, tag, html=html, text=text, subject=subject) for name, tag in tags.items()),
        stories=tuple(story.key for story in issue.stories),
    )
    return RenderedIssue(html=html, text=text, manifest=manifest, token=manifest_token(manifest))


def _html(context: Mapping[str, Any], templates: Sequence[Path]) -> str:
    source = render_template(_PAGE, context, folders=templates)
    try:
        page = render_mjml(source)
    except RenderError as error:
        line = error.place.line if error.place else None
        place = template_place(_PAGE, context, folders=templates, line=line) if line else None
        if place is None:
            raise
        raise RenderError(error.message, place=place, hint=error.hint) from error
    return inert_tags_in_html(inline_css(page.html, page.css))
