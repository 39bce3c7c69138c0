"""Which environment variables the configuration may name."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import BaseModel

from digest.config import ProviderSettings, allowed_variables
from digest.config.load import parse_config
from digest.errors import ConfigError
from digest.providers import InstalledSettings

NEWSLETTER = '[newsletter]\nname = "Tides"\nsender = "tides@example.org"\n'


class Relay(BaseModel):
    password_env: str = "RELAY_PASSWORD"
    hosts_envs: tuple[str, ...] = ()


class PigeonSettings(ProviderSettings):
    usual_variables: ClassVar[tuple[str, ...]] = ("PIGEON_", "RELAY_PASSWORD")
    key_env: str = "PIGEON_KEY"
    relay: Relay = Relay()


class PlainSettings(BaseModel):
    key_env: str = "DIGEST_PLAIN_KEY"


def parse(text, *, allowed=()):
    models = {**InstalledSettings(), "pigeon": PigeonSettings, "plain": PlainSettings}
    return parse_config(NEWSLETTER + text, file="digest.toml", providers=models, allowed=allowed)


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        ('[delivery]\nsecret_env = "HOME"\n', "delivery.secret_env", "HOME"),
        ('[delivery]\nsecret_env = "GITHUB_TOKEN"\n', "delivery.secret_env", "GITHUB_TOKEN"),
        ('[delivery]\nold_secret_envs = ["DIGEST_OLD", "PGPASSWORD"]\n', "delivery.old_secret_envs[1]", "PGPASSWORD"),
        ('[state]\nurl_env = "LEDGER"\n', "state.url_env", "LEDGER"),
        ('[state]\ntoken_env = "SMTP_PASSWORD"\n', "state.token_env", "SMTP_PASSWORD"),
        ('[state]\ntoken_env = "GITHUB_TOKEN_2"\n', "state.token_env", "GITHUB_TOKEN_2"),
        ('[providers.smtp]\npassword_env = "MAIL_PASSWORD"\n', "providers.smtp.password_env", "MAIL_PASSWORD"),
        ('[providers.smtp]\nusername_env = "USER"\n', "providers.smtp.username_env", "USER"),
        ('[providers.smtp]\npassword_env = "DATABASE_URL"\n', "providers.smtp.password_env", "DATABASE_URL"),
        ('[providers.smtp]\npassword_env = "digest_password"\n', "providers.smtp.password_env", "digest_password"),
        ('[providers.sendgrid]\nwebhook_key_env = "HOOK"\n', "providers.sendgrid.webhook_key_env", "HOOK"),
        ('[providers.sendgrid]\napi_key_env = "GITHUB_TOKEN"\n', "providers.sendgrid.api_key_env", "GITHUB_TOKEN"),
        ('[providers.pigeon]\nkey_env = "COOP"\n', "providers.pigeon.key_env", "COOP"),
        ('[providers.pigeon.relay]\npassword_env = "COOP"\n', "providers.pigeon.relay.password_env", "COOP"),
        ('[providers.pigeon.relay]\nhosts_envs = ["COOP"]\n', "providers.pigeon.relay.hosts_envs[0]", "COOP"),
        ('[providers.plain]\nkey_env = "COOP"\n', "providers.plain.key_env", "COOP"),
    ],
)
def test_a_variable_of_another_program_is_refused(text, key, name):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.message.startswith(f"{key}: '{name}'")
    assert caught.value.place.line == 5
    assert f"DIGEST_{name}" in caught.value.hint
    assert f"DIGEST_ALLOW_ENV={name}" in caught.value.hint
    assert parse(text, allowed={name})


@pytest.mark.parametrize(
    "text",
    [
        '[delivery]\nsecret_env = "DIGEST_SECRET_2"\nold_secret_envs = ["DIGEST_A", "DIGEST_B"]\n',
        '[state]\nurl_env = "DATABASE_URL"\n',
        '[state]\nurl_env = ""\ntoken_env = "GH_TOKEN"\n',
        '[providers.smtp]\nusername_env = "SMTP_LOGIN"\npassword_env = "SENDGRID_API_KEY"\n',
        '[providers.sendgrid]\napi_key_env = "SENDGRID_KEY_OF_THE_LETTER"\n',
        '[providers.pigeon]\nkey_env = "PIGEON_2"\n[providers.pigeon.relay]\npassword_env = "RELAY_PASSWORD"\n',
        '[audiences.weekly]\nfiles = ["env:READERS"]\n',
    ],
)
def test_usual_names_are_allowed(text):
    assert parse(text)


def test_the_environment_allows_further_names():
    assert allowed_variables({"DIGEST_ALLOW_ENV": " MAIL_KEY,OTHER  THIRD,"}) == {"MAIL_KEY", "OTHER", "THIRD"}
    assert allowed_variables({}) == frozenset()
