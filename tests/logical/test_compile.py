"""Circuits: detectors deterministic and complete, every single fault corrected or seen, losses, heralds."""

from __future__ import annotations

import pytest
import stim

from qclone.errors import InvalidInputError
from qclone.logical import (
    Case,
    Rates,
    Schedule,
    compile_program,
    kept,
    load_code,
    load_decoder,
    load_rates,
    round_trip_program,
    single_faults,
)
from qclone.logical._layers import layered
from qclone.logical._noise import error_model
from qclone.logical._spread import rounds_after
from qclone.scheme import Canonical
from tests.logical.schemes import FIVE, SCHEMES

CODES = [
    ("surface", 3),
    ("colour", 3),
    ("colour-bare", 3),
    ("steane", None),
    ("422", None),
    ("iceberg4", None),
    ("iceberg6", None),
    ("bare", None),
]
PROMISING = [(code, d) for code, d in CODES if code not in ("bare", "colour-bare")]
# Where a decoder shows what is promised of all: the pair, and a round after so many layers.
DECODED = [
    ("surface", 3, "n = 2", 3),
    ("surface", 3, "five-qubit code", 4),
]


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize(("code_name", "distance"), CODES)
def test_detectors_are_deterministic_and_complete(code_name: str, distance: int | None, name: str) -> None:
    """Stim refuses a circuit whose annotations are random, and lists what could have been annotated.

    Missing is one constant an input: of the Bell pair that stands for it, Z of both is known before it is
    measured.
    """
    code, scheme = load_code(code_name, distance), SCHEMES[name]
    for real in {True, code.s_signs is None}:
        program = round_trip_program(scheme, None, frozenset(), real=real)
        done = compile_program(program, code, Schedule(every=3, storage=1))
        done.circuit.detector_error_model()
        assert len(done.circuit.missing_detectors()) == len(scheme.inputs) * code.num_logical
        observables = (len(program.checks) + 2 * len(scheme.inputs)) * code.num_logical
        assert done.circuit.num_observables == observables


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize(("code", "distance"), PROMISING)
def test_every_single_fault_can_be_corrected_or_is_seen(code: str, distance: int | None, name: str) -> None:
    """Every pair: no fault is silent; at d = 3 no two of the same detectors differ in an observable."""
    case = Case(load_code(code, distance), Rates.uniform(1e-3), SCHEMES[name])
    found = single_faults(case.circuit())
    assert found.faults > 500 and found.silent == 0
    if case.code.distance > 2:
        assert found.wrong == found.ambiguous == 0


@pytest.mark.parametrize(("code", "distance", "name", "every"), DECODED)
def test_every_single_fault_is_corrected(code: str, distance: int | None, name: str, every: int) -> None:
    case = Case(load_code(code, distance), Rates.uniform(1e-3), SCHEMES[name], every=every)
    found = single_faults(case.circuit(), load_decoder("tesseract-long"))
    assert found.faults > 1000 and found.wrong == found.silent == found.ambiguous == 0


def test_rounds_come_before_a_fault_counts_twice() -> None:
    """With a round after every fourth layer only, single faults of the five-qubit code fail at d = 3."""
    layers = layered(round_trip_program(FIVE).before) + layered(round_trip_program(FIVE).after)
    assert rounds_after(layers, every=4, order=1) == {3, 7, 11, 15}
    assert not rounds_after(layers, every=4, order=4) <= {3, 7, 11, 15}
    # H of the colour code moves nothing, so nothing is hit twice.
    assert load_code("colour", 3).duality_order == 1 and load_code("surface", 3).duality_order == 4
    assert rounds_after(layers, every=0, order=4) == frozenset()


def test_bare_ancillas_of_the_colour_code_are_not_fault_tolerant() -> None:
    """What flags are for: without them faults look alike that are not, whatever the decoder."""
    case = Case(load_code("colour-bare", 3), Rates.uniform(1e-3), every=4)
    found = single_faults(case.circuit())
    assert found.silent == 0 and found.wrong > 20


@pytest.mark.parametrize("distance", [3, 5, 7])
def test_no_fewer_than_d_faults_spoil_what_is_kept(distance: int) -> None:
    code = load_code("surface", distance)
    memory = Rates.uniform(1e-3).apply(compile_program(kept(), code, Schedule(0, distance)).circuit)
    assert len(memory.shortest_graphlike_error()) == distance


def test_no_fewer_than_d_faults_were_found_that_spoil_a_round_trip() -> None:
    """By stim's heuristic search, which follows errors of several detectors too."""
    code = load_code("surface", 3)
    trip = compile_program(round_trip_program(Canonical(2)), code, Schedule(every=1)).circuit
    found = (
        Rates.uniform(1e-3)
        .apply(trip)
        .search_for_undetectable_logical_errors(
            dont_explore_detection_event_sets_with_size_above=4,
            dont_explore_edges_with_degree_above=4,
            dont_explore_edges_increasing_symptom_degree=False,
        )
    )
    assert len(found) == 3


def test_lost_blocks_are_left_alone() -> None:
    done = compile_program(
        round_trip_program(Canonical(2), "S1", frozenset(["S2"])), load_code("surface", 3), Schedule(3, 2)
    )
    assert len(done.circuit.missing_detectors()) == 1
    # Nothing touches the 17 qubits of S2, the third block, once it is stored.
    text = str(done.circuit).split("TICK")
    last = max(i for i, part in enumerate(text) if touches(part, range(34, 51)))
    assert last < len(text) - 20
    assert done.circuit.num_observables == 2 + 2


def touches(text: str, qubits: range) -> bool:
    return any(
        t.is_qubit_target and t.value in qubits
        for gate in stim.Circuit(text)
        if gate.name not in ("DETECTOR", "OBSERVABLE_INCLUDE", "QUBIT_COORDS")
        for t in gate.targets_copy()
    )


def test_heralded_losses_are_detectors() -> None:
    case = Case(load_code("surface", 3), load_rates("1e-3", loss=2e-3))
    circuit = case.circuit()
    assert error_model(circuit).num_detectors == circuit.num_detectors
    heralds = [g for g in circuit if g.name == "HERALDED_ERASE"]
    assert len(heralds) == case.num_rounds and heralds[0].gate_args_copy() == [2e-3]
    assert (
        case.compiled().circuit.num_detectors
        == Case(load_code("surface", 3), load_rates("1e-3")).compiled().circuit.num_detectors
        + 9 * 5 * case.num_rounds
    )


def test_joint_turns_checks_into_detectors() -> None:
    case = Case(load_code("surface", 3), Rates.uniform(1e-3))
    apart, joint = case.circuit(), case.circuit(joint=True)
    assert (apart.num_observables, joint.num_observables) == (6, 2)
    assert joint.num_detectors == apart.num_detectors + 4


def test_gates_that_a_code_lacks() -> None:
    own = round_trip_program(Canonical(2), real=False)
    with pytest.raises(InvalidInputError, match="no transversal S"):
        compile_program(own, load_code("surface", 3))
    for storage, every in ((-1, 3), (10**9, 3), (0, -1)):
        with pytest.raises(InvalidInputError, match=r"out of range|no sense"):
            compile_program(round_trip_program(Canonical(2)), load_code("surface"), Schedule(every, storage))
    with pytest.raises(InvalidInputError, match="qubits"):
        compile_program(round_trip_program(Canonical(30), real=False), load_code("colour", 13))


def test_crumble_and_coordinates() -> None:
    circuit = compile_program(round_trip_program(FIVE), load_code("surface", 3)).circuit
    places = [tuple(p) for p in circuit.get_final_qubit_coordinates().values()]
    assert len(places) == circuit.num_qubits == len(set(places))
    assert circuit.to_crumble_url().startswith("https://algassert.com/crumble#circuit=")
