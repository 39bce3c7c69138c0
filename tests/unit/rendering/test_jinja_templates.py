from __future__ import annotations

import pytest

from digest.errors import RenderError
from digest.rendering.jinja_templates import render_template


@pytest.fixture
def theme(tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()

    def write(**files):
        for name, text in files.items():
            (folder / f"{name}.j2").write_text(text, encoding="utf-8")
        return folder

    return write


def test_escapes_values_in_markup_but_not_in_text(theme):
    folder = theme(**{"a.mjml": "{{ x }}", "a.txt": "{{ x }}"})
    assert render_template("a.mjml.j2", {"x": '<b> & "q"'}, folders=[folder]) == "&lt;b&gt; &amp; &#34;q&#34;"
    assert render_template("a.txt.j2", {"x": '<b> & "q"'}, folders=[folder]) == '<b> & "q"'


def test_renders_none_as_nothing_and_removes_control_characters(theme):
    folder = theme(**{"a.mjml": "[{{ x }}{{ y }}{{ y|safe }}]"})
    assert render_template("a.mjml.j2", {"x": None, "y": "a\u202e\x00b"}, folders=[folder]) == "[abab]"


def test_safe_url_filters_unsafe_addresses(theme):
    folder = theme(**{"a.mjml": "[{{ x|safe_url }}]"})
    assert render_template("a.mjml.j2", {"x": "javascript:alert(1)"}, folders=[folder]) == "[]"


def test_a_newsletter_can_override_a_single_file(theme, tmp_path):
    shipped = theme(**{"a.mjml": 'A {% include "part.j2" %}', "part": "shipped"})
    own = tmp_path / "own"
    own.mkdir()
    (own / "part.j2").write_text("own")
    assert render_template("a.mjml.j2", {}, folders=[own, shipped]) == "A own"
    assert render_template("a.mjml.j2", {}, folders=[shipped]) == "A shipped"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n{% if %}", 2, "template is invalid"),
        ("a\n\n{{ missing }}", 3, "'missing' is undefined"),
        ("a\n{{ x.nothing }}", 2, "nothing"),
        ("a\n{{ 1 / 0 }}", 2, "division by zero"),
        ("{% endfor %}", 1, "endfor"),
    ],
)
def test_an_error_names_the_template_and_the_line(theme, text, line, message):
    folder = theme(**{"a.mjml": "\n{% include 'part.j2' %}", "part": text})
    with pytest.raises(RenderError, match=message) as caught:
        render_template("a.mjml.j2", {"x": 1}, folders=[folder])
    assert str(caught.value.place) == f"templates/part.j2:{line}"


def test_the_error_for_a_missing_template_lists_the_folders(theme):
    folder = theme(**{"a.mjml": "x\n{% include 'gone.j2' %}"})
    with pytest.raises(RenderError, match=r"gone\.j2") as caught:
        render_template("a.mjml.j2", {}, folders=[folder])
    assert str(caught.value.place) == "templates/a.mjml.j2:2"
    assert str(folder) in caught.value.hint
