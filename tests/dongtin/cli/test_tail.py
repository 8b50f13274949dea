"""`dongtin tail` on a terminal: one event is one line, whatever it says."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dongtin.cli.tail import line
from dongtin.codec import page_record, source
from dongtin.documents import find_documents
from dongtin.record import Message
from dongtin.stream.memory import MemoryStream
from dongtin.topics import ARTICLES, PAGES, STORIES, Topic
from processors.look import look
from processors.pipeline import Normalizer
from processors.stories import Linker

SEEDS = Path(__file__).parents[3] / "seeds"


def printed(message: Message) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(line(message), overflow="ellipsis", no_wrap=True)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO of the line above
    return text


@pytest.fixture
def stream() -> MemoryStream:
    stream = MemoryStream()
    for document in find_documents([SEEDS], None).documents:
        key, page = document.load()
        stream.append(page_record(page, key, source("dongtin.", "replay")))
    stream.run(Normalizer(source("dongtin.", "normalizer"), look))
    stream.run(Linker(source("dongtin.", "linker")))
    return stream


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (ARTICLES, "article.created en text/beb438397692aa5a Iran signs comprehensive strategic pact"),
        (STORIES, "story.updated  thanhnien.vn/185250117194334368 2 in en, id"),
    ],
)
def test_an_event_is_one_line_with_its_words(stream: MemoryStream, topic: Topic, said: str) -> None:
    text = printed(stream.take(topic)[-1])
    assert said in text
    assert text.count("\n") == 1


def test_what_a_stranger_wrote_does_not_steer_the_terminal() -> None:
    value = b"<html>\n\x1b]0;title\x07" + b"long " * 100
    text = printed(Message(PAGES, 0, 1, 0, b"a\x1b[2J", value, (("ce_type", b"x\r"),)))
    assert text.count("\n") == 1
    assert all(char.isprintable() for char in text.rstrip("\n"))
    assert "(tombstone)" in printed(Message(ARTICLES, 0, 1, 0, b"a", None, ()))
