"""Put a register among test registers, and see who deviates."""

from __future__ import annotations

from pathlib import Path

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import counted, emit, json_option

RANK = 95

_RECORD = click.argument("record", metavar="RECORD", type=click.Path(dir_okay=False, path_type=Path))


@click.group("trial")
def command() -> None:
    """Put a register among test registers that no server can tell from it.

    RECORD is a file, written by put, that says which register is real: keep it to yourself. After read the
    real register is recovered with qclone get, or not.
    """


@command.command("put")
@_RECORD
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--tests", type=click.IntRange(1, 1000), default=9, show_default=True, help="Test registers.")
@cloud_option
@json_option
def put(record: Path, file: Path, tests: int, directory: Path, as_json: bool) -> None:
    """Put the register that the circuit in FILE prepares among test registers, in random order.

    The same again after an interruption goes on where it stopped.
    """
    from qclone.circuits import read_register
    from qclone.store import Trials

    register = read_register(file)
    with opened(directory) as cloud:
        real = Trials(record).put(cloud.client, register.circuit, tests, register.source, register.content)
    said = (
        f"Stored {register.source} as {real}, among {counted(tests, 'test register')}; which is in {record}."
    )
    emit(as_json, {"id": real, "tests": tests, "record": str(record)}, said, quiet=real)


@command.command("run")
@_RECORD
@click.argument("file", metavar="PROGRAM", type=click.Path(path_type=Path))
@click.option("--on", "server", required=True, metavar="SERVER", help="Whose clones.")
@cloud_option
@json_option
def run(record: Path, file: Path, server: str, directory: Path, as_json: bool) -> None:
    """Have SERVER run the circuit in PROGRAM on all of them, without any angle; a CCZ is seven rotations."""
    from qclone.circuits import read_program
    from qclone.compute import Program
    from qclone.store import Trials

    program = Program.of(read_program(file), late=True)
    with opened(directory) as cloud:
        ran = Trials(record).run(cloud.client, program, server)
    said = f"{server} ran {ran} on each register, and was told no angle."
    emit(as_json, {"server": server, "tails": ran.num_tails, "late": ran.num_late}, said, quiet="")


@command.command("read")
@_RECORD
@click.option("--from", "server", required=True, metavar="SERVER", help="Whose clones.")
@cloud_option
@json_option
def read(record: Path, server: str, directory: Path, as_json: bool) -> int:
    """Fetch all registers from SERVER, decrypt the tests and compare. Exit status 1 if one has failed.

    The real register stays sealed. Noise of memories and links fails tests, too.
    """
    from qclone.store import Trials

    with opened(directory) as cloud:
        trials = Trials(record)
        verdict, real = trials.read(cloud.client, server), trials.real
    tests = verdict.registers - 1
    what = "whatever it did" if verdict.proved_for_all else "if what it did is a Pauli or a mixture of them"
    lines = [f"{tests - verdict.failed} of {counted(tests, 'test register')} came out as they must."]
    if verdict.failed:
        lines.append(f"{server} deviated, or noise did.")
    else:
        lines.append(
            f"That {server} harmed the real register and no test shows it has probability "
            f"{verdict.bound:.3g} at most, {what}."
        )
        lines.append(f"Recover it with: qclone get {real} --from {server}")
    document = {
        "id": real,
        "server": server,
        "tests": tests,
        "failed": verdict.failed,
        "bound": verdict.bound,
        "proved_for_all": verdict.proved_for_all,
    }
    emit(as_json, document, "\n".join(lines))
    return 1 if verdict.failed else 0
