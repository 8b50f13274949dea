"""The workers: read pages, normalize them, follow their changes and tell their stories; they never fetch."""
