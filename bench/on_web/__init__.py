"""The crawl, measured on the offline twin of both sites, with a real Kafka."""
