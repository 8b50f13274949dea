"""Pages kept as WARC files, each record of their topics once: what the files hold is the position they go on from."""

from dongtin.archive.folder import Archive

__all__ = ["Archive"]
