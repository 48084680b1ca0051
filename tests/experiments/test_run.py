"""Running, resuming, analysing again; any V2 sampler."""

import json
from math import log1p

import pytest
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2

from qclone.device import Generator, LearnedLayer, LearnedNoise, NoiseRules, heavy_hex, line, runtime_sampler
from qclone.errors import InvalidInputError, StorageError
from qclone.experiments import (
    Checked,
    Computing,
    Folder,
    Interleaving,
    Mixedness,
    Recoverability,
    Sensitivity,
    Series,
    Setup,
    Variability,
    cost,
    deviation,
    figures,
    run,
    run_row,
)
from qclone.experiments import _run as running
from qclone.simulate import TwinSampler

DEVICE = heavy_hex(3)
LINE = line(6)
ROWS = Sensitivity(clones=(2,)).rows()


def test_a_run_resumes_where_it_stopped(tmp_path, monkeypatch):
    setup = Setup(DEVICE)
    first = run(ROWS[:1], setup, tmp_path)
    made = []

    def counted(row, *rest):
        made.append(row)
        return run_row(row, *rest)

    monkeypatch.setattr(running, "run_row", counted)
    steps = []
    both = run(ROWS, setup, tmp_path, lambda done, total: steps.append((done, total)))
    assert made == ROWS[1:] and both[0] == first[0]
    assert steps == [(1, 2), (2, 2)]
    run(ROWS, setup, tmp_path)
    assert made == ROWS[1:]


def test_a_file_cut_short_is_run_again(tmp_path):
    (result,) = run(ROWS[:1], Setup(DEVICE), tmp_path)
    path = tmp_path / f"{result.key}.json"
    path.write_text(path.read_text()[:100])
    assert run(ROWS[:1], Setup(DEVICE), tmp_path) == [result]
    assert json.loads(path.read_text())["key"] == result.key


def test_the_key_is_what_decides_the_result():
    setups = [
        Setup(DEVICE),
        Setup(DEVICE, shots=5),
        Setup(DEVICE, seed=1),
        Setup(DEVICE, engine="aer"),
        Setup(DEVICE, layout="topology"),
        Setup(DEVICE, rules=NoiseRules().without("idle")),
        Setup(heavy_hex(3, readout_error=0.02)),
    ]
    keys = {s.key(row) for s in setups for row in ROWS}
    assert len(keys) == 2 * len(setups)
    # The same circuit is in several tables; each has its own row.
    rows = [*Sensitivity(clones=(2,)).rows()[1:], *Series(physical=("0",), virtual=((2, 0),)).rows()]
    assert len({Setup(DEVICE).key(row) for row in rows}) == 3
    assert Setup(heavy_hex(3)).key(ROWS[0]) == Setup(DEVICE).key(ROWS[0])


@pytest.mark.parametrize(
    "experiment", [Sensitivity(clones=(2,)), Interleaving(clones=(2,)), Mixedness(), Checked(clones=(2,))]
)
def test_stored_data_give_the_same_again_without_running(experiment, tmp_path):
    rows = experiment.rows()
    run(rows, Setup(DEVICE), tmp_path)
    for row in rows:
        kept = Folder(tmp_path).read(Setup(DEVICE).key(row))
        assert kept.reanalysed(row) == kept
        assert kept.provenance["seed"] == 0 and kept.published == row.published


def test_any_v2_sampler_runs_every_setting():
    """Qiskit's ideal sampler: the protocol is perfect. It measures at the end only."""
    rows = [*ROWS, *Interleaving(clones=(2,)).rows()]
    rows = [row for row in rows if row.parameters.get("order") not in ("2-1", "2-3")]
    results = run(rows, Setup(LINE, shots=2_000), sampler=StatevectorSampler(seed=5))
    for row, result in zip(rows, results, strict=True):
        if row.parameters.get("order") == "undecrypted":
            assert abs(result.estimate.value) < 5 * result.estimate.error
        elif result.quantity == "chsh":
            assert result.estimate.value == pytest.approx(2.828, abs=5 * result.estimate.error)
        else:
            assert result.estimate.value == 1
        assert result.reanalysed(row) == result


def test_runtime_in_local_mode():
    """The code of the real service, run locally on a backend of six qubits."""
    edges = [pair for a, b in LINE.edges for pair in ((a, b), (b, a))]
    backend = GenericBackendV2(6, basis_gates=["cz", "rz", "sx", "x"], coupling_map=edges, seed=1)
    (result,) = run(ROWS[:1], Setup(LINE, shots=400), sampler=runtime_sampler(backend, seed=1))
    assert 0.75 < result.estimate.value < 1
    assert sum(result.data["counts"]["bell"].values()) == 400


def test_decoupling_and_twirling_change_noise_and_nothing_else():
    rows = [r for r in Variability(clones=(2,), devices=("here",), seeds=(0,)).rows()]
    rows = [r for r in rows if r.parameters["option"] != "plain"] + rows[:1]
    device = heavy_hex(3)
    object.__setattr__(device, "name", "here")
    ideal = run(rows, Setup(device, rules=NoiseRules.none()))
    assert [r.estimate.value for r in ideal] == pytest.approx([1, 1, 1])
    decoupled, twirled, plain = (r.estimate.value for r in run(rows, Setup(device)))
    # Twirling Pauli noise leaves it as it is, but for the pulses; XY4 only adds pulses.
    assert 0 < plain - decoupled < 0.05
    assert abs(plain - twirled) < 0.02


def test_the_median_of_several_tries_is_a_row():
    values = [run(ROWS[1:], Setup(DEVICE, seed=s))[0].estimate.value for s in (3, 4, 5)]
    (result,) = run(ROWS[1:], Setup(DEVICE, seed=3, tries=3))
    assert result.data["tries"] == sorted(values)
    assert result.estimate.value == sorted(values)[1]


def test_checks_correct_and_select():
    """Post-selection beats correction beats nothing; counts and exact values agree."""
    rows = Checked(clones=(2,)).rows()
    setup = Setup(DEVICE, shots=20_000, rules=NoiseRules().without("readout"))
    exact = run(rows, setup)
    ignored, corrected, selected = (r.estimate.value for r in exact)
    assert ignored < corrected < selected
    assert exact[2].accepted.value < 1 and exact[0].accepted is None
    sampled = run(rows, setup, sampler=TwinSampler(DEVICE, setup.rules, seed=2))
    for a, b in zip(exact, sampled, strict=True):
        assert abs(a.estimate.value - b.estimate.value) < 5 * b.estimate.error
        assert a.estimate.error == pytest.approx(b.estimate.error, rel=0.1)


def test_cost_counts_every_setting():
    """250 us a shot at least, four settings, and the job's overhead."""
    row = Interleaving(clones=(2,)).rows()[1]
    assert cost([row], Setup(DEVICE, shots=1_000)) == pytest.approx(2 + 1_000 * 4 * 255e-6, rel=0.01)


def test_deviation_by_hand():
    results = run(ROWS, Setup(DEVICE))
    bsm, pom = (r.estimate.value - r.published.value for r in results)
    found = deviation(results)
    assert found["I"] == found["fidelities"]
    assert found["I"]["rms"] == pytest.approx(((bsm**2 + pom**2) / 2) ** 0.5)
    assert found["I"]["mean"] == pytest.approx((bsm + pom) / 2) and found["I"]["rows"] == 2


PARTS = {
    "sensitivity": ROWS[:1],
    "interleaving": Interleaving(clones=(2,)).rows()[1:2],
    "series_physical": Series(physical=("0",), virtual=()).rows(),
    "series_virtual": Series(physical=(), virtual=((2, 0),)).rows(),
    "mixedness": Mixedness().rows()[:1],
    "checked": Checked(clones=(2,)).rows()[:1],
    "recoverability": Recoverability(clones=(2,)).rows()[:1],
    "computing": Computing(sizes=(1,)).rows()[:1],
}


@pytest.mark.parametrize("name", PARTS)
def test_one_row_is_enough_for_a_figure(name):
    """Our value and the published one are both on it."""
    (row,) = PARTS[name]
    result, _ = run_row(row, Setup(DEVICE, tries=2))
    figure = next(one for one in figures([result]) if one["name"] == name)
    if name == "mixedness":
        assert [one["wire"] for one in figure["matrices"][0]["wires"]] == ["A", "S1", "S2", "N1", "N2"]
        return
    drawn = {(one["role"], p["y"]) for one in figure["series"] for p in one["points"]}
    assert ("ours", result.estimate.value) in drawn
    if row.published is not None:
        assert ("published", row.published.value) in drawn


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="hours"):
        Setup(DEVICE, shots=10**9)
    with pytest.raises(InvalidInputError, match="no 'qpu'"):
        Setup(DEVICE, engine="qpu")
    with pytest.raises(InvalidInputError, match="cannot be routed"):
        run(Sensitivity(clones=(20,)).rows(), Setup(line(10)))
    with pytest.raises(InvalidInputError, match="no results"):
        Folder(tmp_path).results()
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        Folder(blocked)


def test_learned_noise_is_in_the_result_and_in_its_key(tmp_path):
    """The row knows which gates were learned; its budget has the rule; routes are those without it."""
    rows = ROWS[:1]
    (plain,) = run(rows, Setup(LINE), tmp_path)
    pairs = {tuple(sorted(pair)) for pair in LINE.edges}
    layers = tuple(
        LearnedLayer((pair,), (Generator.of(f"X{pair[0]} X{pair[1]}", 0.02),), pair) for pair in sorted(pairs)
    )
    learned = LINE.with_learned(LearnedNoise(layers[:2], "a test"))
    (some,) = run(rows, Setup(learned), tmp_path)
    found = some.data["learned"]
    assert 0 < found["learned"] < found["gates"] == plain.gates
    assert found["learned"] + sum(count for _, _, count in found["calibrated"]) == found["gates"]
    assert {(a, b) for a, b, _ in found["calibrated"]} <= pairs - set(layers[0].pairs + layers[1].pairs)
    assert some.identity["circuits"] == plain.identity["circuits"]
    assert len({some.key, plain.key}) == len({some.estimate.value, plain.estimate.value}) == 2
    assert set(some.budget) - set(plain.budget) == {"learned"}
    assert "learned" not in plain.data and "learned" not in plain.identity["rules"]
    (off,) = run(rows, Setup(learned, rules=NoiseRules().without("learned")))
    assert off.estimate == plain.estimate
    assert some.budget["learned"] == plain.estimate.value
    # The sampler has the same noise.
    (sampled,) = run(rows, Setup(learned, shots=20_000), sampler=TwinSampler(learned, seed=1))
    assert abs(sampled.estimate.value - some.estimate.value) < 5 * sampled.estimate.error


def test_the_calibration_as_learned_noise_is_the_calibration():
    """Depolarising is a Pauli-Lindblad channel: 15 generators of rate -ln(1 - 16 p/15)/16, p = 5/4 e."""
    layers = []
    for c in LINE.couplers:
        rate = -log1p(-16 / 15 * 5 / 4 * c.error) / 16
        paulis = [f"{p}{c.a} {q}{c.b}" for p in "XYZ" for q in "XYZ"]
        paulis += [f"{p}{q}" for p in "XYZ" for q in (c.a, c.b)]
        channel = tuple(Generator.of(text, rate) for text in paulis)
        layers.append(LearnedLayer(((c.a, c.b),), channel, (c.a, c.b)))
    learned = LINE.with_learned(LearnedNoise(tuple(layers)))
    rows = [*ROWS, *Interleaving(clones=(2,)).rows()]
    wanted = run(rows, Setup(LINE, rules=NoiseRules.only("two_qubit")))
    found = run(rows, Setup(learned, rules=NoiseRules.only("learned")))
    for one, other in zip(wanted, found, strict=True):
        assert other.estimate.value == pytest.approx(one.estimate.value, abs=1e-12)
        assert other.data["learned"]["calibrated"] == []
    assert max(r.estimate.value for r in wanted[:2]) < 0.99
