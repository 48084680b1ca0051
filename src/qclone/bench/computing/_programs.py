"""Registers and programs to compute with: random ones, and circuits that everybody knows."""

from __future__ import annotations

import itertools

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import Statevector

from qclone.compute import Program

CLIFFORD = ("h", "s", "sdg", "x", "y", "z", "sx")
BETWEEN_TWO = ("cx", "cz", "swap", "cy")


def random_register(random: np.random.Generator, qubits: int) -> QuantumCircuit:
    """Return a register in a state without symmetry, entangled pair by pair."""
    circuit = QuantumCircuit(qubits)
    for q in range(qubits):
        circuit.u(*random.uniform(0, 6, 3), q)
    for a, b in itertools.combinations(range(qubits), 2):
        circuit.cx(a, b)
        circuit.rx(random.uniform(0, 6), b)
    return circuit


def random_program(random: np.random.Generator, qubits: int, slots: int, gates: int = 12) -> QuantumCircuit:
    """Return Clifford gates with so many T, T dagger, Rz and CCZ in between, `gates` at most."""
    circuit = QuantumCircuit(qubits)
    where = set(random.choice(gates, size=min(slots, gates), replace=False).tolist())
    for i in range(gates):
        if i in where:
            kind = random.integers(0, 4 if qubits >= 3 else 3)
            if kind == 3:
                circuit.ccz(*random.permutation(qubits)[:3].tolist())
            elif kind == 2:
                circuit.rz(random.uniform(-4, 4), int(random.integers(qubits)))
            else:
                (circuit.t, circuit.tdg)[kind](int(random.integers(qubits)))
        if qubits > 1 and random.random() < 0.5:
            getattr(circuit, random.choice(BETWEEN_TWO))(*random.permutation(qubits)[:2].tolist())
        else:
            getattr(circuit, random.choice(CLIFFORD))(int(random.integers(qubits)))
    return circuit


def infidelity(put: QuantumCircuit, program: Program | QuantumCircuit, got: QuantumCircuit) -> float:
    """Return 1 - |<C psi|phi>|^2, C and psi as Qiskit's state vectors have them."""
    ideal = program.circuit if isinstance(program, Program) else program
    expected = Statevector(put).evolve(ideal).data
    return float(1 - abs(np.vdot(expected, Statevector(got).data)) ** 2)


def known_programs() -> dict[str, tuple[QuantumCircuit, int]]:
    """Return circuits by name, each with the number of qubits that come back as it is written.

    >>> {name: tails for name, (_, tails) in known_programs().items()}["Toffoli"]
    3
    """
    toffoli, grover, adder = QuantumCircuit(3), QuantumCircuit(3), QuantumCircuit(4)
    toffoli.ccx(0, 1, 2)
    grover.h([0, 1, 2])
    for _ in range(2):
        grover.ccz(0, 1, 2)
        grover.h([0, 1, 2])
        grover.x([0, 1, 2])
        grover.ccz(0, 1, 2)
        grover.x([0, 1, 2])
        grover.h([0, 1, 2])
    adder.ccx(0, 1, 2)
    adder.cx(0, 1)
    adder.ccx(1, 2, 3)
    qft = QFTGate(3).definition
    return {
        "Toffoli": (toffoli, 3),
        "Toffoli in T": (toffoli.decompose(), 7),
        "QFT of 3": (qft, 9),
        "Grover of 3": (grover, 12),
        "Grover of 3 in T": (grover.decompose("ccz").decompose("ccx"), 28),
        "adder in T": (adder.decompose(), 14),
    }
