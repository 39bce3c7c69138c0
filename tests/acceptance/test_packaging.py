"""The wheel is complete, has one version and works without the source tree; the repository's metadata is right."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
import zipfile
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from importlib.metadata import distribution, packages_distributions
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import digest
from digest.config.resources import WORKFLOWS as SHIPPED_WORKFLOWS
from digest.config.resources import shipped_workflow

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yml"))
#: Of a newsletter.
DEPENDABOT = ROOT / "src/digest/newsletter/skeleton/dependabot.yml"
OWN_FOLDERS = (".ci", ".github", "docs", "scripts", "src", "subscribers", "templates", "tests")
#: In two parts, so that this file does not contain them.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "deb." + "debian.org", "crates" + ".io")
#: Dependencies that no module imports, and what needs them all the same.
NEVER_IMPORTED = {
    "lxml-html-clean": "trafilatura imports it",
    "psycopg": "SQLAlchemy loads it for postgresql:// addresses",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}
DOWNLOADS = re.compile(
    r"(index-url|find-links)[ =:\"']+https?://|\"resolved\": \"https?://|https?://\S+\.(whl|tar\.gz)\b"
)


def files_under(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".site", ".cache"} & set(path.parts)
    }


def clean_environment(**more: str) -> dict[str, str]:
    return (
        {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {"NO_COLOR": "1"} | more
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without a network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's files, as an installation would."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_contains_every_file_of_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        contents = {name.removeprefix("digest/") for name in archive.namelist() if name.startswith("digest/")}
    assert files_under(ROOT / "src/digest") - contents == set()
    assert "py.typed" in contents


def test_the_wheel_contains_the_theme_the_sample_list_and_the_workflows(installed):
    shipped = installed / "digest/newsletter"
    assert files_under(shipped / "templates") == files_under(ROOT / "templates") != set()
    for copy, home in (
        ("subscribers/sample.csv", "subscribers/sample.csv"),
        *((f"github/{name}", f".github/{name}") for name in SHIPPED_WORKFLOWS),
    ):
        assert (shipped / copy).read_bytes() == (ROOT / home).read_bytes()


def test_the_version_is_in_one_place(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    assert metadata["Version"] == digest.__version__
    action = shipped_workflow("actions/digest/action.yml", timezone="UTC", version=digest.__version__)
    assert f'"${{DIGEST_PACKAGE:-newsletter-digest=={digest.__version__}}}"' in action
    files = [ROOT / "pyproject.toml", *(ROOT / ".github").rglob("*.yml"), *(ROOT / "scripts").glob("*.py")]
    assert [file for file in files if digest.__version__ in re.findall(r"\d+\.\d+\.\d+\b", file.read_text())] == []


def test_the_wheel_is_reproducible(wheel, tmp_path):
    """A build of another copy of the tree, with other times, gives the same bytes."""
    copy = tmp_path / "copy"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", tmp_path / "dist"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_contains_an_sbom_of_what_digest_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if ".dist-info/sboms/" in name)
        sbom = json.loads(archive.read(name))
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.6")
    component = sbom["metadata"]["component"]
    assert component["purl"] == f"pkg:pypi/newsletter-digest@{digest.__version__}"
    assert sbom["serialNumber"] == uuid.uuid5(uuid.NAMESPACE_URL, component["purl"]).urn
    assert sbom["metadata"]["timestamp"] == "2020-02-02T00:00:00Z"  # hatchling's, without SOURCE_DATE_EPOCH
    pinned = re.findall(r"^([a-z0-9-]+==\S+)", REQUIREMENTS.read_text().partition(BUILD_PART)[0], re.MULTILINE)
    assert [f"{each['name']}=={each['version']}" for each in sbom["components"]] == pinned
    assert len({each["bom-ref"] for each in sbom["components"]}) == len(pinned) > 50


def test_the_distributions_own_name_is_a_command_too(wheel):
    """So that ``uvx newsletter-digest demo`` works."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        scripts = archive.read(name).decode().partition("[console_scripts]\n")[2].split("\n\n")[0].splitlines()
    assert sorted(scripts) == ["digest = digest.__main__:main", "newsletter-digest = digest.__main__:main"]


def test_demo_and_init_work_without_the_source_tree(installed, tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=clean_environment(PYTHONPATH=str(installed)),
            capture_output=True,
            text=True,
            check=False,
        )

    location = run("-c", "import digest; print(digest.__file__)")
    assert Path(location.stdout.strip()).is_relative_to(installed)

    demo = run("-m", "digest", "demo")
    assert demo.returncode == 0, demo.stderr
    assert len(list(tmp_path.glob("digest-demo/.digest/outbox/**/*.eml"))) == 3

    init = run("-m", "digest", "init", "--yes", "letter")
    assert init.returncode == 0, init.stderr
    written = files_under(tmp_path / "letter")
    assert {"digest.toml", ".gitignore", "subscribers/weekly.csv"} <= written
    assert {".github/dependabot.yml", *(f".github/{name}" for name in SHIPPED_WORKFLOWS)} <= written
    assert {f"templates/{name}" for name in files_under(ROOT / "templates")} <= written
    assert "min_stories = 3" in (tmp_path / "letter/digest.toml").read_text(encoding="utf-8")


def test_every_dependency_is_imported_and_every_import_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = chain.from_iterable(project["project"]["optional-dependencies"].values())
    declared = {_name(line) for line in project["project"]["dependencies"]}
    optional = {_name(line) for line in extras}
    for_tests = {_name(line) for line in project["dependency-groups"]["test"] if isinstance(line, str)}
    owners = packages_distributions()
    imported, imported_by_doubles = set(), set()
    for path in (ROOT / "src/digest").rglob("*.py"):
        doubles = path.relative_to(ROOT / "src/digest").parts[0] == "testing"
        (imported_by_doubles if doubles else imported).update(_imported_distributions(path, owners))
    assert imported - declared - optional == set()
    assert imported_by_doubles - declared - optional - for_tests == set()
    assert (declared | optional) - imported - NEVER_IMPORTED.keys() == set()
    assert NEVER_IMPORTED.keys() & imported == set()


def _imported_distributions(path: Path, owners: Mapping[str, list[str]]) -> set[str]:
    """The distributions, under normalised names, that a module imports anywhere, also inside functions.

    Args:
        owners: The distributions that provide each top-level module.
    """
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add((node.module or "").partition(".")[0])
    modules -= sys.stdlib_module_names | {"digest"}
    return {_name(owners[module][0]) if module in owners else f"{module}, not installed" for module in modules}


def test_constraints_contain_names_and_versions_only():
    lines = [
        line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*==\d[\w.!+]*", line)] == []
    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(set(names))


def test_constraints_cover_everything_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [line for group in project["dependency-groups"].values() for line in group if isinstance(line, str)]
    extras = [line for extra in project["project"].get("optional-dependencies", {}).values() for line in extra]
    declared = {_name(line) for line in (*project["project"]["dependencies"], *groups, *extras, "hatchling")}
    pinned = {
        line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line
    }
    assert declared - pinned == set()


REQUIREMENTS = ROOT / ".github/actions/digest/requirements.txt"
BUILD_PART = "# What builds digest"
#: The runners of the workflows, for which requirements.txt is made.
RUNNER = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.9",
    "python_version": "3.13",
    "sys_platform": "linux",
}


def required_on_a_runner(lines: Iterable[str]) -> set[str]:
    """The distributions that requirements need on a runner, from the metadata of what is installed here."""
    waiting = [Requirement(line) for line in lines]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        key = (_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        for line in distribution(requirement.name).requires or ():
            inner = Requirement(line)
            wanted = inner.marker is None or any(
                inner.marker.evaluate({**RUNNER, "extra": extra}) for extra in ("", *requirement.extras)
            )
            waiting += [inner] if wanted else []
    return {name for name, _ in seen}


def test_runners_install_the_pinned_versions_with_hashes_and_nothing_else():
    definition = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = definition["project"]["optional-dependencies"].values()
    needed = required_on_a_runner([*definition["project"]["dependencies"], *chain(*extras)])
    building = required_on_a_runner(definition["build-system"]["requires"]) - needed
    constraints = set((ROOT / "constraints.txt").read_text().splitlines())
    entry = r"^([a-z0-9]+(?:-[a-z0-9]+)*==\d[\w.!+]*)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
    text = REQUIREMENTS.read_text()
    rest = re.sub(entry, "", text, flags=re.MULTILINE).splitlines()
    assert [line for line in rest if line and not line.startswith("#")] == []
    for part, names in zip(text.split(BUILD_PART), (needed, building), strict=True):
        pinned = [match[1] for match in re.finditer(entry, part, re.MULTILINE)]
        assert set(pinned) <= constraints
        assert pinned == sorted(pinned)
        assert {line.partition("==")[0] for line in pinned} == names
    action = yaml.safe_load((REQUIREMENTS.parent / "action.yml").read_text())
    assert action["runs"]["steps"][0]["with"]["python-version"] == RUNNER["python_version"]


def test_pip_accepts_the_requirements_of_runners(tmp_path):
    """pip refuses a file in which a hash is missing, before it fetches anything."""
    process = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--no-deps", "--require-hashes"),
            *("--ignore-installed", "--disable-pip-version-check", "--find-links", tmp_path, "-r", REQUIREMENTS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No matching distribution found" in process.stderr
    assert "hash" not in process.stderr.lower()


def test_no_file_contains_a_registry_host_or_a_download_address():
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    paths += [ROOT / folder / name for folder in OWN_FOLDERS for name in sorted(files_under(ROOT / folder))]
    violations = []
    for path in paths:
        text = path.read_bytes().decode("utf-8", errors="replace")
        violations += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRIES if host in text]
        violations += [f"{path.relative_to(ROOT)}: {match[0]}" for match in DOWNLOADS.finditer(text)]
    assert violations == []


def test_the_workflows_pass_the_linters():
    """zizmor as an auditor: what it finds and is right has its reason beside it, in a comment that ignores it."""
    zizmor = subprocess.run(
        [BIN / "zizmor", "--offline", "--quiet", "--no-progress", "--persona", "auditor", ROOT / ".github", DEPENDABOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert zizmor.returncode == 0, zizmor.stdout
    schema = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert schema.returncode == 0, schema.stdout
    actions = subprocess.run(
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.github-actions", *ACTIONS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert actions.returncode == 0, actions.stdout
    dependabot = subprocess.run(
        [
            BIN / "check-jsonschema",
            "--builtin-schema",
            "vendor.dependabot",
            ROOT / ".github/dependabot.yml",
            DEPENDABOT,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert dependabot.returncode == 0, dependabot.stdout
    for text in (path.read_text(encoding="utf-8") for path in (*WORKFLOWS, *ACTIONS)):
        assert re.findall(r"# zizmor: ignore\[[\w-]+\](?! \w+)", text) == []


@pytest.mark.parametrize("workflow", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.name)
def test_actions_are_pinned_and_checkouts_keep_no_credentials(workflow):
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: (.+)", text)
    pinned = r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/actions/\w+"
    assert [use for use in used if not re.fullmatch(pinned, use)] == []
    definition = yaml.safe_load(text)
    for job in definition.get("jobs", {"action": definition.get("runs")}).values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", "")


def test_the_condition_of_the_collect_job_names_the_schedule_of_the_daily_check():
    workflow = yaml.safe_load((ROOT / ".github/workflows/collect.yml").read_text(encoding="utf-8"))
    schedules = [entry["cron"] for entry in workflow[True]["schedule"]]
    assert workflow["jobs"]["collect"]["if"] == f"github.event.schedule != '{schedules[1]}'"
    assert not any(schedule.startswith("0 ") for schedule in schedules)


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement)[0]).lower()
