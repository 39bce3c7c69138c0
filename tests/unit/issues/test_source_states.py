from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import IssueError
from digest.issues import IssueFolder, SourceState
from digest.issues.source_state import dump_source_states, load_source_states

MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
STATES = st.builds(
    SourceState,
    source=st.text(min_size=1),
    addresses=st.lists(st.text()).map(tuple),
    counted=st.integers(0, 1000),
    read_on=st.none() | st.dates(),
    newest=st.none() | MOMENTS,
    failing_since=st.none() | MOMENTS,
    error=st.text(),
    moved_to=st.text(),
    gone=st.booleans(),
)


@given(st.lists(STATES, unique_by=lambda state: state.source))
def test_what_is_written_is_read(states):
    loaded = load_source_states(dump_source_states(states), file="sources.json")
    assert list(loaded.values()) == states


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"schema_version": 1}', "sources is missing"),
        (b'{"schema_version": 1, "sources": [{"id": 3}]}', "not what digest wrote"),
        (b'{"schema_version": 2, "sources": []}', "a newer version of digest wrote this"),
    ],
)
def test_a_damaged_file_is_named(data, message):
    with pytest.raises(IssueError, match=message) as caught:
        load_source_states(data, file="issues/2026-W47/sources.json")
    assert caught.value.place.file == "issues/2026-W47/sources.json"


def test_a_folder_stores_source_states(tmp_path):
    folder = IssueFolder(tmp_path, "2026-W47")
    assert folder.read_source_states() == {}
    state = SourceState(source="world", addresses=("https://world.example/feed",), counted=3)
    folder.write_source_states([state])
    assert folder.read_source_states() == {"world": state}
