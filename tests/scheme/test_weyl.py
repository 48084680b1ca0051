"""Weyl operators, their circuits, linear algebra modulo d and the sweep, against dense matrices and stim."""

import functools
import itertools
from math import gcd

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.scheme._gather import gather, restrict
from qclone.scheme._modular import RowSpace, unit_to_gcd
from qclone.scheme._weyl import WeylCircuit, WeylGate, WeylRows


def dense_rows(rows: WeylRows) -> list[np.ndarray]:
    d = rows.dimension
    shift = np.roll(np.eye(d), 1, axis=0)
    clock = np.diag(np.exp(2j * np.pi * np.arange(d) / d))
    power = np.linalg.matrix_power
    return [
        np.exp(1j * np.pi * t / d)
        * functools.reduce(np.kron, [power(shift, a) @ power(clock, b) for a, b in zip(x, z, strict=True)])
        for x, z, t in zip(rows.x, rows.z, rows.t, strict=True)
    ]


def dense_circuit(circuit: WeylCircuit, wires: int) -> np.ndarray:
    d = circuit.dimension
    basis = np.eye(d**wires, dtype=complex)
    return np.stack([circuit.apply(v.reshape((d,) * wires)).ravel() for v in basis], axis=1)


@st.composite
def circuits(draw, wires: int, dimension: int, most: int = 8):
    units = [u for u in range(1, dimension) if gcd(u, dimension) == 1]
    gates = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(["X", "Z", "F", "CHIRP", "MUL", "SUM", "CZ"]))
        count = 2 if name in ("SUM", "CZ") else 1
        on = tuple(draw(st.permutations(range(wires)))[:count])
        power = draw(st.sampled_from(units) if name == "MUL" else st.integers(-2 * dimension, 2 * dimension))
        gates.append(WeylGate(name, on, power))
    return WeylCircuit(dimension, tuple(gates))


def random_rows(rng: np.random.Generator, dimension: int, rows: int, wires: int) -> WeylRows:
    x, z = rng.integers(0, dimension, (2, rows, wires))
    return WeylRows(dimension, x, z, rng.integers(0, 2 * dimension, rows))


@given(dimension=st.integers(2, 6), data=st.data(), seed=st.integers(0, 99))
def test_conjugation_is_exact_by_dense_matrices(dimension, data, seed):
    circuit = data.draw(circuits(2, dimension))
    rows = random_rows(np.random.default_rng(seed), dimension, 3, 2)
    unitary = dense_circuit(circuit, 2)
    np.testing.assert_allclose(unitary @ unitary.conj().T, np.eye(dimension**2), atol=1e-9)
    for before, after in zip(dense_rows(rows), dense_rows(circuit.conjugate(rows)), strict=True):
        np.testing.assert_allclose(unitary @ before, after @ unitary, atol=1e-9)
    np.testing.assert_allclose(dense_circuit(circuit + circuit.inverse(), 2), np.eye(dimension**2), atol=1e-9)


@given(dimension=st.integers(2, 6), seed=st.integers(0, 99), data=st.data())
def test_products_are_exact_by_dense_matrices(dimension, seed, data):
    rows = random_rows(np.random.default_rng(seed), dimension, 3, 2)
    powers = np.array(data.draw(st.lists(st.integers(0, dimension - 1), min_size=3, max_size=3)))
    expected = functools.reduce(
        np.matmul,
        [np.linalg.matrix_power(m, int(p)) for m, p in zip(dense_rows(rows), powers, strict=True)],
    )
    np.testing.assert_allclose(dense_rows(rows.product(powers))[0], expected, atol=1e-9)


@given(circuits(4, 2, most=30))
def test_qubit_circuits_are_stim_circuits(circuit):
    exported = stim.Circuit("I 3") + circuit.to_stim()
    tableau = exported.to_tableau()
    paulis = [stim.PauliString(4), *stim.PauliString.iter_all(4, min_weight=1, max_weight=2)]
    images = circuit.conjugate(WeylRows.of_paulis(paulis))
    assert images.to_paulis() == [tableau(p) for p in paulis]
    expected = WeylRows.of_paulis([tableau(p) for p in paulis])
    for mine, theirs in ((images.x, expected.x), (images.z, expected.z), (images.t, expected.t)):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("d", range(2, 40))
def test_units_reach_the_gcd(d):
    for entry in range(1, d):
        unit = unit_to_gcd(entry, d)
        assert gcd(unit, d) == 1
        assert unit * entry % d == gcd(entry, d)


@given(d=st.sampled_from([2, 3, 4, 6, 8, 12]), rows=st.integers(1, 3), data=st.data())
def test_row_spaces_hold_exactly_the_combinations(d, rows, data):
    entries = st.lists(st.integers(0, d - 1), min_size=2, max_size=2)
    matrix = np.array(data.draw(st.lists(entries, min_size=rows, max_size=rows)))
    space = RowSpace.of(matrix, d)
    reachable = {tuple(np.array(c) @ matrix % d) for c in itertools.product(range(d), repeat=rows)}
    for vector in itertools.product(range(d), repeat=2):
        solution = space.solve(vector)
        assert (solution is not None) == (vector in reachable)
        if solution is not None:
            np.testing.assert_array_equal(solution @ matrix % d, vector)
    kernel = {c for c in itertools.product(range(d), repeat=rows) if not (np.array(c) @ matrix % d).any()}
    relations = space.relations
    assert kernel == {
        tuple(np.array(c, dtype=np.int64) @ relations % d)
        for c in itertools.product(range(d), repeat=len(relations))
    }


@given(dimension=st.sampled_from([2, 3, 4, 5, 6, 12]), wires=st.integers(1, 5), data=st.data())
def test_gather_undoes_any_circuit_on_the_logicals(dimension, wires, data):
    """Logical pairs spread by a random circuit over random wires come back to the wires asked for."""
    scramble = data.draw(
        circuits(wires, dimension, most=20) if wires > 1 else st.just(WeylCircuit(dimension, ()))
    )
    pairs = data.draw(st.integers(1, wires))
    start = range(pairs)
    outputs = data.draw(st.permutations(range(wires)))[:pairs]
    xs = scramble.conjugate(WeylRows.single(dimension, wires, x=start))
    zs = scramble.conjugate(WeylRows.single(dimension, wires, z=start))
    sweep = gather(xs, zs, outputs)
    for rows, goal in (
        (xs, WeylRows.single(dimension, wires, x=outputs)),
        (zs, WeylRows.single(dimension, wires, z=outputs)),
    ):
        done = sweep.conjugate(rows)
        for mine, theirs in ((done.x, goal.x), (done.z, goal.z), (done.t, goal.t)):
            np.testing.assert_array_equal(mine, theirs)


@given(dimension=st.sampled_from([2, 3, 4, 6]), data=st.data())
def test_restrict_finds_the_logicals_on_a_set_or_says_that_they_are_not_there(dimension, data):
    """Hide the input on two wires known to hold it; the other wires then know nothing of it."""
    wires = 5
    spread = data.draw(circuits(2, dimension, most=12))
    others = WeylCircuit(dimension, tuple(WeylGate("SUM", (a, b)) for a, b in ((2, 3), (3, 4), (2, 4))))
    encode = spread + others
    x, z = (encode.conjugate(WeylRows.single(dimension, wires, **{k: [0]})) for k in "xz")
    stabilizers = encode.conjugate(WeylRows.single(dimension, wires, z=[1, 2, 3, 4]))
    # Blur the representatives with stabilisers; `restrict` has to find its way back.
    blurred = [
        WeylRows.stack([row, stabilizers]).product(
            np.array([1, *data.draw(st.lists(st.integers(0, dimension - 1), min_size=4, max_size=4))])
        )
        for row in (x, z)
    ]
    found = [restrict(row, stabilizers, [0, 1]) for row in blurred]
    assert all(row is not None and not row.x[:, 2:].any() and not row.z[:, 2:].any() for row in found)
    recover = encode + gather(*found, [1])
    # U^dagger X_1 U is X_0 times stabilisers of |0>, exactly: the input is on wire 1 now.
    for kind in "xz":
        origin = recover.inverse().conjugate(WeylRows.single(dimension, wires, **{kind: [1]}))
        assert origin.t[0] == 0
        assert not origin.x[0, 1:].any()
        assert (int(origin.x[0, 0]), int(origin.z[0, 0])) == ((1, 0) if kind == "x" else (0, 1))
    assert restrict(blurred[0], stabilizers, [2, 3, 4]) is None
