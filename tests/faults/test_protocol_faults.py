"""Faults of Kafka's protocol: what makes kafka-python lose records in silence does not happen to the workers."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from faults import bare
from faults.behind_proxy import Run, pages
from faults.proxy import FOR_EVER, Api, Deed, Fault, Proxy
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from setup_on_kafka import read_committed

from dongtin.stream.kafka.watchdog import ExitCode
from dongtin.topics import ARTICLES

pytestmark = pytest.mark.timeout(900)  # the scenarios go on beside them

PAGES = 45
NOT_LEADER, ILLEGAL_GENERATION, UNKNOWN_MEMBER, OUT_OF_ORDER, INVALID_EPOCH, UNKNOWN_PRODUCER = 6, 22, 25, 45, 47, 59
HURRIED = ("faults.hurried", "normalizer", "0")
SUPERVISED = ("dongtin", "work", "normalizer")


@dataclass(frozen=True)
class Case:
    """A fault that a worker meets after its first transaction."""

    fault: Fault
    ends: tuple[ExitCode, ...]
    """How the worker may end of it."""
    command: tuple[str, ...] = HURRIED
    environment: dict[str, str] = field(default_factory=dict)


def produce(deed: Deed, code: int = 0, **options: float) -> Fault:
    """Of a Produce that has articles. With a delay, a loop that does not wait for the answer is in its commit then."""
    return Fault(Api.PRODUCE, deed, code, topic=ARTICLES.name, after=Api.END_TXN, **options)  # type: ignore[arg-type]


def later(api: Api, deed: Deed, code: int = 0) -> Fault:
    return Fault(api, deed, code, after=Api.END_TXN)


SILENT = {
    "A: a Produce is swallowed": Case(produce(Deed.SWALLOW, times=FOR_EVER), (ExitCode.CONNECTION_LOST,)),
    "A: a Produce is refused until it expires": Case(
        produce(Deed.ERROR_INSTEAD, NOT_LEADER, times=FOR_EVER),
        (ExitCode.FAILED,),
        environment={"HURRIED_DELIVERY_S": "3.2"},
    ),  # before the transaction does, which would fence it: nothing but a look at the future tells then
} | {
    f"B: error {code} while it commits": Case(produce(Deed.ERROR_INSTEAD, code, delay_s=0.5), (ExitCode.FAILED,))
    for code in (OUT_OF_ORDER, UNKNOWN_PRODUCER, INVALID_EPOCH)
}
"""The bare loop loses records by them, and says that all is done."""

LOUD = {
    "B: under the real supervisor": Case(
        produce(Deed.ERROR_INSTEAD, OUT_OF_ORDER, delay_s=0.5), (ExitCode.FAILED,), SUPERVISED
    ),
    "J: offsets are refused": Case(
        later(Api.TXN_OFFSET_COMMIT, Deed.ERROR_INSTEAD, ILLEGAL_GENERATION), (ExitCode.MEMBERSHIP_LOST,)
    ),
    "J: offsets are written and refused": Case(
        later(Api.TXN_OFFSET_COMMIT, Deed.ERROR_AFTER, UNKNOWN_MEMBER), (ExitCode.MEMBERSHIP_LOST,)
    ),
    "K: an EndTxn is swallowed": Case(later(Api.END_TXN, Deed.SWALLOW), (ExitCode.CONNECTION_LOST,)),
    "K: the watchdog is first": Case(
        later(Api.END_TXN, Deed.SWALLOW), (ExitCode.STUCK,), environment={"HURRIED_STEP_S": "2"}
    ),
    "K: the commit is done and not answered": Case(later(Api.END_TXN, Deed.LOSE_ANSWER), (ExitCode.CONNECTION_LOST,)),
}
CASES = SILENT | LOUD


@pytest.mark.parametrize("name", SILENT)
def test_the_bare_loop_loses_records_in_silence(kafka: str, topic_prefix: str, name: str) -> None:
    """The control: by the fault that the worker meets, a loop that looks at no future loses what it says is done."""
    source, target, group = (f"{topic_prefix}{word}" for word in ("source", "target", "group"))
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    topics = {name: {"num_partitions": 1, "replication_factor": 1} for name in (source, target)}
    admin.create_topics(topics, wait_for_metadata=True)
    producer = KafkaProducer(bootstrap_servers=kafka)
    for number in range(30):
        producer.send(source, b"%d" % number).get(timeout=30)
    producer.close()
    with Proxy(kafka) as proxy:
        fault = proxy.add(replace(SILENT[name].fault, topic=target))
        bare.copy(proxy.bootstrap_servers, source, target, group)
    assert fault.hits
    assert admin.list_group_offsets([group])[group][TopicPartition(source, 0)].offset == 30
    assert len(read_committed(kafka, [target], settled=True)) < 30
    admin.close()


@pytest.mark.parametrize("name", CASES)
def test_the_worker_loses_and_doubles_nothing(kafka: str, topic_prefix: str, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    with Run(kafka, topic_prefix, tmp_path / "run") as run:
        topic = case.fault.topic and ARTICLES.full_name(topic_prefix)
        fault = run.proxy.add(replace(case.fault, topic=topic))
        run.publish(pages(PAGES))
        run.start(*case.command, **case.environment)

        def has_ended_of_it() -> bool:
            return not set(case.ends).isdisjoint(run.exits())

        run.wait("the worker ends of the fault", lambda: has_ended_of_it() or run.drained())
        assert fault.hits
        assert fault.spent or not run.drained()
        run.proxy.heal()
        run.wait("all pages are done", run.drained)
        run.stop()
        run.check()
        assert has_ended_of_it()
