"""`make torture`: the scenarios again and again, each time with another seed, and a table of what they came to."""

import argparse
import json
import logging
import os
import random
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from broker import Broker
from faults.run import DRAIN_S, Result
from faults.scenarios import SCENARIOS, Scenario, play

COLUMNS = ("scenario", "runs", "passed", "lost", "doubled", "gaps", "wrong", "faults", "pages", "longest drain, s")


@dataclass
class Row:
    """What the runs of a scenario came to."""

    scenario: Scenario
    results: list[Result] = field(default_factory=list)
    failed: int = 0
    """Runs that did not come to a verdict."""

    @property
    def passed(self) -> int:
        """Runs without fault."""
        return sum(each.verdict.passed for each in self.results)

    @property
    def runs(self) -> int:
        """All of them."""
        return len(self.results) + self.failed

    def cells(self) -> tuple[object, ...]:
        """In the order of the columns."""
        verdicts = [each.verdict for each in self.results]
        counts = (sum(len(getattr(each, name)) for each in verdicts) for name in ("lost", "doubled", "gaps", "wrong"))
        faults, pages = (sum(getattr(each, name) for each in self.results) for name in ("faults", "pages"))
        longest = max((each.drained_s for each in self.results), default=0.0)
        return self.scenario.name, self.runs, self.passed, *counts, faults, pages, f"{longest:.1f}"


def torture(row: Row, seeds: list[int], folder: Path, servers: str, arguments: argparse.Namespace) -> None:
    """Play a scenario with each seed."""
    patience_s, told_to = arguments.patience, arguments.results
    for seed in seeds:
        facts: dict[str, object] = {"scenario": row.scenario.name, "seed": seed, "passed": False}
        began = time.monotonic()
        try:
            own = folder / row.scenario.name / str(seed)
            result = play(row.scenario, seed, own, servers, patience_s, short=arguments.short)
        except Exception as error:  # noqa: BLE001  # it is told, counted, and the next run is played
            row.failed += 1
            told = "".join(traceback.format_exception(error))
        else:
            row.results.append(result)
            told = str(result.verdict)
            facts |= {"passed": result.verdict.passed, "faults": result.faults, "pages": result.pages}
            facts["drained_s"] = round(result.drained_s, 1)
        print(f"{row.scenario.name} seed {seed}, {time.monotonic() - began:.0f} s: {told}", flush=True)
        if told_to:
            with told_to.open("a") as lines:
                lines.write(json.dumps({**facts, "told": told}) + "\n")


def table(rows: list[Row]) -> str:
    """In Markdown."""
    lines = [COLUMNS, ("---",) + ("---:",) * (len(COLUMNS) - 1), *(row.cells() for row in rows if row.runs)]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def main() -> int:
    """Exit code 1 where a run did not pass."""
    parser = argparse.ArgumentParser(prog="make torture ARGS=…", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=f"of {', '.join(s.name for s in SCENARIOS)}")
    parser.add_argument("--seeds", type=int, help="runs of each scenario (default: 20 for kills, 3 for the others)")
    parser.add_argument("--seed", type=int, help="of the first run (default: DONGTIN_FAULT_SEED, else random)")
    parser.add_argument("--at-a-time", type=int, default=2, help="scenarios side by side (default: 2)")
    parser.add_argument("--patience", type=float, default=DRAIN_S, help=f"seconds to drain (default: {DRAIN_S})")
    parser.add_argument("--results", type=Path, help="a file for a line of JSON about each run, as soon as it is over")
    parser.add_argument("--servers", help="a broker that runs, for all but those who harm theirs (default: start one)")
    parser.add_argument("--short", action="store_true", help="a third of the harm and of the pages")
    arguments = parser.parse_args()
    if unknown := set(arguments.scenarios) - {each.name for each in SCENARIOS}:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    first = arguments.seed or int(os.environ.get("DONGTIN_FAULT_SEED") or random.randrange(1_000_000))
    rows = [Row(each) for each in SCENARIOS if not arguments.scenarios or each.name in arguments.scenarios]
    folder = Path(tempfile.mkdtemp(prefix="dongtin-torture-"))
    print(f"first seed {first}; logs in {folder}", flush=True)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells of every broker that we kill
    with ExitStack() as stack:
        servers = arguments.servers or stack.enter_context(Broker(folder / "kafka")).bootstrap_servers
        pool = stack.enter_context(ThreadPoolExecutor(arguments.at_a_time))
        for row in rows:
            seeds = [first + at for at in range(arguments.seeds or row.scenario.torture_seeds)]
            pool.submit(torture, row, seeds, folder, servers, arguments)
    print(table(rows))
    return 0 if all(row.passed == row.runs for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
