"""Noise that is no random Pauli, against closed forms; and what the twin's twirl leaves out."""

from __future__ import annotations

from math import asin, cos, exp, pi, sin, sqrt

import pytest
from qiskit import QuantumCircuit

from qclone.circuits import to_qiskit
from qclone.device import NoiseRules, line, load_device
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical
from qclone.simulate import AerSampler, FullNoise, entanglement_fidelity, full_fidelity, noisy, route
from qclone.simulate._aer import _processor

SHOTS = 20_000


def ones(circuit: QuantumCircuit, sampler: AerSampler) -> float:
    return sampler.run([circuit], shots=SHOTS).result()[0].data.c.get_counts().get("1", 0) / SHOTS


def close(sampled: float, wanted: float) -> bool:
    return abs(sampled - wanted) < 5 * sqrt(0.25 / SHOTS)


def test_damping_falls_to_the_ground_state_and_its_twirl_to_the_middle() -> None:
    device = line(1, t1_s=50e-6, t2_s=40e-6)
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.delay(70e-6, 0, unit="s")
    circuit.measure(0, 0)
    rules = NoiseRules.only("idle")
    left = exp(-70 / 50)
    assert close(ones(circuit, AerSampler(device, rules, 1, full=FullNoise())), left)
    assert close(ones(circuit, AerSampler(device, rules, 1, full=FullNoise(damping=False))), (1 + left) / 2)
    assert close(ones(circuit, AerSampler(device, rules, 1)), (1 + left) / 2)


def test_over_rotations_add_up_as_amplitudes() -> None:
    error, pulses = 1e-3, 20
    device = line(1, one_qubit_error=error)
    circuit = QuantumCircuit(1, 1)
    for _ in range(pulses):
        circuit.x(0)
    circuit.measure(0, 0)
    rules = NoiseRules.only("one_qubit")
    angle = 2 * asin(sqrt(1.5 * error))
    coherent = ones(circuit, AerSampler(device, rules, 2, full=FullNoise(coherent=1)))
    assert close(coherent, sin(pulses * angle / 2) ** 2)
    assert close(ones(circuit, AerSampler(device, rules, 2)), (1 - (1 - 2 * error) ** pulses) / 2)


def test_spectators_turn_while_their_neighbours_interact() -> None:
    zz_hz, gates, duration_s = 100e3, 8, 68e-9
    circuit = QuantumCircuit(3, 1)
    circuit.h(2)
    for _ in range(gates):
        circuit.cz(0, 1)
    circuit.h(2)
    circuit.measure(2, 0)
    sampler = AerSampler(line(3), NoiseRules.none(), 3, full=FullNoise(zz_hz=zz_hz))
    assert close(ones(circuit, sampler), (1 - cos(gates * pi * zz_hz * duration_s)) / 2)


@pytest.mark.parametrize("method", ["density_matrix", "statevector", "matrix_product_state"])
def test_the_twin_is_the_twirl_of_full_noise(method: str) -> None:
    """With Paulis Aer gives the twin's value; true damping moves it by < 0.001, over-rotation by < 0.02."""
    device = load_device("kingston")
    scheme = Canonical(2, synthesis="ladder")
    circuit = QuantumCircuit(6)
    circuit.h(5)
    circuit.cx(5, 0)
    for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt("S1")):
        circuit.compose(to_qiskit(stage, 6), inplace=True)
    placed = route(circuit, device, seed=1)
    layout = placed.layout.final_index_layout()
    pair = layout[5], layout[1]
    twin = entanglement_fidelity(noisy(placed, device), *pair)
    for full, limit in (
        (FullNoise(damping=False), 1e-6),
        (FullNoise(), 1e-3),
        (FullNoise(coherent=1), 0.02),
        (FullNoise(zz_hz=5e3), 1e-3),
    ):
        value, error = full_fidelity(placed, device, pair, full, shots=300, seed=4, method=method)
        assert (error == 0) == (method == "density_matrix")
        assert abs(value - twin) < limit + 5 * error


def test_a_gpu_is_taken_where_there_is_one_and_the_method_runs_on_it() -> None:
    assert _processor("density_matrix", ("CPU", "GPU")) == _processor("statevector", ("CPU", "GPU")) == "GPU"
    assert _processor("matrix_product_state", ("CPU", "GPU")) == _processor("statevector", ("CPU",)) == "CPU"


def test_a_coherent_share_is_a_share() -> None:
    with pytest.raises(InvalidInputError, match="between 0 and 1"):
        FullNoise(coherent=1.5)
