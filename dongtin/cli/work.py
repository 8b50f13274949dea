"""`dongtin work`: the workers, and the supervisor that starts their slots again."""

import sys

import click

from dongtin import log
from dongtin.cli.connection import cluster
from dongtin.cli.supervisor import supervise
from dongtin.cli.wiring import STAGES, linker, normalizer
from dongtin.settings import load
from dongtin.stream.kafka.slot import Slot
from dongtin.stream.kafka.worker import work
from processors.reader import Reader
from processors.stories import Linker


@click.command()
@click.argument("stages", default="all", type=click.Choice([*STAGES, "all"]))
@click.option("--processes", type=click.IntRange(1, 256), help="Of each stage. Default: DONGTIN_PROCESSES, 1.")
@click.option("--until-drained", is_flag=True, help="End with 0 when all that the topics hold now is processed.")
@click.option("--accept-loss", is_flag=True, help="Go on although records were deleted before they were read.")
@click.option("--slot", type=click.IntRange(0, 255), hidden=True, help="Be this one worker, without a supervisor.")
@click.option("--supervisor", type=int, hidden=True, help="With --slot: end when this process is not our parent.")
def command(
    stages: str,
    *,
    processes: int | None,
    until_drained: bool,
    accept_loss: bool,
    slot: int | None,
    supervisor: int | None,
) -> None:
    """Run the workers: the normalizer (pages to articles), the linker (members to stories), or all.

    Each worker is a process of its own, ends at the first sign of trouble, and is started again. SIGTERM lets it finish
    its transaction. Exit codes: 0 stopped or drained; 2 wrong set-up, or records were lost; 69 no Kafka answers at the
    start; 70 it has not answered for a minute; 76 other processes have taken the names of all its workers.

    \b
    Examples:
      dongtin work
      dongtin work normalizer --processes 4
      dongtin work all --until-drained
    """
    settings = load()
    log.configure(settings.log_level)
    chosen = list(STAGES) if stages == "all" else [stages]
    if slot is None:
        sys.exit(
            supervise(chosen, processes or settings.processes, until_drained=until_drained, accept_loss=accept_loss)
        )
    work(
        Slot(
            linker(settings) if stages == Linker.name else normalizer(settings, Reader()),
            cluster(settings),
            f"{settings.instance}-{slot}",
            settings.state_dir,
            until_drained,
            accept_loss,
            supervisor,
        )
    )
