from __future__ import annotations

import pytest

from digest.config import Config
from digest.errors import ConfigError
from digest.providers import open_provider
from digest.testing.campaigns import NOON

CONFIG = Config.model_validate({"newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"}})


def open_named(name, tmp_path):
    return open_provider(name, config=CONFIG, environ={}, root=tmp_path, now=lambda: NOON)


@pytest.mark.parametrize(
    ("name", "size", "local"), [("outbox", 100, True), ("sendgrid", 1000, False), ("smtp", 1, False)]
)
def test_opens_a_provider_by_name_without_a_key(name, size, local, tmp_path):
    provider = open_named(name, tmp_path)
    assert (provider.name, provider.capabilities.max_recipients, provider.capabilities.local) == (name, size, local)
    provider.close()


def test_an_unknown_provider_is_refused_with_a_list_of_the_installed_ones(tmp_path):
    with pytest.raises(ConfigError, match="'sendgird'") as caught:
        open_named("sendgird", tmp_path)
    assert "outbox, sendgrid, smtp" in caught.value.hint
    assert caught.value.hint.endswith("Did you mean sendgrid?")
