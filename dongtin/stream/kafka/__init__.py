"""The stream on Kafka: the only place that knows kafka-python."""
