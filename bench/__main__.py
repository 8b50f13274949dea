"""`python -m bench [NAME…]`: run the measurements and write their tables to bench/results/.

`--quick` and `--part` are for development: what they give is printed only. `stream`, `crawl` and `frontier` can be
quick, and the former two have parts.
"""

import argparse
from importlib import import_module
from pathlib import Path

BENCHES = ("read", "pipeline", "language", "frontier", "stream", "crawl")
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Each module's `table()` is Markdown; it is printed and written."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--part", action="append", metavar="PART", help="only this of the bench's parts; repeatable")
    arguments = parser.parse_args()
    chosen = {"quick": True} if arguments.quick else {}
    if arguments.part:
        chosen["parts"] = arguments.part
    for name in arguments.names or BENCHES:
        table: str = import_module(f"bench.{name}").table(**chosen)
        if not chosen:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{name}.md").write_text(table)
        print(table)


if __name__ == "__main__":  # a process of the load imports this module too
    main()
