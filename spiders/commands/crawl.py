"""`scrapy crawl`, which loses no address and no failure: the exit codes are those of `dongtin crawl`."""

import argparse
import sys

from scrapy.commands import crawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError

from dongtin.errors import BrokerUnavailable, ConfigurationError, DongtinError
from dongtin.settings import load
from spiders.run import crawl as run_spiders


class Command(crawl.Command):
    """Runs one spider."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """See `ScrapyCommand.process_options`; `-a url=…` may be given more than once."""
        urls = [pair.removeprefix("url=") for pair in opts.spargs if pair.startswith("url=")]
        opts.spargs = [pair for pair in opts.spargs if not pair.startswith("url=")]
        if urls:
            opts.spargs.append("url=" + " ".join(urls))
        super().process_options(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """See `ScrapyCommand.run`."""
        if len(args) != 1:
            raise UsageError("name one spider")
        if not isinstance(self.crawler_process, AsyncCrawlerProcess):
            raise UsageError("dongtin's spiders need Scrapy's asyncio reactor, its default")
        try:
            level = (opts.loglevel or load().log_level).lower()
            ended = run_spiders(self.crawler_process, {args[0]: opts.spargs}, level)
            self.exitcode = 0 if ended.is_whole else 1
        except DongtinError as error:
            print(f"dongtin: {error}", file=sys.stderr)
            self.exitcode = _exit_code(error)


def _exit_code(error: DongtinError) -> int:
    match error:
        case ConfigurationError():
            return 2
        case BrokerUnavailable():
            return 69
        case _:
            return 1
