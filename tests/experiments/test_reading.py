"""Counts that no machine measures are refused; honest ones never, from perfect to pure noise."""

from __future__ import annotations

import json
from math import comb
from random import Random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator

from qclone.device import from_backend, line
from qclone.errors import QcloneError
from qclone.experiments import Interleaving, Sensitivity, Setup, export, import_counts, run
from qclone.experiments._counts import Counts, setting_circuits
from qclone.experiments._reading import RARE, Space, certain_chance, check_reading, even_chance, outcomes
from tests.experiments.strange import Strange

BELL, PARITY = Sensitivity(clones=(2,)).rows()
CHSH = next(r for r in Interleaving(clones=(2,)).rows() if r.parameters["order"] == "2-2")


def _noise(i, shots):
    """Bits that are all nearly 0, whatever was to be run: a machine that plays no gate, read out badly."""
    draw = Random(i)
    found = {}
    for _ in range(shots):
        text = "".join("01"[draw.random() < 0.02] for _ in range(2))
        found[text] = found.get(text, 0) + 1
    return found


STRANGE = {
    "zeros": (BELL, lambda i, shots: {"00": shots}, "00 most often in the setting bell, and also after bit"),
    "zeros in many settings": (PARITY, lambda i, shots: {"00": shots}, "returns 00 in all 2000 shots"),
    # As QSharpBackend did it: .500 +- .000, since one parity was right and the other was not.
    "one outcome, another each time": (
        PARITY,
        lambda i, shots: {("00", "11")[i % 2]: shots},
        "returns 00 in all 2000 shots of the setting Z",
    ),
    "two outcomes whatever is asked": (
        PARITY,
        lambda i, shots: {"00": shots // 2 + 7, "11": shots - shots // 2 - 7},
        "returns 00, 11 in all 2000 shots of the setting M1",
    ),
    "the same table always": (
        PARITY,
        lambda i, shots: {"00": shots - 30, "01": 10, "10": 10, "11": 10},
        "and also after bit",
    ),
    "noise around no gates": (PARITY, _noise, "and also after bit"),
    "zeros for CHSH": (CHSH, lambda i, shots: {"00": shots}, "and also after bit"),
    "wrong for certain": (BELL, lambda i, shots: {"01": shots}, "returns 01 in all 2000 shots"),
}


@pytest.mark.parametrize("row, counts, said", STRANGE.values(), ids=STRANGE)
def test_what_no_machine_measures_is_refused(row, counts, said):
    with pytest.raises(QcloneError, match=said) as raised:
        run([row], Setup(line(6), shots=2000), backend=Strange(counts))
    assert "these are no measurements" in raised.value.message


def _expected(circuits, shots):
    """Expected values for shots, as a simulator gives them that does not sample."""
    found = []
    for circuit in circuits:
        state = Statevector(circuit.remove_final_measurements(inplace=False))
        wires = [circuit.find_bit(i.qubits[0]).index for i in circuit.data if i.operation.name == "measure"]
        found.append({t: round(p * shots) for t, p in state.probabilities_dict(wires).items() if p > 1e-9})
    return found


class Expecting(Strange):
    def run(self, circuits, shots=1000, **_):
        found = _expected(circuits if isinstance(circuits, list) else [circuits], shots)
        result = SimpleNamespace(get_counts=lambda i: found[i])
        return SimpleNamespace(job_id=lambda: "job", result=lambda: result)


def test_expected_values_are_not_shots():
    backend = Expecting(None)
    with pytest.raises(QcloneError, match=r"exactly even .* expected values, not shots"):
        run([PARITY], Setup(line(6), shots=2000), backend=backend)
    # Of 00 alone nobody can tell, and it is right.
    assert run([BELL], Setup(line(6), shots=2000), backend=backend)[0].estimate.value == 1


def _counts_of(circuit):
    return AerSimulator().run(circuit, shots=2000).result().get_counts()


ROWS = [BELL, PARITY, *Interleaving(clones=(2,)).rows()[:1], *Interleaving(clones=(2,)).rows()[-1:]]


@pytest.mark.parametrize("row", ROWS, ids=["bell", "parity", "chsh 2-1", "undecrypted"])
def test_honest_machines_are_believed(row):
    """From perfect to pure noise, relaxed and read wrongly; of 72,000 tries none was refused."""
    settings = row.measurement.settings()
    circuits = dict(zip(settings, setting_circuits(Setup(line(6)).place(row), settings), strict=True))
    exact = {s: AerSimulator().run(c, shots=20_000).result().get_counts() for s, c in circuits.items()}
    rng = np.random.default_rng(5)

    def law(counts, shots, mixed, relaxed, wrong):
        """Counts of a machine: a part of its outcomes is random, bits fall to 0, bits are read wrongly."""
        texts = sorted(counts)
        weights = np.array([counts[t] for t in texts], float)
        drawn = rng.choice([int(t, 2) for t in texts], shots, p=weights / weights.sum())
        drawn = np.where(rng.random(shots) < mixed, rng.integers(4, size=shots), drawn)
        for bit in range(2):
            drawn &= ~((rng.random(shots) < relaxed).astype(int) << bit)
            drawn ^= (rng.random(shots) < wrong).astype(int) << bit
        values, numbers = np.unique(drawn, return_counts=True)
        return {f"{v:02b}": int(n) for v, n in zip(values, numbers, strict=True)}

    controls = 0
    for shots in (20, 200, 2000):
        for noise in [(0, 0, 0), (0, 0, 0.02), (0.3, 0, 0), (1, 0, 0.02), (0.2, 0.4, 0.05), (0.05, 0.05, 0)]:
            for _ in range(20):
                counts = {s: law(c, shots, *noise) for s, c in exact.items()}

                def again(more, number, noise=noise):
                    nonlocal controls
                    controls += 1
                    return [law(_counts_of(c), number, *noise) for c in more]

                check_reading(Counts(counts), circuits, "honest", again)
    # A perfect machine is asked again, as zeros alone might be nothing; hardly any other is.
    assert (controls >= 60) == (row is BELL)


def test_a_machine_that_turns_a_phase_is_believed():
    """A systematic error may turn parities around; then a flip turns them back."""

    class Turned(AerSimulator):
        def run(self, circuits, **options):
            turned = []
            for circuit in circuits if isinstance(circuits, list) else [circuits]:
                copy = circuit.copy_empty_like()
                for one in circuit.data:
                    if one.operation.name == "measure" and one.clbits[0] == circuit.clbits[0]:
                        copy.rx(0.8 * 3.14159, one.qubits[0])
                    copy.append(one)
                turned.append(copy)
            return super().run(turned, **options)

    (found,) = run([BELL], Setup(line(6), shots=2000), backend=Turned())
    assert found.estimate.value < 0.2


def test_counts_from_elsewhere_are_looked_at_too(tmp_path):
    experiment = Sensitivity(clones=(2,))
    setup = Setup(line(6), shots=2000)
    exported = export([experiment], experiment.rows(), setup, tmp_path)
    rows = json.loads(exported.manifest.read_text())["rows"]
    names = [name for name, _ in rows[1]["circuits"]]
    counts = tmp_path / "counts.json"
    counts.write_text(json.dumps({name: {"00": 2000} for name in names}))
    with pytest.raises(QcloneError, match=r"counts.json returns 00 in all 2000 shots of the setting Z"):
        import_counts(counts)


@given(st.integers(1, 5), st.data())
def test_outcomes_are_those_of_the_state_vector(width, data):
    circuit = QuantumCircuit(width, width)
    for _ in range(data.draw(st.integers(0, 20))):
        gate = data.draw(st.sampled_from(["h", "s", "x", "cx"]))
        if gate == "cx" and width > 1:
            circuit.cx(*data.draw(st.permutations(range(width)))[:2])
        elif gate != "cx":
            getattr(circuit, gate)(data.draw(st.integers(0, width - 1)))
    expected = {int(t, 2) for t, p in Statevector(circuit).probabilities_dict().items() if p > 1e-9}
    circuit.measure(range(width), range(width))
    space = outcomes(circuit)
    strings = [space.some]
    for vector in space.basis:
        strings += [string ^ vector for string in strings]
    assert set(strings) == expected
    for mask, value in space.certain(width):
        assert {(mask & string).bit_count() % 2 for string in expected} == {value}
    assert len(space.basis) + len(space.certain(width)) == width
    assert Space.of(strings).basis == space.basis


@given(st.integers(2, 40), st.floats(0.01, 0.99))
def test_no_law_is_exactly_even_more_often_than_said(shots, p):
    """Against the binomial distribution of any coin, and of two coins tossed together."""
    even = range(shots // 2, (shots + 1) // 2 + 1)
    exactly = sum(comb(shots, k) * p**k * (1 - p) ** (shots - k) for k in even)
    assert exactly <= even_chance(2, shots) * (1 + 1e-9)
    both = even_chance(4, 4 * shots)
    assert both <= even_chance(2, 4 * shots) ** 2 * 3


def test_what_honest_machines_are_refused_with():
    """(3/4)^s, of which each of the 2^m parities has a chance; nothing is refused with twenty shots."""
    assert certain_chance(2, 20) > RARE > certain_chance(2, 100) == pytest.approx(4 * 0.75**100)
    assert from_backend(Strange(None)).num_qubits == 6
