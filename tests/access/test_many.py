"""Logical operators by example, against ranks and by carrying them back through encryption."""

from math import gcd

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.access import classify, decoder
from qclone.access._many import by_example
from qclone.access._ranks import supported
from qclone.access._verdict import pauli_strings
from qclone.errors import NotRecoverableError
from qclone.scheme import Canonical, QuditScheme, WeylRows


@st.composite
def held_wires(draw: st.DrawFn, n: int) -> tuple[int, ...]:
    kinds = draw(st.sampled_from(["sn", "sna", "w-", "snw", "s", "n", "wsn-"]))
    pairs = draw(st.lists(st.sampled_from(kinds), min_size=n, max_size=n))
    signals = [i for i, kind in enumerate(pairs, start=1) if kind in "sw"]
    noise = [n + i for i, kind in enumerate(pairs, start=1) if kind in "nw"]
    return tuple([0] * draw(st.integers(0, 1)) + signals + noise)


@given(n=st.integers(2, 40), data=st.data())
def test_qubits(n, data):
    scheme = Canonical(n)
    held = data.draw(held_wires(n))
    found, ranks = by_example(scheme.alike, held), supported(scheme, held)
    assert found.bits == ranks.bits
    assert (found.logicals == ranks.logicals).all()
    for logical, operator in zip(found.logicals, pauli_strings(found.operators), strict=True):
        assert set(operator.pauli_indices()) <= set(held)
        origin = operator.before(scheme.prepare() + scheme.encrypt())
        xs, zs = origin.to_numpy()
        assert ([xs[0], zs[0]] == logical).all()
        assert not xs[1:].any()


@given(n=st.integers(2, 30), d=st.integers(2, 5), data=st.data())
def test_qudits(n, d, data):
    units = [u for u in range(1, d) if gcd(u, d) == 1]
    phases = data.draw(st.none() | st.tuples(st.sampled_from(units), st.sampled_from(units)))
    scheme = QuditScheme(n, d, phases)
    held = data.draw(held_wires(n))
    found, ranks = by_example(scheme.alike, held), supported(scheme, held)
    assert found.bits == pytest.approx(ranks.bits, abs=1e-12)
    if found.bits:
        size = scheme.num_qubits
        x, z = found.operators[:, :size], found.operators[:, size:]
        assert set(np.flatnonzero((x | z).any(axis=0))) <= set(held)
        rows = WeylRows(d, x.copy(), z.copy(), np.zeros(len(x), dtype=np.int64))
        origin = (scheme.prepare() + scheme.encrypt()).inverse().conjugate(rows)
        assert (np.stack([origin.x[:, 0], origin.z[:, 0]], axis=1) == found.logicals).all()
        assert not origin.x[:, 1:].any()


@pytest.mark.parametrize("n", [1000, 1001, 20_000, 20_001])
def test_many_clones_take_no_time(n):
    scheme = Canonical(n)
    signals, noise = [f"S{i}" for i in range(1, n + 1)], [f"N{i}" for i in range(1, n + 1)]
    together = classify(scheme, signals)
    assert together.leaks == (("Y",) if n % 2 else ())
    for held, gates in ((["S7", *noise], 3 * n // 2), ([*signals, "N3"], 3 * n // 2), (["A", "S2", "N2"], 3)):
        found = decoder(scheme, held)
        assert found.num_two_qubit_gates == gates
        # Carried back through everything, X and Z of the output are X and Z of the input.
        whole = scheme.prepare() + scheme.encrypt() + found.circuit
        for letter in "XZ":
            output = stim.PauliString(scheme.num_qubits)
            output[scheme.index(found.outputs[0])] = letter
            origin = output.before(whole)
            assert (origin.sign, origin[0]) == (1, "_XYZ".index(letter))
            assert not origin.to_numpy()[0][1:].any()
    with pytest.raises(NotRecoverableError):
        decoder(scheme, signals)
