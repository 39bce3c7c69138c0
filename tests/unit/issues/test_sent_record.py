from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from digest.issues import IssueFolder, SentRecord
from digest.issues.sent_record import dump_sent_record

BEGAN = datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
RECORD = SentRecord(
    token="0123456789abcdef",
    audience="weekly",
    provider="outbox",
    state="sent",
    counts={"accepted": 9, "rejected": 1, "unknown": 0, "skipped": 2, "pending": 0},
    started_at=BEGAN,
    finished_at=BEGAN + timedelta(minutes=3),
)


def test_the_record_is_toml_with_the_numbers_and_times():
    assert tomllib.loads(dump_sent_record(RECORD).decode()) == {
        "token": "0123456789abcdef",
        "audience": "weekly",
        "provider": "outbox",
        "state": "sent",
        **RECORD.counts,
        "started_at": BEGAN,
        "finished_at": BEGAN + timedelta(minutes=3),
    }


def test_an_unfinished_send_has_no_time_of_its_end():
    record = replace(RECORD, state="sending", finished_at=None)
    assert "finished_at" not in tomllib.loads(dump_sent_record(record).decode())


def test_times_are_written_in_utc():
    record = replace(RECORD, started_at=BEGAN.astimezone(timezone(timedelta(hours=9))))
    assert dump_sent_record(record) == dump_sent_record(RECORD)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_name_of_an_audience_is_kept(name):
    assert tomllib.loads(dump_sent_record(replace(RECORD, audience=name)).decode())["audience"] == name


def test_a_folder_has_a_record_once_it_is_written_and_writes_the_newest(tmp_path):
    folder = IssueFolder(tmp_path, "2026-W19")
    (tmp_path / "issues" / "2026-W19").mkdir(parents=True)
    assert not folder.has_sent_record
    folder.write_sent_record(replace(RECORD, state="sending", finished_at=None))
    assert folder.has_sent_record
    folder.write_sent_record(RECORD)
    written = tomllib.loads((tmp_path / "issues" / "2026-W19" / "sent.toml").read_text())
    assert (written["state"], written["accepted"]) == ("sent", 9)
