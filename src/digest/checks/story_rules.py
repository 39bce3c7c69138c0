"""T105, T106, T108 to T111 and T113: which stories are sent, and how each one reads in a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.checks.rule_registry import fault
from digest.models import NEW_SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_stories"]

#: In characters: about four lines on a phone.
_HEADLINE_LIMIT = 90


def check_stories(context: CheckContext) -> Iterator[Finding]:
    """Check the number of stories, their headlines and bullets, and that none was sent before."""
    yield from _check_each_story(context)
    yield from _check_number(context)
    yield from _check_already_sent(context)
    yield from _check_other_open_issues(context)
    yield from _check_waiting(context)
    yield from _check_subject_story(context)


def _check_each_story(context: CheckContext) -> Iterator[Finding]:
    for story in context.issue.stories:
        place = context.line(story.line)
        if len(story.headline) > _HEADLINE_LIMIT:
            yield fault("T105", f"The headline has {len(story.headline)} characters", place)
        if not story.bullets:
            yield fault("T106", f"No bullet is ticked: {story.headline}", place)


def _check_number(context: CheckContext) -> Iterator[Finding]:
    number, minimum = len(context.issue.stories), context.config.selection.min_stories
    if number < minimum:
        message = f"The issue has {_stories(number)}, and selection.min_stories is {minimum}"
        hint = "Add stories, or lower selection.min_stories; until then the issue is not built."
        yield fault("T108", message, context.line(context.issue.lines.get("subject", 1)), hint=hint)


def _check_already_sent(context: CheckContext) -> Iterator[Finding]:
    hint = "Delete the block to drop the story, or keep it if there is something new to report."
    for story in context.issue.stories:
        earlier = context.sent.get(story.key, context.issue.id)
        if earlier != context.issue.id:
            yield fault(
                "T109", f"The story went out in {earlier}: {story.headline}", context.line(story.line), hint=hint
            )


def _check_other_open_issues(context: CheckContext) -> Iterator[Finding]:
    hint = "Delete the block here or there, or send only one of the two issues."
    for story in context.issue.stories:
        other = context.open_elsewhere.get(story.key)
        if other:
            message = f"The story is in {other} as well, which is open, too: {story.headline}"
            yield fault("T113", message, context.line(story.line), hint=hint)


def _check_waiting(context: CheckContext) -> Iterator[Finding]:
    waiting = context.issue.waiting
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        message = f"{_stories(len(waiting))} {verb} under “{NEW_SECTION}”, which is not sent"
        hint = "Move the stories that you want to send into another section."
        yield fault("T110", message, context.line(waiting[0].line), hint=hint)


def _check_subject_story(context: CheckContext) -> Iterator[Finding]:
    """T111: the subject is proposed from the first story, which the editor may have removed since."""
    subject = context.issue.subject.rstrip("…").strip()
    sent = {story.key for story in context.issue.stories}
    if not subject or any(story.headline.startswith(subject) for story in context.issue.stories):
        return
    for key, article in context.articles.items():
        if key not in sent and " ".join(article.title.split()).startswith(subject):
            message = f"The subject is the headline of a story that is not in the issue: {subject}"
            hint = "Write a subject about a story that is in the issue."
            yield fault("T111", message, context.line(context.issue.lines.get("subject", 1)), hint=hint)
            return


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number} stories"
