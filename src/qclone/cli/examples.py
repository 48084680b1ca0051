"""List the registers that ship: qclone put example:NAME."""

from __future__ import annotations

import click

from qclone.cli._output import emit, json_option
from qclone.cli._table import table

RANK = 30

PREFIX = "example:"


@click.command("examples")
@json_option
def command(as_json: bool) -> None:
    """List the registers that ship with qclone. `qclone put example:NAME` stores one."""
    from qclone.circuits import example, examples

    rows = []
    for name in examples():
        circuit = example(name).circuit
        rows.append({"name": f"{PREFIX}{name}", "qubits": circuit.num_qubits, "gates": circuit.size()})
    text = table(["REGISTER", "QUBITS", "GATES"], [list(row.values()) for row in rows])
    emit(as_json, {"examples": rows}, text)
