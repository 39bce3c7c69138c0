import pytest

from digest.config.load import parse_config
from digest.config.secret_environment import (
    child_environment,
    minimal_environment,
    require_long_secret,
    secret_variables_of,
)
from digest.errors import CredentialsError
from digest.project.project_secrets import ProjectSecrets
from digest.providers import InstalledSettings

CONFIG = parse_config(
    """
[newsletter]
name = "Weekly"
sender = "Weekly <news@letter.example>"

[audiences.weekly]
files = ["env:WEEKLY_CSV", "subscribers/weekly.csv"]

[delivery]
old_secret_envs = ["DIGEST_SECRET_2025"]

[providers.smtp]
password_env = "MAIL_PASSWORD"

[state]
url_env = "DATABASE_URL"
""",
    file="digest.toml",
    providers=InstalledSettings(),
    allowed=["MAIL_PASSWORD"],
)


@pytest.mark.parametrize("secret", ["s", "x" * 15, "é" * 7, " " * 20, f"  {'x' * 15}  "])
def test_a_secret_of_fewer_than_16_bytes_is_refused_by_name(secret):
    with pytest.raises(CredentialsError, match="DIGEST_SECRET has fewer than 16 bytes") as caught:
        require_long_secret("DIGEST_SECRET", secret)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("secret", ["x" * 16, "é" * 8, "a1b2" * 16])
def test_16_bytes_are_enough(secret):
    require_long_secret("DIGEST_SECRET", secret)


def test_the_variables_that_a_configuration_names():
    names = {"DIGEST_SECRET", "DIGEST_SECRET_2025", "MAIL_PASSWORD", "DATABASE_URL", "GITHUB_TOKEN", "WEEKLY_CSV"}
    assert secret_variables_of(CONFIG, {}) >= names


def test_the_usual_variables_of_all_providers_are_secret():
    assert secret_variables_of(CONFIG, InstalledSettings()) >= {"SENDGRID_", "SMTP_", "DATABASE_URL"}


def test_other_programs_get_no_secret():
    plain = {"PATH": "/bin", "HOME": "/home/ana", "EDITOR": "nano", "LC_ALL": "C", "SSH_AUTH_SOCK": "/run/agent"}
    names = (
        "DIGEST_SECRET DIGEST_LEDGER_KEY DIGEST_AGE_KEY DIGEST_LLM_KEY DIGEST_SECRET_2025 MAIL_PASSWORD DATABASE_URL"
    )
    secret = dict.fromkeys(
        [*names.split(), "GITHUB_TOKEN", "WEEKLY_CSV", "SENDGRID_API_KEY", "SMTP_PASSWORD"], "a secret"
    )
    secrets = ProjectSecrets(config=CONFIG, environ={**plain, **secret})
    assert secrets.child_environ == plain
    assert secrets.ledger_environ == {**plain, "DIGEST_LEDGER_KEY": "a secret"}
    assert "a secret" not in child_environment({"DIGEST_X": "a secret"}).values()
    assert minimal_environment({**plain, **secret}) == {"PATH": "/bin", "HOME": "/home/ana", "LC_ALL": "C"}


@pytest.mark.parametrize("name", ["DIGEST_SECRET", "DIGEST_SECRET_2025", "DIGEST_LEDGER_KEY"])
def test_each_secret_of_the_newsletter_is_measured(name):
    good = dict.fromkeys(["DIGEST_SECRET", "DIGEST_SECRET_2025", "DIGEST_LEDGER_KEY"], "x" * 32)
    secrets = ProjectSecrets(config=CONFIG, environ={**good, name: "short"})
    assert secrets.too_short == (name,)
    if name != "DIGEST_LEDGER_KEY":
        with pytest.raises(CredentialsError, match=f"{name} has fewer"):
            secrets.signing()
    assert ProjectSecrets(config=CONFIG, environ={**good, "DIGEST_SECRET": ""}).signing() is None
