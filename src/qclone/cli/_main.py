"""Dispatch to commands and turn every error into one sentence, a remedy and an exit code."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches

import click

from qclone.cli._commands import command_named, line_of, other_commands, own_commands
from qclone.cli._config import VARIABLE, read_config
from qclone.cli._extras import missing_package
from qclone.cli._loudness import Loudness, is_verbose, set_loudness, with_loudness
from qclone.cli._output import columns, fold, harmless
from qclone.cli._system import refused
from qclone.errors import QcloneError

EPILOG = (
    "Exit status: 0 done, 1 failed, 2 usage, 10 no such object, 11 key already consumed, 12 not recoverable, "
    "13 a file of the cloud is empty that was not; check: 14 waiting for servers, 15 too few losses survived."
)

_OF_RESTIC = {"forget": "rm", "snapshots": "ls"}
"""What its users type."""


class LazyCommands(click.Group):
    """A group that imports a command only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*own_commands(), *other_commands()]

    def invoke(self, ctx: click.Context) -> object:
        started = time.perf_counter()
        try:
            return super().invoke(ctx)
        finally:
            if is_verbose():
                _say_what_applied(ctx, time.perf_counter() - started)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name[:1].isalnum() and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            near = [_OF_RESTIC[name]] if name in _OF_RESTIC else []
            near = near or get_close_matches(name, self.list_commands(ctx), 1)
            ctx.fail(f"No such command {name!r}.{f' Did you mean {near[0]!r}?' if near else ''}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command_named(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        others = {name: line_of(point) for name, point in other_commands().items()}
        with formatter.section("Commands"):
            formatter.write_dl([*own_commands().items(), *others.items()])


@click.group(cls=LazyCommands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qclone")
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    help=f"Defaults of options; see qclone config.  [env var: {VARIABLE}]",
)
@click.pass_context
def qclone(context: click.Context, config_file: str | None) -> None:
    """Clone qubits if encrypted: any one surviving server gives the register back, exactly once."""
    context.obj = config = read_config(
        # An empty name is said, too: click takes an empty variable for none.
        os.environ.get(VARIABLE) if config_file is None else config_file
    )
    for wanted in Loudness:
        if config.general.get(wanted.value):
            set_loudness(context, wanted, said=False)
    name = context.invoked_subcommand
    found = None if name is None else command_named(name)
    if name is not None and found is not None:
        context.default_map = config.default_map(name, found)


with_loudness(qclone)


def _say_what_applied(context: click.Context, seconds: float) -> None:
    config, name = context.obj, context.invoked_subcommand
    if config is not None and any((context.default_map or {}).values()):
        click.echo(
            f"Defaults come from {config.path}, too; they are shown by: qclone config {name}", err=True
        )
    click.echo(f"It took {seconds:.3g} s.", err=True)


def main(args: Sequence[str] | None = None, interrupts: Sequence[int] = ()) -> int:
    """Run one command and return its exit status; errors go to stderr, or to stdout as JSON.

    `interrupts` are the signals that came so far: a package interrupted while it is loaded may say so in
    other words (pybind11: ImportError, "initialization failed").
    """
    status = _run(list(sys.argv[1:] if args is None else args), interrupts)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            # It was said; what is still in the buffer must not be tried again when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return status


def _run(arguments: list[str], interrupts: Sequence[int]) -> int:
    as_json = "--json" in arguments
    try:
        status = qclone.main(arguments, prog_name="qclone", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except QcloneError as error:
        return _fail(as_json, error.code, error.message, error.remedy, error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "qclone"
        return _fail(as_json, "usage", error.format_message(), f"Try '{where} --help'.", 2)
    except click.ClickException as error:
        return _fail(as_json, "failed", error.format_message(), "", error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail(as_json, "interrupted", "Interrupted.", "", 130)
    except BrokenPipeError:
        return 1
    except OSError as error:
        why = refused(error)
        return _fail(as_json, why.code, why.message, why.remedy, 1)
    except MemoryError:
        return _fail(
            as_json, "memory", "This needs more memory than the machine has.", "Ask for a smaller case.", 1
        )
    except Exception as error:
        if interrupts:
            return _fail(as_json, "interrupted", "Interrupted.", "", 130)
        if (absent := missing_package(error)) is not None:
            return _fail(as_json, absent.code, absent.message, absent.remedy, absent.exit_code)
        if "QCLONE_DEBUG" in os.environ:
            raise
        remedy = "Set QCLONE_DEBUG=1 to see where, and please report it."
        return _fail(
            as_json, "bug", f"qclone met an error of its own: {type(error).__name__}: {error}.", remedy, 1
        )


def _fail(as_json: bool, code: str, message: str, remedy: str, exit_code: int) -> int:
    if as_json:
        with suppress(OSError):
            click.echo(json.dumps({"error": {"code": code, "message": message, "remedy": remedy}}))
            return exit_code
    wide = columns(sys.stderr)
    with suppress(OSError):  # nobody reads it; the exit status says the same
        # Messages quote what files and other machines say, and that must not steer a terminal.
        for said in filter(None, map(harmless, (f"qclone: {message}", remedy))):
            click.echo(said if wide is None else fold(said, wide), err=True)
    return exit_code
