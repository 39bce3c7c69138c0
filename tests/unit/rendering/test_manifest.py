from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import IssueError, OldBuildError
from digest.models import IssueId, Manifest
from digest.rendering import dump_manifest, load_build, load_manifest, manifest_token, not_after

WEEK_END = datetime(2026, 11, 22, 23, tzinfo=UTC)  # Monday, midnight in Berlin


def last_moment(now, days=7):
    return not_after("2026-W47", timezone="Europe/Berlin", days=days, now=now)


def test_a_build_expires_some_days_after_its_week():
    assert last_moment(WEEK_END - timedelta(days=3)) == WEEK_END + timedelta(days=7)
    assert last_moment(WEEK_END + timedelta(days=6)) == WEEK_END + timedelta(days=7)


def test_building_again_after_it_has_expired_moves_the_moment():
    assert last_moment(WEEK_END + timedelta(days=7)) == WEEK_END + timedelta(days=14)
    assert last_moment(WEEK_END + timedelta(days=20), days=3) == WEEK_END + timedelta(days=21)


@given(st.integers(-40_000, 40_000), st.integers(1, 30))
def test_the_moment_is_the_first_multiple_after_now(hours, days):
    now, step = WEEK_END + timedelta(hours=hours), timedelta(days=days)
    moment = last_moment(now, days=days)
    assert moment > now
    assert (moment - WEEK_END) % step == timedelta(0)
    assert moment == WEEK_END + step or moment - step <= now
    assert IssueId.parse("2026-W47").week_bounds("Europe/Berlin")[1] == WEEK_END


def test_reads_a_manifest_as_it_was_written(render):
    manifest = render().manifest
    data = dump_manifest(manifest)
    assert load_manifest(data) == manifest
    assert dump_manifest(load_manifest(data)) == data


def test_the_file_is_sorted_json_with_a_final_line_end(render):
    data = dump_manifest(render().manifest)
    table = json.loads(data)
    assert list(table) == sorted(table)
    assert data.endswith(b"}\n")
    assert table["not_after"] == "2026-11-29T23:00:00Z"


def test_the_token_is_32_hex_digits_and_depends_on_every_field(render):
    manifest = render().manifest
    other = {"not_after": manifest.not_after + timedelta(days=7), "tags": (), "stories": ("x",)}
    other |= {"audience_files": ("x.csv",), "route": (("providers.smtp.port", "26"),)}
    changed = [replace(manifest, **{f.name: other.get(f.name, "other")}) for f in fields(Manifest)]
    tokens = {manifest_token(variant) for variant in (manifest, *changed)}
    assert len(tokens) == len(changed) + 1
    assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"schema_version": 2}', b'{"schema_version": 9}'])
def test_refuses_data_that_is_not_a_manifest(data):
    with pytest.raises(IssueError) as caught:
        load_manifest(data)
    assert caught.value.place.file == "build/manifest.json"
    assert "digest build" in caught.value.hint


def test_a_build_of_an_earlier_version_is_refused(render):
    table = json.loads(dump_manifest(render().manifest))
    for name in ("route", "audience_files"):
        del table[name]
    with pytest.raises(OldBuildError, match="build it again") as caught:
        load_manifest(json.dumps(table | {"schema_version": 1}).encode())
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("change", [{"route": {"providers.smtp.port": 25}}, {"route": ["a"]}, {"audience_files": 7}])
def test_refuses_a_route_of_another_form(render, change):
    table = json.loads(dump_manifest(render().manifest))
    with pytest.raises(IssueError):
        load_manifest(json.dumps(table | change).encode())


def test_refuses_a_value_of_another_type(render):
    table = json.loads(dump_manifest(render().manifest))
    with pytest.raises(IssueError):
        load_manifest(json.dumps(table | {"sender": 7}).encode())


def test_loads_a_build_as_it_was_rendered(render):
    rendered = render()
    assert load_build(rendered.html.encode(), rendered.text.encode(), dump_manifest(rendered.manifest)) == rendered


@pytest.mark.parametrize("part", ["html", "text"])
def test_refuses_a_part_that_was_changed_by_hand(render, part):
    rendered = render()
    parts = {"html": rendered.html.encode(), "text": rendered.text.encode()}
    parts[part] = parts[part].replace(b"tide", b"TIDE")
    with pytest.raises(IssueError, match="another hash") as caught:
        load_build(**parts, manifest=dump_manifest(rendered.manifest))
    assert caught.value.place.file == {"html": "build/email.html", "text": "build/email.txt"}[part]


def test_refuses_positions_that_were_changed_by_hand(render):
    rendered = render()
    tag = replace(rendered.manifest.tags[0], html=(3,))
    manifest = dump_manifest(replace(rendered.manifest, tags=(tag,)))
    with pytest.raises(IssueError, match="unsubscribe_url"):
        load_build(rendered.html.encode(), rendered.text.encode(), manifest)
