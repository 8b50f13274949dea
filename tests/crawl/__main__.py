"""`python -m crawl [SCENARIO…]`: crawls of the twin that take minutes, by hand or for the tests."""

import argparse
import json
import random
import sys
import tempfile
import traceback
from pathlib import Path

from crawl import through_time

SCENARIOS = {"a-day-and-a-half-with-everything-that-goes-wrong": through_time.play}
"""Name → plays it with a seed in a folder, and tells what is not as it should be."""


def main() -> int:
    """Exit code 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m crawl", description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=list(SCENARIOS), help="of " + ", ".join(SCENARIOS))
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--results", type=Path, help="a file for a line of JSON about each, as soon as it is over")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dongtin-crawl-"))
    print(f"seed {arguments.seed}; logs in {folder}", flush=True)
    failed = 0
    for scenario in arguments.scenarios:
        try:
            found = SCENARIOS[scenario](arguments.seed, folder / scenario)
        except Exception:  # noqa: BLE001  # told, as every other complaint
            found = [traceback.format_exc()]
        failed += bool(found)
        told = "\n".join(found) or "as it should be"
        print(f"{scenario}: {told}", flush=True)
        if arguments.results:
            with arguments.results.open("a") as lines:
                facts = {"scenario": scenario, "seed": arguments.seed, "passed": not found, "told": told[:20_000]}
                lines.write(json.dumps(facts) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
