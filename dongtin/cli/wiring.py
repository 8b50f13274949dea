"""From settings to the stages that run under them."""

from collections.abc import Callable

from dongtin.codec import source
from dongtin.settings import Settings
from dongtin.stream.base import Stage
from processors.pipeline import Normalizer
from processors.stories import Linker

STAGES: dict[str, Callable[[str], Stage]] = {Normalizer.name: Normalizer, Linker.name: Linker}
"""In the order of the data."""


def stage(name: str, settings: Settings) -> Stage:
    """A stage by its name, with the source that its events name."""
    return STAGES[name](source(settings.topic_prefix, name))
