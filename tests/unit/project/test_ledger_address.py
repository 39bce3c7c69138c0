from __future__ import annotations

from pathlib import Path

import pytest

from digest.delivery.stores.sqlite import SqliteStore
from digest.errors import ConfigError, CredentialsError, UsageError
from digest.project import open_project
from digest.project.ledger_address import LedgerAddress


def newsletter(folder, state, **environ):
    (folder / "digest.toml").write_text(
        f'[newsletter]\nname = "W"\nsender = "W <w@example.org>"\n\n[state]\n{state}\n', encoding="utf-8"
    )
    return open_project(folder, cwd=folder, environ=environ)


def address(url, *, offline=False):
    return LedgerAddress(url=url, root=Path("/letter"), environ={}, token="", now=None, offline=offline)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://x", "unknown scheme. Known schemes: sqlite://, postgresql://, postgres://, git+branch://"),
        ("ledger.db", "unknown scheme"),
        ("sqlite://ledger.db", "sqlite:///PATH"),
        ("postgresql://digest:hunter2@db.example/ledger", "it contains a password"),
        ("postgresql://digest@db.example/ledger?password=hunter2", "it contains a password"),
        ("postgresql://[::1/ledger", "postgresql://USER"),
        ("git+branch://[a", "git+branch://BRANCH"),
        ("git+branch://state?remote=-x", "git+branch://BRANCH"),
        ("git+branch://a b", "git+branch://BRANCH"),
        ("git+branch://../main", "git+branch://BRANCH"),
        ("git+branch://state?remote=a/b", "git+branch://BRANCH"),
        ("git+branch://state?token=x", "git+branch://BRANCH"),
    ],
)
def test_a_bad_url_is_refused_by_its_store_at_its_line(tmp_path, url, message):
    with pytest.raises(ConfigError) as caught:
        newsletter(tmp_path, f'url = "{url}"')
    assert message in caught.value.message
    assert caught.value.message.startswith("state.url: ")
    assert (caught.value.place.file, caught.value.place.line, caught.value.exit_code) == ("digest.toml", 6, 3)
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_a_password_may_be_in_the_environment(tmp_path):
    url = "postgres://digest:hunter2@db.example/ledger"
    project = newsletter(tmp_path, 'url_env = "DIGEST_LEDGER_URL"', DIGEST_LEDGER_URL=url)
    assert project.ledger_address.url == url
    assert "hunter2" not in repr(project.ledger_address)
    with pytest.raises(CredentialsError, match="DIGEST_LEDGER_URL is not set"):
        _ = newsletter(tmp_path, 'url_env = "DIGEST_LEDGER_URL"').ledger_address
    with pytest.raises(ConfigError, match="DIGEST_LEDGER_URL does not hold a ledger's URL"):
        _ = newsletter(
            tmp_path, 'url_env = "DIGEST_LEDGER_URL"', DIGEST_LEDGER_URL="mysql://u:hunter2@db/l"
        ).ledger_address


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://digest:hunter2/two@db.example/ledger",
        "postgresql://digest:hunter2#two@db.example/ledger",
        "postgresql://digest:hunter2@two@db.example/ledger",
        "postgresql://digest:hunter2?two@db.example/ledger",
        "postgresql://digest:1234?hunter2@db.example/ledger",
        "postgresql://digest:hunter2 two@db.example/ledger",
        "postgresql://digest:hunter2@db.example:hunter2/ledger",
        "postgresql://digest:hunter2@[db/ledger",
        "git+branch://hunter2 two",
    ],
)
def test_no_part_of_a_password_that_is_not_escaped_is_taken_for_a_name(tmp_path, url):
    project = newsletter(tmp_path, 'url_env = "DIGEST_LEDGER_URL"', DIGEST_LEDGER_URL=url)
    with pytest.raises(ConfigError, match="DIGEST_LEDGER_URL does not hold a ledger's URL: a ledger ") as caught:
        _ = project.ledger_address
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert "two" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("url", "file", "is_reachable_offline", "needs_consent"),
    [
        ("sqlite:///.digest/ledger.db", Path("/letter/.digest/ledger.db"), True, False),
        ("sqlite:////var/ledger.db", Path("/var/ledger.db"), True, False),
        ("postgresql://digest@db/ledger", None, False, False),
        ("git+branch://digest-state", None, False, True),
    ],
)
def test_each_store_tells_where_it_is_and_what_it_needs(url, file, is_reachable_offline, needs_consent):
    assert address(url).file == file
    assert address(url).needs_consent is needs_consent
    assert address(url).is_reachable
    offline = address(url, offline=True)
    assert offline.is_reachable is is_reachable_offline
    if not is_reachable_offline:
        for call in (offline.find, offline.open, offline.exists):
            with pytest.raises(UsageError, match="--offline"):
                call()


@pytest.mark.parametrize(
    ("url", "is_within"),
    [
        ("sqlite:///.digest/ledger.db", True),
        ("sqlite:////var/ledger.db", False),
        ("postgresql://digest@db/ledger", False),
        ("git+branch://digest-state", False),
    ],
)
def test_only_a_file_in_a_folder_is_lost_with_it(url, is_within):
    assert address(url).is_within([Path("/letter")]) is is_within


def test_a_missing_file_is_not_a_ledger_and_is_not_created(tmp_path):
    project = newsletter(tmp_path, "")
    assert project.ledger_address.find() is None
    assert not (tmp_path / ".digest").exists()
    project.ledger_address.open().close()
    with project.ledger_address.find() as ledger:
        assert ledger.campaigns() == ()


class ArchiveStore(SqliteStore):
    """A store from another module, at ``archive://NAME``."""

    needs_consent = True

    def __init__(self, url, **options):
        super().__init__(f"sqlite:///{url.removeprefix('archive://')}.archive", **options)

    @classmethod
    def check_url(cls, url):
        if not url.removeprefix("archive://").isalpha():
            raise ValueError("a ledger in an archive is written archive://NAME")


def test_another_store_needs_only_an_entry_in_the_registry(tmp_path, monkeypatch):
    monkeypatch.setattr("digest.delivery.stores.STORES", {"archive": f"{__name__}:ArchiveStore"})
    with pytest.raises(ConfigError, match="archive://NAME"):
        newsletter(tmp_path, 'url = "archive://7"')
    project = newsletter(tmp_path, 'url = "archive://weekly"')
    assert (project.ledger_address.needs_consent, project.ledger_address.find()) == (True, None)
    with project.ledger_address.open() as ledger:
        ledger.remember("fact", "value")
    assert (tmp_path / "weekly.archive").is_file()
    with project.ledger_address.find() as ledger:
        assert ledger.snapshot().facts == {"fact": "value"}
