"""The frames of Kafka's protocol, as far as a proxy must know them: what they ask for, and what an error looks like."""

import asyncio
import struct
from enum import IntEnum
from functools import cached_property
from typing import Any

from kafka.protocol.admin.cluster import DescribeClusterResponse
from kafka.protocol.consumer.group import HeartbeatResponse
from kafka.protocol.metadata import FindCoordinatorResponse, MetadataResponse
from kafka.protocol.producer import (
    AddOffsetsToTxnResponse,
    EndTxnResponse,
    InitProducerIdResponse,
    ProduceRequest,
    ProduceResponse,
    TxnOffsetCommitRequest,
    TxnOffsetCommitResponse,
)

LENGTH = struct.Struct(">i")
HEADER = struct.Struct(">hhi")  # api key, api version, correlation id: the beginning of every request


class Api(IntEnum):
    """The requests that faults are for; a number that is not here passes as it is."""

    PRODUCE = 0
    FETCH = 1
    METADATA = 3
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    SYNC_GROUP = 14
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_CLUSTER = 60


ANSWERS: dict[int, Any] = {
    Api.PRODUCE: ProduceResponse,
    Api.METADATA: MetadataResponse,
    Api.FIND_COORDINATOR: FindCoordinatorResponse,
    Api.HEARTBEAT: HeartbeatResponse,
    Api.INIT_PRODUCER_ID: InitProducerIdResponse,
    Api.ADD_OFFSETS_TO_TXN: AddOffsetsToTxnResponse,
    Api.END_TXN: EndTxnResponse,
    Api.TXN_OFFSET_COMMIT: TxnOffsetCommitResponse,
    Api.DESCRIBE_CLUSTER: DescribeClusterResponse,
}
ADDRESSED = (Api.METADATA, Api.FIND_COORDINATOR, Api.DESCRIBE_CLUSTER)
"""Their answers name brokers with host and port."""


class Request:
    """A frame from a client, without its length."""

    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.api, self.version, self.correlation_id = HEADER.unpack_from(frame)

    @cached_property
    def topics(self) -> dict[str, list[int]]:
        """Topic → partitions of a Produce or TxnOffsetCommit; of others nothing."""
        if self.api == Api.PRODUCE:
            produced = ProduceRequest[self.version].decode(self.frame, header=True)
            return {topic.name: [part.index for part in topic.partition_data] for topic in produced.topic_data}
        if self.api == Api.TXN_OFFSET_COMMIT:
            committed = TxnOffsetCommitRequest[self.version].decode(self.frame, header=True)
            return {topic.name: [part.partition_index for part in topic.partitions] for topic in committed.topics}
        return {}

    def error(self, code: int) -> bytes:
        """The answer that tells an error, for each partition where it has some; a frame with its length."""
        answer = self._error(code)
        answer.API_VERSION = self.version
        answer.with_header(correlation_id=self.correlation_id)
        return bytes(answer.encode(header=True, framed=True))

    def _error(self, code: int) -> Any:
        if self.api == Api.PRODUCE:
            produced = ProduceResponse.TopicProduceResponse
            part = produced.PartitionProduceResponse
            return ProduceResponse(
                responses=[
                    produced(
                        name=name,
                        partition_responses=[part(index=at, error_code=code, base_offset=-1) for at in partitions],
                    )
                    for name, partitions in self.topics.items()
                ]
            )
        if self.api == Api.TXN_OFFSET_COMMIT:
            committed = TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic
            partial = committed.TxnOffsetCommitResponsePartition
            return TxnOffsetCommitResponse(
                topics=[
                    committed(name=name, partitions=[partial(partition_index=at, error_code=code) for at in partitions])
                    for name, partitions in self.topics.items()
                ]
            )
        return ANSWERS[self.api](error_code=code)

    def readdressed(self, answer: bytes, address: tuple[str, int]) -> bytes:
        """Its answer with this address for that of each broker; both are frames with their length."""
        decoded = ANSWERS[self.api][self.version].decode(answer, header=True, framed=True)
        named = [decoded] if self.api == Api.FIND_COORDINATOR and self.version < 4 else []
        for attribute in ("brokers", "coordinators"):
            named += getattr(decoded, attribute, None) or []
        for each in named:
            if each.port > 0:
                each.host, each.port = address
        return bytes(decoded.encode(header=True, framed=True))


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame, without its length. Raises EOFError at the end of the connection."""
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return await reader.readexactly(length)


def framed(frame: bytes) -> bytes:
    """With its length."""
    return LENGTH.pack(len(frame)) + frame
