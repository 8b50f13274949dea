import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from broker import Broker
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from processes import is_running

pytestmark = pytest.mark.kafka


def create_topic(bootstrap_servers: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)], wait_for_metadata=True)
    admin.close()


def read_all(bootstrap_servers: str, topic: str, isolation_level: str) -> list[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest", isolation_level=isolation_level
    )
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    values = []
    while consumer.position(partition) < end:
        values += [record.value for records in consumer.poll(100).values() for record in records]
    consumer.close()
    return values


def test_a_transaction_shows_when_committed_and_never_when_aborted(kafka: str, topic_prefix: str) -> None:
    topic = topic_prefix + "transactions"
    create_topic(kafka, topic)
    producer = KafkaProducer(bootstrap_servers=kafka, transactional_id=topic_prefix + "writer", retry_backoff_ms=20)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"committed").get(30)
    producer.commit_transaction()
    producer.begin_transaction()
    producer.send(topic, b"aborted").get(30)
    producer.abort_transaction()
    producer.close()

    assert read_all(kafka, topic, "read_committed") == [b"committed"]
    assert read_all(kafka, topic, "read_uncommitted") == [b"committed", b"aborted"]


def test_a_killed_broker_comes_back_on_its_port_with_its_records(tmp_path: Path) -> None:
    with Broker(tmp_path / "kafka") as broker:
        address = broker.bootstrap_servers
        create_topic(address, "kept")
        producer = KafkaProducer(bootstrap_servers=address, acks="all")
        producer.send("kept", b"before").get(30)
        producer.close()
        broker.kill()
        broker.start()

        assert broker.bootstrap_servers == address
        assert read_all(address, "kept", "read_committed") == [b"before"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_no_broker_outlives_a_killed_test_run(tmp_path: Path) -> None:
    program = "import sys, time; from pathlib import Path; from broker import Broker\n"
    program += "broker = Broker(Path(sys.argv[1])); broker.start(); print(broker.pid, flush=True); time.sleep(600)"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-c", program, str(tmp_path / "kafka")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
        assert run.stdout is not None
        broker_pid = int(run.stdout.readline())
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while is_running(broker_pid):
        assert time.monotonic() < deadline, "the broker is still running"
        time.sleep(0.05)
