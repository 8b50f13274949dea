"""The loop that checks nothing but what `commit_transaction` says: the control that shows what a fault costs."""

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.structs import ConsumerGroupMetadata

QUICK = {"request_timeout_ms": 3000, "delivery_timeout_ms": 4500, "max_block_ms": 15000, "retry_backoff_ms": 10}


def copy(servers: str, source: str, target: str, group: str) -> None:
    """Copy a topic of one partition, ten records a transaction; returns when each commit has said that it is done."""
    consumer = KafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest", max_poll_records=10)
    at = TopicPartition(source, 0)
    consumer.assign([at])
    end = consumer.end_offsets([at])[at]
    producer = KafkaProducer(bootstrap_servers=servers, transactional_id=group, linger_ms=0, **QUICK)
    producer.init_transactions()
    while consumer.position(at) < end:
        records = consumer.poll(timeout_ms=200).get(at, [])
        if not records:
            continue
        producer.begin_transaction()
        for record in records:
            producer.send(target, record.value, partition=0)
        position = {at: OffsetAndMetadata(records[-1].offset + 1, "", -1)}
        producer.send_offsets_to_transaction(position, ConsumerGroupMetadata(group, -1, "", None))
        producer.commit_transaction()
    producer.close()
    consumer.close()
