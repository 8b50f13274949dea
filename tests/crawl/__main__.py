"""`python -m crawl --seed S --folder F`: a day and a half of the twin, by hand."""

import argparse
import sys
import tempfile
from pathlib import Path

from crawl.through_time import play


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="dongtin-crawl-"))
    print(f"seed {arguments.seed}; logs in {folder}", flush=True)
    found = play(arguments.seed, folder)
    print("\n".join(found) or "as it should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
