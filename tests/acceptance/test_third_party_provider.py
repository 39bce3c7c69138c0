"""The provider in CONTRIBUTING's "Adding a provider", built as a separate distribution and used as the guide says."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import zipfile
from email import policy
from pathlib import Path

import pytest

from conftest import use_own_values

CONTRIBUTING = Path(__file__).parents[2] / ".github/CONTRIBUTING.md"


@pytest.fixture(scope="module")
def blocks():
    """The code blocks of the section: the module, its pyproject.toml, and the newsletter's configuration."""
    [section] = re.findall(
        r"^## Adding a provider\n(.*?)^## ", CONTRIBUTING.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    module, project, config = re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return module, project, config


@pytest.fixture(scope="module")
def site_packages(blocks, tmp_path_factory):
    """A folder with the distribution, installed from its wheel."""
    source, site = tmp_path_factory.mktemp("digest-pickup"), tmp_path_factory.mktemp("site-packages")
    module, project, _ = blocks
    (source / "digest_pickup.py").write_text(module, encoding="utf-8")
    (source / "pyproject.toml").write_text(project, encoding="utf-8")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    subprocess.run(build, cwd=source, check=True, capture_output=True, text=True)
    [wheel] = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


@pytest.fixture
def pickup(run_script, site_packages, collected, blocks):
    """Runs `digest` with the provider installed, on a newsletter that uses it; ``pickup.root`` is its folder."""

    def call(*arguments):
        env = {"PYTHONPATH": str(site_packages), "DIGEST_SECRET": "a secret for tests only"}
        return run_script(*arguments, "-C", str(collected), env=env)

    use_own_values(collected)
    config = collected / "digest.toml"
    text = config.read_text(encoding="utf-8")
    before, after = text[: text.index("[delivery]\n")], text[text.index("[state]\n") :]
    config.write_text(f"{before}{blocks[2]}\n{after}", encoding="utf-8")
    (collected / "subscribers/weekly.csv").write_text("email,name\nana@example.org,Ana\nben@example.org,Ben\n")
    (collected / "pickup").mkdir()
    call.root = collected
    return call


def test_sends_an_issue_through_the_provider(pickup):
    token = pickup("build", "--json").data["token"]
    sent = pickup("send", "--live", "--approve", token, "--json")
    assert (sent.code, sent.data["state"], sent.data["accepted"]) == (0, "sent", 2), sent.err
    messages = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((pickup.root / "pickup").iterdir())
    ]
    assert {"Ana <ana@example.org>", "Ben <ben@example.org>"} == {message["To"] for message in messages}
    assert len({message["List-Unsubscribe"] for message in messages}) == 2
    assert pickup("send", "--live", "--resume").code == 8


def test_reports_an_unknown_key_with_its_line_path_and_nearest_key(pickup):
    config = pickup.root / "digest.toml"
    text = config.read_text(encoding="utf-8").replace('folder = "pickup"', 'fodler = "pickup"\nfolder = "pickup"')
    config.write_text(text, encoding="utf-8")
    line = text.splitlines().index('fodler = "pickup"') + 1
    result = pickup("check")
    assert result.code == 3
    assert f"digest.toml:{line}: unknown key providers.pickup.fodler" in result.err
    assert "Did you mean providers.pickup.folder?" in result.err


def test_reports_a_missing_required_key(pickup):
    config = pickup.root / "digest.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace('[providers.pickup]\nfolder = "pickup"\n', ""), "utf-8"
    )
    result = pickup("check")
    assert result.code == 3
    assert "providers.pickup.folder is missing" in result.err
    assert "folder = …" in result.err


def test_reports_an_unknown_provider_with_its_line(pickup, run):
    result = run("check", "-C", str(pickup.root))
    assert result.code == 3
    assert re.search(r"digest\.toml:\d+: .*pickup.*no installed package", result.err)
    assert "outbox, sendgrid, smtp" in result.err


def test_doctor_diagnoses_the_provider(pickup):
    result = pickup("doctor", "--offline", "--json")
    findings = {finding["what"]: finding for finding in result.data["findings"]}
    assert (
        findings["provider"]["state"],
        findings["provider"]["words"],
    ) == ("warning", "not checked, because of --offline")
