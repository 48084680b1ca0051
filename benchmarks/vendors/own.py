"""Circuits as exported, translated and run by each vendor's own tools, without qclone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qiskit import QuantumCircuit, generate_preset_pass_manager

Counts = list[dict[str, int]]


def counts(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """Return counts as the vendor's package gives them; the last character of a bit string is bit 0."""
    module = type(backend).__module__
    for start, how in _HOWS.items():
        if module.startswith(start):
            return how(backend, circuits, shots)
    return _translated(backend, circuits, shots)


def _translated(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """Qiskit's transpiler for the backend, with the stages that vendors plug in; every qubit stays."""
    if (backend.num_qubits or 65_535) > 1000:
        # A simulator of any width: its gates are all that matters, and qubits that do nothing only cost.
        manager = generate_preset_pass_manager(optimization_level=0, basis_gates=["rz", "sx", "x", "cz"])
        return _run(backend, [manager.run(_compact(c)) for c in circuits], shots)
    manager = generate_preset_pass_manager(
        optimization_level=1,
        backend=backend,
        initial_layout=list(range(circuits[0].num_qubits)),
        seed_transpiler=1,
    )
    return _run(backend, [manager.run(c) for c in circuits], shots)


def _compact(circuit: QuantumCircuit) -> QuantumCircuit:
    used = sorted({circuit.find_bit(q).index for i in circuit.data for q in i.qubits if i.name != "barrier"})
    small = QuantumCircuit(len(used), circuit.num_clbits)
    for i in circuit.data:
        if i.name != "barrier":
            small.append(
                i.operation,
                [used.index(circuit.find_bit(q).index) for q in i.qubits],
                [circuit.find_bit(c).index for c in i.clbits],
            )
    return small


def _run(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    found = []
    for circuit in circuits:
        counted = backend.run(circuit, shots=shots).result().get_counts()
        found.append({text.replace(" ", ""): int(n) for text, n in counted.items()})
    return found


def _runtime(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """IBM: Qiskit's transpiler, and the runtime's sampler in its local mode."""
    from qiskit_ibm_runtime import SamplerV2

    manager = generate_preset_pass_manager(
        optimization_level=1,
        backend=backend,
        initial_layout=list(range(circuits[0].num_qubits)),
        seed_transpiler=1,
    )
    result = SamplerV2(mode=backend).run([manager.run(c) for c in circuits], shots=shots).result()
    return [pub.join_data().get_counts() for pub in result]


def _iqm(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """IQM: its transpiler, which also moves states through the resonator of a star."""
    from iqm.qiskit_iqm import transpile_to_IQM

    same = list(range(circuits[0].num_qubits))
    return _run(backend, [transpile_to_IQM(c, backend, initial_layout=same) for c in circuits], shots)


def _aqt(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """AQT: its sampler, which translates by itself."""
    from qiskit_aqt_provider.primitives import AQTSampler

    result = AQTSampler(backend=backend).run(list(circuits), shots=shots).result()
    return [pub.join_data().get_counts() for pub in result]


def _braket(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """Braket: its own translation, and its local simulator without the provider's backend."""
    from braket.devices import LocalSimulator
    from qiskit_braket_provider import to_braket

    device = LocalSimulator(backend.name)
    found = []
    for circuit in circuits:
        seen = device.run(to_braket(circuit), shots=shots).result().measurement_counts
        found.append({text[::-1]: int(n) for text, n in seen.items()})
    return found


def _pecos(backend: Any, circuits: Sequence[QuantumCircuit], shots: int) -> Counts:
    """Quantinuum: pytket's conversion, its backend's compilation, and PECOS with the stated noise."""
    from pecos.error_models.generic_error_model import GenericErrorModel
    from pytket.circuit import Qubit
    from pytket.extensions.qiskit import qiskit_to_tk
    from pytket.extensions.quantinuum import QuantinuumAPIOffline, QuantinuumBackend
    from pytket_pecos import Emulator

    machine = QuantinuumBackend(backend.name.partition(":")[0], api_handler=QuantinuumAPIOffline())
    found = []
    for circuit in circuits:
        given = qiskit_to_tk(circuit)
        given.remove_blank_wires(keep_blank_classical_wires=True)
        given.rename_units({q: Qubit(i) for i, q in enumerate(given.qubits)})
        compiled = machine.get_compiled_circuit(given, optimisation_level=1)
        compiled.remove_blank_wires(keep_blank_classical_wires=True)
        compiled.rename_units({q: Qubit("q", i) for i, q in enumerate(compiled.qubits)})
        model = None if backend.noise is None else GenericErrorModel(dict(backend.noise))
        seen: dict[str, int] = {}
        emulator = Emulator(compiled, error_model=model, qsim="state-vector", seed=7)
        for bits in emulator.run(n_shots=shots).to_readouts():
            text = "".join(map(str, bits[::-1]))
            seen[text] = seen.get(text, 0) + 1
        found.append(seen)
    return found


_HOWS = {
    "qiskit_ibm_runtime": _runtime,
    "iqm": _iqm,
    "qiskit_aqt": _aqt,
    "qiskit_braket": _braket,
    "qclone.device._quantinuum": _pecos,
}
