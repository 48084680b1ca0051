"""What the key's memory costs: kept whole, narrowed, turned into bits at once."""

from __future__ import annotations

from dataclasses import dataclass

import stim

from qclone.access import key_measurement, narrow
from qclone.plan._scenario import Scenario
from qclone.scheme import Canonical
from qclone.simulate import entanglement_fidelity


@dataclass(frozen=True)
class KeyOutcome:
    """How a key does in memory, while gates and links are perfect.

    Parameters
    ----------
    name : what is done with the key when the qubit has been stored.
    num_clones : signal qubits that can be decrypted afterwards, each alone.
    key_qubits : noise qubits in memory.
    fidelity : entanglement fidelity after the storage time, exact.
    """

    name: str
    num_clones: int
    key_qubits: int
    fidelity: float


def key_outcomes(scenario: Scenario) -> list[KeyOutcome]:
    """Return a key kept whole, narrowed to two noise qubits, and committed, for n that fills the servers.

    Depolarising memories give (1 + 3 l_S l_N^m)/4 with m noise qubits in memory.
    """
    scheme = Canonical(max(2, scenario.servers + scenario.servers % 2))
    n, kept = scheme.num_clones, ("S1", "S2")
    rows = [KeyOutcome("whole", n, n, _fidelity(scheme, (), scenario))]
    if n > 2:
        found = narrow(scheme, kept)
        rows.append(
            KeyOutcome("narrowed", len(kept), len(found.key), _fidelity(scheme, found.pairs, scenario))
        )
    return [*rows, KeyOutcome("committed", 1, 0, _fidelity(scheme, None, scenario))]


def _fidelity(scheme: Canonical, pairs: tuple[tuple[int, int], ...] | None, scenario: Scenario) -> float:
    """Measure some pairs (None: the whole key), wait, measure the rest, undo the pad on S1."""
    reference = scheme.num_qubits
    read = key_measurement(scheme, "S1", pairs or ())
    (wire,) = read.paulis.wires
    early, late = read.measured[: read.before], read.measured[read.before :]
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + scheme.prepare() + scheme.encrypt()
    for c, d in pairs or ():
        circuit += stim.Circuit(f"CX {c} {d}\nH {c}")
    if early:
        circuit.append("M", early)
    wait = scenario.memory([wire] if pairs is None else [wire, *late])
    read_late = read.circuit.copy()
    read_late.append("M", late)
    circuit += read_late + wait if pairs is None else wait + read_late
    circuit += read.paulis.public.inverse()
    for pauli, (constant, which) in zip("XZ", read.rules, strict=True):
        if constant:
            circuit.append(pauli, [wire])
        for i in which:
            circuit.append(f"C{pauli}", [stim.target_rec(i - len(read.measured)), wire])
    return entanglement_fidelity(circuit, reference, wire)
