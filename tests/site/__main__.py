"""Run the twin by hand: `python -m tests.site --seed 1 --articles 200 --factor 60`; it tells what happens."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from tests.site.content import VIETNAM_TIME
from tests.site.faults import from_json
from tests.site.running import SCRAPY_SETTINGS, RunningSite
from tests.site.settings import WorldSettings
from tests.site.storms import bad_day


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("--factor", type=float, default=60.0, help="seconds of the twin's time in one real second")
    parser.add_argument("--folder", type=Path, help="for certificates and log; a new one by default")
    parser.add_argument("--faults", type=Path, help="a file of rules: see tests/site/faults.py")
    parser.add_argument("--bad-day", action="store_true", help="every sort of fault: see tests/site/storms.py")
    parser.add_argument("--for", dest="seconds", type=float, help="end after so many real seconds")
    for field in fields(WorldSettings):
        if isinstance(field.default, bool):
            parser.add_argument(_flag(field.name), action=argparse.BooleanOptionalAction, default=field.default)
        elif isinstance(field.default, int | float):
            parser.add_argument(_flag(field.name), type=type(field.default), default=field.default)
    parser.add_argument("--languages", default=",".join(WorldSettings.languages), help="parted by commas")
    parser.add_argument("--origin", default=WorldSettings.origin.isoformat(), help="when the twin's time begins")
    said = vars(parser.parse_args(arguments))
    own = {field.name: said[field.name] for field in fields(WorldSettings) if field.name in said}
    own["languages"] = tuple(filter(None, said["languages"].split(",")))
    origin = datetime.fromisoformat(said["origin"])
    own["origin"] = origin if origin.tzinfo else origin.replace(tzinfo=VIETNAM_TIME)
    folder = said["folder"] or Path(tempfile.mkdtemp(prefix="twin-"))
    rules = from_json(said["faults"].read_text()) if said["faults"] else bad_day() if said["bad_day"] else []
    with RunningSite(folder, WorldSettings(**own), factor=said["factor"], faults=rules) as site:
        for name, value in site.environment.items():
            sys.stdout.write(f"{name}={value!r}\n")
        sys.stdout.write(f"scrapy settings: {' '.join(SCRAPY_SETTINGS)}; log: {folder}/requests.jsonl\n")
        try:
            _tell(site, said["seconds"])
        except KeyboardInterrupt:
            return 0
    return 0


def _tell(site: RunningSite, seconds: float | None) -> None:
    """A line for each happening, when it happens."""
    until = time.time() + seconds if seconds is not None else float("inf")
    standing = site.world.count(site.pace.origin)
    sys.stdout.write(f"{standing} happenings lie behind\n")
    for happening in site.world.happenings[standing:]:
        at = site.pace.real(happening.at)
        time.sleep(max(0.0, min(at, until) - time.time()))
        if at > until:
            return
        sys.stdout.write(f"{happening}\n")
        sys.stdout.flush()
    sys.stdout.write("nothing more happens\n")
    while time.time() < until:
        time.sleep(min(60.0, until - time.time()))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
