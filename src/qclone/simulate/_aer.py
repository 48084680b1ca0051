"""The one place that imports Qiskit Aer: any circuit with the twin's noise, on few qubits."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Kraus, SparsePauliOp

from qclone.device import Device, NoiseRules, Qubit, depolarizing, idle_errors
from qclone.errors import MissingPackageError, UnsupportedCircuitError
from qclone.simulate._full import FullNoise, over_rotation, spectator_angle
from qclone.simulate._learned import steps_of
from qclone.simulate._noisy import gate_error, idle_gaps, readout_flip
from qclone.simulate._steps import Kind

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
    full: FullNoise | None = None,
) -> NDArray[np.bool_]:
    """Return the classical bits of every shot, shape (shots, circuit.num_clbits)."""
    program, physical = _program(circuit, device, rules, full)
    simulator = _simulator(_method(len(physical), method), device, physical, rules)
    job = simulator.run(program, shots=shots, seed_simulator=seed % 2**31, memory=True)
    memory = job.result().get_memory()
    rows = np.array([list(row.encode()) for row in memory], dtype=np.uint8)
    return rows[:, ::-1] == ord("1")


def aer_parity(circuit: QuantumCircuit, num_bits: int, device: Device, rules: NoiseRules) -> float:
    """Return the expectation of the parity of the last measurements, exact (by density matrix)."""
    program, physical = _program(circuit, device, rules)
    if len(physical) > _DENSITY_MATRIX_QUBITS:
        # A state vector of one trajectory would be no expectation.
        raise UnsupportedCircuitError(
            f"The circuit is not Clifford and acts on {len(physical)} qubits; exact expectations take at "
            f"most {_DENSITY_MATRIX_QUBITS} here.",
            "Sample it with TwinSampler, or keep the circuit Clifford (simulate.route does).",
        )
    from qiskit_aer.library import SaveExpectationValue

    last = [i for i, m in enumerate(program.data) if m.operation.name == "measure"][-num_bits:]
    qubits = [program.find_bit(program.data[i].qubits[0]).index for i in last]
    program.data = [m for i, m in enumerate(program.data) if i not in last]
    program.append(SaveExpectationValue(SparsePauliOp("Z" * num_bits), label="parity"), qubits)
    simulator = _simulator(_method(len(physical), None), device, physical, rules)
    value = float(simulator.run(program, shots=1).result().data()["parity"])
    for q in qubits:
        value *= 1 - 2 * readout_flip(device, rules, physical[q])
    return value


def full_fidelity(
    circuit: QuantumCircuit,
    device: Device,
    pair: tuple[int, int],
    noise: FullNoise,
    *,
    rules: NoiseRules | None = None,
    shots: int = 1000,
    seed: int | None = None,
    method: Method | None = None,
) -> tuple[float, float]:
    """Return the entanglement fidelity of two physical qubits under full noise, and its standard error.

    Fe = (1 + <XX> - <YY> + <ZZ>)/4 at the end of a placed circuit without its measurements. The density
    matrix is exact (error 0); the other methods average over `shots` trajectories of the state vector.

    Parameters
    ----------
    circuit : placed on the device, as `route` returns it; it entangles the first qubit of the pair with
        the input.
    pair : physical indices of the reference and the output.
    noise : which noise beyond Paulis; `rules` as in `noisy`.

    Raises
    ------
    MissingPackageError : qiskit-aer is not installed.
    UnsupportedCircuitError : too many active qubits.
    """
    rules = NoiseRules() if rules is None else rules
    program, physical = _program(circuit, device, rules, noise)
    from qiskit_aer.library import SaveExpectationValue

    chosen = _method(len(physical), method)
    bell = SparsePauliOp(["II", "XX", "YY", "ZZ"], [0.25, 0.25, -0.25, 0.25])
    where = [physical.index(q) for q in pair]
    program.append(SaveExpectationValue(bell, label="fidelity", pershot=chosen != "density_matrix"), where)
    simulator = _simulator(chosen, device, physical, rules)
    if chosen == "density_matrix":
        return float(simulator.run(program, shots=1).result().data()["fidelity"]), 0.0
    seed_simulator = None if seed is None else seed % 2**31
    job = simulator.run(program, shots=shots, seed_simulator=seed_simulator)
    values = np.array(job.result().data()["fidelity"], dtype=np.float64)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(shots))


def _program(
    circuit: QuantumCircuit, device: Device, rules: NoiseRules, full: FullNoise | None = None
) -> tuple[QuantumCircuit, list[int]]:
    """The circuit on its active qubits only, noise written into it; and which physical qubits those are."""
    steps = steps_of(circuit, device, rules)
    physical = sorted({q for step in steps if step.kind is not Kind.WAIT for q in step.qubits}) or [0]
    at = {q: i for i, q in enumerate(physical)}
    program = QuantumCircuit(len(physical), circuit.num_clbits)
    clbit = {bit: i for i, bit in enumerate(circuit.clbits)}
    for step, gaps in zip(steps, idle_gaps(steps, rules), strict=True):
        for qubit, wait_s in gaps:
            program.append(_idle(device.qubit(qubit), wait_s, full), [at[qubit]])
        where = [at[q] for q in step.qubits if q in at]
        if step.source is not None:
            program.append(step.source.operation, where, [clbit[b] for b in step.source.clbits])
        for generator in step.channel:
            p = generator.probability(rules.scale)
            pauli = "".join(letter for _, letter in reversed(generator.paulis))
            struck = _aer().noise.pauli_error([(pauli, p), ("I" * len(pauli), 1 - p)])
            program.append(struck.to_instruction(), [at[q] for q, _ in generator.paulis])
        error = gate_error(step, device, rules)
        if error and full is not None and full.coherent:
            angle = over_rotation(full.coherent * error, len(where))
            _ = program.rx(angle, where[0]) if len(where) == 1 else program.rzz(angle, *where)
            error *= 1 - full.coherent
        if error:
            program.append(_depolarizing(error, len(where)), where)
        if full is not None and full.zz_hz and step.kind is Kind.COUPLER:
            angle = spectator_angle(rules.scale * full.zz_hz, step.duration_s)
            for a, b in _spectators(device, step.qubits, at):
                program.rzz(angle, at[a], at[b])
    return program, physical


def _idle(qubit: Qubit, wait_s: float, full: FullNoise | None) -> Any:
    aer = _aer()
    if full is not None and full.damping:
        # As Kraus operators: where T2 < T1 Aer writes it with resets, which its state vector refuses.
        return Kraus(aer.noise.thermal_relaxation_error(qubit.t1_s, qubit.t2_s, wait_s)).to_instruction()
    x_or_y, z = idle_errors(qubit, wait_s)
    flips = {"X": x_or_y, "Y": x_or_y, "Z": z}
    errors = [aer.noise.pauli_error([(pauli, p), ("I", 1 - p)]) for pauli, p in flips.items()]
    return errors[0].compose(errors[1]).compose(errors[2]).to_instruction()


def _depolarizing(error: float, num_qubits: int) -> Any:
    # Aer's parameter counts the identity among the Paulis that strike.
    strikes = depolarizing(error, num_qubits) / (1 - 4**-num_qubits)
    return _aer().noise.depolarizing_error(strikes, num_qubits).to_instruction()


def _spectators(device: Device, gate: tuple[int, ...], used: dict[int, int]) -> list[tuple[int, int]]:
    return [(q, s) for q in gate for s in device.graph.neighbors(q) if s in used and s not in gate]


def _simulator(method: Method, device: Device, physical: list[int], rules: NoiseRules) -> Any:
    aer = _aer()
    model = aer.noise.NoiseModel()
    for i, q in enumerate(physical):
        if flip := readout_flip(device, rules, q):
            model.add_readout_error([[1 - flip, flip], [flip, 1 - flip]], [i])
    simulator = aer.AerSimulator(method=method, noise_model=model)
    simulator.set_options(device=_processor(method, simulator.available_devices()))
    return simulator


def _processor(method: Method, available: Collection[str]) -> Literal["CPU", "GPU"]:
    """A GPU where there is one and Aer's method runs on it."""
    return "GPU" if "GPU" in available and method != "matrix_product_state" else "CPU"


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
