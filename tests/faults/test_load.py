"""The stream of pages has every change in it that a fault could spoil, and is the same for the same seed."""

from collections import Counter
from itertools import islice

import pytest
from faults.load import Load
from faults.reading import look

from dongtin.codec import decode_parts
from dongtin.events import Article, Change, Fate, Withdrawn
from dongtin.stream.memory import MemoryStream
from dongtin.topics import MEMBERS, REVISIONS, STORIES
from processors.pipeline import Normalizer
from processors.stories import Linker

PAGES_OF_A_RUN = 500


def test_the_same_seed_gives_the_same_pages() -> None:
    assert list(islice(Load(3), 100)) == list(islice(Load(3), 100))
    assert list(islice(Load(3), 100)) != list(islice(Load(4), 100))


@pytest.mark.parametrize("seed", range(3))
def test_a_run_has_every_kind_of_change(seed: int) -> None:
    stream = MemoryStream(4)
    for record in islice(Load(seed), PAGES_OF_A_RUN):
        stream.append(record)
    fates = {outcome.fate for outcome in stream.run(Normalizer("/normalizer", look))}
    assert fates == set(Fate) - {Fate.QUARANTINED}
    revisions = [decode_parts(each.value, each.headers).data for each in stream.take(REVISIONS)]
    assert {each.change for each in revisions if isinstance(each, Article | Withdrawn)} == set(Change)
    assert {each.reason for each in revisions if isinstance(each, Withdrawn)} >= {"gone", "moved"}
    stream.run(Linker("/linker"))
    members = stream.take(MEMBERS)
    told = Counter(each.key for each in members)
    assert [each for each in members if each.value is None and told[each.key] > 1], "nobody leaves a story"
    stories = [decode_parts(each.value, each.headers).data for each in stream.take(STORIES) if each.value]
    assert max(len(story.members) for story in stories) > 2  # type: ignore[union-attr]
