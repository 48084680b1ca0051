"""A circuit on the qubits that it uses."""

from __future__ import annotations

from qiskit import QuantumCircuit


def narrowed(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit without the qubits that it leaves alone, and without barriers.

    The others keep their order; classical bits stay. For simulators, whose effort grows with every qubit
    that a circuit has, used or not.

    Example
    -------
    >>> wide = QuantumCircuit(50, 1)
    >>> _ = wide.h(7), wide.cx(7, 30), wide.measure(30, 0)
    >>> narrowed(wide).num_qubits
    2
    """
    gates = [i for i in circuit.data if i.operation.name != "barrier"]
    used = sorted({circuit.find_bit(q).index for i in gates for q in i.qubits})
    place = {circuit.qubits[old]: new for new, old in enumerate(used)}
    small = QuantumCircuit(len(used), circuit.num_clbits)
    for gate in gates:
        bits = [circuit.find_bit(c).index for c in gate.clbits]
        small.append(gate.operation, [place[q] for q in gate.qubits], bits)
    return small
