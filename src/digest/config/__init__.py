"""digest.toml, or ``[tool.digest]`` in pyproject.toml, as a checked `Config`. Secrets come from the environment."""

from digest.config.load import CONFIG_FILE, config_file, find_root, load_config, source_places
from digest.config.schema import (
    AudienceConfig,
    BulletsConfig,
    Config,
    DeliveryConfig,
    FetchingConfig,
    FullText,
    ImagesConfig,
    NewsletterConfig,
    SelectionConfig,
    SendGridConfig,
    SmtpConfig,
    SourceConfig,
    SourceKind,
    StateConfig,
)

__all__ = [
    "CONFIG_FILE",
    "AudienceConfig",
    "BulletsConfig",
    "Config",
    "DeliveryConfig",
    "FetchingConfig",
    "FullText",
    "ImagesConfig",
    "NewsletterConfig",
    "SelectionConfig",
    "SendGridConfig",
    "SmtpConfig",
    "SourceConfig",
    "SourceKind",
    "StateConfig",
    "config_file",
    "find_root",
    "load_config",
    "source_places",
]
