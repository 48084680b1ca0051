"""What a circuit costs: its two-qubit gates and the layers they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import stim

from qclone.errors import UnsupportedCircuitError

_TWO_QUBIT = {name: gate.is_two_qubit_gate for name, gate in stim.gate_data().items()}


@dataclass(frozen=True, slots=True)
class Cost:
    """Number of layers and of gates, counting two-qubit gates only.

    Parameters
    ----------
    layers : depth, the longest chain of two-qubit gates of which each shares a qubit with the next.
    gates : number of two-qubit gates, SWAP and CZ alike.
    """

    layers: int
    gates: int

    def __add__(self, other: Cost) -> Cost:
        """Cost of two stages with a barrier between them."""
        return Cost(self.layers + other.layers, self.gates + other.gates)


def cost_of(circuit: stim.Circuit) -> Cost:
    """Return the cost of a circuit; one-qubit gates are free, a TICK is no barrier.

    A phase exp(-i pi/4 P) of a Pauli product (``SPP``) is counted as stim takes it apart, into 2 (w - 1) CX
    for weight w.

    Raises
    ------
    UnsupportedCircuitError : a gate controlled by a measurement outcome: its cost is not one of gates.

    Example
    -------
    >>> cost_of(stim.Circuit("H 0\\nCX 0 1 2 3\\nCZ 1 2"))
    Cost(layers=2, gates=3)
    """
    depth = [0] * circuit.num_qubits
    gates = 0
    for line in _plain(circuit):
        name, _, targets = line.partition(" ")
        if not _TWO_QUBIT[name.partition("[")[0].partition("(")[0]]:
            continue
        if not targets.replace(" ", "").isdecimal():
            raise UnsupportedCircuitError(
                f"{name!r} is controlled by an outcome.", "Count the cost of the unitary circuit."
            )
        ends = map(int, targets.split())
        for a, b in zip(ends, ends, strict=True):
            depth[a] = depth[b] = max(depth[a], depth[b]) + 1
            gates += 1
    return Cost(max(depth, default=0), gates)


def _plain(circuit: stim.Circuit) -> Iterator[str]:
    """Yield instructions as text, which is quicker to take apart than targets; many-body phases as gates."""
    for line in str(circuit.flattened()).splitlines():
        if line.startswith("SPP"):
            yield from str(stim.Circuit(line).decomposed()).splitlines()
        else:
            yield line
