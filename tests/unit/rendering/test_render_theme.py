"""What [theme] and the newsletter's own words change in the email."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from digest.config import Config
from digest.errors import RenderError
from digest.models import Article, canonical_url

THEME = Path(__file__).parents[3] / "templates"
LETTER = [THEME / "letter", THEME]


@pytest.fixture
def configured(config):
    """The configuration with some tables changed."""

    def call(**tables):
        given = config.model_dump(exclude_unset=True)
        return Config.model_validate(given | {name: given.get(name, {}) | keys for name, keys in tables.items()})

    return call


def tree(rendered):
    return lxml_html.document_fromstring(rendered.html)


def words(element):
    return " ".join(element.text_content().split())


def test_colours_and_fonts_are_those_of_the_configuration(render, configured):
    looks = {
        "light": {"accent": "#005500", "page": "#eeeeff"},
        "dark": {"accent": "#88ff88"},
        "body_font": "Verdana, sans-serif",
    }
    html = render(config=configured(theme=looks)).html
    assert "#9a3412" not in html
    assert "#fdba74" not in html
    for value in ("#005500", "#eeeeff", "#88ff88", "Verdana, sans-serif", "#2b2a27", "Georgia"):
        assert value in html


@pytest.mark.parametrize("key", ["heading_font", "body_font"])
@pytest.mark.parametrize("value", ["x; } body { display: none", 'a"b', "url(https://a.example)", "'Open", "</style>"])
def test_a_font_can_be_nothing_but_a_list_of_names(configured, key, value):
    with pytest.raises(ValueError, match=key):
        configured(theme={key: value})


@pytest.mark.parametrize("value", ["red", "#12", "#1234567", "url(x)", "#fff; display: none"])
def test_a_colour_is_written_in_hex(configured, value):
    with pytest.raises(ValueError, match="accent"):
        configured(theme={"light": {"accent": value}})


def test_a_logo_stands_for_the_name_and_has_its_words(render, configured):
    logo = {"logo": "images/logo.png", "logo_width": 120}
    page = tree(render(config=configured(theme=logo, images={"base_url": "https://cdn.example"})))
    (image,) = page.xpath("//h1//img")
    assert [image.get(name) for name in ("src", "alt", "width")] == [
        "https://cdn.example/logo.png",
        "Harbour Letter",
        "120",
    ]
    assert words(tree(render(config=configured(theme=logo))).find(".//h1")) == "Harbour Letter"


@pytest.mark.parametrize("folders", [[THEME], LETTER])
def test_blocks_are_shown_as_the_configuration_says(render, configured, folders):
    on, off = ({"blocks": dict.fromkeys(("picture", "byline", "sponsor"), value)} for value in (True, False))
    sponsor = {"sponsor": "By **Tide Maps**"}
    shown, hidden = (
        render(config=configured(theme=blocks, newsletter=sponsor), templates=folders) for blocks in (on, off)
    )
    for part in ("tide.png", "Mara Lind", "Tide Maps"):
        assert part in shown.html
        assert part not in hidden.html
    for part in ("Mara Lind", "Tide Maps"):
        assert part in shown.text
        assert part not in hidden.text


def test_the_letter_is_made_of_the_same_blocks(render):
    card, letter = (tree(render(templates=folders)) for folders in ([THEME], LETTER))
    assert not letter.xpath("//img|//*[contains(@class, 'card')]")
    links = [set(page.xpath("//a/@href")) for page in (card, letter)]
    assert links[0] == links[1]
    assert [words(each) for each in letter.xpath("//h3")] == [words(each) for each in card.xpath("//h3")]


def test_a_newsletter_adds_rules_without_copying_a_file(render, tmp_path):
    own = tmp_path / "templates"
    own.mkdir()
    (own / "extra.css.j2").write_text("h1 { color: {{ light.accent }}; }")
    assert "color:#9a3412" in tree(render(templates=[own, THEME])).find(".//h1").get("style")


def test_the_sponsor_is_marked_as_one_and_stands_after_the_first_section(render, configured, issue):
    config = configured(newsletter={"sponsor": "By [Tide Maps](https://maps.example)"})
    rendered = render(config=config)
    (box,) = tree(rendered).find_class("box")
    assert words(box) == "SponsorBy Tide Maps"
    assert box.xpath(".//a/@href") == ["https://maps.example"]
    assert "SPONSOR\nBy Tide Maps (https://maps.example)" in rendered.text
    other = render(config=config, issue=replace(issue, sponsor="The *harbour*"))
    assert "Tide Maps" not in other.html + other.text
    assert "The harbour" in other.text
    assert not tree(render(config=config, issue=replace(issue, sponsor=""))).find_class("box")


@pytest.mark.parametrize(
    ("archive_url", "expected"),
    [
        ("https://example.org/issues", "https://example.org/issues/2026-W47/"),
        ("https://example.org/issues/", "https://example.org/issues/2026-W47/"),
        ("https://example.org/{issue}.html?from=mail", "https://example.org/2026-W47.html?from=mail"),
    ],
)
def test_the_web_copy_is_linked_where_there_is_one(render, configured, archive_url, expected):
    rendered = render(config=configured(newsletter={"archive_url": archive_url}))
    assert tree(rendered).xpath("//a[text()='Read on the web']/@href") == [expected]
    assert f"Read on the web:\n{expected}\n" in rendered.text


def test_no_archive_no_link(render, configured):
    rendered = render()
    assert "on the web" not in rendered.html + rendered.text
    with pytest.raises(ValueError, match="archive_url"):
        configured(newsletter={"archive_url": "javascript:alert(1)"})


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("story.mjml.j2", "        <{{ level }} class", "        <b>\n        <{{ level }} class", "broken"),
        ("footer.mjml.j2", '<p class="small">You', "<p class=small>You", "broken"),
        ("masthead.mjml.j2", 'css-class="pad ink"', 'css-clas="pad ink"', "no attribute css-clas"),
        ("head.mjml.j2", "<mj-divider padding", "<mj-divider paddin", "no attribute paddin"),
        ("section.mjml.j2", "      <mj-text css", "<mj-txt />\n      <mj-text css", "mj-txt"),
    ],
)
def test_broken_mjml_is_told_with_the_template_and_its_line(render, tmp_path, file, old, new, message):
    own = tmp_path / "templates"
    own.mkdir()
    text = (THEME / file).read_text(encoding="utf-8").replace(old, new, 1)
    (own / file).write_text(text, encoding="utf-8")
    with pytest.raises(RenderError, match=message) as caught:
        render(templates=[own, THEME])
    line = text[: text.index(new.strip())].count("\n") + 1
    assert str(caught.value.place) == f"templates/{file}:{line}"


@pytest.mark.parametrize("folders", [[THEME], LETTER])
@pytest.mark.parametrize(
    "evil",
    [
        '"/><mj-image src="https://evil.example/x.png"/>',
        "</mj-text></mj-column></mj-section><mj-raw><script>alert(1)</script></mj-raw>",
        "{{ 7 * 7 }}{% include 'x' %}{# x #}",
        "]]><!--[if mso]><b>",
        "<!-- a -- b --> <style>p { color: red }</style>",
        "\u202egnp.exe\u2066\u0000\x92",
        "W" * 100_000,
        "& &amp; &#x3c;script&#x3e; \\u{202e} \\",
        "[[email]] [[name|there]] [[unsubscribe_url]]",
    ],
)
def test_hostile_words_are_words_everywhere(render, configured, issue, folders, evil):
    section = issue.sections[0]
    lead = section.stories[0]
    candidates = (replace(lead.candidates[0], bullet=replace(lead.candidates[0].bullet, text=evil)),)
    lead = replace(lead, headline=evil, note=evil, candidates=candidates, also=())
    hostile = replace(
        issue,
        subject=evil,
        preheader=evil,
        intro=evil,
        sponsor=evil,
        sections=(replace(section, title=evil, text=evil, stories=(lead,)),),
    )
    article = Article(
        url=lead.url, title=evil, text=evil, authors=(evil,), image="https://images.example/tide.png", language="en"
    )
    config = configured(newsletter={"name": f"H {evil}".replace("\u0000", ""), "postal_address": evil})
    rendered = render(issue=hostile, articles={canonical_url(lead.url): article}, config=config, templates=folders)
    page = tree(rendered)
    assert not page.xpath("//script|//b")
    assert not page.xpath("//body//style")
    assert {each.get("src") for each in page.iter("img")} <= {"https://images.example/tide.png"}
    assert "49" not in {words(each) for each in page.iter("h2", "h3")}
    assert "\u202e" not in rendered.html + rendered.text
    assert all(link.startswith(("https://", "digest-")) for link in page.xpath("//a/@href"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " JaVaScRiPt:alert(1)", "vbscript:x", 'https://a"onx=1']
)
def test_a_hostile_address_is_no_link(render, issue, url):
    section = issue.sections[0]
    lead = replace(section.stories[0], url=url, headline="Towns")
    page = tree(render(issue=replace(issue, intro=f"[x]({url})", sections=(replace(section, stories=(lead,)),))))
    assert all(link.startswith(("https://", "digest-")) for link in page.xpath("//a/@href"))
    assert not page.xpath("//*[@onx]")
