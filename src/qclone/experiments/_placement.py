"""How a row's circuit gets onto a device: routed from a ladder or a pair tree, or built for its lattice."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from qiskit import QuantumCircuit

from qclone.device import Device, target_of
from qclone.errors import InvalidInputError
from qclone.experiments._body import measure
from qclone.experiments._experiment import Row
from qclone.native import NativeCircuit, build, device_circuit
from qclone.simulate import Translation, route

CIRCUITS = ("ladder", "pair_tree", "native")


def place(row: Row, device: Device, circuits: str, seed: int, calibrated: bool) -> QuantumCircuit:
    """Return the row's circuit on a device.

    Parameters
    ----------
    circuits : ``ladder`` and ``pair_tree`` are routed as Qiskit's level 3 does; ``native`` is built for
        the lattice.
    calibrated : see `Setup.layout`.

    Raises
    ------
    InvalidInputError : it does not fit on the device, or there is no native circuit for it.
    """
    if circuits == "native":
        return _native(row, device)
    return route(row.body(), shown(device, calibrated), seed)


def shown(device: Device, calibrated: bool) -> Device:
    """Return the device as layout sees it: calibrated, or with all couplers alike, and nothing learned."""
    known = replace(device, learned=None)
    return known if calibrated else alike(known)


def has_native(row: Row, device: Device) -> bool:
    """Whether a circuit built for the device's lattice can take the place of the row's own."""
    if not row.stages_only:
        return False
    try:
        _built(row, device)
    except InvalidInputError:
        return False
    return True


def _built(row: Row, device: Device) -> NativeCircuit:
    """Return the native circuit, if its ends are the row's bits: of a register some have references too."""
    built = build(row.scheme, device, row.clone)
    width = len(next(iter(row.measurement.settings().values())))
    if len(built.references) + len(built.outputs) != width:
        raise InvalidInputError(
            f"The native circuit for this row of {row.experiment} has other ends than its {width} bits.",
            "Use --circuits ladder or pair_tree.",
        )
    return built


def _native(row: Row, device: Device) -> QuantumCircuit:
    if not row.stages_only:
        raise InvalidInputError(
            f"There is no native circuit for this row of {row.experiment}.",
            "Use --circuits ladder or pair_tree.",
        )
    built = _built(row, device)
    ends = [*built.references, *built.outputs]
    circuit = QuantumCircuit(device.num_qubits, len(ends))
    circuit.compose(device_circuit(built), inplace=True)
    measure(circuit, ends, range(len(ends)))
    # Drafts are in CZ; each coupler has its own gate.
    return Translation(target_of(device), device.name).run([circuit])[0]


def alike(device: Device) -> Device:
    """Return the device with the median calibration on every working qubit and coupler."""
    if not device.couplers:
        return device  # nothing to place on, as routing will say
    qubits = [q for q in device.qubits if q is not None]
    typical = replace(
        qubits[0],
        t1_s=median(q.t1_s for q in qubits),
        t2_s=median(q.t2_s for q in qubits),
        gate_error=median(q.gate_error for q in qubits),
        readout_error=median(q.readout_error for q in qubits),
    )
    error = median(c.error for c in device.couplers)
    return replace(
        device,
        qubits=tuple(None if q is None else typical for q in device.qubits),
        couplers=tuple(replace(c, error=error) for c in device.couplers),
    )
