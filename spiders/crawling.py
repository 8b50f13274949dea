"""A crawl from its frontier, from its opening to its end: the file, the plan, and what follows the topic."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import structlog
from scrapy.settings import BaseSettings
from scrapy.utils.misc import load_object

from dongtin.errors import ConfigurationError, DongtinError
from dongtin.settings import Settings
from spiders.arguments import Arguments
from spiders.clock import Clock
from spiders.following import Following
from spiders.frontier import Frontier, Visit
from spiders.intake import Languages
from spiders.places import Place, Places
from spiders.plan import Cadence, Plan
from spiders.politeness import known_pace
from spiders.silence import Alarm
from spiders.store import Task, file_of, open_store, owned
from spiders.ways import DatedSitemaps, Ways

log = structlog.get_logger(__name__)

TOUCH_S = 2.0
"""Between two touches of a health file, which may be a minute old."""
LISTEN_S, LONGEST_LISTEN_S = 60.0, 10.0
"""Between two looks at whether the publisher is silent, by its clock, and in real seconds at most."""


class Crawling:
    """What a spider works on. One process at a time crawls a publisher; a back-fill is handed over to it."""

    def __init__(self, site: Ways, arguments: Arguments, clock: Clock, scrapy_settings: BaseSettings) -> None:
        """Open the file. Raises ConfigurationError where it cannot be, or another process crawls by it."""
        settings: Settings = scrapy_settings["DONGTIN_SETTINGS"]
        self._path = path = file_of(settings.state_dir, settings.topic_prefix, site.publisher)
        self._open = ExitStack()
        owner = self._open.enter_context(owned(path, Task.CRAWL if arguments.window is None else Task.BACKFILL))
        is_ours = owner is None
        database = open_store(path, is_ours=is_ours)
        self._open.callback(database.close)
        cadence = Cadence(
            settings.poll_s, scrapy_settings.getint("CONCURRENT_REQUESTS"), arguments.is_one_pass, arguments.window
        )
        places = Places(database)
        languages = Languages(site.languages, settings.wanted_languages)
        self.plan = Plan(Frontier(database, site.publisher), places, site.ways, languages, clock, cadence)
        # A back-fill is no listening.
        self._alarm = None if arguments.window else Alarm(self.plan.frontier, site.usual, clock)
        self._clock = clock
        self._state_dir = settings.state_dir
        self._beside: list[asyncio.Task[None]] = []
        self._is_handed_over = False
        self._cannot_begin: DongtinError | None = None
        if not is_ours:
            if arguments.window is None or owner != Task.CRAWL:
                self.close_file()
                other = "back-fills" if owner == Task.BACKFILL else "crawls"
                raise ConfigurationError(f"{site.publisher}: another process {other} it ({path.with_suffix('.lock')})")
            places.begin(way.past(arguments.window) for way in site.ways if isinstance(way, DatedSitemaps))
            log.info(
                "back-fill handed over to the process that crawls", publisher=site.publisher, days=arguments.window
            )
            self._is_handed_over = True
        self._following = Following(load_object(scrapy_settings["STATE_SOURCE"])(settings), self.plan)
        self._health_file: Path | None = None
        if scrapy_settings.getbool("IS_SERVICE"):
            self._health_file = settings.state_dir / "health" / f"{settings.topic_prefix}spiders-{site.publisher}"

    async def visits(self) -> AsyncIterator[Visit | Place]:
        """What is due, when all that the workers have found so far is known."""
        if self._is_handed_over:
            return
        if self._health_file:
            self._beside.append(asyncio.create_task(_touch(self._health_file)))
        try:
            await self._following.catch_up()
        except ConfigurationError as error:
            self._cannot_begin = error
            return
        self._following.go_on()
        self.plan.begin()
        self._tell_beginning()
        if self._alarm:
            self._alarm.begin()
            self._beside.append(asyncio.create_task(self._listen(self._alarm)))
        async for task in self.plan.visits():
            yield task

    async def close(self) -> None:
        """End what goes on beside the crawl."""
        try:
            for task in self._beside:
                task.cancel()
            await asyncio.gather(*self._beside, return_exceptions=True)
            await self._following.close()
        finally:
            self.close_file()

    @property
    def failure(self) -> DongtinError | None:
        """Why the crawl could not go on."""
        error = self.plan.failure
        return self._cannot_begin if error is None else ConfigurationError(f"{self._path}: {error}")

    def _tell_beginning(self) -> None:
        """One line: where nothing is due, or the publisher is held, nothing else is told for a long time."""
        publisher, due = self.plan.frontier.publisher, self.plan.next_due()
        times = {"next_due": due if due is None else max(due, self._clock.now().timestamp())}
        with contextlib.suppress(OSError):  # the first request tells of it
            held_until = known_pace(self._state_dir, publisher).held_until
            if held_until > time.time():
                times["held_until"] = held_until
        told = {word: at if at is None else datetime.fromtimestamp(at, UTC).isoformat() for word, at in times.items()}
        log.info("crawl begins", publisher=publisher, places=self.plan.place_count, **told)

    async def _listen(self, alarm: Alarm) -> None:
        while True:
            await asyncio.sleep(min(self._clock.real_s(LISTEN_S), LONGEST_LISTEN_S))
            with self.plan.together():
                alarm.look()

    def close_file(self) -> None:
        """Leave the file to others."""
        self._open.close()


async def _touch(health_file: Path) -> None:
    while True:
        with contextlib.suppress(OSError):  # it grows old then, and that is told by whoever looks at it
            health_file.parent.mkdir(parents=True, exist_ok=True)
            health_file.touch()
        await asyncio.sleep(TOUCH_S)
