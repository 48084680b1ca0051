"""bloqade-tsim, where a circuit is not Clifford: against exact sums over components, and against Aer."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qclone.device import Generator, LearnedLayer, LearnedNoise, NoiseRules, line, load_device
from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.experiments import ParallelGhz, Setup, run
from qclone.simulate import TwinEstimator, TwinSampler, machine_of

SHOTS = 4_000


def turned(width: int, angle: float) -> QuantumCircuit:
    """A GHZ state, three of its qubits turned about Z, measured along X: all bits have cos(3 angle)."""
    made = QuantumCircuit(width, width)
    made.h(range(width))
    for a in range(width - 1):
        made.cz(a, a + 1)
        made.h(a + 1)
    for q in (0, width // 2, width - 1):
        made.rz(angle, q)
    made.h(range(width))
    made.measure(range(width), range(width))
    return made


def parities(counts: dict[str, int], subsets) -> np.ndarray:
    bits = np.array([[c == "1" for c in reversed(key)] for key in counts])
    shots = np.array(list(counts.values()))
    return np.array([shots @ (-1.0) ** bits[:, subset].sum(axis=1) / shots.sum() for subset in subsets])


def test_ghz_states_along_all_directions() -> None:
    """r = 3 on 15 qubits of kingston: the exact twin sums over components and needs no samples."""
    pytest.importorskip("tsim")
    kingston = load_device("kingston")
    (row,) = ParallelGhz(sizes=(3,)).rows()
    setup = Setup(kingston, shots=SHOTS)
    (exact,) = run([row], setup)
    (found,) = run([row], setup, sampler=TwinSampler(kingston, seed=2, beyond="tsim"))
    assert exact.estimate.value < 0.9
    assert abs(found.estimate.value - exact.estimate.value) < 5 * found.estimate.error


def test_counts_are_those_of_aer() -> None:
    """The same circuit, noise, learned layers and all, in trajectories of Aer's state vector."""
    pytest.importorskip("tsim")
    layer = LearnedLayer(((3, 4),), (Generator.of("X2 Z5", 0.1), Generator.of("Y3", 0.05)), (2, 3, 4, 5))
    device = line(12, two_qubit_error=0.01).with_learned(LearnedNoise((layer,)))
    circuit = turned(11, 0.3)
    subsets = [[0], [5], [10], [0, 1], [4, 5, 6], [9, 10], list(range(11))]
    found = []
    for beyond in ("tsim", "aer"):
        sampler = TwinSampler(device, seed=3, beyond=beyond)
        counts = sampler.run([circuit], shots=SHOTS).result()[0].data.c.get_counts()
        found.append(parities(counts, subsets))
    assert 0.2 < found[0][-1] < np.cos(0.9) - 0.05
    assert np.all(abs(found[0] - found[1]) < 5 * (2 / SHOTS) ** 0.5)
    again = TwinSampler(device, seed=3, beyond="tsim").run([circuit], shots=SHOTS).result()[0]
    assert np.array_equal(parities(again.data.c.get_counts(), subsets), found[0])


def test_what_it_is_not_for_goes_to_aer(monkeypatch) -> None:
    """Few qubits, or many rotations; and everything where it is not installed or not wanted."""

    def never(*_):
        raise AssertionError("tsim was asked")

    monkeypatch.setattr("qclone.simulate._sampler.tsim_records", never)
    few = TwinSampler(line(5), seed=1, beyond="tsim").run([turned(5, 0.3)], shots=10).result()
    assert sum(few[0].data.c.get_counts().values()) == 10
    wide = TwinSampler(line(12), seed=1, beyond="aer").run([turned(11, 0.3)], shots=10).result()
    assert sum(wide[0].data.c.get_counts().values()) == 10
    monkeypatch.setattr("qclone.simulate._sampler.is_installed", lambda: False)
    assert TwinSampler(line(5)).beyond == "aer"
    with pytest.raises(InvalidInputError, match="no 'cirq' here"):
        TwinSampler(line(5), beyond="cirq")


def test_which_simulator_is_part_of_what_a_result_is() -> None:
    found = [machine_of(TwinSampler(line(5), beyond=beyond)).identity() for beyond in ("tsim", "aer")]
    assert found[0] != found[1]


def test_no_trajectory_is_told_as_an_expectation() -> None:
    """Beyond Aer's density matrix there is no exact value of what is not Clifford."""
    circuit = turned(11, 0.3).remove_final_measurements(inplace=False)
    with pytest.raises(UnsupportedCircuitError, match="11 qubits; exact expectations take at most 10"):
        TwinEstimator(line(11), NoiseRules()).run([(circuit, "I" * 9 + "ZZ")]).result()
