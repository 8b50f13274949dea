"""What the workers found comes back: the article-state topic, followed into a publisher's frontier."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import structlog

from dongtin.errors import BrokerUnavailable
from dongtin.settings import Settings
from dongtin.stream.base import Follower
from dongtin.stream.kafka.cluster import Cluster
from dongtin.stream.kafka.follow import KafkaFollower
from dongtin.topics import ARTICLE_STATE
from spiders.plan import Plan

log = structlog.get_logger(__name__)

POLL_S = 0.5
AGAIN_S = 5.0
"""Before a Kafka that did not answer is asked again."""

Source = Callable[[Mapping[int, int]], Follower]
"""Made with the positions to go on from."""


def kafka_states(settings: Settings) -> Source:
    """The article-state topic on Kafka."""
    cluster = Cluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)
    return lambda positions: KafkaFollower(cluster, ARTICLE_STATE, positions)


class Following:
    """Tells a plan of each state, in the reactor's thread; the position is kept with what was learnt."""

    def __init__(self, source: Source, plan: Plan, topic: str) -> None:
        self._source = source
        self._plan = plan
        self._topic = topic
        self._follower: Follower | None = None
        self._task: asyncio.Task[None] | None = None

    async def catch_up(self) -> None:
        """Up to the states that there are now; waits for Kafka. Raises TopicMismatch."""
        while self._follower is None:
            try:
                self._follower = await asyncio.to_thread(self._source, self._plan.frontier.positions(self._topic))
            except BrokerUnavailable as error:
                log.warning("states are not to be had", publisher=self._plan.frontier.publisher, why=str(error))
                await asyncio.sleep(AGAIN_S)
        while not await asyncio.to_thread(self._follower.is_caught_up):
            await self._step(self._follower)

    def go_on(self) -> None:
        """With what comes, until `close`."""
        self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Leave, when the step that is under way is done: a consumer is for one thread at a time."""
        follower, self._follower = self._follower, None
        if self._task is not None:
            await self._task
        if follower is not None:
            with contextlib.suppress(Exception):  # whatever it was, nothing is lost: the position is kept
                await asyncio.to_thread(follower.close)

    async def _follow(self) -> None:
        while self._follower is not None:
            await self._step(self._follower)

    async def _step(self, follower: Follower) -> None:
        messages = await asyncio.to_thread(follower.poll, POLL_S)
        if messages:
            self._plan.learn(messages, self._topic)
