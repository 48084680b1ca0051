"""Recover a register from a surviving server; consumes its key."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._cloud import cloud_option, opened
from qclone.cli._object import object_named
from qclone.cli._output import counted, emit, json_option
from qclone.cli._programs import set_option
from qclone.cli._safe import (
    place,
    require_place,
    require_standard_output,
    standard_output_is_a_file,
    sync_standard_output,
)
from qclone.errors import InvalidInputError, QcloneError, UnsupportedCircuitError

RANK = 50

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.compute import Program
    from qclone.store import Client, Entry, Key, Order, Recovered


class KeptError(QcloneError):
    """A recovered register could not be handed over; it waits."""

    code = "kept"


@click.command("get")
@click.argument("object_id", metavar="ID")
@click.option("--from", "server", metavar="SERVER", help="Decrypt this server's clone.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="OpenQASM 3 (.qasm) or QPY (.qpy)."
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--correct", is_flag=True, help="Fetch what else survives, check for errors and correct them.")
@set_option
@click.option("--measured", is_flag=True, help="Send the server two bits a qubit: the state stays there.")
@click.option("--verify", is_flag=True, help="Compare with what was put in; possible only in simulation.")
@click.option("--again", is_flag=True, help="Hand over again what was recovered and is not known to be safe.")
@click.option("--done", is_flag=True, help="Say that what was recovered is safe: it is not kept any longer.")
@cloud_option
@json_option
def command(
    *,
    object_id: str,
    server: str | None,
    out: Path | None,
    force: bool,
    correct: bool,
    values: dict[str, float],
    measured: bool,
    verify: bool,
    again: bool,
    done: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Recover the register ID, once and never again.

    What comes back is a circuit that prepares the recovered state: in FILE, or without -o in the output. A
    file is synced, and then the register is safe. What went to a terminal or a pipe is kept, and handed over
    again, until you say that you have it, with --done.

    Exit status: 10 no such object, 11 its key was consumed before, 12 not recoverable from what survives.
    """
    if (again or done) and (server is not None or correct or values or measured):
        raise click.UsageError(
            "--from, --correct, --set and --measured are for a recovery that has not happened yet."
        )
    if measured and correct:
        raise click.UsageError("--measured leaves the clone at its server: --correct cannot check it.")
    if done and (again or verify or force or out is not None):
        raise click.UsageError("--done hands nothing over: give it alone.")
    if force and out is None:
        raise click.UsageError("--force replaces a file: give it with -o.")
    with opened(directory) as cloud:
        client = cloud.client
        object_id = object_named(cloud.ledger, object_id)
        if done:
            manifest = client.acknowledge(object_id)
            said = f"{manifest.object_id} is safe; it is not kept any longer."
            return emit(as_json, {"id": manifest.object_id, "done": True}, said, quiet="")
        find = client.keyring.spool.find if again else client.ledger.find
        object_id = find(object_id).object_id
        _require_output(client, object_id, out, force)
        spare = _free(Path(f"{object_id[:8]}.qpy") if out is None else out.with_suffix(".qpy"))
        written: list[str | Path] = []
        done_as: list[Entry] = []
        before = client.keyring.spool.entry(object_id)

        def deliver(circuit: QuantumCircuit) -> None:
            # What came out is what was asked for when the key was used, which may have been an earlier call.
            if (entry := client.keyring.spool.entry(object_id)) is not None:
                done_as.append(entry)
            written.append(_written(circuit, out, spare, force))

        decided, asked = again, None
        if not again:
            manifest = client.ledger.find(object_id)
            decided = _is_decided(before, manifest.key)
            whose = before.server if decided and before else server or manifest.committed_to
            if measured and whose is None:
                manifest.require_sealed()
                raise InvalidInputError(
                    f"The key of {object_id} is not committed.",
                    "Say who is to have it: --from SERVER",
                )
            if whose is not None or not manifest.uses.runs:  # else it is asked first whose program it is
                with suppress(*([QcloneError] if decided else [])):  # whatever is asked now, it is over
                    asked = client.program(object_id, whose, values)
        with _nothing_lost(client, object_id):
            if again:
                recovered = client.again(object_id, deliver=deliver, keep=out is None)
            elif measured:
                recovered = client.release(
                    object_id, server, values=values, deliver=deliver, keep=out is None
                )
            else:
                recovered = client.get(
                    object_id, server, correct=correct, values=values, deliver=deliver, keep=out is None
                )
            safe = isinstance(written[0], Path) or standard_output_is_a_file()
            order = done_as[0].order
            program = _program_in(order, recovered.manifest.qubits)
            late = _too_late(recovered, order, server, correct=correct, measured=measured) if decided else []
            if decided and values and (program is None or asked is None or program.text != asked.text):
                late += [f"--set {name}={value:g}" for name, value in values.items()]
            _report(
                client,
                recovered,
                written[0],
                out,
                program,
                safe=safe,
                late=late,
                correct=correct and "--correct" not in late,
                measured=bool(order.at),
                verify=verify,
                as_json=as_json,
            )
            sync_standard_output()
            if out is None and safe:
                client.acknowledge(object_id)


def _is_decided(entry: Entry | None, key: Key) -> bool:
    """Whether an earlier call has used the key for what it was asked for, as far as this client knows."""
    begun = entry is not None and not entry.done and bool(entry.order.outputs)
    return begun and key.state.value != "sealed"


def _too_late(
    recovered: Recovered, order: Order, server: str | None, *, correct: bool, measured: bool
) -> list[str]:
    """Return which of these options an earlier call has not heeded."""
    late = [] if server in (None, recovered.manifest.key.server) else [f"--from {server}"]
    late += ["--measured"] if measured and not order.at else []
    checked = order.finish is None and recovered.outcomes
    return late + (["--correct"] if correct and not checked else [])


def _program_in(order: Order, qubits: int) -> Program | None:
    """Return what a register went through at its server."""
    from qclone.compute import Program

    finish = order.finish
    text = order.then if finish is None or not finish.site else finish.program
    return Program.from_text(text, qubits) if text or (finish is not None and finish.site) else None


def _require_output(client: Client, object_id: str, out: Path | None, force: bool) -> None:
    """Refuse what cannot be written while the key is still sealed."""
    if out is None:
        return require_standard_output()
    if out.suffix not in (".qasm", ".qpy"):
        raise InvalidInputError(f"The format of {out.name} is not known.", "End its name with .qasm or .qpy.")
    # What is there may be what an interrupted recovery wrote: that is seen when there is something to write.
    started = client.keyring.spool.entry(object_id) is not None
    require_place(out, replace=force or started)


def _written(circuit: QuantumCircuit, out: Path | None, spare: Path, force: bool) -> str | Path:
    """Return the recovered circuit as text, or the file it is in: `spare` if no text can hold it."""
    from qclone.circuits import register_text, to_bytes

    with suppress(UnsupportedCircuitError):
        if out is None:
            return register_text(circuit)
        content = to_bytes(circuit) if out.suffix == ".qpy" else register_text(circuit).encode()
        place(content, out, force)
        return out
    place(to_bytes(circuit), spare, force)
    return spare


@contextmanager
def _nothing_lost(client: Client, object_id: str) -> Iterator[None]:
    """Whatever happens past the key's consumption, say how to go on."""
    try:
        yield
    except (QcloneError, OSError, KeyboardInterrupt) as error:
        entry = None
        with suppress(QcloneError, OSError):
            entry = client.keyring.spool.entry(object_id)
        # Of a key that was committed, and no more, it is known what was used, and for what.
        if entry is None or entry.done or not entry.order.outputs:
            raise
        why = _reason(error)
        if entry.delivery is None:
            first = f"{error.remedy} " if isinstance(error, QcloneError) and error.remedy else ""
            remedy = f"{first}It goes on where it stopped with: qclone get {object_id}"
            kept = KeptError(f"{why} Whether the key was consumed is not known; nothing is lost.", remedy)
        else:
            remedy = f"Hand it over again with: qclone get --again {object_id} -o FILE"
            kept = KeptError(f"{why} The register was recovered and is kept.", remedy)
        if isinstance(error, KeyboardInterrupt):
            kept.exit_code = 130  # type: ignore[misc]
        elif isinstance(error, QcloneError):
            kept.exit_code = error.exit_code  # type: ignore[misc]
        raise kept from None


def _reason(error: BaseException) -> str:
    if isinstance(error, QcloneError):
        return error.message
    if isinstance(error, OSError):
        named = f" ({error.filename})" if error.filename else ""
        return f"The output could not be written: {error.strerror or error}{named}."
    return "Interrupted."


def _report(
    client: Client,
    recovered: Recovered,
    written: str | Path,
    out: Path | None,
    program: Program | None,
    *,
    safe: bool,
    late: list[str],
    correct: bool,
    measured: bool,
    verify: bool,
    as_json: bool,
) -> None:
    manifest, key = recovered.manifest, recovered.manifest.key
    fidelity, notices = None, []
    if late:
        notices.append(f"An earlier call had used its key: {', '.join(late)} came too late.")
    if isinstance(written, Path) and written != out:
        notices.append(f"No OpenQASM that can be read back holds this circuit, so it is in {written}.")
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
    if not safe:
        notices.append(f"Kept until you say that you have it: qclone get --done {manifest.object_id}")
    checks = len(recovered.outcomes) if correct else None
    document = {
        "id": manifest.object_id,
        "server": key.server,
        "qubits": manifest.qubits,
        "fidelity": fidelity,
        **({"compared": compared} if verify else {}),
        "entanglement_fidelity": recovered.entanglement_fidelity,
        **({} if checks is None else {"checks": checks, "errors_seen": sum(recovered.outcomes)}),
        **({"computed": str(program)} if program is not None else {}),
        **({"at": key.server} if measured else {}),
        "consumed": True,
        "consumed_at": key.at,
        **({"circuit": written} if isinstance(written, str) else {"out": str(written)}),
        "kept": not safe,
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
    if checks is not None:
        seen = sum(recovered.outcomes)
        lines.append(f"Bell checks: {checks}, of which {seen} fired; the likeliest error is undone.")
    if recovered.entanglement_fidelity is not None:
        given = ", given these checks" if checks else ""
        exact = f"{recovered.entanglement_fidelity:.12g}"
        lines.append(f"Entanglement fidelity of the storage, exact{given}: {exact}")
    if fidelity is not None:
        through = "" if program is None else ", put through the program"
        lines.append(
            f"Fidelity with what was put in{through}, a diagnostic of the simulation: {fidelity:.12g}"
        )
        lines.append(f"Compared {compared}.")
    lines += notices
    if isinstance(written, str):
        text = "\n".join([*(f"// {line}" for line in lines), written.rstrip()])
        emit(as_json, document, text, folded=False, quiet=written.rstrip())
    else:
        text = "\n".join([*lines, f"The circuit that prepares it is in {written}."])
        emit(as_json, document, text, quiet="")


def _free(path: Path) -> Path:
    """Return the path or, if it is taken, the next one that is not: nobody named this file."""
    candidates = (path.with_stem(f"{path.stem}-{i}") for i in itertools.count(1))
    return path if not os.path.lexists(path) else next(o for o in candidates if not os.path.lexists(o))


def _content(written: str | Path) -> bytes:
    return written.encode() if isinstance(written, str) else written.read_bytes()


def _read(written: str | Path) -> QuantumCircuit:
    from qclone.circuits import from_text, read_register

    return (from_text(written) if isinstance(written, str) else read_register(written)).circuit
