from __future__ import annotations

from pathlib import Path

import pytest

from digest.config import Config, find_root, load_config
from digest.errors import ConfigError

NEWSLETTER = '[newsletter]\nname = "Weekly"\nsender = "Weekly <news@example.org>"\n'
ROOT = Path(__file__).parents[3]


def write(folder: Path, text: str) -> Path:
    (folder / "digest.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    return caught.value


def test_a_minimal_configuration_has_the_documented_defaults(tmp_path):
    config = load_config(write(tmp_path, NEWSLETTER))
    assert config.selection.stories == 8
    assert config.selection.min_stories == 3
    assert config.bullets.per_story == 3
    assert config.delivery.provider == "outbox"
    assert config.delivery.not_after_days == 7
    assert config.state.url == "sqlite:///.digest/ledger.db"


def test_this_repository_is_itself_a_newsletter():
    config = load_config(ROOT)
    assert config.newsletter.name == "Digest Sampler"
    assert find_root(ROOT / "tests" / "unit") == ROOT


@pytest.mark.parametrize(
    ("addition", "message", "line", "hint"),
    [
        ("[selection]\nstorys = 3\n", "unknown key selection.storys", 5, "Did you mean selection.stories?"),
        ("[delivery]\nprovidr = 1\n", "unknown key delivery.providr", 5, "Did you mean delivery.provider?"),
        (
            "[audiences.weekly]\nfiels = []\n",
            "audiences.weekly.files is missing (1 more after this one)",
            4,
            "Add it: files = …",
        ),
        ("[selection]\nstories = 0\n", "selection.stories: must be at least 1", 5, ""),
        ('[selection]\nstories = "many"\n', "selection.stories: expected a whole number, got text", 5, ""),
        ("[selection]\nstories = 2.5\n", "selection.stories: expected a whole number, got 2.5", 5, ""),
        ("[selection]\nstories = [2]\n", "selection.stories: expected a whole number, got a list", 5, ""),
        ("[audiences.weekly]\nfiles = 3\n", "audiences.weekly.files: expected a list, got 3", 5, ""),
        ("[delivery]\nprovider = 1979-05-27\n", "delivery.provider: expected text, got a date or time", 5, ""),
        ("[delivery]\nprovider = true\n", "delivery.provider: expected text, got true", 5, ""),
    ],
)
def test_a_bad_key_is_reported_with_its_line_and_the_nearest_known_key(tmp_path, addition, message, line, hint):
    error = refused(tmp_path, NEWSLETTER + addition)
    assert (error.message, error.place.line, error.hint) == (message, line, hint)


def test_an_unknown_key_of_the_second_source_is_reported_at_its_own_line(tmp_path):
    text = NEWSLETTER + '[[sources]]\nid = "a"\nfeed = "https://a.example/f"\n[[sources]]\nid = "b"\nfed = "x"\n'
    error = refused(tmp_path, text)
    assert (error.message, error.place.line) == ("unknown key sources[1].fed", 9)


@pytest.mark.parametrize(
    ("source", "kinds"), [("", "none"), ('feed = "https://a.example"\nfolder = "articles"', "feed and folder")]
)
def test_a_source_has_exactly_one_kind(tmp_path, source, kinds):
    error = refused(tmp_path, f'{NEWSLETTER}[[sources]]\nid = "a"\n{source}\n')
    assert error.message.endswith(f"'a' has {kinds}")


def test_two_sources_cannot_share_an_id(tmp_path):
    source = '[[sources]]\nid = "a"\nfolder = "articles"\n'
    assert "two sources have the id 'a'" in refused(tmp_path, NEWSLETTER + source + source).message


def test_a_syntax_error_is_reported_with_its_line(tmp_path):
    error = refused(tmp_path, "[newsletter]\nname = Weekly\n")
    assert error.place.line == 2
    assert "not TOML" in error.message


@pytest.mark.parametrize(
    "setting",
    [
        'newsletter.timezone = "Mars/Olympus"',
        'delivery.unsubscribe_url = "https://example.org/u"',
    ],
)
def test_a_dangerous_or_meaningless_value_is_refused(setting):
    path, value = setting.split(" = ")
    table: dict = {"newsletter": {"name": "Weekly", "sender": "a@example.org"}}
    *parents, key = path.split(".")
    here = table
    for parent in parents:
        here = here.setdefault(parent, {})
    here[key] = value.strip('"')
    with pytest.raises(ValueError):
        Config.model_validate(table)


def test_an_empty_file_gets_a_hint_for_its_first_table(tmp_path):
    assert refused(tmp_path, "").hint == "Add it: [newsletter]"


def test_a_missing_table_of_a_pyproject_is_named_with_its_prefix(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.digest.selection]\nstories = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert caught.value.hint == "Add it: [tool.digest.newsletter]"


def test_a_table_is_expected_where_a_number_stands(tmp_path):
    assert refused(tmp_path, f"selection = 3\n{NEWSLETTER}").message == "selection: expected a table, got 3"


def test_a_byte_order_mark_is_ignored(tmp_path):
    assert load_config(write(tmp_path, "\ufeff" + NEWSLETTER)).newsletter.name == "Weekly"


REST = {"sender": "name = 'W'\n", "reply_to": "name = 'W'\nsender = 'a@b.example'\n"}


@pytest.mark.parametrize("key", REST)
def test_a_sender_that_could_not_be_sent_is_refused_at_its_line(tmp_path, key):
    error = refused(tmp_path, f"[newsletter]\n{key} = 'My, News <a@b.example>'\n" + REST[key])
    assert error.message == f"newsletter.{key}: a comma outside quotes separates two addresses"
    assert (error.place.line, error.hint) == (2, 'Write it as "My, News" <a@b.example>')


@pytest.mark.parametrize("key", REST)
def test_a_line_break_is_named_alike_in_both_keys_of_a_sender(tmp_path, key):
    error = refused(tmp_path, f'[newsletter]\n{key} = "News\\n <a@b.example>"\n' + REST[key])
    assert error.message == f"newsletter.{key}: it contains a line break or another control character"


def test_an_empty_sender_is_explained_and_an_empty_reply_to_is_not_an_error(tmp_path):
    error = refused(tmp_path, "[newsletter]\nname = 'W'\nsender = ''\n")
    assert (error.message, error.place.line) == ("newsletter.sender: it is empty", 3)
    assert error.hint.startswith("Write it as Name <news@example.org>")
    load_config(write(tmp_path, NEWSLETTER + "reply_to = ''\n"))


def test_a_name_is_one_line_of_text(tmp_path):
    assert refused(tmp_path, NEWSLETTER.replace("Weekly", "", 1)).message == "newsletter.name: must not be empty"
    broken = NEWSLETTER.replace("Weekly", "Week\\nly", 1)
    assert refused(tmp_path, broken).message == "newsletter.name: it contains a line break"


def test_a_tool_with_a_similar_name_is_not_a_newsletter(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.digest-utils]\nname = 'x'\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no digest\.toml"):
        find_root(tmp_path)
    with pytest.raises(ConfigError, match=r"no digest\.toml"):
        load_config(tmp_path)


def test_a_pyproject_with_a_mistake_in_it_is_still_the_newsletter(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.digest.newsletter]\nname = Weekly\n", encoding="utf-8")
    assert find_root(tmp_path) == tmp_path
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)
    assert caught.value.place.line == 2


def test_without_a_newsletter_the_error_suggests_digest_init(tmp_path):
    with pytest.raises(ConfigError) as caught:
        find_root(tmp_path)
    assert "digest init" in caught.value.hint
