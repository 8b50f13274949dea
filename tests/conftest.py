"""What every test may use: a real Kafka, a topic prefix of its own, and no network but loopback."""

import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import hypothesis
import pytest
from kafka import KafkaAdminClient
from kafka_jars import KafkaUnavailable
from network_guard import only_loopback
from played import Played
from shared import Needs, Shared

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("dongtin", deadline=None)
hypothesis.settings.load_profile("dongtin")

SHARED = pytest.StashKey[Shared]()


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    with only_loopback():
        yield


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of a running broker, `127.0.0.1:<port>`: one for the whole test run."""
    try:
        return request.config.stash[SHARED].broker.bootstrap_servers
    except KafkaUnavailable as error:
        pytest.fail(str(error), pytrace=False)


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
    return request.config.stash[SHARED].played


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
    """One folder for what all processes of a test run share."""
    config.stash[SHARED] = Shared(getattr(config, "workerinput", {}).get("shared"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by pytest-xdist for each of its processes."""
    node.workerinput["shared"] = str(node.config.stash[SHARED].folder)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """A process of pytest-xdist says what its tests need; a run in one process has it at once."""
    if session.config.option.collectonly or not session.items:
        return
    shared, worker = session.config.stash[SHARED], getattr(session.config, "workerinput", {}).get("workerid")
    if worker:
        shared.say(worker, _needs(session.items))
    else:
        shared.begin(_needs(session.items))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """In the process that collects no tests, and ends last."""
    node.config.stash[SHARED].begin_as_said(node.gateway.id)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let nothing live on."""
    config.stash[SHARED].end()


def _needs(items: Sequence[pytest.Item]) -> Needs:
    scenarios: dict[str, list[str]] = defaultdict(list)
    for item in filter(_waits_for_a_scenario, items):
        scenarios[item.path.parent.name].append(item.callspec.params["scenario"])  # type: ignore[attr-defined]
    return Needs(any(item.get_closest_marker("kafka") for item in items), dict(scenarios))


def _waits_for_a_scenario(item: pytest.Item) -> bool:
    return "played" in getattr(item, "fixturenames", ())
