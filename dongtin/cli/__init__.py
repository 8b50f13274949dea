"""The command line: where settings are read and everything is wired. Each command is a module of its own.

Exit codes: 0 done; 1 some documents could not be opened, or there were none; 2 wrong usage or set-up; 69 no Kafka
answers; a worker's own are those of `dongtin.stream.kafka.watchdog.ExitCode`.
"""

import os
import sys
from importlib import import_module

import click

from dongtin.errors import BrokerUnavailable, ConfigurationError, DongtinError

COMMANDS = {
    "archive": "Keep the pages topics as WARC files.",
    "crawl": "Run the spiders.",
    "explain": "Explain a document or an address: each step to its fate.",
    "replay": "Run saved documents through the whole pipeline, here or on Kafka.",
    "schema": "Print the contract: JSON Schemas and the AsyncAPI document.",
    "sources": "Tell how the crawl of each publisher stands.",
    "tail": "Print the events of a topic as they come.",
    "topics": "Make the topics, and tell where existing ones differ.",
    "work": "Run the workers: normalizer, linker, or both.",
}
"""A module for each; imported only when it is run, so that every command starts quickly."""


class Commands(click.Group):
    """The commands by their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """See `click.Group.list_commands`."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # the same
        """See `click.Group.get_command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"dongtin.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # the same
        """See `click.Group.format_commands`; without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="dongtin", prog_name="dongtin")
def cli() -> None:
    """dongtin, a stream of news: the Vietnamese press as article and story events on Kafka.

    \b
    Example:
      dongtin replay seeds
    """


def main() -> None:
    """Entry point: an error of ours is one line on standard error and an exit code, never a traceback."""
    try:
        cli(prog_name="dongtin", standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"dongtin: {_told(error)}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except DongtinError as error:
        click.echo(f"dongtin: {error}", err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): not an error, and Python must not try to flush again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _told(error: click.ClickException) -> str:
    """An error of ours or click's in one line, with the way to the help where the command line was wrong."""
    told = " ".join(error.format_message().split())
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{told.rstrip('.')} (see `{context.command_path} --help`)" if context else told


def exit_code(error: DongtinError) -> int:
    """The exit code of an error that ends a command."""
    match error:
        case ConfigurationError():
            return 2
        case BrokerUnavailable():
            return 69
        case _:
            return 1
