"""What every test may use: a real Kafka, a topic prefix of its own, and no network but loopback."""

import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from broker import Broker
from kafka import KafkaAdminClient
from kafka_jars import KafkaUnavailable
from network_guard import only_loopback
from played import Played

PLAYED = pytest.StashKey[Played]()


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    with only_loopback():
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running broker, `127.0.0.1:<port>`: one for a whole process, never stopped or killed by a test.

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


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest) -> Played:
    """The scenarios that the tests of this run ask for; each names its own as the parameter `scenario`."""
    return request.config.stash[PLAYED]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses the shared broker bears the marker `kafka`; what waits for a scenario comes last."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker("kafka")
    items.sort(key=_waits_for_a_scenario)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes by their number: what gzip makes of them has the time in it, and several processes must agree on names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_configure(config: pytest.Config) -> None:
    """One folder for the scenarios of all processes of a test run."""
    given = getattr(config, "workerinput", {}).get("played")
    folder = Path(given or tempfile.gettempdir()) / ("" if given else f"dongtin-played-{secrets.token_hex(4)}")
    config.stash[PLAYED] = Played(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist for each of its processes."""
    node.workerinput["played"] = str(node.config.stash[PLAYED].folder)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Start the scenarios that tests will ask for, in the first process."""
    worker = getattr(session.config, "workerinput", {}).get("workerid", "gw0")
    wanted: dict[str, list[str]] = defaultdict(list)
    for item in session.items:
        if _waits_for_a_scenario(item):
            wanted[item.path.parent.name].append(item.callspec.params["scenario"])
    if wanted and worker == "gw0" and not session.config.option.collectonly:
        session.config.stash[PLAYED].start(wanted)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let nothing of them live on."""
    config.stash[PLAYED].end()


def _waits_for_a_scenario(item: pytest.Item) -> bool:
    return "played" in getattr(item, "fixturenames", ())
