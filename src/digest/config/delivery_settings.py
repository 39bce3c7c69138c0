"""The keys of ``[audiences.NAME]``, ``[delivery]`` and ``[state]``: who gets an issue, how, and where the ledger is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from digest.config.config_table import ConfigTable, ConfigValueError

__all__ = ["CHECK_LEDGER_URL", "AudienceConfig", "DeliveryConfig", "StateConfig"]

_WINDOW = r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$"
_DUE = r"^((mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)?$"
#: The key of the validation context under which the check of ``state.url`` is handed in.
CHECK_LEDGER_URL = "check_ledger_url"


class AudienceConfig(ConfigTable):
    """An audience: the people of one or more lists. The table's name, such as ``weekly``, is the audience's name."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    """The lists: CSV files relative to the newsletter's folder. A name that ends in ``.age`` is an encrypted file, and
    ``env:NAME`` is a CSV in the environment variable NAME."""
    where: str = ""
    """Which subscribers are selected, as an expression over the lists' columns, such as
    ``country == "DE" and plan in ("pro", "team")``. Empty selects everybody."""


class DeliveryConfig(ConfigTable):
    """How an issue is sent. Times are in the newsletter's time zone."""

    provider: str = "outbox"
    """The provider that delivers the mail: ``outbox``, which writes files and sends nothing, another one that has a
    table ``[providers.NAME]`` below, or one from another distribution."""
    audience: str = "weekly"
    """The audience that issues are sent to: the name of a table ``[audiences.NAME]``."""
    unsubscribe_url: str = ""
    """The address of a page of yours on which readers unsubscribe. ``{token}`` in it stands for the reader and the
    list. It is required, unless the provider hosts that page."""
    secret_env: str = "DIGEST_SECRET"  # noqa: S105 - a name, not a secret
    """The environment variable with the secret that signs the tokens in unsubscribe links."""
    old_secret_envs: tuple[str, ...] = ()
    """Environment variables with earlier secrets, so that the links in old mail still work."""
    undo_minutes: Annotated[int, Field(ge=0)] = 20
    """How many minutes a two-phase send can be cancelled."""
    not_after_days: Annotated[int, Field(ge=1)] = 7
    """A build that is older than this many days must be built again before it is sent."""
    retry_minutes: Annotated[int, Field(ge=0)] = 5
    """How many minutes in total a run waits for recipients that the mail server defers, as greylisting does."""
    max_recipients: Annotated[int | None, Field(ge=1)] = None
    """A live send to more people than this is refused."""
    max_change_percent: Annotated[int | None, Field(ge=0)] = None
    """A live send is refused if the audience has grown or shrunk by more than this since the previous issue."""
    send_window: Annotated[str, Field(pattern=_WINDOW)] = ""
    """The hours in which mail may be sent, such as ``07:00-19:00``. Empty allows all hours."""
    send_days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    """The days on which mail may be sent. Empty allows all days."""
    due: Annotated[str, Field(pattern=_DUE)] = ""
    """When the week's issue should have been sent, such as ``thu 12:00``; `digest status` alerts afterwards. Empty
    means the end of the week."""

    @field_validator("unsubscribe_url")
    @classmethod
    def _has_a_token(cls, value: str) -> str:
        if value and "{token}" not in value:
            raise ConfigValueError(
                "it has no {token}, which stands for the reader and the list", hint="https://example.org/u/{token}"
            )
        return value


class StateConfig(ConfigTable):
    """Where the ledger is stored, which knows who was mailed."""

    usual_variables: ClassVar[tuple[str, ...]] = ("DATABASE_URL", "GITHUB_TOKEN", "GH_TOKEN")

    url: str = "sqlite:///.digest/ledger.db"
    """The ledger's address: ``sqlite:///PATH`` relative to the newsletter's folder, ``postgresql://user@host/database``,
    or ``git+branch://BRANCH`` for a branch of the newsletter's repository (with ``?remote=NAME`` if the remote is not
    origin)."""
    url_env: str = ""
    """An environment variable that holds the address instead, with its password."""
    token_env: str = "GITHUB_TOKEN"  # noqa: S105 - the variable's name
    """The environment variable with the token for a remote that is reached over https. It is sent only to github.com or
    the host of GITHUB_SERVER_URL."""

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str, info: ValidationInfo) -> str:
        """Let the ledger's store check its URL, if `load_config` was handed the check."""
        check = (info.context or {}).get(CHECK_LEDGER_URL)
        if check is not None:
            check(value)
        return value
