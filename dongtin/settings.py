"""Every setting, from `DONGTIN_*` environment variables. Read at the entry points only, and passed on as arguments."""

import re
import socket
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dongtin.errors import ConfigurationError
from dongtin.rights import RightsPolicy
from dongtin.topics import PARTITIONS

Prefix = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-][a-zA-Z0-9._-]*$|^$", max_length=100)]
LANGUAGES = re.compile(r"\s*[a-z]{2}(?:-[a-z]{2,4})?\s*(?:,\s*[a-z]{2}(?:-[a-z]{2,4})?\s*)*")


class Settings(BaseSettings):
    """The set-up. The line under each field stands in the README's table too."""

    model_config = SettingsConfigDict(env_prefix="DONGTIN_", frozen=True, use_attribute_docstrings=True)

    bootstrap_servers: str = "localhost:9092"
    """Kafka's addresses, parted by commas."""
    bootstrap_timeout_s: float = Field(default=10, gt=0, le=600)
    """How long a command waits for Kafka to answer, seconds."""
    topic_prefix: Prefix = "dongtin."
    """Before every topic, group, transactional id and state folder: two set-ups on one cluster never meet."""
    partitions: int = Field(default=PARTITIONS, ge=1, le=1000)
    """Partitions of each topic that `topics create` makes: the ceiling for the number of workers."""
    replication_factor: int = Field(default=1, ge=1, le=10)
    """Replicas of each topic that `topics create` makes; 3 where there are three brokers."""
    state_dir: Path = Path(".dongtin")
    """Folder of local caches and health files; lost, it is rebuilt from Kafka."""
    processes: int = Field(default=1, ge=1, le=256)
    """Worker processes of each stage that `work` starts."""
    instance: str = Field(default_factory=socket.gethostname, pattern=r"^[a-zA-Z0-9._-]+$", max_length=100)
    """Of this machine or container, in its consumer groups: unique, and the same after a restart."""
    contact: str | None = None
    """Address or e-mail in the spiders' user agent; without one nothing is fetched."""
    poll_s: float = Field(default=120, ge=1, le=86_400)
    """Between two looks at the quickest places of a publisher, seconds; one may ask for longer."""
    languages: str = "all"
    """Translations that the spiders look for, as in addresses, parted by commas: `en,zh-cn`; `all`; `none`."""
    rights: RightsPolicy = RightsPolicy.PUBLISH
    """Of pages that reserve their rights: publish, metadata_only (no description, body or images) or reject."""
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Port at which `crawl` as a service shows its metrics to Prometheus; none: nowhere."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """debug, info, warning or error."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _name_a_server(cls, value: str) -> str:
        if not value.strip(" ,"):
            raise ValueError("there is no address in it")
        return value

    @field_validator("languages")
    @classmethod
    def _name_languages(cls, value: str) -> str:
        if value not in ("all", "none") and not LANGUAGES.fullmatch(value):
            raise ValueError("it is all, none, or languages as in addresses, parted by commas: en,zh-cn")
        return value

    @property
    def wanted_languages(self) -> tuple[str, ...] | None:
        """`languages` as segments of addresses; None: all that there are."""
        if self.languages == "all":
            return None
        return () if self.languages == "none" else tuple(part.strip() for part in self.languages.split(","))

    @property
    def servers(self) -> list[str]:
        """`bootstrap_servers` as a list."""
        return [server.strip() for server in self.bootstrap_servers.split(",") if server.strip()]


def load() -> Settings:
    """The settings of this environment. Raises ConfigurationError with one line that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "DONGTIN_" + str(first["loc"][0]).upper()
        raise ConfigurationError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from error
