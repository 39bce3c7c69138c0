"""Build the documentation site into docs/.site, and fail on any warning.

Zensical's strict mode fails on broken links, missing anchors and unknown objects. It ignores what Griffe reports about
docstrings, such as an argument that the signature lacks, so this script looks for that in the output. Finally, it
searches the pages for scripts, styles, fonts and images from other hosts, because the site should not depend on any.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "docs/zensical.toml"
SITE = ROOT / "docs/.site"
#: A line that Griffe or mkdocstrings logs. They log nothing below the level of a warning.
LOGGED = re.compile(r"^(griffe|mkdocstrings|mkdocs_autorefs)\b", re.MULTILINE)
#: A tag that makes a browser fetch from another host. Links (`<a href>`) fetch nothing until the reader follows them.
EXTERNAL_ASSET = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>"
    r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preload|preconnect|icon)[^>]*\bhref=[\"']?(?:https?:)?//[^>]*>"
    r"|<link\b[^>]*\bhref=[\"']?(?:https?:)?//[^>]*\brel=[\"']?(?:stylesheet|preload|preconnect|icon)[^>]*>"
    r"|<pre class=\"mermaid\"",  # Zensical draws these with a script that the reader's browser fetches
    re.IGNORECASE,
)


def main() -> int:
    """Build and check the site. Returns an exit code."""
    zensical = Path(sys.executable).with_name("zensical")
    build = subprocess.run(
        [zensical, "build", "--config-file", CONFIG, "--clean", "--strict"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if build.returncode != 0 or LOGGED.search(build.stdout):
        print(build.stdout, file=sys.stderr)
        print("The documentation has warnings (above); each is an error.", file=sys.stderr)
        return 1
    pages = sorted(SITE.rglob("*.html"))
    external = [
        f"{page.relative_to(ROOT)}: {tag[0]}"
        for page in pages
        for tag in EXTERNAL_ASSET.finditer(page.read_text(encoding="utf-8"))
    ]
    if external:
        print("Pages load something from another host:", *external, sep="\n", file=sys.stderr)
        return 1
    print(f"{SITE.relative_to(ROOT)}/index.html: {len(pages)} pages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
