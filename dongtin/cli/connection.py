"""The Kafka cluster that the settings name. Apart from the stages, which know no broker."""

from dongtin.settings import Settings
from dongtin.stream.kafka.cluster import Cluster


def cluster(settings: Settings) -> Cluster:
    """The cluster of a set-up."""
    return Cluster(tuple(settings.servers), settings.topic_prefix, settings.bootstrap_timeout_s)
