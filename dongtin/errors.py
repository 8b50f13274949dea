"""What can go wrong, and what to do about it.

DongtinError
├── ConfigurationError     stop: the set-up is wrong, and starting again does not help
│   ├── TopicMismatch      a topic is missing, or exists with other settings
│   └── OffsetsLost        a position lies outside of its log: records were deleted before they were read
├── BrokerUnavailable      stop: no Kafka answers at the address
├── ReaderUnavailable      stop: no reading process starts, so that no page can be read
├── ArchiveUnwritable      stop: the disk does not take what is to be archived; what it took whole is kept
├── StateDamaged           start again: the local cache was not as it was written; it is rebuilt from Kafka
├── UnreadablePlace        wait: a place of discovery holds something else than it should; it is visited again later
│   └── CutPlace           wait: it ends before its end; what stands whole in it counts
├── ContentError           fail the request, skip the document: its content coding (dongtin.content_coding)
├── DocumentUnreadable     skip: a saved document cannot be opened; told in a line, the rest go on
└── Quarantine             quarantine the message whole: the failure is ours
    ├── DecodeError        the record does not keep the contract
    ├── WrongKey           the record's key or partition is not that of its address
    ├── RecordTooLarge     an output is larger than its topic takes
    ├── ReaderDied         the page ended the process that read it, twice
    ├── ReaderTimeout      the page took too long to read, twice
    └── ReadingFailed      reading raised an error that cannot leave its process as itself
RejectPage                 reject: the page is understood, and not an article
"""

from dongtin.events import RejectionReason


class DongtinError(Exception):
    """Base of every error of ours; its text is one line for a person."""


class ConfigurationError(DongtinError):
    """Stop. Raised by commands and workers at start; exit code 2."""


class TopicMismatch(ConfigurationError):
    """Stop. Raised where a topic is missing, or has another partition count or configuration than topics.py says."""


class OffsetsLost(ConfigurationError):
    """Stop. Raised by a worker whose position lies outside of its log, unless `--accept-loss` is given."""


class BrokerUnavailable(DongtinError):
    """Stop. Raised where no broker answers within the timeout; exit code 69 (EX_UNAVAILABLE)."""


class ReaderUnavailable(DongtinError):
    """Stop. Raised by the reader where no reading process starts, whatever the page: no page may be blamed for it."""


class ArchiveUnwritable(DongtinError):
    """Stop. Raised by the archive where its folder cannot be read or written: the disk is full, a right is missing."""


class StateDamaged(DongtinError):
    """Start again. Raised by a partition's cache that is not as it was written, when it has been removed."""


class UnreadablePlace(DongtinError):
    """Wait, and visit it again. Raised by the readers of feeds, sitemaps and listings; says what is there instead."""


class CutPlace(UnreadablePlace):
    """Wait, and visit it again. Raised of a feed or a sitemap of which nobody knows what else it would have shown."""


class DocumentUnreadable(DongtinError):
    """Skip. Raised by the opener of saved documents: missing, without rights, too large, not a document."""


class Quarantine(DongtinError):
    """Keep the message whole in the quarantine topic. Raised where a page shows a failure of ours."""


class DecodeError(Quarantine):
    """Quarantine. Raised by the codec for a record that does not keep the contract."""


class WrongKey(Quarantine):
    """Quarantine. Raised for a page whose key is not the id of its address, or which is in another partition."""


class RecordTooLarge(Quarantine):
    """Quarantine. Raised for an output above its topic's `max.message.bytes`, measured before it is sent."""


class ReaderDied(Quarantine):
    """Quarantine. Raised by the reader for a page whose second reading ended its process too: a crash, or no memory."""


class ReaderTimeout(Quarantine):
    """Quarantine. Raised by the reader for a page whose second reading overran too, and was killed."""


class ReadingFailed(Quarantine):
    """Quarantine. Raised by the reader instead of an error of a library, with its class and text as the text."""


class RejectPage(Exception):
    """Reject. Raised by readers: the page is understood, and gives no article."""

    def __init__(self, reason: RejectionReason, detail: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
