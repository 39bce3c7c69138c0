"""The keys of digest.toml: what an issue is made of, and the whole `Config`. Every unknown key is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar, cast
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from digest.config.config_table import ConfigTable, ConfigValueError, value_problem
from digest.config.delivery_settings import AudienceConfig, DeliveryConfig, StateConfig
from digest.config.provider_tables import ProviderSettings, ProviderTables, strict_model
from digest.config.source_kinds import SOURCE_KINDS, SourceKind
from digest.config.theme_settings import ThemeConfig
from digest.errors import ConfigError
from digest.models import is_web_address, parse_sender, without_secrets

__all__ = [
    "BulletsConfig",
    "CheckConfig",
    "Config",
    "FetchingConfig",
    "FullText",
    "IgnoredFinding",
    "ImagesConfig",
    "NewsletterConfig",
    "SelectionConfig",
    "SourceConfig",
]

FullText = Literal["auto", "always", "never"]

_Settings = TypeVar("_Settings", bound=BaseModel)


def _on_one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError("it contains a line break")
    return value


Name = Annotated[str, Field(min_length=1), AfterValidator(_on_one_line)]


class NewsletterConfig(ConfigTable):
    """The newsletter, and who sends it."""

    name: Name
    """The newsletter's name."""
    sender: str
    """The From line: ``Name <news@example.org>``. A name with a comma needs quotes around it."""
    reply_to: str = ""
    """Where replies go, in the same form. Empty means to the sender."""
    postal_address: str = ""
    """The sender's postal address, for the footer. A live send needs one, because the law requires it (CAN-SPAM)."""
    homepage: str = ""
    """The newsletter's page on the web, which the email links to."""
    archive_url: str = ""
    """Where an issue can be read on the web. ``{issue}`` in it stands for the issue's id; without it, the id is added
    at the end. Empty leaves out the link "Read on the web"."""
    sponsor: str = ""
    """The sponsor's text for every issue, as Markdown. ``sponsor`` at the top of an issue.md replaces it."""
    language: str = "en"
    """The language of the newsletter, as a tag such as ``en`` or ``pt-BR``."""
    timezone: str = "UTC"
    """The newsletter's time zone, as an IANA name such as ``Europe/Berlin``. An issue is one ISO week in this zone."""

    @field_validator("sender", "reply_to")
    @classmethod
    def _can_be_sent(cls, value: str, key: ValidationInfo) -> str:
        """Check it now, because it goes into a From or Reply-To header weeks later, in an unattended run."""
        if value or key.field_name == "sender":
            try:
                parse_sender(value)
            except ConfigError as error:
                raise ConfigValueError(error.message, hint=error.hint) from None
        return value

    @field_validator("archive_url")
    @classmethod
    def _on_the_web(cls, value: str) -> str:
        if value and not is_web_address(value):
            raise ConfigValueError("it is not a web address", hint="https://example.org/issues/{issue}")
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
    """A short name for commands and messages: letters, digits, dots, hyphens and underscores."""
    name: str = ""
    """What readers see, as in "Read at NAME". Empty shows the host."""


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
    """Where articles come from. Each source has exactly one of the keys for an address.

    An address is an http or https URL, or a path relative to the newsletter's folder.
    """

    section: str = ""
    """The section that the source's stories are put in."""
    weight: Annotated[float, Field(ge=0)] = 1.0
    """How much the source's stories count when they are ranked. With more than 1 they rank higher."""
    full_text: FullText = "auto"
    """For which items of a feed the linked page is read as well: ``auto`` for those that hold only a snippet,
    ``always`` or ``never``."""

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
    def printable_addresses(self) -> tuple[str, ...]:
        """`addresses` without their secrets, as they are recorded in files that are committed."""
        return tuple(map(without_secrets, self.addresses))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The source's address, or its list of addresses."""
        value: str | tuple[str, ...] = getattr(self, self.kind.name)
        return (value,) if isinstance(value, str) else value


class SelectionConfig(ConfigTable):
    """How many stories an issue has."""

    stories: Annotated[int, Field(ge=1)] = 8
    """The most stories in an issue. The first one is the lead."""
    min_stories: Annotated[int, Field(ge=1)] = 3
    """The fewest stories in an issue. With fewer, nothing is built, and the exit code is 8."""
    max_per_source: Annotated[int, Field(ge=0)] = 0
    """The most stories from one source. 0 means no limit."""


class BulletsConfig(ConfigTable):
    """The bullets of a story."""

    per_story: Annotated[int, Field(ge=1, le=10)] = 3
    """How many bullets are proposed for a story."""


class ImagesConfig(ConfigTable):
    """Images relative to the newsletter's folder."""

    base_url: str = ""
    """Where the folder images/ is published. Without it, local images are left out of the email."""


class FetchingConfig(ConfigTable):
    """How sources are fetched, and when a source counts as dead."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts with private addresses that may be fetched, as ``host`` or ``host:port``. Sources that you name by an IP
    address or a local name such as ``localhost`` or ``nas.local`` are allowed already."""
    silent_issues: Annotated[int, Field(ge=1)] = 4
    """For how many issues in a row a source may fail or have nothing new before `digest check` reports it."""


class IgnoredFinding(ConfigTable):
    """Findings that `digest check` accepts."""

    code: Name
    """The rule whose findings are accepted, such as ``L206``."""
    reason: Name
    """Why they are accepted, for those who read the configuration later."""
    contains: str = ""
    """Accept only findings whose message contains this text, in upper or lower case. Empty accepts all."""


class CheckConfig(ConfigTable):
    """What `digest check` looks for."""

    clients: tuple[Literal["gmail", "apple-mail", "outlook", "yahoo"], ...] = (
        "gmail",
        "apple-mail",
        "outlook",
        "yahoo",
    )
    """The email clients in which the email must look right."""
    ignore: tuple[IgnoredFinding, ...] = ()
    """The findings that are accepted."""


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
            raise ConfigError(f"{dotted}: {value_problem(first)}") from None

    @property
    def delivery_settings(self) -> ProviderSettings:
        """The settings of the provider in ``delivery.provider``."""
        settings = self.providers.get(self.delivery.provider)
        return settings if isinstance(settings, ProviderSettings) else ProviderSettings()

    @property
    def delivery_route(self) -> dict[str, str]:
        """Where mail goes and with which keys: each setting that decides it, in JSON, by its dotted key.

        Of the provider's settings these are all, unless the provider says that a key does not decide it. A key or
        password is here only as the name of its environment variable.
        """
        name, keys = self.delivery.provider, {"secret_env", "old_secret_envs"}
        tables = {"delivery": self.delivery.model_dump(mode="json", include=keys)}
        settings = self.providers.get(name)
        if isinstance(settings, BaseModel):
            ignored = set(getattr(settings, "pace_keys", ()))
            settings = settings.model_dump(mode="json", exclude=ignored, fallback=str)
        tables[f"providers.{name}"] = settings or {}
        return {
            f"{table}.{key}": json.dumps(value, ensure_ascii=False, sort_keys=True)
            for table, values in tables.items()
            for key, value in values.items()
        }

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
