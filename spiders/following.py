"""What the workers found comes back: the article-state topic, followed into a publisher's frontier."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from dongtin.errors import TopicMismatch
from dongtin.settings import Settings
from dongtin.stream.base import Follower
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.follow import KafkaFollower
from dongtin.stream.kafka.restore import incarnations
from dongtin.topics import ARTICLE_STATE
from spiders.plan import Plan

log = structlog.get_logger(__name__)

POLL_S = 0.5
AGAIN_S = 5.0
"""Before a Kafka that did not answer is asked again."""


@dataclass(frozen=True)
class States:
    """What the article states come from. Both block, and raise BrokerUnavailable and TopicMismatch."""

    log: Callable[[], str]
    """Names what is followed: by another name where the topic was made anew, so that no position is of both."""
    follow: Callable[[Mapping[int, int]], Follower]
    """Given the positions to go on from."""


def kafka_states(settings: Settings) -> States:
    """The article-state topic on Kafka."""
    cluster = Cluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)

    def log_name() -> str:
        return f"{cluster.full_name(ARTICLE_STATE)} {incarnations(cluster, (ARTICLE_STATE,))[ARTICLE_STATE]}"

    return States(log_name, lambda positions: KafkaFollower(cluster, ARTICLE_STATE, positions))


class Following:
    """Tells a plan of each state, in the reactor's thread; the position is kept with what was learnt.

    Whatever keeps it from the topic is told and tried again: a crawl that hears nothing confirms no loss.
    """

    def __init__(self, states: States, plan: Plan) -> None:
        self._states = states
        self._plan = plan
        self._log = ""
        self._follower: Follower | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def catch_up(self) -> None:
        """Up to the states that there are now; waits for Kafka. Raises TopicMismatch."""
        while not self._closing.is_set():
            try:
                follower = await self._opened()
                if await asyncio.to_thread(follower.is_caught_up):
                    return
                await self._step(follower)
            except TopicMismatch:
                raise
            except Exception as error:  # noqa: BLE001  # see the class
                await self._rest(error)

    def go_on(self) -> None:
        """With what comes, until `close`."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Leave, when the step that is under way is done: a consumer is for one thread at a time."""
        self._closing.set()
        if self._task is not None:
            await self._task
        await self._leave()

    async def _follow(self) -> None:
        while not self._closing.is_set():
            try:
                await self._step(await self._opened())
            except Exception as error:  # noqa: BLE001  # see the class
                await self._rest(error)

    async def _opened(self) -> Follower:
        if self._follower is None:
            self._log = await asyncio.to_thread(self._states.log)
            positions = self._plan.frontier.positions(self._log)
            self._follower = await asyncio.to_thread(self._states.follow, positions)
        return self._follower

    async def _step(self, follower: Follower) -> None:
        messages = await asyncio.to_thread(follower.poll, POLL_S)
        if messages:
            self._plan.learn(messages, self._log)

    async def _rest(self, error: Exception) -> None:
        """Leave, and wait a while: what is kept says from where to go on."""
        why = f"{type(error).__name__}: {error}"[:300]
        log.warning("states are not to be had", publisher=self._plan.frontier.publisher, why=why)
        await self._leave()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), AGAIN_S)

    async def _leave(self) -> None:
        follower, self._follower = self._follower, None
        if follower is not None:
            with contextlib.suppress(Exception):  # whatever it was, nothing is lost: the position is kept
                await asyncio.to_thread(follower.close)
