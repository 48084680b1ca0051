"""Measured decryption by a simulation that is not the store's: dense, and by stabilisers with a reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access import KeyMeasurement, key_measurement
from qclone.scheme import Canonical

RIGHT = 1e-12
State = NDArray[np.complex128]


@dataclass(frozen=True)
class Decryptions:
    """What came of reading keys and undoing pads.

    Parameters
    ----------
    cases : clones, with other states and outcomes each time. wrong : that did not come back.
    worst_infidelity : of the dense ones; with a reference an answer is right or wrong.
    """

    cases: int
    wrong: int
    worst_infidelity: float


def decrypt_densely(
    clones: Sequence[int],
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Decryptions:
    """Decrypt every clone of a random state, 2n + 1 qubits as amplitudes in double precision.

    The encryption is the protocol's definition, exp(-i pi/4 P) as (1 - i P)/sqrt2, and gates are matrices
    written down here: nothing of stim's, nothing of the store's. Outcomes are drawn one by one from the
    amplitudes.

    Example
    -------
    >>> decrypt_densely([2, 3]).wrong
    0
    """
    random, found = np.random.default_rng(seed), list[float]()
    for number, n in enumerate(clones):
        scheme = Canonical(n, "definition")
        psi = _normed(random.normal(size=2) + 1j * random.normal(size=2))
        state = np.zeros((2,) * scheme.num_qubits, dtype=np.complex128)
        state[(0,) * scheme.num_qubits] = psi[0]
        state[(1, *(0,) * (scheme.num_qubits - 1))] = psi[1]
        assert scheme.indices(scheme.inputs) == (0,)
        state = _applied(state, scheme.prepare() + scheme.encrypt())
        for clone in scheme.clones:
            found.append(1 - _overlap(state, key_measurement(scheme, clone), psi, random))
        progress(number + 1, len(clones))
    return Decryptions(len(found), sum(one > RIGHT for one in found), max(found, default=0.0))


def _overlap(state: State, key: KeyMeasurement, psi: State, random: np.random.Generator) -> float:
    """Read the key, undo the pad, and return <psi|rho|psi> of the clone."""
    state = _applied(state, key.circuit)
    outcomes = []
    left = list(range(state.ndim))
    for wire in key.measured:
        table = np.moveaxis(state, left.index(wire), 0)
        one = float(np.vdot(table[1], table[1]).real / np.vdot(state, state).real)
        outcomes.append(int(random.random() < one))
        state = table[outcomes[-1]]
        left.remove(wire)
    a, b = key.pad(outcomes)
    (wire,) = key.paulis.wires
    undo = key.paulis.public.inverse()
    undo.append("XI"[not a[0]], [wire])
    undo.append("ZI"[not b[0]], [wire])
    for gate in undo:
        matrix = GATES[gate.name]
        for target in gate.targets_copy():
            state = _on(state, matrix, (left.index(target.value),))
    table = np.moveaxis(_normed(state), left.index(wire), 0).reshape(2, -1)
    return float(np.sum(np.abs(psi.conj() @ table) ** 2))


_I, _X = np.eye(2, dtype=complex), np.array([[0, 1], [1, 0]], dtype=complex)
_Y, _Z = np.array([[0, -1j], [1j, 0]]), np.diag([1, -1]).astype(complex)
_H, _S = (_X + _Z) / np.sqrt(2), np.diag([1, 1j])
_C_XYZ = np.array([[1, -1j], [1, 1j]]) * (1 - 1j) / 2
"""X to Y to Z to X under conjugation."""
GATES = {
    "I": _I, "X": _X, "Y": _Y, "Z": _Z, "H": _H, "S": _S, "S_DAG": _S.conj(),
    "C_XYZ": _C_XYZ, "C_ZYX": _C_XYZ.conj().T, "H_YZ": (_Y + _Z) / np.sqrt(2), "H_XY": (_X + _Y) / np.sqrt(2),
    "CX": np.kron(np.diag([1, 0]), _I) + np.kron(np.diag([0, 1]), _X),
    "CZ": np.diag([1, 1, 1, -1]).astype(complex),
}  # fmt: skip


def _applied(state: State, circuit: stim.Circuit) -> State:
    for gate in circuit:
        for group in gate.target_groups():
            if gate.name == "SPP":
                turned = state
                for target in group:
                    turned = _on(turned, GATES[target.pauli_type], (target.value,))
                state = (state - 1j * turned) / np.sqrt(2)
            else:
                state = _on(state, GATES[gate.name], tuple(target.value for target in group))
    return state


def _on(state: State, matrix: State, axes: tuple[int, ...]) -> State:
    """Apply a matrix whose index has the first axis as its highest bit."""
    many = len(axes)
    turned = np.tensordot(matrix.reshape((2,) * (2 * many)), state, (range(many, 2 * many), axes))
    return np.moveaxis(turned, range(many), axes)


def _normed(state: State) -> State:
    return state / np.linalg.norm(state)


def decrypt_with_reference(clones: Sequence[int], shots: int = 1, seed: int = 0) -> Decryptions:
    """Decrypt every clone of half a Bell pair by stabilisers: right if X X and Z Z are certain in the end.

    A channel that keeps a Bell pair keeps every state. Each shot has other outcomes.

    Example
    -------
    >>> decrypt_with_reference(range(1, 6)).wrong
    0
    """
    cases = wrong = 0
    for n in clones:
        scheme = Canonical(n)
        reference = scheme.num_qubits
        bell = stim.Circuit(f"H {reference}\nCX {reference} 0")
        for clone in scheme.clones:
            key = key_measurement(scheme, clone)
            for shot in range(shots):
                simulator = stim.TableauSimulator(seed=seed + shot)
                simulator.do(bell + scheme.prepare() + scheme.encrypt() + key.circuit)
                a, b = key.pad([int(simulator.measure(w)) for w in key.measured])
                (wire,) = key.paulis.wires
                simulator.do(key.paulis.public.inverse())
                simulator.do(stim.PauliString({wire: "IXZY"[a[0] + 2 * b[0]]}))
                both = [
                    simulator.peek_observable_expectation(stim.PauliString({reference: p, wire: p}))
                    for p in "XZ"
                ]
                cases, wrong = cases + 1, wrong + (both != [1, 1])
    return Decryptions(cases, wrong, 0.0)
