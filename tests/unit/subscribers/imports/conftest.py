from __future__ import annotations

import io

import pytest

from digest.subscribers.imports import ListUpdate, plan_import, read_export_file


class ImportRun:
    """Imports files into a list that is kept as text, as the command does."""

    def __init__(self, folder):
        self.folder = folder
        self.text = "email,name,status\n"
        self.suppressed_at = {}

    def plan(self, content, name="export.csv", **options):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return plan_import(read_export_file(path), **options)

    def statuses(self, content, name="export.csv", **options):
        """What the export says of each person: active, pending, or the reason why they left."""
        plan = self.plan(content, name, **options)
        assert not plan.question, plan.question
        statuses = {person.email.casefold(): person.status for person in plan.people()}
        return statuses | {key: plan.left.reason(key) for key in plan.left}

    def update(self, content, name="export.csv", **options):
        plan = self.plan(content, name, **options)
        update = ListUpdate(lambda: io.StringIO(self.text), file="weekly.csv")
        update.take(plan, self.suppressed_at.keys(), self.suppressed_at)
        self.text = "".join(update.lines())
        return update


@pytest.fixture
def imports(tmp_path):
    return ImportRun(tmp_path)
