"""The publishers that commands name: their spiders, and the Scrapy project's settings."""

import traceback
from collections.abc import Sequence

import click
from scrapy.settings import Settings as ScrapySettings
from scrapy.spiderloader import SpiderLoader

from dongtin.errors import ConfigurationError
from spiders.base import PublisherSpider


def project(**chosen: bool) -> ScrapySettings:
    """The settings of the Scrapy project, with some of them chosen."""
    settings = ScrapySettings()
    settings.setmodule("spiders.settings", priority="project")
    settings.update(chosen, priority="cmdline")
    return settings


def spiders_named(names: Sequence[str]) -> list[type[PublisherSpider]]:
    """The spiders of these names or publishers' ids, or all.

    Raises click.BadParameter for any other, and ConfigurationError where one cannot be loaded.
    """
    try:
        loader = SpiderLoader.from_settings(project())
    except Exception as error:  # whatever a publisher's file may raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        raise ConfigurationError(f"{where.filename}, line {where.lineno}: {type(error).__name__}: {error}") from error
    spiders: list[type[PublisherSpider]] = [loader.load(name) for name in loader.list()]  # type: ignore[misc]  # ours
    called = {name: spider for spider in spiders for name in (spider.name, spider.publisher)}
    if wrong := [name for name in names if name not in called]:
        raise click.BadParameter(f"{wrong[0]!r} is none of {', '.join(loader.list())}")
    return list(dict.fromkeys(called[name] for name in names)) or spiders
