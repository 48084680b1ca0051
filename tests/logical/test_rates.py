"""Noise, sampling, statistics, outer code: against other ways to the same numbers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import sinter
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from qclone.errors import InvalidInputError, StorageError
from qclone.logical import (
    DECODERS,
    PRESETS,
    Case,
    Rates,
    Schedule,
    bare_rates,
    collect,
    compile_program,
    crossing,
    interval,
    known,
    load_code,
    load_decoder,
    load_rates,
    rate,
    rate_of,
    report,
    round_trip_program,
    thresholds,
)
from qclone.logical.decoders._matching import graph_of
from qclone.scheme import Canonical
from qclone.simulate import entanglement_fidelity


def d3(**options: object) -> Case:
    return Case(load_code("surface", 3), Rates.uniform(2e-3), **options)  # type: ignore[arg-type]


def idle_as_independent_flips() -> list[tuple[str, float]]:
    """px, py, pz = .01, .02, .03 from independent flips a, b, c: found by a solver, not by the formula."""

    def off(flips: np.ndarray) -> np.ndarray:
        a, b, c = flips
        x, y, z = (p * (1 - q) * (1 - r) + (1 - p) * q * r for p, q, r in ((a, b, c), (b, a, c), (c, a, b)))
        return np.array([x, y, z]) - [0.01, 0.02, 0.03]

    flips = fsolve(off, [0.01, 0.02, 0.03], xtol=1e-14)
    return list(zip("XYZ", flips.tolist(), strict=True))


def test_noise_where_it_belongs() -> None:
    rates = Rates("some", "", 0.1, 0.2, 0.3, 0.4, (0.01, 0.02, 0.03), (0.04, 0.0, 0.0))
    clean = stim.Circuit(
        "R 0\nR[ideal] 1\nRX 2\nI[layer] 0\nI[round] 1\nH 0\nS_DAG 0\nCX 0 1\nCZ 1 2\n"
        "MPP[ideal] X0*X1\nM 0\nMX 2\nTICK"
    )
    noisy = str(rates.apply(clean)).splitlines()
    assert noisy == [
        "R 0",
        "X_ERROR(0.3) 0",
        "R[ideal] 1",
        "RX 2",
        "Z_ERROR(0.3) 2",
        "X_ERROR(0.04) 0",
        *[f"{letter}_ERROR({p:.6g}) 1" for letter, p in idle_as_independent_flips()],
        "H 0",
        "DEPOLARIZE1(0.2) 0",
        "S_DAG 0",
        "DEPOLARIZE1(0.2) 0",
        "CX 0 1",
        "DEPOLARIZE2(0.1) 0 1",
        "CZ 1 2",
        "DEPOLARIZE2(0.1) 1 2",
        "MPP[ideal] X0*X1",
        "M(0.4) 0",
        "MX(0.4) 2",
        "TICK",
    ]


def test_presets_name_their_sources_and_assumptions() -> None:
    for rates in PRESETS.values():
        assert rates.source and "assumed" in rates.source
    # Average infidelity to Pauli probability: 5/4 and 3/2.
    assert load_rates("helios").two_qubit == pytest.approx(7.9e-4 * 5 / 4)
    assert load_rates("helios").one_qubit == pytest.approx(2.5e-5 * 3 / 2)
    kingston = load_rates("device:kingston")
    assert 1e-3 < kingston.two_qubit < 1e-2 and kingston.round_idle[2] > kingston.round_idle[0] > 0
    for wrong in ("nothing", "-1", "0.9", "nan"):
        with pytest.raises(InvalidInputError):
            load_rates(wrong)


def test_the_bare_protocol_exactly_against_the_exact_engine() -> None:
    """No checks used: one minus the entanglement fidelity by `simulate`, of a circuit written otherwise."""
    program = round_trip_program(Canonical(2), "S1")
    rates = Rates.uniform(3e-3)
    done = compile_program(program, load_code("bare"), Schedule(0, 0))
    noisy = stim.Circuit()
    for gate in rates.apply(done.circuit):
        if gate.name not in ("MPP", "OBSERVABLE_INCLUDE", "DETECTOR"):
            noisy.append(gate)
    whole = stim.Circuit("R 5 0\nH 5\nCX 5 0") + noisy_without_first_reset(noisy)
    framed = 1 - entanglement_fidelity_up_to_paulis(whole, 5, program.outputs[0])
    assert bare_rates(rates.apply(done.circuit), done.num_checks).unchecked == pytest.approx(
        framed, abs=1e-12
    )


def noisy_without_first_reset(circuit: stim.Circuit) -> stim.Circuit:
    kept = stim.Circuit()
    for gate in circuit:
        if gate.tag != "ideal":
            kept.append(gate)
    return kept


def entanglement_fidelity_up_to_paulis(circuit: stim.Circuit, reference: int, output: int) -> float:
    """The best over the Pauli frame, which the program leaves open."""
    return max(
        entanglement_fidelity(circuit + stim.Circuit(f"{pauli} {output}"), reference, output)
        for pauli in "IXYZ"
    )


def test_the_bare_protocol_exactly_against_samples() -> None:
    done = compile_program(round_trip_program(Canonical(2)), load_code("bare"), Schedule(0, 3))
    circuit = Rates.uniform(1e-2).apply(done.circuit)
    found = bare_rates(circuit, 4)
    shots = 200_000
    _, flips = circuit.compile_detector_sampler(seed=3).sample(shots, separate_observables=True)
    wrong, violated = flips[:, 4:].any(axis=1), flips[:, :4].any(axis=1)
    assert abs(wrong.mean() - found.unchecked) < 5 * np.sqrt(found.unchecked / shots)
    assert abs(violated.mean() - 1 + found.accepted) < 5 * np.sqrt(1 / shots)
    selected = wrong[~violated].mean()
    assert abs(selected - found.selected) < 5 * np.sqrt(found.selected / shots) + 1e-5
    assert found.selected < found.corrected < found.unchecked


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["__", "E_", "EE"]), st.sampled_from(["__", "_E", "E_", "EE"])),
        st.integers(1, 6),
        min_size=1,
        max_size=8,
    )
)
def test_leaving_one_out_is_what_it_says(table: dict[tuple[str, str], int]) -> None:
    """Against doing it shot by shot: every shot is judged by the table of all others."""
    shots = [key for key, n in table.items() for _ in range(n)]
    failures = 0
    for i, (syndrome, left) in enumerate(shots):
        others = Counter(r for j, (s, r) in enumerate(shots) if j != i and s == syndrome)
        others.setdefault("__", 0)
        others.setdefault(left, 0)
        guess = max(others, key=lambda k: (others[k], -k.count("E"), k))
        failures += guess != left
    combos = Counter({f"obs_mistake_mask={s}{r}": n for (s, r), n in table.items() if "E" in s + r})
    stats = sinter.TaskStats("id", "none", {}, len(shots), sum(combos.values()), custom_counts=combos)
    found = rate_of(stats, "corrected", num_checks=2, num_outputs=1)
    assert (found.failures, found.shots) == (failures, len(shots))


def test_uses_of_checks_by_hand() -> None:
    """Two logical qubits a block, two checks: check by check, each for both."""
    combos = Counter(
        {
            "obs_mistake_mask=E___" + "E___": 5,  # check 0 of qubit 0, X of qubit 0
            "obs_mistake_mask=____" + "__E_": 3,  # nothing seen, X of qubit 1
            "obs_mistake_mask=_E__" + "____": 2,  # check 0 of qubit 1
        }
    )
    stats = sinter.TaskStats("id", "none", {}, 100, 10, custom_counts=combos)
    assert rate_of(stats, "none", 4, 2).infidelity == pytest.approx((5 + 3) / 200)
    selected = rate_of(stats, "selected", 4, 2)
    assert (selected.failures, selected.shots) == (3, 95 + 98)
    assert rate_of(stats, "corrected", 4, 2).failures == 3


def test_intervals() -> None:
    # Jeffreys, 95 %: tabulated, for example in L. Brown, T. Cai, A. DasGupta (2001), table 5: n = 10, x = 1.
    low, high = interval(1, 10)
    assert (low, high) == (pytest.approx(0.011, abs=1e-3), pytest.approx(0.381, abs=1e-3))


def test_statistics_resume_and_sinter_reads_them(tmp_path) -> None:
    path = tmp_path / "stats.csv"
    case = d3()
    first = case.stats(300, path=path)
    assert first.shots == 300
    more = case.stats(700, path=path)
    (read,) = sinter.read_stats_from_csv_files(path)
    assert read.shots == more.shots == 700 and read.custom_counts == more.custom_counts
    assert read.strong_id == case.task().strong_id() and read.json_metadata["code"] == "surface"
    # Nothing is sampled twice, and the same seed gives the same again.
    lines = path.read_text()
    again = case.stats(700, path=path)
    assert (again.shots, again.custom_counts) == (more.shots, more.custom_counts)
    assert path.read_text() == lines
    assert case.stats(300).custom_counts == first.custom_counts
    assert d3(every=2).task().strong_id() != read.strong_id
    assert rate(more, "selected").accepted < 1
    path.write_text("nonsense\n1\n")
    with pytest.raises(InvalidInputError, match="sinter"):
        known(case.task(), path)


def test_one_process_at_a_time_adds_to_a_file(tmp_path) -> None:
    """Two would sample the same batches; and a line is written whole, or not at all."""
    path = tmp_path / "stats.csv"

    def another(done: int, of: int) -> None:
        with pytest.raises(StorageError, match="Another process"):
            d3().stats(50, path=path)

    d3().stats(20, path=path, progress=another)
    assert d3().stats(60, path=path).shots == 60
    lines = path.read_text().splitlines()
    assert len(lines) == len(set(lines)) and path.read_text().endswith("\n")
    with pytest.raises(StorageError, match="cannot be written"):
        d3().stats(20, path=tmp_path / "no" / "stats.csv")


def test_sinter_itself_gets_the_same_rate() -> None:
    """Its own sampler with our decoder, and our counting: within five standard deviations."""
    case = d3(every=1, decoder="matching")
    task = case.task()
    sampler = sinter.Task(circuit=task.circuit, decoder="matching", json_metadata=task.json_metadata)
    compiled = load_decoder("matching").compile_decoder_for_dem(dem=task.detector_error_model)
    events, actual = sampler.circuit.compile_detector_sampler(seed=1).sample(
        3000, bit_packed=True, separate_observables=True
    )
    theirs = (
        (compiled.decode_shots_bit_packed(bit_packed_detection_event_data=events) != actual).any(axis=1).sum()
    )
    ours = case.stats(3000).errors
    assert abs(int(theirs) - ours) < 5 * np.sqrt(2 * max(ours, 1))


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_decoders_do_better_than_nothing(name: str) -> None:
    case = d3(every=1)
    task = case.task()
    shots = 60 if name == "bposd" else 300
    decoder = load_decoder(name)
    events, actual = (
        case.circuit()
        .compile_detector_sampler(seed=2)
        .sample(shots, bit_packed=True, separate_observables=True)
    )
    compiled = decoder.compile_decoder_for_dem(dem=task.detector_error_model)
    predicted = compiled.decode_shots_bit_packed(bit_packed_detection_event_data=events)
    assert predicted.shape == actual.shape and predicted.dtype == np.uint8
    wrong, untouched = (predicted != actual).any(axis=1).mean(), (actual != 0).any(axis=1).mean()
    assert wrong < 0.6 * untouched


def test_own_decoders_by_name(monkeypatch) -> None:
    assert load_decoder("qclone.logical.decoders._tesseract:Tesseract").orders == 2  # type: ignore[attr-defined]
    for wrong in ("nothing", "no_such_module_here:Decoder", "math:pi", "json:loads_"):
        with pytest.raises(InvalidInputError):
            load_decoder(wrong)


def test_encoding_helps_and_the_outer_code_helps_more() -> None:
    """d = 3 at 1e-3: bare 1.1e-2 with checks corrected; less with the code, least with checks accepted."""
    case = Case(load_code("surface", 3), Rates.uniform(1e-3))
    stats = case.stats(4000)
    none, corrected, selected = (rate(stats, outer) for outer in ("none", "corrected", "selected"))
    assert selected.infidelity <= corrected.infidelity < none.infidelity
    assert corrected.interval[1] < case.bare().corrected
    joint = rate(case.stats(1000, joint=True), "joint")
    assert joint.interval[1] < case.bare().corrected


def test_reports_have_what_must_be_compared() -> None:
    found = report(d3(), ["corrected", "joint"], shots=200)
    assert [row["outer"] for row in found.rows] == ["corrected", "joint"]
    assert {"code", "d", "p", "outer", "infidelity", "error", "accepted"} <= found.rows[0].keys()
    what = [row["what"] for row in found.baselines]
    assert what == ["bare", "bare", "kept", "equal_qubits"]
    assert found.baselines[2]["rounds"] == found.rows[0]["rounds"]
    # 85 qubits: the nearest surface code block with ancillas has 97.
    assert found.baselines[3]["qubits"] == 97
    assert "neither survives" in found.conclusion


def test_cases_that_make_no_sense() -> None:
    for options in ({"storage": -1}, {"lost": ("N9",)}, {"clone": "S7"}):
        with pytest.raises(InvalidInputError):
            d3(**options)
    with pytest.raises(InvalidInputError):
        Case(load_code("bare"), Rates.uniform(1e-3))
    for shots in (0, 10**12):
        with pytest.raises(InvalidInputError):
            collect(d3().task(), shots)
    with pytest.raises(InvalidInputError):
        rate(d3().stats(10), "sometimes")


@pytest.mark.parametrize("clone", ["S1", "A"])
def test_the_graphs_of_observable_matching_have_the_distance_of_the_code(clone: str) -> None:
    """With a round after every layer: no error is dropped for want of edges, and d faults are the fewest."""
    case = d3(every=1, decoder="matching", clone=clone)
    flat = case.task().detector_error_model.flattened()
    places = flat.get_detector_coordinates()
    for observable in range(flat.num_observables):
        chosen = [d for d in range(flat.num_detectors) if int(places[d][5]) >> observable & 1]
        graph, dropped = graph_of(flat, {d: i for i, d in enumerate(chosen)}, observable)
        assert dropped == 0
        assert len(graph.shortest_graphlike_error()) == 3


def test_a_threshold_is_claimed_only_where_it_is_seen() -> None:
    """Curves a p^2 and b p^3 cross at a/b; too few shots, or no crossing, is none."""
    noise, at = [2e-3, 4e-3, 8e-3, 1.6e-2], 6e-3

    def counts(power: int, shots: int) -> dict[float, tuple[int, int]]:
        return {p: (round(0.05 * (p / at) ** power * shots), shots) for p in noise}

    found = crossing(counts(2, 40_000), counts(3, 40_000))
    assert found is not None and found.low < at < found.high and found.high / found.low < 1.6
    assert crossing(counts(2, 60), counts(3, 60)) is None
    assert crossing(counts(2, 40_000), {p: (k, n) for p, (k, n) in counts(2, 40_000).items()}) is None
    assert crossing({1e-3: (1, 10)}, {1e-3: (1, 10)}) is None
    rows = [
        {"outer": "none", "d": d, "p": p, "failures": k, "shots": n, "accepted": 1.0}
        for d, power in ((3, 2), (5, 3))
        for p, (k, n) in counts(power, 40_000).items()
    ]
    (told,) = thresholds(rows)
    assert told["distances"] == [3, 5] and told["threshold"][0] < at < told["threshold"][2]


class FilesOnly(sinter.Decoder):
    """A decoder of the old kind."""


class Wrong(sinter.Decoder, sinter.CompiledDecoder):
    """A decoder that answers something else."""

    def compile_decoder_for_dem(self, *, dem: stim.DetectorErrorModel) -> sinter.CompiledDecoder:
        return self

    def decode_shots_bit_packed(self, *, bit_packed_detection_event_data: np.ndarray) -> np.ndarray:
        return np.zeros((3, 7))


@pytest.mark.parametrize("kind", [FilesOnly, Wrong])
def test_decoders_that_cannot_be_used_are_named(monkeypatch, kind: type[sinter.Decoder]) -> None:
    monkeypatch.setitem(DECODERS, "theirs", kind)
    with pytest.raises(InvalidInputError, match="theirs"):
        d3(decoder="theirs").stats(20)


def test_more_rounds_than_a_decoder_holds_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="than a decoder here holds"):
        d3(storage=5000).compiled()
