"""What measured decryption and one bit of a key are worth, beside the closed forms; what a pad costs."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access import key_measurement, key_paulis
from qclone.compute import Program
from qclone.scheme import Canonical
from qclone.simulate import entanglement_fidelity


def measured_fidelity(n: int, clone: str, p: float, q: float) -> float:
    """Return Fe of measured decryption, exact: depolarising p after each of its two-qubit gates, flips q.

    The circuit is one of stim's with the pad undone by feed-forward, its expectations carried back exactly.

    Example
    -------
    >>> round(measured_fidelity(2, "S1", 0.002, 0.01), 4)
    0.9785
    """
    scheme = Canonical(n)
    found = key_measurement(scheme, clone)
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + scheme.prepare() + scheme.encrypt()
    for gate in found.circuit:
        circuit.append(gate)
        if gate.name == "CX":
            circuit.append("DEPOLARIZE2", gate.targets_copy(), p)
    circuit.append("M", list(found.measured), q)
    circuit += found.paulis.public.inverse()
    (wire,) = found.paulis.wires
    for pauli, (constant, which) in zip("XZ", found.rules, strict=True):
        if constant:
            circuit.append(pauli, [wire])
        for i in which:
            circuit.append(f"C{pauli}", [stim.target_rec(i - len(found.measured)), wire])
    return float(entanglement_fidelity(circuit, reference, wire))


def closed_form(n: int, p: float, q: float) -> float:
    """Return (1 + 2 lam^m r^(m+o) + lam^m r^(2m))/4: lam = 1 - 16p/15, r = 1 - 2q, m = n div 2, o = n mod 2.

    Source: what circuits of one layer of gates and independent readouts give, counted by hand: a bit of the
    pad is a parity of m + o outcomes or of all, and gates turn it with lam each.
    """
    lam, r, m, o = 1 - 16 * p / 15, 1 - 2 * q, n // 2, n % 2
    return float((1 + 2 * lam**m * r ** (m + o) + lam**m * r ** (2 * m)) / 4)


def information_bits(n: int, clone: str, kept: str, bits: str) -> int:
    """Return I(R : a clone and its key) in bits, after bits a, b of the key of another one were measured.

    Parameters
    ----------
    clone : whose wires and key are looked at, and the outcomes. kept : whose key is read.
    bits : which of it, "", "a", "b" or "ab".

    Example
    -------
    >>> [information_bits(4, "S2", "S1", bits) for bits in ("", "a", "ab")]
    [2, 1, 0]
    """
    scheme = Canonical(n)
    found = key_paulis(scheme, kept)
    paulis = [pauli for bit in bits for pauli in (found.a if bit == "a" else found.b)]
    wires = scheme.indices((*scheme.clone(clone).wires, *scheme.clone(clone).key))
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0") + scheme.prepare() + scheme.encrypt()
    held, fresh = [*wires], reference + 1
    for pauli in paulis:
        # The outcome is in two records, one with the holder and one with everybody else.
        for record in (fresh, fresh + 1):
            circuit.append("H", [record])
            for w in pauli.pauli_indices():
                circuit.append("C" + "IXYZ"[pauli[w]], [record, w])
            circuit.append("H", [record])
        held.append(fresh)
        fresh += 2
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(fresh)
    simulator.do(circuit)
    state = [s.to_numpy() for s in simulator.canonical_stabilizers()]

    def entropy(subset: Sequence[int]) -> int:
        keep = sorted(subset)
        rows = np.array([np.concatenate([x[keep], z[keep]]) for x, z in state], dtype=np.uint8)
        return _rank(rows) - len(keep)

    return entropy([reference]) + entropy(held) - entropy([reference, *held])


def _rank(rows: NDArray[np.uint8]) -> int:
    rows, rank = rows.copy(), 0
    for column in range(rows.shape[1]):
        pivots = np.flatnonzero(rows[rank:, column]) + rank
        if pivots.size:
            rows[[rank, pivots[0]]] = rows[[pivots[0], rank]]
            others = np.flatnonzero(rows[:, column])
            rows[others[others != rank]] ^= rows[rank]
            rank += 1
            if rank == len(rows):
                break
    return rank


def pad_seconds(qubits: int = 100, instructions: int = 100_000, seed: int = 0) -> float:
    """Return how long it takes to carry a pad through random Clifford instructions, one thing at a time."""
    random = np.random.default_rng(seed)
    circuit = stim.Circuit()
    for _ in range(instructions):
        kind, (a, b) = random.integers(3), random.permutation(qubits)[:2].tolist()
        circuit.append(("CX", "H", "S")[kind], [a, b] if kind == 0 else [a])
    program, before = Program(qubits, (circuit,)), stim.PauliString.random(qubits)
    start = time.perf_counter()
    program.finish(before, lambda reading: ())
    return time.perf_counter() - start
