"""Write src/digest/checks/client_support.toml: how far each family of email clients supports each feature.

    python scripts/make_client_support.py caniemail.json

The data comes from caniemail (www.caniemail.com, MIT, © Rémi Parmentier): the JSON at www.caniemail.com/api/data.json.
For each feature, the newest tested version of each platform of a family counts 100 if it supports the feature, 50 if it
supports it in part, and 0 if it does not. The figure is their mean, as on caniemail. Untested features are left out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(__file__).parents[1] / "src" / "digest" / "checks" / "client_support.toml"
FAMILIES = ("gmail", "apple-mail", "outlook", "yahoo")
POINTS = {"y": 100, "a": 50, "n": 0}


def support(platforms: dict[str, dict[str, str]]) -> int | None:
    """The mean over the platforms, in percent; None if none was tested."""
    newest = [list(versions.values())[-1][:1] for versions in platforms.values() if versions]
    points = [POINTS[mark] for mark in newest if mark in POINTS]
    return round(sum(points) / len(points)) if points else None


def lines(data: dict[str, Any]) -> Iterator[str]:
    """The lines of the data file."""
    yield "# How far each family of email clients supports a feature, in percent: see scripts/make_client_support.py."
    yield f"# Data: caniemail (www.caniemail.com, MIT, © Rémi Parmentier), of {data['last_update_date'][:10]}."
    yield ""
    for feature in sorted(data["data"], key=lambda feature: str(feature["slug"])):
        figures = {family: support(feature["stats"].get(family, {})) for family in FAMILIES}
        tested = ", ".join(f"{family} = {figure}" for family, figure in figures.items() if figure is not None)
        if tested:
            title = json.dumps(feature["title"], ensure_ascii=False)
            yield f"{feature['slug']} = {{ title = {title}, {tested} }}"


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("data", type=Path, metavar="FILE")
    ap.add_argument("--out", type=Path, default=OUT, metavar="FILE")
    args = ap.parse_args()
    data = json.loads(args.data.read_text(encoding="utf-8"))
    args.out.write_text("\n".join(lines(data)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
