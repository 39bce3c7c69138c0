"""T: which stories are sent, and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.checks.registry import fault
from digest.models import NEW_SECTION, canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_stories"]


def check_stories(material: Material) -> Iterator[Finding]:
    """T108 to T111."""
    yield from _check_number(material)
    yield from _check_sent(material)
    yield from _check_waiting(material)
    yield from _check_subject(material)


def _check_number(material: Material) -> Iterator[Finding]:
    number, least = len(material.issue.stories), material.config.selection.min_stories
    if number < least:
        message = f"The issue has {_stories(number)}, and selection.min_stories is {least}"
        hint = "Add stories, or lower selection.min_stories: until then nothing is built."
        yield fault("T108", message, material.line(material.issue.lines.get("subject", 1)), hint=hint)


def _check_sent(material: Material) -> Iterator[Finding]:
    hint = "Delete the block to drop the story, or leave it where it has more to tell."
    for story in material.issue.stories:
        earlier = material.sent.get(canonical_url(story.url), material.issue.id)
        if earlier != material.issue.id:
            message = f"The story went out in {earlier}: {story.headline}"
            yield fault("T109", message, material.line(story.line), hint=hint)


def _check_waiting(material: Material) -> Iterator[Finding]:
    waiting = material.issue.waiting
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        message = f"{_stories(len(waiting))} {verb} under “{NEW_SECTION}”, which is not sent"
        hint = "Move the ones that you want into another section."
        yield fault("T110", message, material.line(waiting[0].line), hint=hint)


def _check_subject(material: Material) -> Iterator[Finding]:
    """The subject is proposed from the first story, which may have been taken out since."""
    subject = material.issue.subject.rstrip("…").strip()
    sent = {canonical_url(story.url) for story in material.issue.stories}
    if not subject or any(story.headline.startswith(subject) for story in material.issue.stories):
        return
    for url, article in material.articles.items():
        if url not in sent and " ".join(article.title.split()).startswith(subject):
            message = f"The subject is the headline of a story that is not in the issue: {subject}"
            hint = "Write one for the stories that are."
            yield fault("T111", message, material.line(material.issue.lines.get("subject", 1)), hint=hint)
            return


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number} stories"
