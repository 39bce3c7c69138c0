from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_config, source_places
from digest.config.config_edit import NewSource, source_id, with_sources
from digest.errors import ConfigError, Place

CONFIG = """# mine
[newsletter]
name = "Harbour Letter"
sender = "Harbour Letter <news@example.org>"

[[sources]]
id = "world"  # the first
feed = "https://world.example/feed"
"""
TWO = [
    NewSource(id="courier", feed="https://courier.example/feed", name='The "Courier"', section="Town"),
    NewSource(id="gazette", feed="https://gazette.example/feed"),
]


def test_new_sources_are_added_at_the_end_of_the_file(tmp_path):
    path = tmp_path / "digest.toml"
    path.write_text(CONFIG)
    assert with_sources(tmp_path, TWO).write(undo=tmp_path / "undo") == "digest.toml"
    assert path.read_text().startswith(CONFIG)
    sources = load_config(tmp_path).sources
    assert [(source.id, source.feed, source.name, source.section) for source in sources[1:]] == [
        ("courier", "https://courier.example/feed", 'The "Courier"', "Town"),
        ("gazette", "https://gazette.example/feed", "", ""),
    ]
    assert (tmp_path / "undo" / "digest.toml").read_text() == CONFIG
    places = source_places(tmp_path)
    assert places["world"] == Place("digest.toml", 7)
    assert places["gazette"].line == path.read_text().splitlines().index('id = "gazette"') + 1


def test_sources_are_added_to_the_table_of_a_pyproject(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text(CONFIG.replace("[newsletter]", "[tool.digest.newsletter]").replace("[[s", "[[tool.digest.s"))
    assert with_sources(tmp_path, TWO).write(undo=tmp_path / "undo") == "pyproject.toml"
    assert [source.id for source in load_config(tmp_path).sources] == ["world", "courier", "gazette"]
    assert source_places(tmp_path)["world"] == Place("pyproject.toml", 7)


def test_windows_line_ends_are_kept(tmp_path):
    path = tmp_path / "digest.toml"
    path.write_bytes(CONFIG.replace("\n", "\r\n").encode())
    with_sources(tmp_path, TWO).write(undo=tmp_path / "undo")
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")
    assert len(load_config(tmp_path).sources) == 3


def test_sources_in_one_list_are_not_edited_but_shown_for_pasting(tmp_path):
    path = tmp_path / "digest.toml"
    text = f"sources = []\n{CONFIG[: CONFIG.index('[[')]}"
    path.write_text(text)
    with pytest.raises(ConfigError, match="written as one list") as caught:
        with_sources(tmp_path, TWO).write(undo=tmp_path / "undo")
    assert '{ id = "gazette", feed = "https://gazette.example/feed" },' in caught.value.hint
    assert path.read_text() == text
    assert not (tmp_path / "undo").exists()


def test_thousands_of_feeds_fit_and_more_than_fit_are_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "digest.toml"
    path.write_text(CONFIG)
    feeds = [NewSource(id=f"feed-{number}", feed=f"https://news{number}.example/feed.xml") for number in range(20_000)]
    assert with_sources(tmp_path, feeds[:2_000]).after.count(b"[[sources]]") == 2_001
    with pytest.raises(ConfigError, match="20,000 more sources, the file would have more than 1,024 kB") as caught:
        with_sources(tmp_path, feeds)
    assert "from the OPML file" in caught.value.hint
    assert path.read_text() == CONFIG


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("The Harbour Post", "the-harbour-post"),
        ("Grüße & Küsse!", "grusse-kusse"),
        ("日本", "feed"),
        ("", "feed"),
        ("news.example.com", "news-example-com"),
        ("A very long title of a feed that nobody will ever type twice", "a-very-long-title-of-a-feed-that-nobody"),
        ("x" * 90, "x" * 40),
    ],
)
def test_an_id_is_made_from_the_title(title, id):
    assert source_id(title, taken=()) == id


def test_an_id_is_not_used_twice():
    assert source_id("World", taken={"world", "world-2"}) == "world-3"


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_configuration_stays_valid_whatever_a_feed_is_called(tmp_path_factory, title, section):
    root = tmp_path_factory.mktemp("letter")
    (root / "digest.toml").write_text(CONFIG)
    name, section = " ".join(title.split()), " ".join(section.split())
    source = NewSource(id=source_id(name, taken={"world"}), feed="https://a.example/f", name=name, section=section)
    try:
        with_sources(root, [source]).write(undo=root / "undo")
    except (ConfigError, UnicodeEncodeError):
        raise AssertionError(f"{title!r} and {section!r} broke it") from None
    assert load_config(root).sources[1].name == name.strip()
