"""What bench/stream.py measures on a real broker."""
