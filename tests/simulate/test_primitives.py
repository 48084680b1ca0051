"""The twin's primitives: shapes as Qiskit's reference primitives, values against exact ones and Aer."""

from __future__ import annotations

import builtins
from math import pi, sqrt
from typing import Any

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2, StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import SparsePauliOp

from qclone.device import NoiseRules, line, load_device
from qclone.errors import InvalidInputError, MissingPackageError, QcloneError, UnsupportedCircuitError
from qclone.scheme import Canonical
from qclone.simulate import (
    ENGINES,
    AerSampler,
    TwinEstimator,
    TwinSampler,
    _aer,
    duration_s,
    entanglement_fidelity,
    error_budget,
    make_sampler,
    noisy,
    quantum_seconds,
    record_expectations,
    route,
)

SHOTS = 20_000
QISKIT = {"CX": "cx", "CZ": "cz", "H": "h", "S": "s", "S_DAG": "sdg"}


def recovery(num_clones: int) -> QuantumCircuit:
    """The ladder circuit with a reference, measured in the basis of its two angles: 0 for Z, pi/2 for X."""
    scheme = Canonical(num_clones, synthesis="ladder")
    reference = scheme.num_qubits
    circuit = QuantumCircuit(reference + 1, 2)
    circuit.h(reference)
    circuit.cx(reference, 0)
    for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt("S1")):
        for instruction in stage:
            for group in instruction.target_groups():
                getattr(circuit, QISKIT[instruction.name])(*[t.value for t in group])
    circuit.barrier()
    return circuit


def measured(circuit: QuantumCircuit, output: int, basis: str) -> QuantumCircuit:
    both = circuit.copy()
    pair = [circuit.num_qubits - 1, output]
    if basis == "X":
        both.h(pair)
    elif basis == "Y":
        both.sdg(pair)
        both.h(pair)
    both.measure(pair, [0, 1])
    return both


def parity(counts: dict[str, int]) -> float:
    return sum((-1) ** key.count("1") * n for key, n in counts.items()) / sum(counts.values())


def test_results_have_the_shapes_of_the_reference_primitives() -> None:
    angle, phase = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(QuantumRegister(3), ClassicalRegister(10, "wide"), ClassicalRegister(1, "one"))
    circuit.sx(0)
    circuit.rz(angle, 0)
    circuit.rz(phase, 0)
    circuit.sx(0)
    circuit.x(2)
    body = circuit.copy()
    circuit.measure([0, 2], [9, 1])
    circuit.measure(0, 10)
    angles = pi / 2 * np.arange(8).reshape(4, 2)
    device, quiet = line(3), NoiseRules.none()
    got, wanted = (
        sampler.run([(circuit, angles), (circuit, angles[0], 17)], shots=64).result()
        for sampler in (TwinSampler(device, quiet, seed=3), StatevectorSampler(seed=3))
    )
    for mine, theirs in zip(got, wanted, strict=True):
        assert mine.data.shape == theirs.data.shape and set(mine.data) == set(theirs.data)
        for name in ("wide", "one"):
            a, b = mine.data[name], theirs.data[name]
            assert (a.shape, a.num_bits, a.num_shots) == (b.shape, b.num_bits, b.num_shots)
            # Quarter turns that sum to 0 mod pi are certain; the others fair coins.
            for index in np.ndindex(*a.shape):
                total = round(angles.reshape(-1, 2)[index[0] if index else 0].sum() / (pi / 2))
                if total % 2 == 0:
                    assert a.get_counts(index) == b.get_counts(index)
    observables = ["ZII", "IIZ", SparsePauliOp(["XIY", "III"], [0.5, 2]), "IIX"]
    got, wanted = (
        estimator.run([(body, observables, angles[:, np.newaxis])]).result()[0].data
        for estimator in (TwinEstimator(device, quiet), StatevectorEstimator(seed=1))
    )
    assert got.evs.shape == wanted.evs.shape == (4, 4)
    np.testing.assert_allclose(got.evs, wanted.evs, atol=1e-12)
    assert not got.stds.any()
    assert isinstance(TwinSampler(device), BaseSamplerV2) and isinstance(
        TwinEstimator(device), BaseEstimatorV2
    )


def test_projectors_are_half_identity_half_pauli() -> None:
    circuit = QuantumCircuit(2)
    circuit.x(0)
    values = (
        TwinEstimator(line(2), NoiseRules.none()).run([(circuit, ["00", "01", "+1", "rl", "-0"])]).result()
    )
    np.testing.assert_allclose(values[0].data.evs, [0, 1, 0.5, 0.25, 0])


@pytest.mark.parametrize("num_clones", [2, 3, 5])
def test_exact_and_sampled_agree_within_shot_noise(num_clones: int) -> None:
    device = load_device("kingston")
    circuits = [route(measured(recovery(num_clones), 1, basis), device, seed=5) for basis in "XYZ"]
    sampled = TwinSampler(device, seed=7).run(circuits, shots=SHOTS).result()
    for circuit, result in zip(circuits, sampled, strict=True):
        exact = record_expectations(noisy(circuit, device), [[0, 1]])[0]
        assert abs(exact) < 0.95
        assert abs(parity(result.data.c.get_counts()) - exact) < 5 * sqrt((1 - exact**2) / SHOTS)
        where = [circuit.find_bit(m.qubits[0]).index for m in circuit.get_instructions("measure")]
        bare = circuit.copy()
        bare.data = [i for i in circuit.data if i.operation.name != "measure"]
        zz = SparsePauliOp.from_sparse_list([("ZZ", where, 1.0)], num_qubits=circuit.num_qubits)
        estimated = TwinEstimator(device).run([(bare, zz)]).result()[0].data.evs
        assert float(estimated) == pytest.approx(float(exact), abs=1e-12)


def test_the_density_matrix_of_aer_agrees_with_the_twin() -> None:
    """n = 2, idling and readout included: the same Paulis in another engine, and in its sampler."""
    device = load_device("kingston")
    exact, dense, sampled = [], [], []
    sampler = AerSampler(device, seed=11)
    for basis in "XYZ":
        circuit = route(measured(recovery(2), 1, basis), device, seed=1)
        exact.append(record_expectations(noisy(circuit, device), [[0, 1]])[0])
        dense.append(_aer.aer_parity(circuit, 2, device, NoiseRules()))
        sampled.append(parity(sampler.run([circuit], shots=SHOTS).result()[0].data.c.get_counts()))
    fidelity = [(1 + xx - yy + zz) / 4 for xx, yy, zz in (exact, dense, sampled)]
    assert dense == pytest.approx(exact, abs=1e-6)
    assert abs(fidelity[0] - fidelity[1]) < 0.005
    assert abs(fidelity[0] - fidelity[2]) < 5 * sqrt(3 / 16 / SHOTS)


def test_what_is_not_clifford_goes_to_aer_with_the_same_noise() -> None:
    device = line(2, one_qubit_error=0.02, readout_error=0.05)
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.rz(pi / 3, 0)
    circuit.sx(0)
    bare = circuit.copy()
    circuit.measure(0, 0)
    # Two pulses of error e depolarise by (1 - 2e)^2 of the Bloch vector, readout by 1 - 2r.
    wanted = -np.cos(pi / 3) * (1 - 2 * 0.02) ** 2 * 0.9
    assert float(TwinEstimator(device).run([(bare, "Z")]).result()[0].data.evs) == pytest.approx(wanted)
    counts = TwinSampler(device, seed=1).run([circuit], shots=SHOTS).result()[0].data.c.get_counts()
    assert abs(parity(counts) - wanted) < 5 / sqrt(SHOTS)
    wide = QuantumCircuit(30, 1)
    for i in range(29):
        wide.cz(i, i + 1)
    wide.rz(0.1, 0)
    wide.measure(0, 0)
    with pytest.raises(UnsupportedCircuitError, match="not Clifford and acts on 30 qubits"):
        TwinSampler(line(30), beyond="aer").run([wide]).result()


def test_measurements_in_between_and_bits_written_twice() -> None:
    device = line(2, readout_error=0.1)
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 1)
    circuit.reset(0)
    circuit.measure(0, 0)
    circuit.measure(1, 1)
    counts = TwinSampler(device, NoiseRules.none()).run([circuit], shots=9).result()[0].data.c.get_counts()
    assert counts == {"00": 9}
    noisy_counts = [
        s.run([circuit], shots=SHOTS).result()[0].data.c.get_counts()
        for s in (TwinSampler(device, seed=2), AerSampler(device, seed=2))
    ]
    for key in ("00", "01", "10", "11"):
        share = [c.get(key, 0) / SHOTS for c in noisy_counts]
        assert abs(share[0] - share[1]) < 5 * sqrt(2 * 0.25 / SHOTS)


def test_seeds_repeat_and_points_differ() -> None:
    device = line(1)
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    first, again, other = (
        TwinSampler(device, seed=s).run([circuit, circuit], shots=200).result() for s in (1, 1, 2)
    )
    bits = [r[0].data.c.array.tobytes() for r in (first, again, other)]
    assert bits[0] == bits[1] != bits[2]
    assert first[0].data.c.array.tobytes() != first[1].data.c.array.tobytes()


def test_engines_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    device = load_device("kingston")
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    placed = route(circuit, device, seed=1)
    for engine in ("twin", "aer"):
        counts = make_sampler(engine, device, seed=1).run([placed], shots=500).result()[0].data.c.get_counts()
        assert parity(counts) > 0.8
    assert ENGINES == ("twin", "aer", "fake", "ibm")
    assert make_sampler("fake", device).mode is None  # job mode, locally
    with pytest.raises(InvalidInputError, match=r"no engine 'ionq'.*twin, aer, fake, ibm"):
        make_sampler("ionq", device)
    with pytest.raises(InvalidInputError, match="no snapshot of a device"):
        make_sampler("fake", line(3))

    from qiskit_ibm_runtime import QiskitRuntimeService

    monkeypatch.setattr(QiskitRuntimeService, "saved_accounts", lambda: {})
    with pytest.raises(QcloneError, match="No IBM Quantum account is saved"):
        make_sampler("ibm", device)


@pytest.mark.parametrize(("module", "engine"), [("qiskit_aer", "aer"), ("qiskit_ibm_runtime", "fake")])
def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch, module: str, engine: str) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".", maxsplit=1)[0] == module:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    _aer._aer.cache_clear()
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with pytest.raises(MissingPackageError, match=r"pip install 'qclone\[device\]'"):
        make_sampler(engine, load_device("kingston")).run([circuit], shots=1).result()


def test_a_billion_shots_are_refused_at_once() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.measure([0, 1], [0, 1])
    with pytest.raises(InvalidInputError, match=r"1,000,000,000 shots .* exact expectations"):
        TwinSampler(line(2)).run([circuit], shots=10**9)


def test_the_error_budget_says_what_each_rule_costs() -> None:
    device = load_device("kingston")
    placed = route(recovery(4), device, seed=1)
    layout = placed.layout.final_index_layout()
    budget = error_budget(placed, device, lambda c: entanglement_fidelity(c, layout[9], layout[1]))
    assert budget.ideal == 1 and budget.only["readout"] == 1
    for rule in ("two_qubit", "one_qubit", "idle"):
        assert budget.total < budget.without[rule] < 1 and budget.total < budget.only[rule] < 1
    # Small errors add up: the budget is complete.
    assert sum(1 - f for f in budget.only.values()) == pytest.approx(1 - budget.total, abs=0.05)


def test_how_long_a_processor_is_busy() -> None:
    device = line(2, measurement_duration_s=2e-6, one_qubit_duration_s=50e-9)
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.rz(1, 0)
    circuit.x(0)
    circuit.measure(0, 0)
    assert duration_s(circuit, device) == pytest.approx(2.1e-6)
    # IBM's quick formula is 2 s + 0.35 ms an execution; without the circuit 0.25 ms.
    assert quantum_seconds([circuit] * 3, device, 1000) == pytest.approx(2 + 3000 * (250e-6 + 2.1e-6))
