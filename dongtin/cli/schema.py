"""`dongtin schema`: the contract, on standard output or as files."""

import sys
from pathlib import Path

import click
import yaml

from dongtin.codec import pretty
from dongtin.schema import asyncapi, json_schemas


@click.command()
@click.argument("name", required=False)
@click.option("--write", type=click.Path(path_type=Path, file_okay=False), help="Write all documents into this folder.")
def command(name: str | None, write: Path | None) -> None:
    """Print a JSON Schema (article, withdrawn, article-state, member, story, rejection), or `asyncapi`.

    \b
    Examples:
      dongtin schema article
      dongtin schema --write docs
    """
    documents = {f"schemas/{each}.json": pretty(schema) for each, schema in json_schemas().items()}
    documents["asyncapi.yaml"] = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)
    if write:
        for path, text in documents.items():
            (write / path).parent.mkdir(parents=True, exist_ok=True)
            (write / path).write_text(text)
        return
    by_name = {Path(path).stem: text for path, text in documents.items()}
    if name not in by_name:
        raise click.UsageError(f"name one of {', '.join(by_name)}")
    sys.stdout.write(by_name[name])
