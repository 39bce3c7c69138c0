"""The publisher's own bullets are found, and other lists are not taken for them."""

from __future__ import annotations

import pytest

from digest.sources import extract_article

BODY = "".join(
    f"<p>The harbour of the town was dredged for the {word} time on Monday, and the ferries came back at noon.</p>"
    for word in ("first", "second", "third", "fourth")
)
ONE, TWO, THREE = (
    "Town widens its service to the islands by half",
    "Anglers warn that ferries drive the fish away",
    "Mayor asks the neighbours to build more piers",
)
LIST = f"<ul><li>{ONE}</li><li>{TWO}</li><li>{THREE}</li></ul>"
TEASER = "three hours ago, with some words more"
TEASED = f"<li><a href='/2'>{TWO}</a><p>By Bob Ray, {TEASER}</p></li>"
LINKS = f"<ul><li><a href='#1'>{ONE}</a></li><li><a href='#2'>{TWO}</a></li><li><a href='#3'>{THREE}</a></li></ul>"


def read(html, *, after=False):
    body = BODY + html if after else html + BODY
    page = f"<title>Ferries are back</title><body><article><h1>Ferries are back</h1>{body}</article></body>"
    return extract_article(page, url="https://www.news.example/harbour")


@pytest.mark.parametrize(
    "html",
    [
        f"<div class='Story-list RenderKeyPoints-list'><div class='group'>{LIST}</div></div>",
        f"<div class='el__storyhighlights'><h2>Story highlights</h2>{LIST}</div>",
        f"<ul class='mol-bullets-with-font'>{LIST[4:-5]}<li><a href='/x'>READ MORE: another story's headline</a></ul>",
        f"<div class='post-summary-bullets'>{LIST}</div>",
        f"<div class='x-bulletpoints'><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p></div>",
        f"<p><strong>Key takeaways:</strong></p>{LIST}",
        f"<h2>5 key takeaways</h2>{LIST}",
        f"<h2>→ KEY POINTS</h2>{LIST}",
        f"<div class='box'><h3>At a glance</h3><div>{LIST}</div></div>",
        f"<section><header><h2>Highlights</h2></header>{LIST}</section>",
        f"<details open><summary>What you need to know</summary>{LIST}</details>",
        f"<h3>In brief</h3><p>• {ONE}<br>• {TWO}<br>• {THREE}</p>",
        f"<h3>In brief</h3><p>• {ONE}</p><p>• {TWO}</p><p>• {THREE}</p>",
    ],
)
def test_finds_key_points_of_many_publishers(html):
    article = read(html)
    assert article.key_points == (ONE, TWO, THREE)
    assert not any(point in article.text for point in article.key_points)
    assert "dredged for the fourth time" in article.text


def test_keeps_key_points_when_one_is_short():
    assert read(f"<h2>Key points</h2><ul><li>Piers: 12 in all</li>{LIST[4:]}").key_points[0] == "Piers: 12 in all"


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "html",
    [
        f"<h2>Related</h2>{LIST}",
        f"<div class='toc'><h2>In this article</h2>{LINKS}</div>",
        f"<div class='summary-list'><h2>In this article</h2>{LIST}</div>",
        f"<h2>Summary</h2>{LINKS}",
        f"<h2>Highlights</h2><ul><li><a href='/1'>{ONE}</a><p>By Ann Lee, {TEASER}</p></li>{TEASED}</ul>",
        f"<div class='newsletter-signup'><h3>In brief</h3>{LIST}</div>",
        "<ul class='story-points'><li><a href='/1'>Harbours and piers</a><li><a href='/2'>Ferries of islands</a></ul>",
        f"<div class='sidebar'><h3>Highlights</h3>{LIST}</div>",
        f"<div id='comments'><h3>Summary</h3>{LIST}</div>",
        f"<footer><h3>Summary</h3>{LIST}</footer>",
        f"<div role='navigation'><h3>Highlights</h3>{LIST}</div>",
        f"<div class='news-highlights'><h3>Latest news</h3>{LIST}</div>",
        f"<div class='story-highlights'><a href='/1'>{ONE}</a><p>Text.</p><a href='/2'>{THREE}</a><p>{ONE}.</p></div>",
        "<div class='post-facts'><p>What is a ferry, and who pays?</p><p>How many piers are there?</p></div>",
        "<div class='key-points cookie-consent'><p>We use cookies here.</p><p>Change your mind here.</p></div>",
        "<h2>Key points</h2><p>Only a paragraph that is no list follows here.</p><p>And another one.</p>",
    ],
)
def test_does_not_take_lists_of_links_for_key_points(html, after):
    assert read(html, after=after).key_points == ()
