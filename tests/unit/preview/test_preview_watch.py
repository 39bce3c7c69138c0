from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest

from digest.preview.watch import folders_of, stamps_of, watch


def test_a_changed_new_or_deleted_file_changes_the_stamps(tmp_path):
    issue, theme = tmp_path / "issue.md", tmp_path / "templates"
    (theme / "parts").mkdir(parents=True)
    looks = [stamps_of([issue, theme])]
    for change in (
        lambda: issue.write_text("one"),
        lambda: issue.write_text("three"),
        lambda: (theme / "parts" / "story.mjml.j2").write_text("x"),
        (theme / "parts" / "story.mjml.j2").unlink,
        issue.unlink,
    ):
        change()
        looks.append(stamps_of([issue, theme]))

    assert all(before != after for before, after in pairwise(looks))
    assert looks[0] == looks[-1]


@pytest.mark.parametrize("name", [".issue.md.swp", "issue.md~", ".git/index"])
def test_temporary_files_of_editors_are_ignored(tmp_path, name):
    (tmp_path / ".git").mkdir()
    before = stamps_of([tmp_path])

    (tmp_path / name).write_text("x")

    assert stamps_of([tmp_path]) == before


def test_watches_the_folder_of_a_file_or_the_nearest_that_exists(tmp_path):
    (tmp_path / "templates" / "parts").mkdir(parents=True)

    folders = folders_of([tmp_path / "digest.toml", tmp_path / "templates", tmp_path / "a" / "b" / "c.md"])

    assert folders == {tmp_path, tmp_path / "templates", tmp_path / "templates" / "parts"}


def run_watch(paths, changed, *, until):
    async def scenario():
        done = asyncio.Event()
        calls = []

        async def record_call():
            calls.append(1)
            await changed(len(calls))
            if len(calls) == until:
                done.set()

        watching = asyncio.create_task(watch(lambda: paths, record_call))
        await asyncio.wait_for(done.wait(), 20)
        await asyncio.sleep(0.3)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        return len(calls)

    return asyncio.run(scenario())


def test_calls_at_once_and_again_after_a_file_was_replaced(tmp_path):
    issue = tmp_path / "issue.md"
    issue.write_text("one")

    async def changed(times):
        if times < 3:
            asyncio.get_running_loop().call_later(0.1, replace, times)

    def replace(times):
        (tmp_path / "new").write_text("x" * (10 + times))
        (tmp_path / "new").replace(issue)

    assert run_watch([issue], changed, until=3) == 3


def test_a_change_during_a_call_causes_exactly_one_more_call(tmp_path):
    issue = tmp_path / "issue.md"
    issue.write_text("one")

    async def changed(times):
        if times == 1:
            issue.write_text("changed")
            await asyncio.sleep(0.05)
            issue.write_text("changed twice")

    assert run_watch([issue], changed, until=2) == 2


def test_watches_a_folder_once_it_exists(tmp_path):
    theme = tmp_path / "templates"

    async def changed(times):
        if times == 1:
            theme.mkdir()
            (theme / "issue.mjml.j2").write_text("a")
        if times == 2:
            (theme / "issue.mjml.j2").write_text("ab")

    assert run_watch([theme], changed, until=3) == 3
