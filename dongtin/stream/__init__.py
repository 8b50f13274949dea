"""Streams of records: Kafka, and its in-memory twin that behaves like it."""
