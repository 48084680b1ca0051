"""The one place that imports Qiskit Aer: any circuit with the twin's noise, on few qubits."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qclone.device import Device, NoiseRules
from qclone.errors import MissingPackageError, UnsupportedCircuitError
from qclone.simulate._noisy import Noise, located
from qclone.simulate._steps import Kind, read

Method = Literal["density_matrix", "statevector", "matrix_product_state"]
# 4^10 and 2^26 complex numbers are 16 MB and 1 GB.
_DENSITY_MATRIX_QUBITS = 10
_STATEVECTOR_QUBITS = 26


def aer_bits(
    circuit: QuantumCircuit,
    device: Device,
    rules: NoiseRules,
    *,
    shots: int,
    seed: int,
    method: Method | None = None,
) -> NDArray[np.bool_]:
    """Return the classical bits of every shot, shape (shots, circuit.num_clbits)."""
    program, physical = _program(circuit, device, rules)
    simulator = _simulator(_method(len(physical), method), device, physical, rules)
    job = simulator.run(program, shots=shots, seed_simulator=seed % 2**31, memory=True)
    memory = job.result().get_memory()
    rows = np.array([list(row.encode()) for row in memory], dtype=np.uint8)
    return rows[:, ::-1] == ord("1")


def aer_parity(
    circuit: QuantumCircuit,
    num_bits: int,
    device: Device,
    rules: NoiseRules,
    *,
    method: Method | None = None,
) -> float:
    """Return the expectation of the parity of the last measurements, exact with the density matrix."""
    program, physical = _program(circuit, device, rules)
    from qiskit_aer.library import SaveExpectationValue

    last = [i for i, m in enumerate(program.data) if m.operation.name == "measure"][-num_bits:]
    qubits = [program.find_bit(program.data[i].qubits[0]).index for i in last]
    program.data = [m for i, m in enumerate(program.data) if i not in last]
    program.append(SaveExpectationValue(SparsePauliOp("Z" * num_bits), label="parity"), qubits)
    simulator = _simulator(_method(len(physical), method), device, physical, rules)
    value = float(simulator.run(program, shots=1).result().data()["parity"])
    if rules.readout:
        for q in qubits:
            value *= 1 - 2 * _flip(device, rules, physical[q])
    return value


def _program(circuit: QuantumCircuit, device: Device, rules: NoiseRules) -> tuple[QuantumCircuit, list[int]]:
    """The circuit on its active qubits only, noise written into it; and which physical qubits those are."""
    aer = _aer()
    steps = read(circuit, device, rules)
    active = {q for step in steps if step.kind is not Kind.WAIT for q in step.qubits}
    physical = sorted(active) or [0]
    at = {q: i for i, q in enumerate(physical)}
    program = QuantumCircuit(len(physical), circuit.num_clbits)
    clbit = {bit: i for i, bit in enumerate(circuit.clbits)}

    def add_noise(noise: Noise) -> None:
        if noise.probability:
            program.append(_error(aer, noise), [at[q] for q in noise.qubits])

    for step, before, after in located(steps, device, rules):
        for noise in before:
            add_noise(noise)
        if step.source is not None:
            bits = [clbit[b] for b in step.source.clbits]
            program.append(step.source.operation, [at[q] for q in step.qubits], bits)
        for noise in after:
            add_noise(noise)
    return program, physical


def _error(aer: Any, noise: Noise) -> Any:
    p = noise.probability
    if noise.kind.startswith("DEPOLARIZE"):
        count = 4 ** len(noise.qubits)
        # Aer's parameter mixes in the identity too: 1 - p/(1 - 1/4^k).
        return aer.noise.depolarizing_error(p * count / (count - 1), len(noise.qubits)).to_instruction()
    return aer.noise.pauli_error([(noise.kind[0], p), ("I", 1 - p)]).to_instruction()


def _simulator(method: Method, device: Device, physical: list[int], rules: NoiseRules) -> Any:
    aer = _aer()
    model = aer.noise.NoiseModel()
    if rules.readout:
        for i, q in enumerate(physical):
            flip = _flip(device, rules, q)
            model.add_readout_error([[1 - flip, flip], [flip, 1 - flip]], [i])
    return aer.AerSimulator(method=method, noise_model=model)


def _flip(device: Device, rules: NoiseRules, qubit: int) -> float:
    return min(rules.scale * device.qubit(qubit).readout_error, 0.5)


def _method(num_qubits: int, method: Method | None) -> Method:
    if method is not None:
        return method
    if num_qubits <= _DENSITY_MATRIX_QUBITS:
        return "density_matrix"
    if num_qubits <= _STATEVECTOR_QUBITS:
        return "statevector"
    raise UnsupportedCircuitError(
        f"The circuit is not Clifford and acts on {num_qubits} qubits; "
        f"Aer takes at most {_STATEVECTOR_QUBITS} here.",
        "Keep the circuit Clifford (simulate.route does), take fewer clones, or matrix_product_state.",
    )


@cache
def _aer() -> Any:
    try:
        import qiskit_aer
        import qiskit_aer.noise
    except ImportError:
        raise MissingPackageError("qiskit-aer", "device") from None
    return qiskit_aer
