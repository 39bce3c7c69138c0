"""digest.toml, or ``[tool.digest]`` in pyproject.toml, as a checked `Config`. Secrets come from the environment."""

from digest.config.delivery_settings import AudienceConfig, DeliveryConfig, StateConfig
from digest.config.load import load_config, source_places
from digest.config.newsletter_folder import CONFIG_FILE, config_file, find_root
from digest.config.provider_tables import ProviderSettings, nearest_provider
from digest.config.secret_variables import allowed_variables
from digest.config.settings import (
    BulletsConfig,
    CheckConfig,
    Config,
    FetchingConfig,
    FullText,
    IgnoredFinding,
    ImagesConfig,
    NewsletterConfig,
    SelectionConfig,
    SourceConfig,
)
from digest.config.source_kinds import SOURCE_KINDS, SourceKind
from digest.config.theme_settings import STANDARD_THEME, BlocksConfig, ColoursConfig, ThemeConfig

__all__ = [
    "CONFIG_FILE",
    "SOURCE_KINDS",
    "STANDARD_THEME",
    "AudienceConfig",
    "BlocksConfig",
    "BulletsConfig",
    "CheckConfig",
    "ColoursConfig",
    "Config",
    "DeliveryConfig",
    "FetchingConfig",
    "FullText",
    "IgnoredFinding",
    "ImagesConfig",
    "NewsletterConfig",
    "ProviderSettings",
    "SelectionConfig",
    "SourceConfig",
    "SourceKind",
    "StateConfig",
    "ThemeConfig",
    "allowed_variables",
    "config_file",
    "find_root",
    "load_config",
    "nearest_provider",
    "source_places",
]
