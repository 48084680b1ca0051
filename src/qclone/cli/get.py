"""qclone get: recover a register, once."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import emit, json_option
from qclone.errors import InvalidInputError, StorageError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@click.command("get", short_help="Recover a register from a surviving server; consumes its key.")
@click.argument("object_id", metavar="ID")
@click.option("--from", "server", metavar="SERVER", help="Decrypt this server's clone.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="OpenQASM 3 (.qasm) or QPY (.qpy)."
)
@click.option("--correct", is_flag=True, help="Fetch what else survives, check for errors and correct them.")
@click.option("--verify", is_flag=True, help="Compare with what was put in; possible only in simulation.")
@cloud_option
@json_option
def command(
    *,
    object_id: str,
    server: str | None,
    out: Path | None,
    correct: bool,
    verify: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Recover the register ID, once and never again.

    What comes back is a circuit that prepares the recovered state: in FILE, or without -o in the output.

    Exit status: 10 no such object, 11 its key was consumed before, 12 not recoverable from what survives.
    """
    with opened(directory) as cloud:
        client = cloud.client
        manifest = client.ledger.find(object_id)
        manifest.key.require_sealed(manifest.object_id)
        if out is not None:
            _check_writable(out)
        from qclone.circuits import from_text, read_register, to_text

        def deliver(circuit: QuantumCircuit) -> None:
            if out is not None:
                _write(circuit, out)

        recovered = client.get(object_id, server, correct=correct, deliver=deliver)
        manifest, key = recovered.manifest, recovered.manifest.key
        text = to_text(recovered.circuit)
        fidelity = None
        if verify:
            written = from_text(text) if out is None else read_register(out)
            fidelity = client.fidelity(manifest.object_id, written.circuit)
    document = {
        "id": manifest.object_id,
        "server": key.server,
        "qubits": manifest.qubits,
        "fidelity": fidelity,
        "entanglement_fidelity": recovered.entanglement_fidelity,
        **({"checks": len(recovered.outcomes), "errors_seen": sum(recovered.outcomes)} if correct else {}),
        "consumed": True,
        "consumed_at": key.at,
        **({"circuit": text} if out is None else {"out": str(out)}),
    }
    lines = [
        f"Recovered {manifest.qubits} qubits of {manifest.object_id} from {key.server}; its key is consumed."
    ]
    if correct:
        seen = sum(recovered.outcomes)
        lines.append(
            f"Bell checks: {len(recovered.outcomes)}, of which {seen} fired; the likeliest error is undone."
        )
    if recovered.entanglement_fidelity is not None:
        lines.append(f"Entanglement fidelity of the storage, exact: {recovered.entanglement_fidelity:.12g}")
    if fidelity is not None:
        lines.append(f"Fidelity with what was put in, a diagnostic of the simulation: {fidelity:.12g}")
    if out is not None:
        emit(as_json, document, "\n".join([*lines, f"The circuit that prepares it is in {out}."]))
    else:
        emit(as_json, document, "\n".join([*(f"// {line}" for line in lines), text.rstrip()]))


def _check_writable(out: Path) -> None:
    """Refuse a file that cannot be written while the key is still sealed."""
    if out.suffix not in (".qasm", ".qpy"):
        raise InvalidInputError(f"The format of {out.name} is not known.", "End its name with .qasm or .qpy.")
    if out.is_dir():
        raise InvalidInputError(f"{out} is a directory.", "Give the name of a file; nothing was decrypted.")
    try:
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be written: {error.strerror}.", "Nothing was decrypted; choose another file."
        ) from None


def _write(circuit: QuantumCircuit, out: Path) -> None:
    from qclone.circuits import to_text, write_register

    try:
        write_register(circuit, out)
    except OSError as error:
        # The key is used and this is the only copy: hand it over some other way.
        click.echo(to_text(circuit), err=True)
        raise StorageError(
            f"{out} could not be written: {error.strerror or os.strerror(error.errno or 5)}.",
            "The recovered circuit was printed instead; keep it, it cannot be recovered again.",
        ) from None
