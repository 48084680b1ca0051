"""Have a server compute on its clone, which is noise to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import counted, emit, json_option
from qclone.cli._programs import require_settable, set_options
from qclone.cli._progress import progress_bar
from qclone.errors import MissingPackageError

RANK = 60

if TYPE_CHECKING:
    from qclone.compute import Program


@click.command("run")
@click.argument("object_id", metavar="ID")
@click.argument("file", metavar="PROGRAM", type=click.Path(path_type=Path))
@click.option("--on", "server", required=True, metavar="SERVER", help="Whose clone.")
@click.option("--late", is_flag=True, help="Tell the server no angle: it learns the skeleton only.")
@click.option("--as-written", is_flag=True, help="Do not look for a form with fewer T gates.")
@cloud_option
@json_option
def command(
    *,
    object_id: str,
    file: Path,
    server: str,
    late: bool,
    as_written: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Run the circuit in PROGRAM (OpenQASM 2 or 3, or QPY) on the clone that SERVER holds of the object ID.

    Clifford gates cost nothing. Each rotation makes one qubit that comes back, each CCZ three. Angles with
    free parameters are the owner's secret and get their values with qclone get --set. A server runs one
    program on a clone; other servers run others, and qclone get --from decides which of them was real.

    Exit status: 10 no such object, 11 its key was consumed, 12 the server is not up or its clone was given
    up.
    """
    with progress_bar("Running the program"), opened(directory) as cloud:
        program = _program(file, late)
        object_id = cloud.ledger.find(object_named(cloud.ledger, object_id)).object_id
        program = program if as_written else _reduced(program)  # which takes longer than all the rest
        run = cloud.client.run(object_id, program, server)
        manifest = cloud.client.ledger.find(object_id)
    document = {
        "id": manifest.object_id,
        "server": server,
        "clone": run.clone,
        "clifford_instructions": run.gates,
        "tails": run.tails,
        "late": run.late,
        "parameters": list(program.parameters),
    }
    said = [f"{server} ran the program on clone {run.clone} of {manifest.object_id}, which is noise to it."]
    if run.tails:
        said.append(f"{counted(run.tails, 'qubit')} will come back besides the clone.")
    if run.late:
        said.append(f"{counted(run.late, 'angle')} it was not told.")
    if program.parameters:
        said.append(
            f"What it is comes with: qclone get {manifest.object_id} --from {server} "
            f"{set_options(program.parameters)}"
        )
    emit(as_json, document, "\n".join(said), quiet="")


def _program(file: Path, late: bool) -> Program:
    from qclone.circuits import read_program
    from qclone.compute import Program

    program = Program.of(read_program(file), late=late)
    require_settable(program.parameters)
    return program


def _reduced(program: Program) -> Program:
    from qclone.compute import fewer_tails

    try:
        return fewer_tails(program)
    except MissingPackageError:
        return program
