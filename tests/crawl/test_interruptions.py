"""A crawl whose Kafka is away for a while, and a site that answers and shows nothing new."""

import resource
import time
from dataclasses import replace
from pathlib import Path

import pytest
from broker import Broker
from crawl.run import Crawl, Limits, crawl, until
from crawl.test_one_pass import STILL, standing
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from processes import resident_bytes
from setup_on_kafka import PATIENCE_S

from dongtin.publishers import AddressKind, identify
from spiders.settings import SCRAPER_SLOT_MAX_ACTIVE_SIZE
from tests.site.faults import Fault, FaultKind
from tests.site.settings import WorldSettings

pytestmark = pytest.mark.kafka

LARGE = replace(STILL, articles=150, languages=(), page_bytes=150_000)
"""Far more than a spider may hold."""
QUIET_S = 2.0
"""At ten pages a second and more, who asks for none for so long has stopped."""
AWAY_S = 6.0
SMALL_BYTES = 15_000_000
"""Less than the pages that a crawl which goes on asking would fetch in that time."""


def test_without_kafka_it_stops_asking_holds_what_it_has_and_drops_nothing(tmp_path: Path, topic_prefix: str) -> None:
    limits = Limits(delay_s=0.0)
    with (
        Broker(tmp_path / "kafka") as broker,
        crawl(tmp_path, broker.bootstrap_servers, topic_prefix, LARGE, limits=limits) as made,
    ):
        own = {id_ for id_ in standing(made) if id_.startswith("thanhnien.vn/")}
        spider = made.start("thanhnien", service=True)
        until(lambda: asked(made) > 10, "the first pages")
        broker.freeze()
        before = asked(made)
        until(lambda: stands_still(made), "that it stops asking")
        stopped_at = asked(made)
        assert stopped_at < len(own)
        assert (stopped_at - before) * LARGE.page_bytes < SCRAPER_SLOT_MAX_ACTIVE_SIZE + SMALL_BYTES
        held = resident_bytes(spider.pid)
        broker.kill()
        time.sleep(AWAY_S)
        assert asked(made) == stopped_at
        assert resident_bytes(spider.pid) < held + SMALL_BYTES
        broker.start()
        made.setup.wait_for_records("pages", len(own))
        until(lambda: {key for key, page in made.pages() if page.status == 200} == own, "all pages")
        assert asked(made) == len(own)


def asked(made: Crawl) -> int:
    """Articles that were answered."""
    addresses = (f"https://{each.host}{each.path}" for each in made.site.requests() if each.status == 200)
    return sum(identify(url).kind == AddressKind.ARTICLE for url in addresses)


def stands_still(made: Crawl) -> bool:
    before = len(made.site.requests())
    time.sleep(QUIET_S)
    return len(made.site.requests()) == before


def test_a_full_disk_ends_a_service_in_one_line_and_the_next_start_goes_on(
    tmp_path: Path, kafka: str, topic_prefix: str
) -> None:
    world = replace(STILL, languages=())
    with crawl(tmp_path, kafka, topic_prefix, world, limits=Limits(delay_s=0.05)) as made:
        own = {id_ for id_ in standing(made) if id_.startswith("thanhnien.vn/")}
        spider = made.start("thanhnien", service=True)
        until(lambda: asked(made) > 3, "the first pages")
        # No file may grow: as on a full disk, for this process alone.
        largest = max(path.stat().st_size for path in made.setup.state.rglob("*.sqlite*"))
        resource.prlimit(spider.pid, resource.RLIMIT_FSIZE, (largest, largest))
        assert spider.wait(PATIENCE_S) == 2
        assert asked(made) < len(own)
        assert "Traceback" not in made.log(1000)
        assert made.log(1).splitlines()[0].startswith(f"dongtin: {made.setup.state}")
        made.start("thanhnien", service=True)
        until(lambda: {key for key, page in made.pages() if page.status == 200} == own, "all pages")


def test_a_topic_that_refuses_a_page_ends_a_service_in_one_line(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    """And not in a loop: what it has fetched is due when it starts again."""
    name = f"{topic_prefix}pages.v1"
    with crawl(tmp_path, kafka, topic_prefix, replace(STILL, languages=()), limits=Limits(delay_s=0.05)) as made:
        spider = made.start("thanhnien", service=True)
        until(lambda: asked(made) > 3, "the first pages")
        with KafkaAdminClient(bootstrap_servers=kafka) as admin:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"max.message.bytes": "500"})])
        assert spider.wait(PATIENCE_S) == 2
        assert "Traceback" not in made.log(10_000)
        assert made.log(1).splitlines()[0].startswith("dongtin: pages.v1: Kafka refuses a record of ")


def test_without_topics_a_service_ends_in_one_line(tmp_path: Path, kafka: str, topic_prefix: str) -> None:
    made = Crawl(tmp_path, kafka, topic_prefix, replace(STILL, languages=()))
    try:
        assert made.start("thanhnien", service=True).wait(PATIENCE_S) == 2
        assert "Traceback" not in made.log(10_000)
        assert "run `dongtin topics create`" in made.log(1)
        assert not made.site.requests()
    finally:
        made.end()


BUSY = WorldSettings(seed=9, articles=600, history=0.1, archive=0, span_h=60.0, languages=(), quiet_night=False)
"""Ten articles an hour."""
NO_ARTICLES = Fault(FaultKind.EMPTY, path=r"^(?!/robots\.txt$)(?!.*-185\d+\.htm)")
"""Whatever is no article is empty."""
FACTOR = 900.0
SILENT, HEARD = "publisher is silent", "publisher is heard again"


def test_a_publisher_of_whom_nothing_new_is_seen_is_told_and_so_is_its_return(
    tmp_path: Path, kafka: str, topic_prefix: str
) -> None:
    """Its places answer all the time, and show nothing, as after a change of their markup."""
    limits = Limits(delay_s=0.0)
    with crawl(
        tmp_path, kafka, topic_prefix, BUSY, factor=FACTOR, limits=limits, DONGTIN_POLL_S="600"
    ) as made:  # fmt: skip
        spider = made.start("thanhnien", service=True)
        # On a machine that stands still for seconds, which are hours there, it may have been told before.
        until(lambda: asked(made) > 30 and told(made)[-1:] != [SILENT], "the first pages")
        before = len(told(made))
        made.site.set_faults([NO_ARTICLES])
        until(lambda: told(made)[before:][-1:] == [SILENT], "that it is silent")
        made.site.set_faults([])
        until(lambda: told(made)[-1] == HEARD, "that it is heard again")
        assert told(made) == [SILENT, HEARD] * (len(told(made)) // 2)
        spider.terminate()
        assert spider.wait(60) == 0


def told(made: Crawl) -> list[str]:
    """What was said of its silence."""
    events = [line["event"] for line in made.logged("thanhnien")]
    return [event for event in events if event.startswith("publisher is ")]
