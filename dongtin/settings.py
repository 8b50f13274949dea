"""Every setting, from `DONGTIN_*` environment variables. Read at the entry points only, and passed on as arguments."""

import socket
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dongtin.errors import ConfigurationError
from dongtin.rights import RightsPolicy
from dongtin.topics import PARTITIONS

Prefix = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-][a-zA-Z0-9._-]*$|^$", max_length=100)]


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
    rights: RightsPolicy = RightsPolicy.PUBLISH
    """Of pages that reserve their rights: publish, metadata_only (no description, body or images) or reject."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    """debug, info, warning or error."""

    @field_validator("bootstrap_servers")
    @classmethod
    def _name_a_server(cls, value: str) -> str:
        if not value.strip(" ,"):
            raise ValueError("there is no address in it")
        return value

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
