from __future__ import annotations

import asyncio
import threading

from digest.errors import IssueError, Place
from digest.preview.live_preview import LivePreview


def test_every_render_has_a_new_version(source):
    async def versions():
        live = LivePreview(source)
        versions_seen = set()
        for _ in range(3):
            await live.render()
            versions_seen.add((await live.current()).version)
        return versions_seen

    assert len(asyncio.run(versions()) | asyncio.run(versions())) == 6


def test_a_failed_render_keeps_the_last_issue_and_a_good_one_clears_the_error(source):
    error = IssueError("the story has no link", place=Place("issue.md", 23), hint="Write ### [Headline](https://…)")

    async def scenario():
        live = LivePreview(source)
        views = []
        for failure in (None, error, None):
            source.error = failure
            await live.render()
            views.append(await live.current())
        return views

    good, failed, fixed = asyncio.run(scenario())
    assert (good.issue, good.error) == (source.page, None)
    assert (failed.issue, failed.error) == (source.page, error)
    assert (fixed.issue, fixed.error) == (source.page, None)


def test_shows_a_bug_in_digest_without_ending_the_preview(source, caplog):
    source.error = ZeroDivisionError("division by zero")

    async def scenario():
        live = LivePreview(source)
        await live.render()
        return await live.current()

    state = asyncio.run(scenario())
    assert "ZeroDivisionError: division by zero" in state.error.message
    assert "Traceback" in caplog.text


def test_listeners_are_notified_after_a_render(source):
    started, go_on = threading.Event(), threading.Event()

    def wait():
        started.set()
        assert go_on.wait(5)

    source.during = wait

    async def scenario():
        live = LivePreview(source)
        waiting = asyncio.create_task(live.current())
        rendering = asyncio.create_task(live.render())
        await asyncio.to_thread(started.wait, 5)
        early = waiting.done()
        go_on.set()
        await rendering
        return early, await waiting

    early, state = asyncio.run(scenario())
    assert not early
    assert state.issue == source.page


def test_two_renders_never_run_at_the_same_time(source):
    renders = []
    counts = []

    def count():
        renders.append(1)
        counts.append(len(renders))
        threading.Event().wait(0.02)
        renders.pop()

    source.during = count

    async def scenario():
        live = LivePreview(source)
        await asyncio.gather(*(live.render() for _ in range(4)))

    asyncio.run(scenario())
    assert counts == [1, 1, 1, 1]


def test_closing_ends_every_waiting_listener(source):
    async def scenario():
        live = LivePreview(source)
        await live.render()
        versions_seen = []

        async def listen():
            versions_seen.extend([state.version async for state in live.states()])

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.01)
        await live.close()
        await asyncio.wait_for(listening, 5)
        return versions_seen

    assert len(asyncio.run(scenario())) == 1
