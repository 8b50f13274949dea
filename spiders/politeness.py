"""The paces of a crawl's publishers: an extension of Scrapy, so that all who need one find the same."""

import asyncio
import hashlib
import re
from pathlib import Path

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

import spiders.settings
from dongtin.errors import ConfigurationError
from dongtin.settings import Settings
from spiders.holds import BackOff
from spiders.outcomes import HostHeld
from spiders.pace import Pace, PaceRules
from spiders.pace_file import NEVER_ASKED, PaceFile, PaceRecord

STOP_SEEN_S = 0.2
"""How soon a stop is seen: Scrapy tells of it only when every request has ended."""

INSISTENCE = 1000
"""Priority of settings that nothing changes: Scrapy applies the command line's, 40, again after a spider's own."""
INSISTED = ("DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS")
"""Settings whose entries in `spiders.settings` hold whatever a publisher or a command line says besides."""

_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")


def insist(settings: BaseSettings) -> None:
    """See that robots.txt, the pace and the checks of addresses are in place. For `Spider.update_settings`."""
    for name in INSISTED:
        settings.set(name, settings.getdict(name) | getattr(spiders.settings, name), priority=INSISTENCE)
    settings.set("ROBOTSTXT_OBEY", True, priority=INSISTENCE)


def folder_of(state_dir: Path, publisher: str) -> Path:
    """Where a publisher's pace and robots.txt files are; the topic prefix is no part of it, for a server sees none."""
    name = publisher if _PLAIN.fullmatch(publisher) else hashlib.sha256(publisher.encode()).hexdigest()
    return state_dir / "pace" / name


def known_pace(state_dir: Path, publisher: str) -> PaceRecord:
    """How things stand with a publisher, whether a crawl is running or not; for whom to show it to. Raises OSError."""
    path = folder_of(state_dir, publisher) / "turn"
    if not path.exists():
        return NEVER_ASKED
    file = PaceFile(path)
    try:
        return file.read()
    finally:
        file.close()


class Politeness:
    """Gives each publisher its pace, and ends all waiting when the crawl stops."""

    def __init__(self, crawler: Crawler) -> None:
        settings: Settings | None = crawler.settings.get("DONGTIN_SETTINGS")
        if settings is None:
            raise NotConfigured("not a publisher's spider")
        self._crawler = crawler
        self._state_dir = settings.state_dir
        self._delay_s = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._rules = PaceRules(
            crawler.settings.getfloat("PACE_PATIENCE_S"),
            BackOff(crawler.settings.getfloat("HOLD_FIRST_S"), crawler.settings.getfloat("HOLD_LONGEST_S")),
            crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
        )
        self._paces: dict[str, Pace] = {}
        self._files: list[PaceFile] = []
        self._stopping = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._require_folder()
        crawler.signals.connect(self._begin, signals.engine_started)
        crawler.signals.connect(self._end, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Politeness":
        """Scrapy's way to make it. Raises ConfigurationError where its folder cannot be made."""
        return cls(crawler)

    def pace(self, publisher: str) -> Pace:
        """The one pace of a publisher. Raises ConfigurationError where its file cannot be had."""
        if publisher not in self._paces:
            try:
                file = PaceFile(self.folder(publisher) / "turn")
            except OSError as error:
                raise ConfigurationError(f"{error.filename}: {error.strerror or error}") from error
            self._files.append(file)
            self._paces[publisher] = Pace(
                publisher, file, self._rules, lambda: self._own_delay_s(publisher), self._stopping
            )
        return self._paces[publisher]

    def folder(self, publisher: str) -> Path:
        """A publisher's folder; it is there. Raises OSError."""
        folder = folder_of(self._state_dir, publisher)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _require_folder(self) -> None:
        folder = self._state_dir / "pace"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{folder}: {error.strerror or error}") from error

    def _own_delay_s(self, publisher: str) -> float:
        """The project's delay, or what AutoThrottle has made of it."""
        slot = self._crawler.engine.downloader.slots.get(publisher)
        return max(self._delay_s, slot.delay if slot else 0.0)

    def _begin(self) -> None:
        self._watch = asyncio.get_running_loop().create_task(self._until_stop())

    async def _until_stop(self) -> None:
        engine = self._crawler.engine
        while (slot := engine._slot) and slot.closing is None:  # noqa: SLF001  # told nowhere else
            await asyncio.sleep(STOP_SEEN_S)
        self._stopping.set()
        for waiting in engine.downloader.slots.values():
            while waiting.queue:
                _, outcome = waiting.queue.popleft()
                outcome.errback(HostHeld("the crawl stops", 0.0))

    def _end(self) -> None:
        self._stopping.set()
        if self._watch:
            self._watch.cancel()
        while self._files:
            self._files.pop().close()
