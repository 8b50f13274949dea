"""The publishers that commands name: their spiders, and the Scrapy project's settings."""

from collections.abc import Sequence

import click
from scrapy.settings import Settings as ScrapySettings
from scrapy.spiderloader import SpiderLoader

from spiders.base import PublisherSpider


def project(**chosen: bool) -> ScrapySettings:
    """The settings of the Scrapy project, with some of them chosen."""
    settings = ScrapySettings()
    settings.setmodule("spiders.settings", priority="project")
    settings.update(chosen, priority="cmdline")
    return settings


def spiders_named(names: Sequence[str]) -> list[type[PublisherSpider]]:
    """The spiders of these names, or all. Raises click.BadParameter."""
    loader = SpiderLoader.from_settings(project())
    known = loader.list()
    if wrong := [name for name in names if name not in known]:
        raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(known)}")
    return [loader.load(name) for name in names or known]  # type: ignore[misc]  # all of them are ours
