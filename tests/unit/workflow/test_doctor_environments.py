"""Who can use the keys of the workflows, as `digest doctor` judges it."""

from __future__ import annotations

import pytest

from digest.project.github_settings import EnvironmentSettings
from digest.workflow.doctor import diagnose_environment


@pytest.mark.parametrize(
    ("name", "settings", "state"),
    [
        ("newsletter", EnvironmentSettings(branches=("main",)), "ok"),
        ("newsletter", EnvironmentSettings(branches=("main",), reviewed=True), "ok"),
        ("newsletter", EnvironmentSettings(branches=(), protected_only=True), "ok"),
        ("newsletter", EnvironmentSettings(branches=None), "error"),
        ("newsletter", EnvironmentSettings(branches=("main", "release/*")), "error"),
        ("newsletter", EnvironmentSettings(branches=("*",)), "error"),
        ("newsletter", EnvironmentSettings(branches=("tag v*",)), "error"),
        ("newsletter", EnvironmentSettings(branches=()), "error"),
        ("newsletter", None, "warning"),
        ("newsletter-collect", EnvironmentSettings(branches=("main",)), "ok"),
        ("newsletter-collect", EnvironmentSettings(branches=("main",), reviewed=True), "warning"),
    ],
)
def test_only_the_default_branch_may_use_an_environment(name, settings, state):
    diagnosis = diagnose_environment(name, settings, branch="main")
    assert diagnosis.state == state
    assert bool(diagnosis.remedy) == (state != "ok")
