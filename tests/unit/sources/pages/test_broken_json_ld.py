"""JSON-LD as sites write it: in comments, escaped, cut off, or not quite JSON."""

from __future__ import annotations

import pytest

from digest.sources.pages.article_extraction import extract_article

WHOLE = (
    '{"@type":"NewsArticle","headline":"Mill grinds again","datePublished":"2026-11-18T09:00:00Z",'
    '"author":{"@type":"Person","name":"Ann Lee"}'
)
SHAPES = {
    "CDATA": f"//<![CDATA[\n{WHOLE}}}\n//]]>",
    "a comment": f"<!--\n{WHOLE}}}\n-->",
    "a byte order mark": f"\ufeff{WHOLE}}}",
    "escaped": f"{WHOLE}}}".replace('"', "&quot;"),
    "a quotation mark within": f'{WHOLE},"description":"He said "no" to it"}}',
    "no end": WHOLE,
    "a missing comma": f"{WHOLE}}}".replace('Z","author', 'Z" "author'),
    "a bad escape": f'{WHOLE},"description":"it\\x is"}}',
    "undefined": f'{WHOLE},"image":undefined}}',
    "a remark": f"{WHOLE}}}".replace('"headline"', '// the title\n"headline"'),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_reads_broken_json_ld(shape: str) -> None:
    text = "<p>The mill at Harwick grinds again after forty years, and the miller sells flour on Sundays.</p>" * 2
    script = f'<script type="application/ld+json">{SHAPES[shape]}</script>'
    page = f"<html><head><title>Story 12</title>{script}</head><body>{text}</body></html>"
    article = extract_article(page, url="https://vale.example/2026/11/18/mill")
    assert (article.title, article.authors) == ("Mill grinds again", ("Ann Lee",))
    assert str(article.published) == "2026-11-18 09:00:00+00:00"
