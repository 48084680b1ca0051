"""qclone get: recover a register, once."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._output import counted, emit, json_option, short_id
from qclone.cli._programs import set_option
from qclone.errors import InvalidInputError, QcloneError, StorageError, UnsupportedCircuitError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


@click.command("get", short_help="Recover a register from a surviving server; consumes its key.")
@click.argument("object_id", metavar="ID")
@click.option("--from", "server", metavar="SERVER", help="Decrypt this server's clone.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="OpenQASM 3 (.qasm) or QPY (.qpy)."
)
@click.option("--correct", is_flag=True, help="Fetch what else survives, check for errors and correct them.")
@set_option
@click.option("--measured", is_flag=True, help="Send the server two bits a qubit: the state stays there.")
@click.option("--verify", is_flag=True, help="Compare with what was put in; possible only in simulation.")
@cloud_option
@json_option
def command(
    *,
    object_id: str,
    server: str | None,
    out: Path | None,
    correct: bool,
    values: dict[str, float],
    measured: bool,
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
        if out is not None:
            _check_writable(out)
        spare = _free(Path(f"{short_id(manifest.object_id)}.qpy") if out is None else out.with_suffix(".qpy"))
        handed: list[str | Path] = []

        def deliver(circuit: QuantumCircuit) -> None:
            handed.append(_hand_over(circuit, out, spare))

        if measured and correct:
            raise click.UsageError("--measured leaves the clone at its server: --correct cannot check it.")
        program = client.program(object_id, server, values)
        if measured:
            recovered = client.release(object_id, server, values=values, deliver=deliver)
        else:
            recovered = client.get(object_id, server, correct=correct, values=values, deliver=deliver)
        (written,) = handed
        manifest, key = recovered.manifest, recovered.manifest.key
        fidelity, notices = None, []
        if written == spare != out:
            notices.append(f"No OpenQASM that can be read back holds this circuit, so it is in {spare}.")
        if verify:
            try:
                if program is None:
                    fidelity = client.fidelity(manifest.object_id, _content(written))
                else:
                    put = _read(written).compose(program.circuit.inverse())
                    fidelity = client.fidelity(manifest.object_id, put)
            except QcloneError as error:
                notices.append(f"Not compared with what was put in: {error.message}")
        compared = getattr(fidelity, "how", None)
    document = {
        "id": manifest.object_id,
        "server": key.server,
        "qubits": manifest.qubits,
        "fidelity": fidelity,
        **({"compared": compared} if verify else {}),
        "entanglement_fidelity": recovered.entanglement_fidelity,
        **({"checks": len(recovered.outcomes), "errors_seen": sum(recovered.outcomes)} if correct else {}),
        **({"computed": str(program)} if program is not None else {}),
        **({"at": key.server} if measured else {}),
        "consumed": True,
        "consumed_at": key.at,
        **({"circuit": written} if isinstance(written, str) else {"out": str(written)}),
        "notices": notices,
    }
    lines = [
        f"Recovered {counted(manifest.qubits, 'qubit')} of {manifest.object_id} from {key.server}; "
        "its key is consumed."
    ]
    if measured:
        lines = [
            f"{key.server} was sent {2 * manifest.qubits} bits and has {manifest.object_id} in the clear; "
            "its key is consumed."
        ]
    if program is not None:
        lines.append(f"It went through {program}.")
    if correct:
        seen = sum(recovered.outcomes)
        lines.append(
            f"Bell checks: {len(recovered.outcomes)}, of which {seen} fired; the likeliest error is undone."
        )
    if recovered.entanglement_fidelity is not None:
        lines.append(f"Entanglement fidelity of the storage, exact: {recovered.entanglement_fidelity:.12g}")
    if fidelity is not None:
        through = "" if program is None else ", put through the program"
        lines.append(
            f"Fidelity with what was put in{through}, a diagnostic of the simulation: {fidelity:.12g}"
        )
        lines.append(f"Compared {compared}.")
    lines += notices
    if isinstance(written, str):
        emit(
            as_json, document, "\n".join([*(f"// {line}" for line in lines), written.rstrip()]), folded=False
        )
    else:
        emit(as_json, document, "\n".join([*lines, f"The circuit that prepares it is in {written}."]))


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


def _free(path: Path) -> Path:
    """Return the path or, if it is taken, the next one that is not: nobody named this file."""
    candidates = (path.with_stem(f"{path.stem}-{i}") for i in itertools.count(1))
    return path if not path.exists() else next(other for other in candidates if not other.exists())


def _hand_over(circuit: QuantumCircuit, out: Path | None, spare: Path) -> str | Path:
    """Return the recovered circuit as text, or the file it is in: `spare` if no text can hold it."""
    from qclone.circuits import register_text, to_text, write_register

    try:
        if out is None:
            return register_text(circuit)
        write_register(circuit, out)
    except UnsupportedCircuitError:
        write_register(circuit, spare)
        return spare
    except OSError as error:
        # The key is used and this is the only copy: hand it over some other way.
        click.echo(to_text(circuit), err=True)
        raise StorageError(
            f"{out} could not be written: {error.strerror or os.strerror(error.errno or 5)}.",
            "The recovered circuit was printed instead; keep it, it cannot be recovered again.",
        ) from None
    return out


def _content(written: str | Path) -> bytes:
    return written.encode() if isinstance(written, str) else written.read_bytes()


def _read(written: str | Path) -> QuantumCircuit:
    from qclone.circuits import from_text, read_register

    return (from_text(written) if isinstance(written, str) else read_register(written)).circuit
