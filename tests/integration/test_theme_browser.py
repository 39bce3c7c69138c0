from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from css_inline import CSSInliner

from digest.config import Config
from digest.models import Article, Bullet, Candidate, Issue, Mention, Section, Story, canonical_url
from digest.rendering.css_inlining import inline_css
from digest.rendering.jinja_templates import render_template
from digest.rendering.mjml import render_mjml
from digest.rendering.theme_view import view_issue

pytestmark = pytest.mark.browser

THEME = Path(__file__).parents[2] / "templates"
PICTURE = "https://images.example/tide.svg"
LOGO = "https://images.example/logo.svg"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="600"><path d="M0 0h1200v600H0z"/></svg>'
LONG = (
    "Court rules that a municipality which published its maps late must compensate every household that bought a home"
)
SCHEMES = ("light", "dark")
ENGLISH_BULLET = "With one bullet in English (2)."
HEBREW_BULLET = "שלוש ערים, 3 נמלים."
OTHERS = ("الجزيرة", "Tide", "BBC News", "The Coastal Times", "Frankfurter Allgemeine Zeitung", "c.example", "x" * 120)
#: Pixels that a list's dot needs beside its item, in the widest text of the theme.
DOT = 20


def story(number, headline, *texts, note="", others=()):
    candidates = tuple(Candidate(bullet=Bullet(text=text)) for text in texts)
    also = tuple(Mention(name=name, url=f"https://other.example/{name}") for name in others)
    return Story(url=f"https://news.example/{number}", headline=headline, note=note, candidates=candidates, also=also)


def context(language, theme):
    """An issue with everything that breaks layouts."""
    arabic = story(3, "مدينة ساحلية تعيد رسم خرائطها", "يبدأ العمل في الربيع", ENGLISH_BULLET, others=OTHERS[:2])
    english = story(1, "Towns make peace with the tide", "One", HEBREW_BULLET, note="First.", others=OTHERS)
    issue = Issue(
        id="2026-W47",
        subject="Three towns and the tide 👩‍💻",
        preheader="Eight reads, nine minutes",
        intro="Good *morning*, see [all](https://a.example).\n\n- one\n- two\n\n> quoted\n\n```\n"
        + "code " * 40
        + "\n```",
        sections=(
            Section(title="World", stories=(english, arabic)),
            Section(
                title="בעולם",
                text="A *calm* week.",
                stories=(story(2, LONG, "With a **bold** and a [link](https://b.example)"),),
            ),
            Section(
                stories=(
                    story(4, "W" * 90, "x" * 120),
                    story(5, "समुद्र तट के गाँव 👩‍💻", "หมู่บ้านริมทะเลทุกแห่งมีหนึ่งคนที่เฝ้าดูน้ำขึ้นน้ำลง"),
                    story(6, "Bare"),
                )
            ),
        ),
    )
    article = Article(
        url="https://news.example/1",
        title="t",
        text="x",
        authors=("Mara Lind", "ليلى حداد", "Jon Ek"),
        published=datetime(2026, 11, 17, tzinfo=UTC),
        image=PICTURE,
    )
    newsletter = {
        "name": "Harbour Letter",
        "sender": "Harbour Letter <news@example.org>",
        "postal_address": "1 Example Street, 12345 Town",
        "homepage": "https://example.org",
        "language": language,
        "archive_url": "https://example.org/issues",
        "sponsor": "**Tide Maps** print charts on linen:\n\n- [choose one](https://maps.example)\n- " + "y" * 90,
    }
    looks = {"name": theme, "logo": LOGO, "blocks": {"picture": True, "byline": True}}
    config = Config.model_validate({"newsletter": newsletter, "theme": looks})
    view = view_issue(issue, articles={canonical_url(article.url): article}, config=config)
    parts = {"newsletter": view.newsletter, "theme": view.theme, "issue": view.issue}
    return {**parts, "unsubscribe_url": "https://example.org/u/x"}


@pytest.fixture(scope="module", params=[("en", "standard"), ("ar", "standard"), ("en", "letter")], ids="-".join)
def pages(request):
    """The email with its style sheet in the head, and as it is sent."""
    language, theme = request.param
    folders = [THEME / theme, THEME] if theme == "letter" else [THEME]
    page = render_mjml(render_template("issue.mjml.j2", context(language, theme), folders=folders))
    return page.html.replace("</head>", f"<style>{page.css}</style></head>"), inline_css(page.html, page.css)


@pytest.fixture
def show(chromium):
    opened = []

    def call(html, *, width, scheme="light", images=True):
        browser = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(browser)
        page = browser.new_page()
        answer = {"body": SVG, "content_type": "image/svg+xml"}
        page.route(
            "**/*",
            lambda route: route.fulfill(**answer) if images and route.request.url in (PICTURE, LOGO) else route.abort(),
        )
        page.set_content(html)
        return page

    yield call
    for browser in opened:
        browser.close()


@pytest.mark.parametrize("width", [640, 375])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_inlining_the_styles_changes_no_pixel(pages, show, width, scheme):
    before, after = (show(html, width=width, scheme=scheme).screenshot(full_page=True) for html in pages)
    assert before == after


@pytest.mark.parametrize("width", [640, 375])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_another_inliner_gives_the_same_pixels(pages, show, width, scheme):
    oracle = CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(pages[0])
    screenshots = (show(html, width=width, scheme=scheme).screenshot(full_page=True) for html in (oracle, pages[1]))
    assert len(set(screenshots)) == 1


def too_wide(page, width):
    return page.evaluate(
        """width => [...document.body.querySelectorAll("*")]
            .map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
            .filter(([, box]) => box.right > width + .5 || box.left < -.5)
            .map(([html]) => html)""",
        width,
    )


@pytest.mark.parametrize("width", [320, 375, 640])
def test_nothing_is_wider_than_the_screen(pages, show, width):
    assert too_wide(show(pages[1], width=width), width) == []


def test_without_a_style_sheet_the_email_looks_the_same_on_a_desktop_and_fits_a_phone(pages, show):
    """Gmail drops style sheets for accounts of other providers, and in the browser of a phone."""
    bare = re.sub(r"<style\b.*?</style>", "", pages[1], flags=re.DOTALL)
    look = """() => [...document.querySelectorAll(".head, .meta, li, .read a, .label, .box, h1")].map(element => {
        const {fontSize, fontFamily, color, backgroundColor, textAlign} = getComputedStyle(element);
        return [element.textContent, fontSize, fontFamily, color, backgroundColor, textAlign].join("|");
    })"""
    styled, unstyled = (show(html, width=640).evaluate(look) for html in (pages[1], bare))
    assert len(styled) > 20
    assert unstyled == styled
    assert too_wide(show(bare, width=320), 320) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_email_passes_axe(pages, show, scheme):
    # These rules are for whole pages; webmail shows an email inside a page of its own.
    rules = {rule: {"enabled": False} for rule in ("region", "landmark-one-main")}
    results = Axe().run(show(pages[1], width=640, scheme=scheme), options={"rules": rules})
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in results.response["violations"]] == []


def test_no_element_stays_light_in_dark_mode(pages, show):
    page = show(pages[1], width=640, scheme="dark")
    grounds = page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
            .map(element => getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number))
            .filter(([, , , alpha = 1]) => alpha > 0)
            .map(([red, green, blue]) => Math.max(red, green, blue))"""
    )
    assert len(grounds) >= 3
    assert max(grounds) < 64


def test_actions_are_large_enough_for_a_thumb(pages, show):
    heights = show(pages[1], width=375).eval_on_selector_all(
        ".read a, a.leave", "links => links.map(link => link.getBoundingClientRect().height)"
    )
    assert len(heights) == 7
    assert min(heights) >= 44


@pytest.mark.parametrize("width", [640, 375])
def test_small_links_have_enough_space_between_them(pages, show, width):
    """WCAG 2.2, success criterion 2.5.8: circles of 24 pixels centred on small targets do not intersect."""
    boxes = show(pages[1], width=width).eval_on_selector_all(
        ".also a, .read a",
        """links => links.flatMap((link, number) => [...link.getClientRects()].map(box => (
            {number, x: box.x + box.width / 2, y: box.y + box.height / 2})))""",
    )
    apart = [
        math.hypot(first["x"] - other["x"], first["y"] - other["y"])
        for first, other in combinations(boxes, 2)
        if first["number"] != other["number"]
    ]
    assert len({box["number"] for box in boxes}) == len(OTHERS) + 2 + 6
    assert min(apart) >= 24


@pytest.mark.parametrize("scheme", SCHEMES)
def test_also_reported_by_looks_like_the_date(pages, show, scheme):
    colours = show(pages[1], width=640, scheme=scheme).eval_on_selector_all(
        ".meta, .also a", "elements => elements.map(element => getComputedStyle(element).color)"
    )
    assert len(colours) > len(OTHERS)
    assert len(set(colours)) == 1


def test_with_images_blocked_the_name_replaces_the_logo(pages, show):
    name = show(pages[1], width=640, images=False).locator("h1 img")
    assert name.get_attribute("alt") == "Harbour Letter"
    assert name.bounding_box()["height"] > 16


def test_a_blocked_image_leaves_no_gap(pages, show):
    page = show(pages[1], width=640, images=False)
    assert (
        page.locator(".picture img").bounding_box() is None
        or page.locator(".picture img").bounding_box()["height"] == 0
    )


@pytest.mark.parametrize("width", [640, 375])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_bullet_is_in_the_column_with_its_dot_on_the_storys_side(pages, show, width, scheme):
    items = show(pages[1], width=width, scheme=scheme).eval_on_selector_all(
        "ul > li",
        """items => items.map(item => {
            const [box, column] = [item, item.closest("div")].map(element => element.getBoundingClientRect());
            const direction = getComputedStyle(item).direction;
            const head = item.closest("div").querySelector(".head") ?? item.closest("div");
            return {
                direction,
                expected: getComputedStyle(head).direction,
                start: direction === "rtl" ? column.right - box.right : box.left - column.left,
                end: direction === "rtl" ? box.left - column.left : column.right - box.right,
            };
        })""",
    )
    assert {item["direction"] for item in items} == {"ltr", "rtl"}
    assert [item for item in items if item["direction"] != item["expected"]] == []
    assert [item for item in items if item["start"] < DOT or item["end"] < 0] == []


@pytest.mark.parametrize("width", [640, 375])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_list_reaches_into_the_margins(pages, show, width, scheme):
    page = show(pages[1], width=width, scheme=scheme)
    page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    cell = page.locator("td.ink:has(li)").first.bounding_box()
    margin = {"y": 0, "width": 20, "height": page.viewport_size["height"]}
    sides = [{"x": x, **margin} for x in (cell["x"], cell["x"] + cell["width"] - 20)]

    def ink():
        return [page.screenshot(clip=side) for side in sides]

    written = ink()
    page.add_style_tag(content="ul { visibility: hidden; }")
    assert ink() == written


def test_a_bullet_in_the_other_direction_keeps_the_order_of_its_words(pages, show):
    page = show(pages[1], width=640)

    def ends(text):
        item = page.get_by_role("listitem").filter(has_text=text)
        return item.evaluate(
            """item => {
                const nodes = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
                const text = nodes.nextNode();
                return [0, text.length - 1].map(offset => {
                    const range = new Range();
                    range.setStart(text, offset);
                    range.setEnd(text, offset + 1);
                    return range.getBoundingClientRect().left;
                });
            }"""
        )

    first, full_stop = ends(ENGLISH_BULLET)
    assert first < full_stop
    first, full_stop = ends(HEBREW_BULLET)
    assert first > full_stop
