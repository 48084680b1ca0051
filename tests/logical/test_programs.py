"""Schemes as logical gates: real ones do the same as the scheme's own, in few gates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from qclone.access import classify
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.logical import Program, round_trip_program
from qclone.logical._real import real_circuit
from qclone.scheme import Canonical, Scheme
from tests.logical.schemes import SCHEMES


def state(program: Program, references: int) -> list[stim.PauliString]:
    """Stabilisers once encrypted, references last."""
    simulator = stim.TableauSimulator()
    size = len(program.labels)
    simulator.set_num_qubits(size + references)
    simulator.h(*program.plus) if program.plus else None
    for i, wire in enumerate(program.inputs):
        simulator.h(size + i)
        simulator.cx(size + i, wire)
    simulator.do(program.before)
    return simulator.canonical_stabilizers()


def rank(rows: np.ndarray) -> int:
    left, found = rows.copy() % 2, 0
    for column in range(left.shape[1]):
        holders = np.flatnonzero(left[found:, column]) + found
        if holders.size:
            left[[found, holders[0]]] = left[[holders[0], found]]
            others = np.flatnonzero(left[:, column])
            left[others[others != found]] ^= left[found]
            found += 1
    return found


def information(stabilizers: list[stim.PauliString], wires: tuple[int, ...], references: int) -> int:
    """I(R:H) of a stabiliser state by ranks: S(H) = rank of the rows on H, less |H|."""
    table = np.array([np.concatenate(p.to_numpy()) for p in stabilizers], dtype=np.uint8)
    total = table.shape[1] // 2

    def entropy(of: tuple[int, ...]) -> int:
        return rank(table[:, [*of, *(w + total for w in of)]]) - len(of) if of else 0

    reference = tuple(range(total - references, total))
    return entropy(reference) + entropy(wires) - entropy((*wires, *reference))


@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("name", ["n = 1", "n = 2", "n = 3", "five-qubit code"])
def test_who_learns_what_is_not_changed(name: str, real: bool) -> None:
    """Local frames change no entropy: every set of wires learns as much as `access` says."""
    scheme = SCHEMES[name]
    stabilizers = state(round_trip_program(scheme, real=real), len(scheme.inputs))
    labels = [w.label for w in scheme.wires]
    for size in range(len(labels) + 1):
        for wires in itertools.combinations(range(len(labels)), size):
            expected = classify(scheme, [labels[w] for w in wires]).bits
            assert information(stabilizers, wires, len(scheme.inputs)) == expected


@pytest.mark.parametrize("name", SCHEMES)
def test_real_programs_have_no_s_and_give_inputs_back(name: str) -> None:
    scheme = SCHEMES[name]
    program = round_trip_program(scheme)
    assert {g.name for g in program.before + program.after} <= {"CX", "CZ", "H"}
    assert gives_back(program)


@pytest.mark.parametrize("scheme", [Canonical(2), Canonical(4)])
def test_first_and_last_clone(scheme: Scheme) -> None:
    for clone in dict.fromkeys((scheme.clones[0], scheme.clones[-1])):
        for real in (True, False):
            program = round_trip_program(scheme, clone, real=real)
            assert gives_back(program)
            assert len(program.checks) == 2 * scheme.num_clones  # type: ignore[attr-defined]
            # All other pairs are Bell pairs: each check is on two wires.
            assert all(p.weight == 2 for p in program.checks)


def gives_back(program: Program) -> bool:
    """X and Z of the references times those of the outputs are stabilisers, checks too."""
    size, k = len(program.labels), len(program.inputs)
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(size + k)
    if program.plus:
        simulator.h(*program.plus)
    for i, wire in enumerate(program.inputs):
        simulator.h(size + i)
        simulator.cx(size + i, wire)
    simulator.do(program.before + program.after)
    pairs = [
        stim.PauliString({size + i: letter, wire: letter})
        for i, wire in enumerate(program.outputs)
        for letter in "XZ"
    ]
    return all(simulator.peek_observable_expectation(p) != 0 for p in (*pairs, *program.checks))


def test_few_gates() -> None:
    """Bell pairs, encryption and decryption: 12 and 24 two-qubit gates, where 16 and 30 were known."""
    assert round_trip_program(Canonical(2), "S1").num_two_qubit_gates == 12
    assert round_trip_program(Canonical(4), "S1").num_two_qubit_gates <= 24


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["H", "CX", "CZ"]), st.permutations(range(4))), max_size=14))
def test_real_synthesis_of_random_real_circuits(gates: list[tuple[str, list[int]]]) -> None:
    circuit = stim.Circuit("I 0 1 2 3")
    for name, wires in gates:
        circuit.append(name, wires[: 1 if name == "H" else 2])
    found = real_circuit(circuit)
    assert found is not None
    assert {g.name for g in found} <= {"H", "CX", "CZ"}
    padded = found.copy()
    padded.append("I", [3])
    parts = [np.concatenate(t.to_numpy()[:4]) for t in (circuit.to_tableau(), padded.to_tableau())]
    assert np.array_equal(*parts)


def test_losses() -> None:
    one = round_trip_program(Canonical(2), "S1", frozenset(["S2"]))
    assert len(one.checks) == 2 and gives_back(one)
    # S1 and N2 lost: A, S2, N1 recover, though no clone has its whole key.
    odd = round_trip_program(Canonical(2), None, frozenset(["S1", "N2"]))
    touched = {t.value for g in odd.after for t in g.targets_copy()}
    assert touched <= {0, 2, 3} and gives_back(odd)
    with pytest.raises(NotRecoverableError, match="S1"):
        round_trip_program(Canonical(2), "S1", frozenset(["S1"]))
    with pytest.raises(NotRecoverableError, match="authorized"):
        round_trip_program(Canonical(2), None, frozenset(["N1", "N2", "S1"]))
    with pytest.raises(InvalidInputError, match="block"):
        round_trip_program(Canonical(1000))
