"""Synthesis from nothing: against closed forms, tableaux and the twin."""

from __future__ import annotations

import random

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from qclone.device import load_device
from qclone.native import Draft, assemble, fidelity, verify
from qclone.native._pairs import Frames, in_layers
from qclone.native._placer import Placer
from qclone.native._score import Calibration, Score
from qclone.scheme import Canonical
from qclone.search.regions._grown import promising, ways
from qclone.search.regions._ladders import ladders, line
from qclone.search.regions._reshaped import reshaped
from qclone.search.regions._tree_sides import layout_tree, sides
from qclone.search.stages._concentrate import Concentration, applied, num_gates, type_of
from qclone.search.strategies._synthesis import Synthesis

PAULIS = st.sampled_from("IXYZ")
PAIRS = st.sampled_from([p + q for p in "XYZ" for q in "XYZ"])


def rotation(a: int, b: int, paulis: str) -> stim.Circuit:
    return stim.Circuit(f"SPP {paulis[0]}{a}*{paulis[1]}{b}")


@given(PAIRS, st.tuples(PAULIS, PAULIS), st.tuples(PAULIS, PAULIS))
def test_a_pair_moves_as_stim_says(gate: str, a: tuple[str, str], b: tuple[str, str]) -> None:
    after = applied(gate, a, b)
    for k in range(2):
        moved = stim.PauliString(a[k].replace("I", "_") + b[k].replace("I", "_")).after(rotation(0, 1, gate))
        assert str(moved)[1:].replace("_", "I") == after[0][k] + after[1][k]


@given(st.lists(st.tuples(st.permutations(range(4)), PAIRS), min_size=1, max_size=12))
def test_pairs_become_cz_and_pulses(gates: list[tuple[list[int], str]]) -> None:
    pairs = [(order[0], order[1], paulis) for order, paulis in gates]
    built = Frames(dict.fromkeys(range(4), "Z")).gates(in_layers(pairs), dict.fromkeys(range(4), "XZ"))
    wanted = sum((rotation(*pair) for pair in pairs), stim.Circuit("I 0 1 2 3"))
    for qubit in range(4):
        for pauli in "XZ":
            start = stim.PauliString(4)
            start[qubit] = pauli
            assert str(start.after(built))[1:] == str(start.after(wanted))[1:]


@pytest.mark.parametrize("sites", [3, 5, 7, 9])
def test_a_line_of_full_sites(sites: int) -> None:
    """(m - 1)/2 + 3 layers and 2 (m - 1) gates concentrate m full sites, and no fewer layers do."""
    line_of = Concentration(
        dict.fromkeys(range(sites), ("X", "Z")), [(i, i + 1) for i in range(sites - 1)], range(sites)
    )
    found = line_of.shortest(random.Random(0))
    assert (len(found), num_gates(found)) == ((sites - 1) // 2 + 3, 2 * (sites - 1))
    left = dict(line_of.sites)
    for a, b, paulis in (pair for layer in line_of.gates(found, random.Random(1)) for pair in layer):
        left[a], left[b] = applied(paulis, left[a], left[b])
    assert sorted(map(type_of, left.values())) == [0] * (sites - 1) + [4]


def some_draft(synthesis: Synthesis, rng: random.Random) -> Draft:
    encryption, decryption = (way.shortest(rng) for way in (synthesis.encryption, synthesis.decryption))
    cuts = synthesis.tree(rng).cuts
    undone = synthesis.undone(synthesis.labelled(cuts, rng), encryption, cuts, rng)
    return synthesis.draft(undone, synthesis.prepared(undone, rng)[0], decryption, rng)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_synthesis_from_nothing(n: int) -> None:
    rng = random.Random(n)
    draft = some_draft(Synthesis(Canonical(n), "S1", line(n, nested=True)), rng)
    device = load_device("kingston")
    placer = Placer(device, rng, most=50)
    found = placer.best(draft)
    assert found is not None
    native = assemble(found.draft, device, "S1")
    verify(native, Canonical(n))
    assert fidelity(native) == pytest.approx(found.fidelity, abs=0.003)


def test_scores_of_many_placements_agree_with_the_twin() -> None:
    device = load_device("kingston")
    synthesis = Synthesis(Canonical(2), "S1", line(2, nested=True))
    rng = random.Random(3)
    draft = some_draft(synthesis, rng)
    places = [[0, 1, 2, 3, 16, 23], [60, 61, 62, 63, 64, 65], [95, 94, 93, 92, 91, 98]]
    scores = Score.of(draft).fidelities(Calibration.of(device), np.array(places))
    for place, score in zip(places, scores, strict=True):
        native = assemble(draft.placed(dict(enumerate(place))), device, "S1")
        assert fidelity(native) == pytest.approx(score, abs=0.003)


@pytest.mark.parametrize("n", [4, 9])
def test_cuts_of_a_tree_add_up_to_the_shortest_pairing(n: int) -> None:
    """On a tree, Bell pairs are shortest when |signals - noise| of them cross a cut."""
    for layout in ladders(n, random.Random(n))[:5]:
        cut = [*sides(layout_tree(layout, layout.signals, 2.0, random.Random(1)))]
        apart = np.array(
            [[sum((s in t) != (q in t) for t in cut) for q in layout.noise] for s in layout.signals]
        )
        rows, columns = linear_sum_assignment(apart)
        signals, noise = set(layout.signals), set(layout.noise)
        flows = sum(abs(len(side & signals) - len(side & noise)) for side in cut)
        assert flows == apart[rows, columns].sum()


def test_annealed_layouts_are_no_longer() -> None:
    rng = random.Random(2)
    layout = promising(ladders(6, rng))
    assert layout is not None
    better = reshaped(layout, 100, rng)
    assert ways(better) <= ways(layout)
    assert len(set(better.roles.values())) == len(layout.roles) and better.roles.keys() == layout.roles.keys()
