from __future__ import annotations

import pytest

from digest.sources import extract_article

SENTENCES = [
    f"The harbour of the town was dredged for the {word} time on Monday, and the ferries came back at noon."
    for word in ("first", "second", "third", "fourth", "fifth")
]
SECRET = "Cheap anchors at the best price of the country are to be had in our shop at the northern quay."


def text_of(body, head=""):
    page = f"<html><head><title>Ferries</title>{head}</head><body><article>{body}</article></body></html>"
    return extract_article(page, url="https://www.news.example/ferries").text


def with_secret(element):
    paragraphs = [f"<p>{sentence}</p>" for sentence in SENTENCES]
    return "".join([*paragraphs[:3], element, *paragraphs[3:]])


@pytest.mark.parametrize(
    "style",
    [
        "display: none !important",
        "visibility:hidden",
        "opacity:0",
        "OPACITY: 0.0",
        "filter:opacity(0)",
        "font-size:0",
        "font-size: 0px",
        "font-size:1px",
        "font:0/0 a",
        "position:absolute;left:-9999px",
        "position: fixed; top: -100vh",
        "text-indent:-9999px",
        "margin-left:-5000px",
        "transform:translateX(-9999px)",
        "transform:scale(0)",
        "position:absolute;clip:rect(0 0 0 0)",
        "position:absolute;clip:rect(1px, 1px, 1px, 1px)",
        "clip-path: inset(50%)",
        "width:1px;height:1px;overflow:hidden",
        "max-height:0;overflow:hidden",
        "color:#ffffff;background-color:#fff",
        "color:white",
        "color: rgb(255, 255, 255)",
        "color:transparent",
        "color:rgba(0,0,0,0)",
    ],
)
def test_leaves_out_what_a_style_hides(style):
    text = text_of(with_secret(f"<p style='{style}'>{SECRET}</p>"))
    assert "anchors" not in text
    assert all(sentence in text for sentence in SENTENCES)


@pytest.mark.parametrize(
    "element",
    ["<p hidden>{}</p>", "<div aria-hidden='true'><p>{}</p></div>", "<template><p>{}</p></template>",
     "<noscript><p>{}</p></noscript>", "<dialog><p>{}</p></dialog>"],
)  # fmt: skip
def test_leaves_out_hidden_elements(element):
    assert "anchors" not in text_of(with_secret(element.format(SECRET)))


@pytest.mark.parametrize(
    "sheet",
    [
        ".x7 { opacity: 0 }",
        "#note{font-size:0}",
        "p.x7, .other { position:absolute; left:-4000px }",
        "@media screen { .x7 { display:none } }",
        "/* p { */ .x7 { color: #fefefe }",
        ".x7 { display: block } .x7 { display: none }",
        "@import url(a.css); .x7 { visibility: hidden }",
    ],
)
def test_leaves_out_what_the_sheet_of_the_page_hides(sheet):
    text = text_of(with_secret(f"<p id=note class=x7>{SECRET}</p>"), f"<style>{sheet}</style>")
    assert "anchors" not in text
    assert SENTENCES[4] in text


@pytest.mark.parametrize(
    ("element", "head"),
    [
        ("<p style='opacity:0.9'>{}</p>", ""),
        ("<p style='position:relative;left:50%;margin-left:-50vw'>{}</p>", ""),
        ("<div style='font-size:0'><p style='font-size:17px'>{}</p></div>", ""),
        ("<p style='opacity:0;animation:show 1s forwards'>{}</p>", ""),
        ("<p class='fade-in' style='opacity:0'>{}</p>", ""),
        ("<p data-aos='fade-up' style='opacity:0'>{}</p>", ""),
        ("<p style='color:#fff;background:#123'>{}</p>", ""),
        ("<div style='background:url(a.png)'><p style='color:#fff'>{}</p></div>", ""),
        ("<div class=dark><p style='color:#fff'>{}</p></div>", "<style>.dark{background:#000}</style>"),
        ("<p style='color:#fff'>{}</p>", "<link rel=stylesheet href=a.css>"),
        ("<p style='color:inherit'>{}</p>", ""),
        ("<p class=x7>{}</p>", "<style>@media print { .x7 { display:none } }</style>"),
        ("<p class=x7>{}</p>", "<style>@media (max-width: 600px) { .x7 { display:none } } .y{}</style>"),
        ("<p class=x7>{}</p>", "<style media=print>.x7{display:none}</style>"),
        ("<p class=x7>{}</p>", "<style>.x7{display:none} .x7{display:block}</style>"),
        ("<p class=x7>{}</p>", "<style>.no-js .x7{display:none}</style>"),
        ("<p hidden=until-found>{}</p>", ""),
        ("<details><summary>More</summary><p>{}</p></details>", ""),
    ],
)
def test_keeps_what_a_style_hides_from_nobody(element, head):
    assert "anchors" in text_of(with_secret(element.format(SECRET)), head)


@pytest.mark.parametrize("style", ["opacity:0", "display:none", "visibility:hidden", "font-size:0"])
def test_keeps_an_article_that_a_script_reveals(style):
    whole = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    assert SENTENCES[2] in text_of(f"<div style='{style}'>{whole}</div>")
    each = "".join(f"<p style='{style}'>{sentence}</p>" for sentence in SENTENCES)
    assert SENTENCES[2] in text_of(each)


@pytest.mark.parametrize("sheet", ["{" * 9000, "}" * 9000, ".a{" * 5000, "/*" * 9000, ".a{left:" + "-" * 90000 + "}"])
def test_reads_any_sheet_in_linear_time(sheet):
    assert SENTENCES[0] in text_of(with_secret("<p>x</p>"), f"<style>{sheet}</style>")
