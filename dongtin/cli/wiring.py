"""From settings to the stages that run under them."""

from dongtin.codec import source
from dongtin.settings import Settings
from processors.pipeline import Normalizer
from processors.reader import Reader
from processors.rights import respecting
from processors.stories import Linker

STAGES = (Normalizer.name, Linker.name)
"""In the order of the data."""


def normalizer(settings: Settings, reader: Reader) -> Normalizer:
    """The normalizer, which reads pages with a reader."""
    look = respecting(settings.rights, reader.look)
    return Normalizer(source(settings.topic_prefix, Normalizer.name), look, ahead=reader)


def linker(settings: Settings) -> Linker:
    """The linker."""
    return Linker(source(settings.topic_prefix, Linker.name))
