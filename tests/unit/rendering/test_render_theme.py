"""How [theme] and the configured texts change the email."""

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


def test_uses_the_colours_and_fonts_of_the_configuration(render, configured):
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
def test_a_font_is_a_list_of_names(configured, key, value):
    with pytest.raises(ValueError, match=key):
        configured(theme={key: value})


@pytest.mark.parametrize("value", ["red", "#12", "#1234567", "url(x)", "#fff; display: none"])
def test_a_colour_is_a_hex_value(configured, value):
    with pytest.raises(ValueError, match="accent"):
        configured(theme={"light": {"accent": value}})


def test_a_logo_replaces_the_name_and_has_it_as_alternative_text(render, configured):
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
def test_shows_the_blocks_that_the_configuration_turns_on(render, configured, folders):
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


def test_the_letter_theme_has_the_same_blocks(render):
    card, letter = (tree(render(templates=folders)) for folders in ([THEME], LETTER))
    assert not letter.xpath("//img|//*[contains(@class, 'card')]")
    links = [set(page.xpath("//a/@href")) for page in (card, letter)]
    assert links[0] == links[1]
    assert [words(heading) for heading in letter.xpath("//h3")] == [words(heading) for heading in card.xpath("//h3")]


def test_a_newsletter_can_add_css_without_copying_a_file(render, tmp_path):
    own = tmp_path / "templates"
    own.mkdir()
    (own / "extra.css.j2").write_text("h1 { color: {{ light.accent }}; }")
    assert "color:#9a3412" in tree(render(templates=[own, THEME])).find(".//h1").get("style")


def test_the_sponsor_is_labelled_and_follows_the_first_section(render, configured, issue):
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
def test_links_the_page_in_the_archive(render, configured, archive_url, expected):
    rendered = render(config=configured(newsletter={"archive_url": archive_url}))
    assert tree(rendered).xpath("//a[text()='Read on the web']/@href") == [expected]
    assert f"Read on the web:\n{expected}\n" in rendered.text


def test_has_no_archive_link_without_an_archive(render, configured):
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
def test_an_error_in_mjml_names_the_template_and_its_line(render, tmp_path, file, old, new, message):
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
def test_hostile_text_is_only_text_everywhere(render, configured, issue, folders, evil):
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
    assert {image.get("src") for image in page.iter("img")} <= {"https://images.example/tide.png"}
    assert "49" not in {words(heading) for heading in page.iter("h2", "h3")}
    assert "\u202e" not in rendered.html + rendered.text
    assert all(link.startswith(("https://", "digest-")) for link in page.xpath("//a/@href"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " JaVaScRiPt:alert(1)", "vbscript:x", 'https://a"onx=1']
)
def test_an_unsafe_address_is_not_linked(render, issue, url):
    section = issue.sections[0]
    lead = replace(section.stories[0], url=url, headline="Towns")
    page = tree(render(issue=replace(issue, intro=f"[x]({url})", sections=(replace(section, stories=(lead,)),))))
    assert all(link.startswith(("https://", "digest-")) for link in page.xpath("//a/@href"))
    assert not page.xpath("//*[@onx]")
