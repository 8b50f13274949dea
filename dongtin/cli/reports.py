"""What a replay shows: lines of JSON for programs, tables for a person."""

import sys
from collections.abc import Sequence
from typing import Protocol

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dongtin.codec import decode, json_line
from dongtin.events import Article, Rejection, Story, Withdrawn
from dongtin.record import Message
from dongtin.topics import ARTICLES, QUARANTINE, REJECTED, STORIES, Topic

FILE_WIDTH = 140
"""Columns of the tables where they do not go to a terminal."""


WIDTH_OF_THE_REST = 84
"""Columns that the tables need beside a headline; the headline is cut to what is left."""


class Report(Protocol):
    """Takes the records of a replay, topic by topic, as they arise."""

    def take(self, topic: Topic, messages: Sequence[Message]) -> None:
        """Take records of a topic, in order."""

    def close(self) -> None:
        """Show what has not been shown yet."""


class Lines:
    """CloudEvents JSON on standard output, one a line: the topics in their order, the first of them as it comes."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._held: dict[Topic, list[bytes]] = {topic: [] for topic in topics}
        self._first = topics[0]

    def take(self, topic: Topic, messages: Sequence[Message]) -> None:
        """See `Report.take`."""
        if topic not in self._held:
            return
        lines = [json_line(topic, message.key, message.value, message.headers) for message in messages]
        if topic == self._first:
            self._write(lines)
        else:
            self._held[topic] += lines

    def close(self) -> None:
        """See `Report.close`."""
        for lines in self._held.values():
            self._write(lines)
        sys.stdout.flush()

    @staticmethod
    def _write(lines: Sequence[bytes]) -> None:
        sys.stdout.buffer.writelines(line + b"\n" for line in lines)


class Tables:
    """The articles, the stories with their members, and what gave no article."""

    def __init__(self) -> None:
        self._console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)
        self._articles = self._table("article", "language", "headline or first words", "blocks", "story")
        self._rejected = self._table("document", "why it gives no article")
        self._stories: dict[str, Story | None] = {}

    def take(self, topic: Topic, messages: Sequence[Message]) -> None:
        """See `Report.take`."""
        for message in messages:
            key = (message.key or b"").decode(errors="replace")
            if topic == QUARANTINE:
                told = dict(message.headers).get("__connect.errors.exception.message", b"").decode(errors="replace")
                self._rejected.add_row(Text(key), Text(f"quarantined: {told}"))
            elif topic in (ARTICLES, STORIES, REJECTED):
                self._row(key, decode(message).data)

    def close(self) -> None:
        """See `Report.close`."""
        if self._articles.row_count:
            self._console.print(self._articles)
        for story_id, story in sorted(self._stories.items()):
            if story:
                self._story(story_id, story)
        if self._rejected.row_count:
            self._console.print(self._rejected)
        standing = sum(story is not None for story in self._stories.values())
        counts = {
            "article events": self._articles.row_count,
            "stories": standing,
            "without an article": self._rejected.row_count,
        }
        self._console.print(" · ".join(f"{name}: {count}" for name, count in counts.items()), highlight=False)

    def _row(self, key: str, data: object) -> None:
        match data:
            case Article():
                said = data.headline or data.body.blocks[0].text
                state = "" if data.revision == 1 else f" (revision {data.revision})"
                self._articles.add_row(
                    Text(key + state), data.language or "", Text(said), str(len(data.body.blocks)), Text(data.story_id)
                )
            case Withdrawn():
                self._articles.add_row(
                    Text(f"{key} (revision {data.revision})"),
                    data.language or "",
                    f"withdrawn: {data.reason}",
                    "",
                    Text(data.story_id),
                )
            case Rejection():
                self._rejected.add_row(Text(key), Text(f"{data.reason}: {data.detail or ''}".removesuffix(": ")))
            case Story() | None:
                self._stories[key] = data

    def _story(self, story_id: str, story: Story) -> None:
        """A story: the original above, its members below."""
        origin = [story.origin.publisher_name, story.origin.date_created, story.origin.url]
        self._console.print(Text.assemble(("story ", "bold"), (story_id, "bold cyan")))
        self._console.print(Text("  " + " · ".join(each for each in origin if each), style="dim"))
        table = self._table("member", "language", "relation", "headline")
        for member in story.members:
            relation = f"{member.relation} ({member.evidence})" if member.relation else "the original"
            table.add_row(Text(member.article_id), member.language or "", relation, Text(member.headline or "—"))
        self._console.print(table)

    def _table(self, *columns: str) -> Table:
        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        for column in columns:
            if column.startswith("headline"):
                width = max(self._console.width - WIDTH_OF_THE_REST, 16)
                table.add_column(column, max_width=width, no_wrap=True, overflow="ellipsis")
            elif column in ("language", "blocks"):
                table.add_column(column, justify="right" if column == "blocks" else "left", no_wrap=True)
            else:
                table.add_column(column, min_width=16, overflow="fold")
        return table
