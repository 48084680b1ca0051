"""Any lattice, any clone: searched from nothing, or the scheme's own circuits where all are coupled."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from qclone.device import Device, all_to_all, line, load_device, square_grid, synthetic
from qclone.errors import InvalidInputError
from qclone.native import ContractError, assemble, build, fidelity, verify
from qclone.scheme import Canonical, GraphState, Iterated, Parallel, Scheme
from qclone.search import find
from qclone.search.regions._layout import Layout
from qclone.search.strategies._layouts import Known
from qclone.search.strategies._synthesis import Synthesis

A_GRAPH = GraphState(((0, 1), (1, 2), (2, 3), (0, 3)), sectors=((0, 1),))


@pytest.mark.parametrize(
    ("scheme", "clone"),
    [
        (Canonical(2), "S2"),
        (Canonical(5), "S3"),
        (Canonical(6), "A"),
        (Canonical(33), "S7"),
        (Iterated.full(Canonical(2), 1), None),
        (Parallel(Canonical(2), 3), None),
    ],
)
def test_all_to_all_takes_the_schemes_own_circuits(scheme: Scheme, clone: str | None) -> None:
    device = all_to_all(scheme.num_qubits + len(scheme.inputs))
    verify(build(scheme, device, clone), scheme)


def test_all_to_all_is_logarithmic() -> None:
    layers = [build(Canonical(n), all_to_all(2 * n + 2)).cost.layers for n in (8, 16, 32, 64)]
    assert max(b - a for a, b in pairwise(layers)) <= 8


@pytest.mark.parametrize(
    ("device", "n", "clone"),
    [(line(6), 2, "S1"), (line(8), 3, "S2"), (square_grid(4, 4), 4, "S1"), (square_grid(4, 4), 2, "A")],
)
def test_found_on_other_lattices(device: Device, n: int, clone: str) -> None:
    native = find(Canonical(n), device, clone, seconds=2, seed=3)
    verify(native, Canonical(n))


@pytest.mark.parametrize(
    ("scheme", "clone"),
    [
        (Iterated.virtual(Canonical(2), 1), "S1/S2"),
        (Iterated.virtual(Canonical(3), 1), "S1/S1"),  # on some wires X and Z become the same
        (Iterated(Canonical(2), (("S2",),)), "S1"),  # of the first generation
        (A_GRAPH, None),
    ],
    ids=["virtual", "odd", "early", "graph state"],
)
def test_found_for_any_scheme_with_one_input_and_pairs(scheme: Scheme, clone: str | None) -> None:
    native = find(scheme, square_grid(5, 5), clone, steps=2, seed=3)
    verify(native, scheme)


def test_known_circuits_lie_on_other_lattices() -> None:
    verify(build(Canonical(3), line(9)), Canonical(3))
    verify(build(Canonical(5), square_grid(6, 6)), Canonical(5))


@pytest.mark.parametrize("error", [0.5, 0.502, 0.97])
def test_what_is_worse_than_noise_is_avoided(error: float) -> None:
    """Snapshots state readout errors of 0.502; a logarithm of what is below 0 once chose those qubits."""
    clean = build(Canonical(2), line(9))
    faulty = line(9)
    qubits = tuple(replace(q, readout_error=error) if i < 3 and q else q for i, q in enumerate(faulty.qubits))
    assert fidelity(build(Canonical(2), replace(faulty, qubits=qubits))) == pytest.approx(fidelity(clean))
    qubits = tuple(replace(q, gate_error=error) if i < 3 and q else q for i, q in enumerate(faulty.qubits))
    assert fidelity(build(Canonical(2), replace(faulty, qubits=qubits))) == pytest.approx(fidelity(clean))
    couplers = tuple(replace(c, error=error) if c.a < 3 else c for c in faulty.couplers)
    assert fidelity(build(Canonical(2), replace(faulty, couplers=couplers))) == pytest.approx(fidelity(clean))


def test_without_room_there_is_a_clear_answer() -> None:
    with pytest.raises(InvalidInputError, match="too small"):
        build(Canonical(5), line(11))
    with pytest.raises(InvalidInputError, match="No native circuit"):
        build(Canonical(10), line(40))
    with pytest.raises(InvalidInputError, match="No native circuit"):
        build(Canonical(16), load_device("kingston"), "A")
    with pytest.raises(InvalidInputError, match="No circuit"):
        find(Canonical(3), line(7), seconds=0.5)
    two_pieces = synthetic("two lines", 14, tuple((i, i + 1) for i in range(13) if i != 6))
    for device, connected in ((line(9), 9), (two_pieces, 7)):  # 14 work, no more than 7 in one piece
        with pytest.raises(InvalidInputError, match=f"needs 10 qubits .* there are {connected}") as caught:
            build(Canonical(4), device)
        assert "search" not in caught.value.remedy
    with pytest.raises(InvalidInputError, match="one input, a noise wire for each signal wire"):
        find(Parallel(Canonical(2), 2), "kingston", seconds=0.5)


def test_relaxed_decryption_passes_other_signal_qubits() -> None:
    """On N2 - S2 - S1 - N1, with A and R beside S2, N2 is cut off unless S2 may be a wire."""
    device = synthetic("tree", 6, ((0, 1), (1, 2), (2, 3), (1, 4), (4, 5)))
    roles = {"N2": 0, "S2": 1, "S1": 2, "N1": 3, "A": 4, "R": 5}
    rng, layout = random.Random(1), Layout(roles, "S1", (), device.edges)
    with pytest.raises(InvalidInputError, match="no short way"):
        Synthesis(Canonical(2), "S1", layout).decryption.shortest(rng)
    known = Known.of(Synthesis(Canonical(2), "S1", replace(layout, relaxed=True)), rng)
    assert known is not None
    native = assemble(next(known.drafts(rng)), device, "S1")
    verify(native, Canonical(2), strict=False)
    with pytest.raises(ContractError, match="decrypt touches"):
        verify(native, Canonical(2))
    verify(find(Canonical(3), square_grid(4, 4), seconds=1, relaxed=True), Canonical(3), strict=False)
