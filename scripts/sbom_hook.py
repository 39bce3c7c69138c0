"""A build hook of hatchling: puts a list of what `digest` was tested with into the wheel (an SBOM, PEP 770).

The list is CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json). It is made from the requirements of newsletters'
runners, which are the versions of constraints.txt. Time and serial number are fixed, so the wheel is reproducible.
"""

from __future__ import annotations

import json
import re
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.utils import get_reproducible_timestamp

REQUIREMENTS = ".github/actions/digest/requirements.txt"
FILE = "digest.cdx.json"
#: Begins the part of the requirements that only builds `digest`.
BUILD_PART = "# What builds digest"


class SbomHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is the configuration of other targets
    """Adds the SBOM to the wheel. An editable installation has none."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the SBOM beside the build, and name it to hatchling."""
        if version == "editable":
            return
        text = (Path(self.root) / REQUIREMENTS).read_text(encoding="utf-8")
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / FILE
        metadata = self.metadata
        sbom = make_sbom(text, name=metadata.core.name, version=metadata.version, seconds=get_reproducible_timestamp())
        path.write_text(json.dumps(sbom, indent=1) + "\n", encoding="utf-8")
        build_data["sbom_files"].append(str(path))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """Remove it again."""
        if version != "editable":
            self._folder.cleanup()


def make_sbom(requirements: str, *, name: str, version: str, seconds: int) -> dict[str, Any]:
    """The SBOM of a version of the project.

    Args:
        requirements: The text of ``REQUIREMENTS``.
        seconds: When it was built, since 1970 in UTC. The same for all builds of a version.
    """
    needed = re.findall(r"^([a-z0-9-]+)==(\S+)", requirements.partition(BUILD_PART)[0], re.MULTILINE)
    project = _component("application", name, version)
    libraries = [_component("library", *pair) for pair in needed]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, project["purl"]).urn,
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lifecycles": [{"phase": "build"}],
            "component": {**project, "licenses": [{"license": {"id": "Apache-2.0"}}]},
        },
        "components": libraries,
    }


def _component(kind: str, name: str, version: str) -> dict[str, str]:
    url = f"pkg:pypi/{name}@{version}"
    return {"type": kind, "bom-ref": url, "name": name, "version": version, "purl": url}
