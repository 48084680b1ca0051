"""Fewer tails for the same program: T gates that meet on the same parity become one, by PyZX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qclone.compute._program import Program
from qclone.compute._steps import CCZ, Step
from qclone.errors import MissingPackageError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

MAX_CHECKED_QUBITS = 12
"""What is reduced is compared with what was there on random states; larger programs are left as they are."""
MAX_REDUCED_TAILS = 1_000
"""Some milliseconds each; larger programs are left as they are, too."""
_STATES = 3
_TOLERANCE = 1e-10


def fewer_tails(program: Program) -> Program:
    """Return the same program with no more tails, usually fewer.

    PyZX's `teleport_reduce` moves the phases of a ZX diagram together and leaves all other gates where they
    are. It is tried on the program as it is between its CCZ gates and on the one with CCZ taken apart into
    seven T, and the better is kept if it does the same to random states to 1e-10. Programs with late slots
    stay as they are: their angles are not known yet. So do those on over 12 qubits or with over 1,000 tails.

    Raises
    ------
    MissingPackageError : PyZX is not installed.

    Example
    -------
    >>> from qiskit import QuantumCircuit
    >>> twice = QuantumCircuit(3)
    >>> _ = twice.ccx(0, 1, 2), twice.t(0), twice.cx(0, 1), twice.cx(0, 1), twice.t(0)
    >>> fewer_tails(Program.of(twice)).num_tails
    3
    """
    try:
        import pyzx  # noqa: F401
    except ImportError:
        raise MissingPackageError("pyzx", "compute") from None
    large = program.num_qubits > MAX_CHECKED_QUBITS or program.num_tails > MAX_REDUCED_TAILS
    if program.num_late or program.is_clifford or large:
        return program
    candidates = [program, _reduced_between(program)]
    if any(isinstance(step, CCZ) for step in program.steps):
        candidates.append(_reduced(program.circuit))
    return min((c for c in candidates if _same(c, program)), key=lambda c: c.num_tails)


def _reduced_between(program: Program) -> Program:
    """Reduce each stretch without CCZ by itself."""
    steps: list[Step] = []
    stretch: list[Step] = []

    def flush() -> None:
        if stretch:
            steps.extend(_reduced(Program(program.num_qubits, tuple(stretch)).circuit).steps)
            stretch.clear()

    for step in program.steps:
        if isinstance(step, CCZ):
            flush()
            steps.append(step)
        else:
            stretch.append(step)
    flush()
    return Program(program.num_qubits, tuple(steps))


def _reduced(circuit: QuantumCircuit) -> Program:
    from pyzx import teleport_reduce
    from pyzx.circuit import Circuit
    from qiskit import qasm2, transpile

    basis = ["h", "s", "sdg", "x", "z", "cx", "cz", "t", "tdg", "rz"]
    plain = transpile(circuit, basis_gates=basis, optimization_level=0)
    graph = Circuit.from_qasm(qasm2.dumps(plain)).to_graph()
    reduced = Circuit.from_graph(teleport_reduce(graph)).to_basic_gates()
    return Program.of(qasm2.loads(reduced.to_qasm()))


def _same(a: Program, b: Program) -> bool:
    """Whether both do the same to random states, up to a phase: a few tell any two unitaries apart."""
    from qiskit.quantum_info import Statevector, random_statevector

    for seed in range(_STATES):
        psi = random_statevector(2**b.num_qubits, seed=seed)
        one, other = (Statevector(psi).evolve(p.circuit).data for p in (a, b))
        if 1 - abs(np.vdot(one, other)) > _TOLERANCE:
            return False
    return True
