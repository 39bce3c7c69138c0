"""What a template cannot reach, and how much work it may do."""

from __future__ import annotations

import pytest

from digest.errors import RenderError
from digest.rendering.jinja_templates import render_template

NESTED = 3000


@pytest.fixture
def rendered(tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()

    def render(text, **context):
        (folder / "issue.mjml.j2").write_text("{% include 'block.j2' %}", encoding="utf-8")
        (folder / "block.j2").write_text(f"first line\n{text}", encoding="utf-8")
        return render_template("issue.mjml.j2", {"number": 7, **context}, folders=[folder])

    return render


def refusal(rendered, text):
    with pytest.raises(RenderError) as caught:
        rendered(text)
    assert str(caught.value.place) == "templates/block.j2:2"
    return caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "{{ joiner.__init__.__globals__ }}",
        "{{ lipsum.__globals__['os'].listdir('/') }}",
        "{% set kind = ().__class__ %}",
        "{% if number.__class__ is defined %}yes{% endif %}",
        "{{ number.__class__|default('none') }}",
        "{{ number['__class__'] }}",
        "{{ number['\\x5f\\x5fclass\\x5f\\x5f'] }}",
        "{{ number|attr('__' ~ 'class__') }}",
        "{{ [number]|map(attribute='__class__')|list }}",
        "{{ [number]|map('attr', '__class__')|list }}",
        "{{ [number]|sort(attribute='__class__')|list }}",
        "{{ [number]|groupby('__class__') }}",
        "{{ [number]|selectattr('__class__')|list }}",
        "{{ '{0.__class__}'.format(number) }}",
        "{{ ('{0.__class__}'|safe).format(number) }}",
        "{{ '{n.__class__}'.format_map({'n': number}) }}",
        "{{ ('{0.__class__}'|attr('format'))(number) }}",
        "{{ self._TemplateReference__context }}",
        "{{ dict.mro() }}",
        "{{ (range(3)|map('string')).gi_frame }}",
        "{% for one in [1] %}{{ loop._iterator }}{% endfor %}",
        "{% macro box() %}{% endmacro %}{{ box._func }}",
    ],
)
def test_python_is_out_of_reach(rendered, text):
    assert "may not" in refusal(rendered, text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'ab' * 900000000 }}",
        "{{ [0] * 900000000 }}",
        "{{ 3 ** 900000000 }}",
        "{{ 'ab'|center(900000000) }}",
        "{{ 'ab'.ljust(900000000) }}",
        "{{ (255).to_bytes(900000000, 'big') }}",
        "{{ 'ab'.zfill(900000000) }}",
        "{{ '%900000000d' % number }}",
        "{{ '%*d' % (900000000, number) }}",
        "{{ '%900000000d'|format(number) }}",
        "{{ '{:>900000000}'.format('') }}",
        "{{ '{:{width}}'.format('', width=900000000) }}",
        "{{ [1]|batch(900000000, 'x')|list }}",
        "{{ 1.5|round(900000000, 'ceil') }}",
        "{{ lipsum(n=900000000) }}",
        "{{ ('a' * 90000)|replace('', 'b' * 90000) }}",
        "{{ ('a' * 90000).replace('a', 'b' * 90000) }}",
        "{{ ('a' * 90000).join(range(9999)|map('string')) }}",
        "{{ range(9999)|join('a' * 90000) }}",
        "{{ ('{0}' * 9000).format('a' * 90000) }}",
        "{% set box = namespace(t='ab') %}{% for one in range(99) %}{% set box.t = box.t ~ box.t %}{% endfor %}",
        "{% set box = namespace(t='ab') %}{% for one in range(99) %}{% set box.t = box.t + box.t %}{% endfor %}",
        "{% set b = namespace(t='a') %}{% for n in range(99) %}{% set b.t %}{{ b.t }}{{ b.t }}{% endset %}{% endfor %}",
        "{% set all = [1] %}{% for one in range(99) %}{% set _ = all.extend(all) %}{% endfor %}",
        "{% for one in range(99999) %}{{ 'a' * 9000 }}{% endfor %}",
    ],
)
def test_a_text_cannot_fill_the_memory(rendered, text):
    assert "may not do" in refusal(rendered, text)


def test_a_range_is_limited(rendered):
    assert "Range too big" in refusal(rendered, "{{ range(900000000)|list }}")


@pytest.mark.long
def test_a_loop_ends(rendered):
    text = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    assert "steps" in refusal(rendered, text)


@pytest.mark.parametrize(
    "text",
    [
        "{% macro box() %}{{ box() }}{% endmacro %}{{ box() }}",
        "{% include 'block.j2' %}",
        "{% for one in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    ],
)
def test_endless_recursion_is_an_error(rendered, text):
    assert refusal(rendered, text) == "the template includes or calls itself without end"


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * NESTED + "1" + ")" * NESTED + " }}",
        "{{ 1" + " + 1" * NESTED + " }}",
        "{{ number" + ".a" * NESTED + " }}",
        "{{ " + "-" * NESTED + "1 }}",
        "{% if 1 %}" * 120 + "{% endif %}" * 120,
        "{% for a in [1] %}" * 25 + "{% endfor %}" * 25,
    ],
)
def test_deep_nesting_is_an_error(rendered, text):
    assert "nested too deeply" in refusal(rendered, text)


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/hosts", "link.j2"])
@pytest.mark.parametrize("tag", ["{{% include '{}' %}}", "{{% import '{}' as other %}}", "{{% extends '{}' %}}"])
def test_files_outside_the_theme_are_out_of_reach(rendered, tmp_path, path, tag):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "templates" / "link.j2").symlink_to(tmp_path / "secret.txt")
    refusal(rendered, tag.format(path))


def test_a_link_within_the_theme_is_a_template(rendered, tmp_path):
    (tmp_path / "templates" / "real.j2").write_text("box")
    (tmp_path / "templates" / "link.j2").symlink_to(tmp_path / "templates" / "real.j2")
    assert rendered("{% include 'link.j2' %}").endswith("box")


def test_ordinary_templates_work(rendered):
    text = (
        "{% macro pair(a, b) %}{{ a|upper }}:{{ '%04d'|format(b) }}:{{ '{}>{:>3}'.format(a, b) }}{% endmacro %}"
        "{% for n in range(2, 4) %}{{ pair('bay', n) }}{{ '' if loop.last else ', ' }}{% endfor %}; "
        "{% set words = ['x'] %}{% set _ = words.append('y') %}{{ words|join('+') }}; {{ 'Pier'.replace('P', 'T') }}; "
        "{{ 2 ** 10 }}; {{ '=' * 5 }}; {{ number ~ '!' }}; {{ ' a '.strip().center(3)|replace(' ', '.') }}; "
        "{{ ('%s <' % 'a')|e }}; {{ '{a}'.format_map({'a': 1}) }}"
    )
    assert rendered(text) == (
        "first line\nBAY:0002:bay&gt;  2, BAY:0003:bay&gt;  3; x+y; Tier; 1024; =====; 7!; .a.; a &lt;; 1"
    )
