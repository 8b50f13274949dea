"""What every test may use: a real Kafka, a topic prefix of its own, and no network but loopback."""

import secrets
from collections.abc import Iterator

import pytest
from broker import Broker
from kafka import KafkaAdminClient
from kafka_jars import KafkaUnavailable
from network_guard import only_loopback


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    with only_loopback():
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running broker, `127.0.0.1:<port>`: one for the whole run, never stopped or killed by a test.

    A test of faults starts a `broker.Broker` of its own.
    """
    broker = Broker(tmp_path_factory.mktemp("kafka"))
    try:
        broker.start()
    except KafkaUnavailable as error:
        pytest.fail(str(error), pytrace=False)
    yield broker.bootstrap_servers
    broker.stop()


@pytest.fixture(scope="session")
def _kafka_admin(kafka: str) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    yield admin
    admin.close()


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix that no other test has, like `t0a1b2c3d.`. The topics that bear it are deleted after the test."""
    prefix = f"t{secrets.token_hex(4)}."
    admin = request.getfixturevalue("_kafka_admin") if "kafka" in request.fixturenames else None
    yield prefix
    if admin is not None:
        own = [topic for topic in admin.list_topics() if topic.startswith(prefix)]
        if own:
            admin.delete_topics(own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the shared broker bears the marker `kafka`."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")
