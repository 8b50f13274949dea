"""Making the topics as topics.py says, and telling where an existing one differs; nothing is changed silently."""

from collections.abc import Sequence
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from dongtin.stream.kafka.cluster import Cluster
from dongtin.topics import SAME_PARTITION_COUNT, TOPICS, Topic


@dataclass(frozen=True)
class TopicStatus:
    """How a topic stands on the cluster."""

    topic: Topic
    name: str
    exists: bool
    partitions: int
    replicas: int
    differences: tuple[str, ...]
    """One line each; empty where the topic is as it should be."""


def create_topics(cluster: Cluster, partitions: int, replication_factor: int) -> list[TopicStatus]:
    """Make the topics that are missing; gives the status of all, those that were there unchanged."""
    with cluster.admin() as admin:
        missing = [status.topic for status in _statuses(cluster, admin) if not status.exists]
        wanted = {
            cluster.full_name(topic): {
                "num_partitions": partitions,
                "replication_factor": replication_factor,
                "configs": topic.configuration,
            }
            for topic in missing
        }
        if wanted:
            admin.create_topics(wanted, wait_for_metadata=True)
        return _statuses(cluster, admin, partitions)


def describe_topics(cluster: Cluster, partitions: int | None = None) -> list[TopicStatus]:
    """The status of each topic; with `partitions`, another count is a difference."""
    with cluster.admin() as admin:
        return _statuses(cluster, admin, partitions)


def _statuses(cluster: Cluster, admin: KafkaAdminClient, partitions: int | None = None) -> list[TopicStatus]:
    names = {cluster.full_name(topic): topic for topic in TOPICS}
    found = {
        described["name"]: described["partitions"]
        for described in admin.describe_topics(list(names))
        if not described.get("error_code") and described["partitions"]
    }
    settings = _settings(admin, list(found))
    return [
        TopicStatus(
            topic,
            name,
            name in found,
            len(found.get(name, ())),
            min((len(each["replica_nodes"]) for each in found.get(name, ())), default=0),
            _differences(topic, settings[name], len(found[name]), partitions, _counts(cluster, found))
            if name in found
            else (),
        )
        for name, topic in names.items()
    ]


def _settings(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    described = admin.describe_configs(resources, config_filter="all")
    by_name = next(iter(described.values()))
    return {name: {key: str(entry["value"]) for key, entry in by_name[name].items()} for name in names}


def _counts(cluster: Cluster, found: dict[str, list[object]]) -> dict[Topic, int]:
    return {topic: len(found[name]) for topic in TOPICS if (name := cluster.full_name(topic)) in found}


def _differences(
    topic: Topic, settings: dict[str, str], count: int, wanted: int | None, counts: dict[Topic, int]
) -> tuple[str, ...]:
    differences = [
        f"{name} is {settings.get(name)}, should be {value}"
        for name, value in topic.configuration.items()
        if settings.get(name) != value
    ]
    if wanted is not None and count != wanted:
        differences.append(f"{count} partitions, should be {wanted}")
    for group in SAME_PARTITION_COUNT:
        others = {other.name: counts[other] for other in group if other != topic and other in counts}
        if topic in group:
            differences += [f"{count} partitions, but {name} has {its}" for name, its in others.items() if its != count]
    return tuple(differences)
