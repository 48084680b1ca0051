"""The experiment for ions: exact rates against samples, what is exported against what is analysed."""

from __future__ import annotations

import numpy as np
import pytest
import stim
from qiskit import qasm3
from qiskit_aer import AerSimulator

from qclone.errors import InvalidInputError
from qclone.logical import SETTINGS, LabExperiment, Rates, load_code, load_rates, single_faults

ENCODED, BARE = LabExperiment(load_code("422")), LabExperiment(load_code("bare"))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("experiment", [ENCODED, BARE, LabExperiment(load_code("422"), "A")])
def test_annotations_are_deterministic_and_complete(experiment: LabExperiment, setting: str) -> None:
    circuit = experiment.circuit(setting)
    circuit.detector_error_model()
    assert circuit.missing_detectors() == stim.Circuit()


@pytest.mark.parametrize("setting", SETTINGS)
def test_exact_rates_against_samples(setting: str) -> None:
    noise, shots = Rates.uniform(4e-3), 200_000
    found = ENCODED.rates(noise, setting)
    events, flips = (
        noise.apply(ENCODED.circuit(setting))
        .compile_detector_sampler(seed=4)
        .sample(shots, separate_observables=True)
    )
    kept = ~events.any(axis=1)
    assert abs(kept.mean() - found.accepted) < 5 / np.sqrt(shots)
    wrong = flips[kept, -2:].any(axis=1)
    assert abs(wrong.mean() - found.infidelity) < 5 * np.sqrt(found.infidelity / kept.sum())
    checked = kept & ~flips[:, :-2].any(axis=1)
    assert abs(checked.mean() - found.accepted_checked) < 5 / np.sqrt(shots)


def test_the_proposal() -> None:
    """Helios: encoded below 2e-4 with at least .90 kept, bare above 1.3e-2; one bad shot against tens."""
    noise = load_rates("helios")
    encoded = [ENCODED.rates(noise, s) for s in SETTINGS]
    bare = [BARE.rates(noise, s) for s in SETTINGS]
    assert sum(r.infidelity for r in encoded) < 2e-4 and min(r.accepted for r in encoded) > 0.90
    assert 5000 * sum(r.infidelity * r.accepted for r in encoded) < 1.5
    assert sum(r.infidelity for r in bare) > 1e-2
    assert sum(r.infidelity_checked for r in encoded) < 3e-5
    assert ENCODED.num_qubits == 25 and BARE.num_qubits == 5


def test_at_most_one_single_fault_is_silent() -> None:
    noise = load_rates("helios")
    assert sum(single_faults(noise.apply(ENCODED.circuit(s))).silent for s in SETTINGS) == 1


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_exported_passes_the_analysis(setting: str) -> None:
    """Through OpenQASM 3, Qiskit's reader and Aer's stabiliser simulator: without noise no error is seen."""
    circuit = qasm3.loads(ENCODED.openqasm(setting))
    counts = AerSimulator(method="stabilizer").run(circuit, shots=300, seed_simulator=1).result().get_counts()
    ordered = {bits.replace(" ", "")[::-1]: n for bits, n in counts.items()}
    kept, checked = ENCODED.analyse(ordered, setting)
    assert (kept.shots, kept.failures, checked.shots) == (300, 0, 300)
    assert len(counts) > 20  # random where it should be
    # One flipped bit of the output's block is seen.
    bits = next(iter(ordered))
    seen = [ENCODED.analyse({bits[:i] + "10"[int(bits[i])] + bits[i + 1 :]: 1}, setting) for i in range(25)]
    assert all(rate.shots == 0 for rate, _ in seen)


def test_counts_of_a_machine() -> None:
    noise = Rates.uniform(5e-3)
    counts = ENCODED.sample(noise, "Z", 20_000, seed=2)
    kept, checked = ENCODED.analyse(counts, "Z")
    exact = ENCODED.rates(noise, "Z")
    assert abs(kept.accepted - exact.accepted) < 0.02
    assert kept.interval[0] / 2 < exact.infidelity < 2 * kept.interval[1]
    assert checked.accepted < kept.accepted
    for wrong in ({"01": 3}, {"2" * 25: 1}, {}, {"0" * 25: -1}):
        with pytest.raises(InvalidInputError):
            ENCODED.analyse(wrong, "Z")
    for code in ("surface", "steane"):
        with pytest.raises(InvalidInputError):
            LabExperiment(load_code(code))
