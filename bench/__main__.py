"""`python -m bench [NAME…]`: run the measurements and write their tables to bench/results/."""

import sys
from importlib import import_module
from pathlib import Path

BENCHES = ("read", "pipeline", "language")
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Each module's `table()` is Markdown; it is printed and written."""
    for name in sys.argv[1:] or BENCHES:
        table: str = import_module(f"bench.{name}").table()
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.md").write_text(table)
        print(table)


if __name__ == "__main__":  # a process of the load imports this module too
    main()
