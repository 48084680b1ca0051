"""Circuits of which one stage is made anew: they do the same, and are no worse."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("numba")

from qclone.device import load_device
from qclone.native import assemble, fidelity, verify
from qclone.native._catalog import shipped
from qclone.native._placer import Placer
from qclone.scheme import Canonical, Iterated, Scheme
from qclone.search.stages._concentrate import Concentration, schedule_of
from qclone.search.strategies._polished import PolishedSearch

KINGSTON = load_device("kingston")


def polished(scheme: Scheme, seed: int, steps: int) -> PolishedSearch:
    known = [e for e in shipped("kingston") if e.scheme == scheme and e.clone.startswith("S")]
    rng = random.Random(seed)
    begun = [e.draft for e in known]
    search = PolishedSearch(scheme, known[0].clone, Placer(KINGSTON, rng, 20), rng, begun)
    for _ in zip(range(steps), search.run(), strict=False):
        pass
    return search


@pytest.mark.parametrize("scheme", [Canonical(4), Canonical(5), Iterated.virtual(Canonical(2), 2)], ids=str)
def test_every_circuit_of_the_pool_is_one_of_the_scheme(scheme: Scheme) -> None:
    search = polished(scheme, 1, 8)
    (known, *_) = (e for e in shipped("kingston") if e.scheme == scheme and "fidelity" in e.aims)
    for found in search._pool:
        native = assemble(found.draft, KINGSTON, search.clone)
        verify(native, scheme)
        assert fidelity(native) == pytest.approx(found.fidelity, abs=0.005)
    assert search.kept.best is not None
    assert search.kept.best.fidelity >= search.placer.there(known.draft).fidelity


def test_steps_repeat_for_a_seed() -> None:
    first, second = (polished(Canonical(4), 7, 4) for _ in range(2))
    assert first.kept == second.kept and first._pool == second._pool


def test_gates_keep_their_own_schedule() -> None:
    line = Concentration(dict.fromkeys(range(5), ("X", "Z")), [(i, i + 1) for i in range(4)], range(5))
    schedule = line.schedule(5, 8, random.Random(1))
    assert schedule is not None
    for seed in range(5):
        gates = [pair for layer in line.gates(schedule, random.Random(seed)) for pair in layer]
        kept = schedule_of(gates, line.sites)
        moved = line.gates(kept, random.Random(seed + 9))
        assert sorted(step for layer in kept for step in layer) == sorted(
            s for layer in schedule for s in layer
        )
        assert len(moved) <= 5 and sum(map(len, moved)) == 8
