from __future__ import annotations

from digest.errors import FetchError, Place
from digest.fetching import PrivateHostError
from digest.issues import SourceState
from digest.project import open_project
from digest.sources import SourceReading
from digest.workflow.reading_sources import _hint, _places_of_private

CONFIG = """
[newsletter]
name = "Harbour Letter"
sender = "Harbour Letter <letter@harbour.example>"

[[sources]]
id = "harbour"
feed = "https://harbour.example/feed"

[[sources]]
id = "intranet"
feed = "https://intranet.example/feed"
"""


def hint(tmp_path, error):
    (tmp_path / "digest.toml").write_text(CONFIG)
    reading = SourceReading(source="intranet", kind="feed", error=error)
    places = _places_of_private(open_project(tmp_path, cwd=tmp_path, environ={}), [reading])
    state = SourceState(source="intranet", addresses=())
    return _hint(reading, state, place=places.get("intranet"), config_file="digest.toml")


def test_the_hint_about_a_private_address_names_the_line_of_the_source(tmp_path):
    error = PrivateHostError("intranet.example is at 10.0.0.7", hint="Allow it.")
    assert hint(tmp_path, error) == "Allow it. (the source is at digest.toml:11)"


def test_other_hints_stay_as_they_are(tmp_path):
    assert hint(tmp_path, FetchError("it failed", place=Place("x"), hint="Try again.")) == "Try again."
    assert hint(tmp_path, None) == ""
