"""The way that public scripts simulate the protocol, for comparison only: dense matrices."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, partial_trace, random_statevector

from qclone.circuits import to_qiskit
from qclone.scheme import Canonical

Matrix = NDArray[np.complex128]
_SIGMA = {label: Operator.from_label(label).data for label in "IXYZ"}
_INPUT = random_statevector(2, seed=1)


def dense_ideal_fidelity(num_clones: int) -> float:
    """Return the fidelity of one random state recovered by U_enc and U_dec as dense matrices.

    Each has 2^(n+1) rows and the state vector 2^(2n+1) entries, n the number of clones.
    """
    n = num_clones
    signals, noise = list(range(1, n + 1)), list(range(n + 1, 2 * n + 1))
    encrypt = _phase_of("X", n + 1) @ _phase_of("Z", n + 1)
    state = _with_bell_pairs(n).evolve(Operator(encrypt), qargs=[0, *signals])
    state = state.evolve(Operator(_decrypt(n)), qargs=[1, *noise])
    return _recovered(state)


def dense_noisy_fidelity(num_clones: int, p2: float) -> float:
    """Return the fidelity of one random state through the ladder circuit on a density matrix.

    It has 4^(2n+1) entries; depolarising after every two-qubit gate is a sum of 16 terms.
    """
    scheme = Canonical(num_clones, "ladder")
    state = DensityMatrix(_with_bell_pairs(num_clones))
    pairs = [Operator(np.kron(b, a)) for a in _SIGMA.values() for b in _SIGMA.values()]
    circuit = to_qiskit(scheme.encrypt() + scheme.decrypt("S1"))
    for gate in circuit:
        qubits = [circuit.find_bit(qubit).index for qubit in gate.qubits]
        state = state.evolve(gate.operation, qargs=qubits)
        if len(qubits) == 2:
            errors = (p2 / 15 * state.evolve(pair, qargs=qubits) for pair in pairs[1:])
            state = sum(errors, (1 - p2) * state)
    return _recovered(state)


def _with_bell_pairs(n: int) -> Statevector:
    """Qubits A, S1..Sn, N1..Nn, little-endian as in Qiskit."""
    pairs = np.eye(2**n).ravel() / 2 ** (n / 2)
    return Statevector(np.kron(pairs, _INPUT.data))


def _phase_of(pauli: str, width: int) -> Matrix:
    """exp(-i pi/4 P..P) = (1 - i P..P)/sqrt2."""
    product = reduce(np.kron, [_SIGMA[pauli]] * width)
    return (np.eye(2**width) - 1j * product) / np.sqrt(2)


def _decrypt(n: int) -> Matrix:
    """sum_mu alpha_mu |phi_mu><phi_mu| (x) sigma_mu^T on S1, N1, other N; arXiv:2602.10695, eq. (3)."""
    terms = []
    for sigma, alpha in zip(_SIGMA.values(), (1, 1j, -(1j ** (n + 1)), 1j), strict=True):
        bell = sigma.T.ravel() / np.sqrt(2)
        terms.append(alpha * reduce(np.kron, [*[sigma.T] * (n - 1), np.outer(bell, bell.conj())]))
    return sum(terms[1:], terms[0])


def _recovered(state: Statevector | DensityMatrix) -> float:
    others = [qubit for qubit in range(state.num_qubits) if qubit != 1]
    rho = partial_trace(state, others).data
    return float(np.real(_INPUT.data.conj() @ rho @ _INPUT.data))
