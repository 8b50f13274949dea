"""The metrics, all of them: names, labels and meaning, and how Prometheus gets them.

Values are taken when they are asked for, from whoever has them: a process names a function that gives its samples.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from dongtin.errors import ConfigurationError


class Kind(StrEnum):
    """How a value moves."""

    COUNTER = "counter"
    """Up, from the start of the process."""
    GAUGE = "gauge"


@dataclass(frozen=True)
class Metric:
    """A metric. The line that says what it is stands in the README's table too."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


ADDRESSES = Metric(
    "dongtin_addresses_total",
    Kind.COUNTER,
    ("publisher", "outcome"),
    "Addresses that were asked for, by what became of them.",
)
PAGES = Metric(
    "dongtin_pages_total", Kind.COUNTER, ("publisher", "outcome"), "Pages for the pages topics, by what became of them."
)
PLACES = Metric(
    "dongtin_places_total",
    Kind.COUNTER,
    ("publisher", "outcome"),
    "Looks at feeds, sitemaps and listings, by what became of them.",
)
LAST_ARTICLE_AGE = Metric(
    "dongtin_last_article_age_seconds",
    Kind.GAUGE,
    ("publisher",),
    "Since the last new article was fetched; absent before the first.",
)
SILENT = Metric(
    "dongtin_publisher_silent",
    Kind.GAUGE,
    ("publisher",),
    "1 where nothing new has come for longer than three usual gaps, else 0.",
)
FRONTIER = Metric(
    "dongtin_frontier_addresses",
    Kind.GAUGE,
    ("publisher", "rank", "state"),
    "Addresses that wait for a visit, by rank (new, again, translation, backfill) and state (due, planned).",
)
KNOWN = Metric("dongtin_known_addresses", Kind.GAUGE, ("publisher",), "Addresses of articles in the frontier.")
METRICS = (ADDRESSES, PAGES, PLACES, LAST_ARTICLE_AGE, SILENT, FRONTIER, KNOWN)


@dataclass(frozen=True)
class Sample:
    """A value of a metric."""

    metric: Metric
    labels: tuple[str, ...]
    """In the order of the metric's."""
    value: float


Measure = Callable[[], Iterable[Sample]]
"""Gives all samples of a process as they are now; called in a thread of its own."""


def serve(port: int, measure: Measure) -> None:
    """Show the samples at `/metrics` of a port, on every interface, until the process ends.

    Raises ConfigurationError where the port cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(_Samples(measure))
    try:
        start_http_server(port, registry=registry)
    except OSError as error:
        raise ConfigurationError(f"DONGTIN_METRICS_PORT: {port}: {error.strerror or error}") from error


class _Samples(Collector):
    def __init__(self, measure: Measure) -> None:
        self._measure = measure

    def describe(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """Without a look at any value, which a registry would take at once."""
        return [_family(metric) for metric in METRICS]

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        families = {metric: _family(metric) for metric in METRICS}
        for sample in self._measure():
            families[sample.metric].add_metric(sample.labels, sample.value)
        return families.values()


def _family(metric: Metric) -> CounterMetricFamily | GaugeMetricFamily:
    if metric.kind == Kind.COUNTER:
        return CounterMetricFamily(metric.name, metric.meaning, labels=metric.labels)
    return GaugeMetricFamily(metric.name, metric.meaning, labels=metric.labels)
