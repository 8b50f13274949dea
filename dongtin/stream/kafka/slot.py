"""Which worker a process is, and its bounds."""

from dataclasses import dataclass, field
from pathlib import Path

from dongtin.stream.base import Stage
from dongtin.stream.kafka.cluster import Cluster


@dataclass(frozen=True)
class Limits:
    """The bounds of a worker. Times in seconds."""

    batch_records: int = 200
    batch_bytes: int = 16_000_000
    batch_s: float = 0.5
    """After so long in a batch, what is processed is committed."""
    yield_s: float = 0.03
    """The same for a less urgent input while the most urgent one is in use: a live page that comes into a transaction
    of the back-fill waits for its end."""
    in_use_s: float = 60
    """For so long after its last record an input is in use."""
    poll_s: float = 0.3
    fetch_bytes: int = 4_000_000
    """Of one answer: a larger one would keep the interpreter from what the other input brings."""
    step_s: float = 60
    """The watchdog's: above transaction_timeout, for which a restore may have to wait, and above what a page may take
    that is read twice, each time in a fresh process."""
    grace_s: float = 20
    """After SIGTERM."""
    session_s: float = 10
    """What a worker that is gone for good owned lies idle so long, and twice as long where it was joining when it went
    and the group waited for another one. A slot that is started again meanwhile keeps its partitions."""
    transaction_s: float = 25
    """Above a broker's restart with its re-registration; delivery_timeout is more than 15 s above it, or a batch that
    expired would be committed as if it had arrived."""
    slow_commit_s: float = 10


@dataclass
class Slot:
    """Which worker this is, and what it does."""

    stage: Stage
    cluster: Cluster
    name: str
    """Of the transactional id and group instance: unique in the group, the same after a restart."""
    state_dir: Path
    until_drained: bool = False
    accept_loss: bool = False
    supervisor: int | None = None
    """The process that started this one, and without which it ends; its parent where none is named."""
    limits: Limits = field(default_factory=Limits)

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.cluster.prefix + self.stage.name

    @property
    def identity(self) -> str:
        """Transactional id and group instance id."""
        return f"{self.group}-{self.name}"

    @property
    def health_file(self) -> Path:
        """Touched while the worker is ready; its age tells."""
        return self.state_dir / "health" / self.identity
