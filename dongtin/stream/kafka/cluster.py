"""Where the cluster is, and its clients: a setting that is not kafka-python's default has the default beside it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError, RetriableError

from dongtin.errors import BrokerUnavailable, ConfigurationError, TopicMismatch
from dongtin.topics import QUARANTINE, RECORD_BYTES, Topic


@dataclass(frozen=True)
class Cluster:
    """A Kafka cluster, and the prefix of our names on it."""

    servers: tuple[str, ...]
    prefix: str
    timeout_s: float = 10
    """How long to wait for a first answer."""

    def full_name(self, topic: Topic) -> str:
        """The topic's name on the cluster."""
        return topic.full_name(self.prefix)

    def producer(self, **options: Any) -> KafkaProducer:
        """A producer that waits for all replicas and repeats nothing. Raises BrokerUnavailable."""
        defaults: dict[str, Any] = {
            "linger_ms": 5,  # 0
            "batch_size": 131_072,  # 16384: two to three times slower with records of 6 KB
            "max_request_size": QUARANTINE.max_bytes,  # 1048576
            "compression_type": "zstd",  # None
            "max_block_ms": 15_000,  # 60000
        }
        with self.reachable():
            return KafkaProducer(**self._common(), **defaults | options)

    def consumer(self, **options: Any) -> KafkaConsumer:
        """A consumer that commits nothing by itself and reads what was committed. Raises BrokerUnavailable."""
        defaults: dict[str, Any] = {
            "enable_auto_commit": False,  # True
            "auto_offset_reset": "earliest",  # latest
            "isolation_level": "read_committed",  # read_uncommitted
            "max_partition_fetch_bytes": RECORD_BYTES,  # 1048576
        }
        with self.reachable():
            return KafkaConsumer(**self._common(), **defaults | options)

    @contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        """An administration client. Raises BrokerUnavailable."""
        with self.reachable():
            client = KafkaAdminClient(**{k: v for k, v in self._common().items() if k != "allow_auto_create_topics"})
            try:
                yield client
            finally:
                client.close()

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Tell in one line that no broker answers; wrong passwords and protocols look the same from here."""
        try:
            yield
        except KafkaTimeoutError as error:
            raise BrokerUnavailable(
                f"no Kafka answers at {','.join(self.servers)} within {self.timeout_s:g} s"
            ) from error
        except (ValueError, OSError) as error:
            raise ConfigurationError(f"DONGTIN_BOOTSTRAP_SERVERS {','.join(self.servers)}: {error}") from error
        except KafkaError as error:
            kind = BrokerUnavailable if isinstance(error, RetriableError) else ConfigurationError
            raise kind(f"Kafka at {','.join(self.servers)}: {type(error).__name__}: {error}") from error

    def partition_counts(self, topics: Iterable[Topic]) -> dict[Topic, int]:
        """How many partitions each topic has. Raises TopicMismatch where one does not exist."""
        names = {self.full_name(topic): topic for topic in topics}
        with self.admin() as admin:
            counts = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(list(names))}
        if missing := [name for name in names if not counts.get(name)]:
            raise TopicMismatch(f"topic {missing[0]} does not exist: run `dongtin topics create`")
        return {topic: counts[name] for name, topic in names.items()}

    def partitions(self, topic: Topic, count: int) -> list[TopicPartition]:
        """All partitions of a topic that has so many."""
        return [TopicPartition(self.full_name(topic), at) for at in range(count)]

    def _common(self) -> dict[str, Any]:
        return {
            "bootstrap_servers": list(self.servers),
            "bootstrap_timeout_ms": int(self.timeout_s * 1000),  # 30000
            "reconnect_backoff_max_ms": 500,  # 30000: a broker 3 s late costs 8.5 s
            "allow_auto_create_topics": False,  # True
        }
