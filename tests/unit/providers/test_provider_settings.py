from __future__ import annotations

import subprocess
import sys
from typing import ClassVar

import pytest
from pydantic import BaseModel

from digest.config import Config, ProviderSettings, load_config
from digest.errors import ConfigError
from digest.providers import InstalledSettings
from digest.providers.sendgrid import SendGridSettings

NEWSLETTER = '[newsletter]\nname = "Weekly"\nsender = "Weekly <news@example.org>"\n'


class PigeonSettings(BaseModel):
    """As an author writes it who knows nothing about digest's own base classes."""

    loft: str
    birds: int = 1


class HostedSettings(ProviderSettings):
    unsubscribe_key: ClassVar[str] = "page"

    page: str = ""

    @property
    def required_variables(self) -> tuple[str, ...]:
        return ("HOSTED_KEY",)

    @property
    def unsubscribe_method(self) -> str:
        return self.page


MODELS = {"outbox": ProviderSettings, "pigeon": PigeonSettings, "hosted": HostedSettings}


def load(folder, text, providers=MODELS):
    (folder / "digest.toml").write_text(NEWSLETTER + text, encoding="utf-8")
    return load_config(folder, providers=providers)


def refused(folder, text, providers=MODELS):
    with pytest.raises(ConfigError) as caught:
        load(folder, text, providers)
    return caught.value


@pytest.mark.parametrize(
    ("addition", "message", "line", "hint"),
    [
        (
            '[providers.pigeon]\nloft = "a"\nbrids = 2\n',
            "unknown key providers.pigeon.brids",
            6,
            "Did you mean providers.pigeon.birds?",
        ),
        (
            '[providers.pigeon]\nloft = "a"\nbirds = "many"\n',
            "providers.pigeon.birds: expected a whole number, got text",
            6,
            "",
        ),
        ("[providers.pigeon]\nbirds = 2\n", "providers.pigeon.loft is missing", 4, "Add it: loft = …"),
        (
            "[providers.pidgeon]\nbirds = 2\n",
            "unknown key providers.pidgeon: no installed package has a provider of this name",
            4,
            "Known: hosted, outbox, pigeon. Did you mean pigeon?",
        ),
        (
            '[delivery]\nprovider = "owl"\n',
            "delivery.provider is 'owl', which no installed package provides",
            5,
            "Known: hosted, outbox, pigeon. Install the package that has it, or choose one of these.",
        ),
        ("[providers.outbox]\nfolder = 'a'\n", "unknown key providers.outbox.folder", 5, ""),
    ],
)
def test_a_wrong_key_of_a_provider_is_reported_with_its_line_and_the_nearest_key(
    tmp_path, addition, message, line, hint
):
    error = refused(tmp_path, addition)
    assert (message, line, hint) == (error.message, error.place.line, error.hint)


def test_the_chosen_provider_is_checked_even_without_a_table(tmp_path):
    error = refused(tmp_path, '[delivery]\nprovider = "pigeon"\n')
    assert (error.message, error.place.line) == ("providers.pigeon.loft is missing", 5)
    assert error.hint == "Add it to [providers.pigeon]: loft = …"


def test_a_misspelled_table_is_reported_before_the_keys_it_leaves_missing(tmp_path):
    error = refused(tmp_path, '[delivery]\nprovider = "pigeon"\n[providers.pigoen]\nloft = "a"\n')
    assert error.message.startswith("unknown key providers.pigoen: no installed package")
    assert error.message.endswith("(1 more after this one)")
    assert error.place.line == 6
    assert error.hint.endswith("Did you mean pigeon?")


def test_other_errors_are_counted(tmp_path):
    error = refused(tmp_path, "[providers.pigeon]\nbrids = 2\n")
    assert error.message == "providers.pigeon.loft is missing (1 more after this one)"


def test_the_settings_are_an_instance_of_the_providers_model(tmp_path):
    config = load(tmp_path, '[providers.pigeon]\nloft = "roof"\n')
    assert config.provider_settings("pigeon", PigeonSettings).loft == "roof"
    assert config.providers.pigeon.birds == 1


def test_a_table_that_was_not_checked_at_loading_is_checked_when_it_is_asked_for(tmp_path):
    config = load(tmp_path, "[providers.pigeon]\nbrids = 2\n", providers=None)
    with pytest.raises(ConfigError, match=r"providers\.pigeon\.loft: Field required"):
        config.provider_settings("pigeon", PigeonSettings)


def test_a_provider_without_a_table_has_its_defaults(tmp_path):
    assert load(tmp_path, "").provider_settings("hosted", HostedSettings) == HostedSettings()


def test_only_the_providers_that_the_file_names_are_looked_up(tmp_path):
    class Watched(dict):
        asked: ClassVar[list[str]] = []

        def __getitem__(self, name):
            self.asked.append(name)
            return super().__getitem__(name)

    load(tmp_path, '[providers.pigeon]\nloft = "a"\n', providers=Watched(MODELS))
    assert set(Watched.asked) == {"outbox", "pigeon"}


@pytest.mark.parametrize(
    ("provider", "method", "keys", "variables"),
    [
        ("outbox", "https://example.org/{token}", "delivery.unsubscribe_url", ()),
        ("hosted", "group:7", "delivery.unsubscribe_url or providers.hosted.page", ("HOSTED_KEY",)),
        ("pigeon", "https://example.org/{token}", "delivery.unsubscribe_url", ()),
    ],
)
def test_the_chosen_provider_says_how_readers_unsubscribe_and_which_variables_it_needs(
    tmp_path, provider, method, keys, variables
):
    text = f'[delivery]\nprovider = "{provider}"\nunsubscribe_url = "https://example.org/{{token}}"\n'
    config = load(tmp_path, f'{text}[providers.hosted]\npage = "group:7"\n[providers.pigeon]\nloft = "a"\n')
    assert (method, keys) == (config.unsubscribe_method, config.unsubscribe_keys)
    assert variables == config.delivery_settings.required_variables


# -- the providers that come with digest ------------------------------------------------------------------------------


def test_existing_tables_have_the_documented_defaults(tmp_path):
    config = load(tmp_path, "[providers.sendgrid]\n[providers.smtp]\n", providers=InstalledSettings())
    sendgrid, smtp = config.providers.sendgrid, config.providers.smtp
    assert (sendgrid.host, sendgrid.api_key_env) == ("https://api.sendgrid.com", "SENDGRID_API_KEY")
    assert (smtp.host, smtp.port, smtp.security) == ("127.0.0.1", 1025, "starttls")


def test_a_wrong_key_of_sendgrid_has_its_line_and_the_nearest_key(tmp_path):
    text = "[providers.sendgrid]\nhost = 'https://a.example'\napikey_env = ''\n"
    error = refused(tmp_path, text, providers=InstalledSettings())
    assert (error.message, error.place.line) == ("unknown key providers.sendgrid.apikey_env", 6)
    assert error.hint == "Did you mean providers.sendgrid.api_key_env?"


def test_sendgrid_is_reached_over_plain_http_only_on_loopback():
    assert SendGridSettings(host="http://127.0.0.1:8080/").host == "http://127.0.0.1:8080"
    with pytest.raises(ValueError, match="must begin with https://"):
        SendGridSettings(host="http://mail.example")


def test_an_unsubscribe_group_of_sendgrid_is_how_readers_unsubscribe():
    table = {"newsletter": {"name": "W", "sender": "a@example.org"}, "delivery": {"provider": "sendgrid"}}
    config = Config.model_validate({**table, "providers": {"sendgrid": SendGridSettings(unsubscribe_group=12345)}})
    assert config.unsubscribe_method == "group:12345"


def test_a_provider_that_is_not_named_is_not_imported(tmp_path):
    (tmp_path / "digest.toml").write_text(NEWSLETTER, encoding="utf-8")
    program = (
        "import sys; from pathlib import Path\n"
        "from digest.project import open_project\n"
        "project = open_project(Path(sys.argv[1]), cwd=Path())\n"
        "project.open_provider()\n"
        "print(*sorted(name for name in sys.modules if 'sendgrid' in name or name == 'digest.providers.smtp'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_checking_the_settings_of_sendgrid_does_not_import_its_package(tmp_path):
    (tmp_path / "digest.toml").write_text(f"{NEWSLETTER}[providers.sendgrid]\ntwo_phase = true\n", encoding="utf-8")
    program = (
        "import sys; from pathlib import Path\n"
        "from digest.project import open_project\n"
        "project = open_project(Path(sys.argv[1]), cwd=Path())\n"
        "from digest.providers import InstalledSettings\n"
        "project.config.provider_settings('sendgrid', InstalledSettings()['sendgrid'])\n"
        "print(*sorted({'sendgrid', 'python_http_client', 'cryptography'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
