"""Devices that do not exist: one error rate everywhere, on any lattice."""

from __future__ import annotations

from collections.abc import Iterable

from qiskit.transpiler import CouplingMap

from qclone.device._device import Coupler, Device, Qubit
from qclone.errors import InvalidInputError


def synthetic(
    name: str,
    num_qubits: int,
    edges: Iterable[tuple[int, int]],
    *,
    two_qubit_error: float = 2e-3,
    one_qubit_error: float = 2e-4,
    readout_error: float = 8e-3,
    t1_s: float = 260e-6,
    t2_s: float = 150e-6,
    two_qubit_duration_s: float = 68e-9,
    one_qubit_duration_s: float = 32e-9,
    measurement_duration_s: float = 2.3e-6,
) -> Device:
    """Return a device with these couplers and uniform calibration.

    The defaults are close to the medians of a Heron processor. Durations in seconds, errors as average
    infidelities.

    Example
    -------
    >>> synthetic("ring", 3, [(0, 1), (1, 2), (2, 0)]).edges
    ((0, 1), (0, 2), (1, 2))
    """
    if num_qubits < 1:
        raise InvalidInputError(f"A device needs at least one qubit, not {num_qubits}.", "Ask for more.")
    qubit = Qubit(t1_s, t2_s, one_qubit_error, one_qubit_duration_s, readout_error)
    pairs = sorted({(min(e), max(e)) for e in edges})
    return Device(
        name=name,
        qubits=(qubit,) * num_qubits,
        couplers=tuple(Coupler(a, b, two_qubit_error, two_qubit_duration_s) for a, b in pairs),
        measurement_duration_s=measurement_duration_s,
        reset_duration_s=measurement_duration_s,
    )


def line(num_qubits: int, **calibration: float) -> Device:
    """Return qubits in a row; `calibration` as in `synthetic`."""
    return synthetic(
        f"line {num_qubits}", num_qubits, ((i, i + 1) for i in range(num_qubits - 1)), **calibration
    )


def square_grid(rows: int, columns: int, **calibration: float) -> Device:
    """Return a square lattice, row by row; `calibration` as in `synthetic`."""
    edges = CouplingMap.from_grid(rows, columns).get_edges()
    return synthetic(f"square grid {rows}x{columns}", rows * columns, edges, **calibration)


def heavy_hex(distance: int, **calibration: float) -> Device:
    """Return the heavy-hexagon lattice of a code distance (odd); `calibration` as in `synthetic`."""
    if distance < 1 or distance % 2 == 0:
        raise InvalidInputError(
            f"A heavy-hexagon lattice has an odd distance, not {distance}.", "Choose 3, 5, 7, ..."
        )
    lattice = CouplingMap.from_heavy_hex(distance)
    return synthetic(f"heavy hex {distance}", lattice.size(), lattice.get_edges(), **calibration)


def all_to_all(num_qubits: int, **calibration: float) -> Device:
    """Return qubits each coupled with each; `calibration` as in `synthetic`."""
    edges = ((a, b) for b in range(num_qubits) for a in range(b))
    return synthetic(f"all to all {num_qubits}", num_qubits, edges, **calibration)
