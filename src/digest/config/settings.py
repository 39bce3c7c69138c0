"""The configuration's keys, their defaults and their limits. Every unknown key is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from digest.config.config_table import ConfigTable, ConfigValueError
from digest.config.provider_tables import ProviderSettings, ProviderTables, strict_model
from digest.config.source_kinds import SOURCE_KINDS, SourceKind
from digest.config.theme_settings import ThemeConfig
from digest.errors import ConfigError
from digest.models import is_web_address, parse_sender

__all__ = [
    "CHECK_LEDGER_URL",
    "AudienceConfig",
    "BulletsConfig",
    "CheckConfig",
    "Config",
    "DeliveryConfig",
    "FetchingConfig",
    "FullText",
    "IgnoredFinding",
    "ImagesConfig",
    "NewsletterConfig",
    "SelectionConfig",
    "SourceConfig",
    "StateConfig",
]

FullText = Literal["auto", "always", "never"]
_WINDOW = r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$"
_DUE = r"^((mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)?$"

_Settings = TypeVar("_Settings", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, pattern=r"^[^\r\n]*$")]


class NewsletterConfig(ConfigTable):
    """Who writes. ``timezone`` is an IANA name; issues are the ISO weeks of that zone.

    ``archive_url`` is where issues can be read on the web: an address with ``{issue}`` in it, or one that the issue is
    appended to. ``sponsor`` is Markdown, for every issue whose issue.md says nothing else.
    """

    name: Name
    sender: Name
    reply_to: str = ""
    postal_address: str = ""
    homepage: str = ""
    archive_url: str = ""
    sponsor: str = ""
    language: str = "en"
    timezone: str = "UTC"

    @field_validator("sender", "reply_to")
    @classmethod
    def _can_be_sent(cls, value: str) -> str:
        """What is accepted here goes into a From or Reply-To header weeks later, when nobody is at the keyboard."""
        if value:
            try:
                parse_sender(value)
            except ConfigError as error:
                raise ConfigValueError(error.message, hint=error.hint) from None
        return value

    @field_validator("archive_url")
    @classmethod
    def _on_the_web(cls, value: str) -> str:
        if value and not is_web_address(value):
            raise ValueError("it is no address on the web, such as https://example.org/issues/{issue}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Berlin")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The newsletter's time zone."""
        return ZoneInfo(self.timezone)


class _NamedSource(ConfigTable):
    """A source without its address."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    name: str = ""


if TYPE_CHECKING:
    _LocatedSource = _NamedSource
else:
    # One optional key per kind (https://docs.pydantic.dev/latest/concepts/models/#dynamic-model-creation).
    _LocatedSource = create_model(
        "_LocatedSource",
        __base__=_NamedSource,
        **{
            kind.name: (
                (tuple[str, ...] if kind.takes_list else str) | None,
                Field(default=None, description=kind.summary),
            )
            for kind in SOURCE_KINDS.values()
        },
    )


class SourceConfig(_LocatedSource):
    """Where articles come from: a source of exactly one of the `SOURCE_KINDS`.

    An address is an http or https URL, or a path relative to the newsletter's root. ``name`` is what readers see
    ("Read at NAME"); without it they see the host. ``full_text`` says for which items of a feed the page is read as
    well: for those that hold only a snippet, for all, or for none.
    """

    section: str = ""
    weight: Annotated[float, Field(ge=0)] = 1.0
    full_text: FullText = "auto"

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> Self:
        names = [name for name in SOURCE_KINDS if getattr(self, name)]
        if len(names) != 1:
            given = " and ".join(names) if names else "none"
            raise ValueError(f"a source has exactly one of {', '.join(SOURCE_KINDS)}; {self.id!r} has {given}")
        return self

    @property
    def kind(self) -> SourceKind:
        """The kind of this source, with its properties."""
        return next(kind for name, kind in SOURCE_KINDS.items() if getattr(self, name))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The source's address, or its list of addresses."""
        value: str | tuple[str, ...] = getattr(self, self.kind.name)
        return (value,) if isinstance(value, str) else value


class SelectionConfig(ConfigTable):
    """How many stories make an issue. ``max_per_source`` 0 means no limit."""

    stories: Annotated[int, Field(ge=1)] = 8
    min_stories: Annotated[int, Field(ge=1)] = 3
    max_per_source: Annotated[int, Field(ge=0)] = 0


class BulletsConfig(ConfigTable):
    """How many bullets a story has."""

    per_story: Annotated[int, Field(ge=1, le=10)] = 3


class ImagesConfig(ConfigTable):
    """Where local images are served from. Without ``base_url`` a local image is left out of the email."""

    base_url: str = ""


class FetchingConfig(ConfigTable):
    """How sources are fetched, and when one counts as lost.

    ``allow_hosts`` are hosts (``host`` or ``host:port``) that may be fetched although their address is private.
    ``silent_issues`` is for how many issues in a row a source may bring nothing before `check` says so.
    """

    allow_hosts: tuple[str, ...] = ()
    silent_issues: Annotated[int, Field(ge=1)] = 4


class IgnoredFinding(ConfigTable):
    """Findings of the rule ``code`` that are meant to be so, and why.

    With ``contains`` only those whose message has these words in it, in any case.
    """

    code: Name
    reason: Name
    contains: str = ""


class CheckConfig(ConfigTable):
    """What `check` looks for. ``clients`` are families of mail programs that the email must be right in."""

    clients: tuple[Literal["gmail", "apple-mail", "outlook", "yahoo"], ...] = (
        "gmail",
        "apple-mail",
        "outlook",
        "yahoo",
    )
    ignore: tuple[IgnoredFinding, ...] = ()


class AudienceConfig(ConfigTable):
    """A selection from lists. ``where`` is an expression over a subscriber's fields."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    where: str = ""


class DeliveryConfig(ConfigTable):
    """How an issue leaves. Times in minutes and days as named.

    ``old_secret_envs`` name variables with secrets of earlier times, whose links in old mail still work.
    ``send_window`` is a span of the day in the newsletter's zone, such as 07:00-19:00, and ``send_days`` are days of
    the week, outside which nothing is sent. ``max_change_percent`` is by how much an audience may differ in size from
    the one of the last issue. ``due`` is a day of the week and a time in the newsletter's zone, such as ``thu 12:00``,
    by which the week's issue ought to have been sent; empty: when its week is over.
    """

    provider: str = "outbox"
    audience: str = "weekly"
    unsubscribe_url: str = ""
    secret_env: str = "DIGEST_SECRET"  # noqa: S105 - a name, not a secret
    old_secret_envs: tuple[str, ...] = ()
    undo_minutes: Annotated[int, Field(ge=0)] = 20
    not_after_days: Annotated[int, Field(ge=1)] = 7
    max_recipients: Annotated[int, Field(ge=1)] | None = None
    max_change_percent: Annotated[int, Field(ge=0)] | None = None
    send_window: Annotated[str, Field(pattern=_WINDOW)] = ""
    send_days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    due: Annotated[str, Field(pattern=_DUE)] = ""

    @field_validator("unsubscribe_url")
    @classmethod
    def _has_a_token(cls, value: str) -> str:
        if value and "{token}" not in value:
            raise ValueError("it needs {token}, which stands for the reader and the list")
        return value


#: The key of the validation context under which the check of ``state.url`` is handed in.
CHECK_LEDGER_URL = "check_ledger_url"


class StateConfig(ConfigTable):
    """Where the ledger is stored.

    ``sqlite:///PATH``, from the newsletter's root; ``postgresql://user@host/database``; or ``git+branch://BRANCH``, of
    the newsletter's own repository, with ``?remote=NAME`` where the remote is not origin. ``url_env`` names a variable
    that holds the address instead, with its password; ``token_env`` one that holds a token for an https remote.
    """

    url: str = "sqlite:///.digest/ledger.db"
    url_env: str = ""
    token_env: str = "GITHUB_TOKEN"  # noqa: S105 - the variable's name

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str, info: ValidationInfo) -> str:
        """Let the ledger's store check its URL, if `load_config` was handed the check."""
        check = (info.context or {}).get(CHECK_LEDGER_URL)
        if check is not None:
            check(value)
        return value


class Config(ConfigTable):
    """The whole configuration of one newsletter."""

    newsletter: NewsletterConfig
    sources: tuple[SourceConfig, ...] = ()
    selection: SelectionConfig = SelectionConfig()
    bullets: BulletsConfig = BulletsConfig()
    images: ImagesConfig = ImagesConfig()
    theme: ThemeConfig = ThemeConfig()
    fetching: FetchingConfig = FetchingConfig()
    check: CheckConfig = CheckConfig()
    audiences: dict[str, AudienceConfig] = Field(default_factory=dict)
    delivery: DeliveryConfig = DeliveryConfig()
    providers: ProviderTables = ProviderTables()
    state: StateConfig = StateConfig()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        ids = [source.id for source in self.sources]
        twice = sorted({id for id in ids if ids.count(id) > 1})
        if twice:
            raise ValueError(f"two sources have the id {twice[0]!r}")
        return self

    def provider_settings(self, name: str, model: type[_Settings]) -> _Settings:
        """The settings in ``[providers.NAME]``, as an instance of the provider's own ``model``.

        Raises:
            ConfigError: A key is missing, unknown or wrong. `load_config` reports this earlier, with its line.
        """
        settings = self.providers.get(name)
        if isinstance(settings, model):
            return settings
        try:
            return cast("_Settings", strict_model(model).model_validate(settings or {}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            dotted = ".".join(str(part) for part in ("providers", name, *first["loc"]))
            raise ConfigError(f"{dotted}: {first['msg']}") from None

    @property
    def delivery_settings(self) -> ProviderSettings:
        """The settings of the provider in ``delivery.provider``."""
        settings = self.providers.get(self.delivery.provider)
        return settings if isinstance(settings, ProviderSettings) else ProviderSettings()

    @property
    def unsubscribe_method(self) -> str:
        """How readers unsubscribe: ``group:12345`` if the provider hosts the page, else a URL template; may be ""."""
        return self.delivery_settings.unsubscribe_method or self.delivery.unsubscribe_url

    @property
    def unsubscribe_keys(self) -> str:
        """The keys that decide how readers unsubscribe, for a hint."""
        key = self.delivery_settings.unsubscribe_key
        hosted = f" or providers.{self.delivery.provider}.{key}" if key else ""
        return f"delivery.unsubscribe_url{hosted}"

    def source(self, id: str) -> SourceConfig | None:
        """The configured source with this id, if there is one."""
        return next((source for source in self.sources if source.id == id), None)
