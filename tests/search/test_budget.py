"""A number of steps and a seed are one search, wherever it runs; seconds are what there is time for."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import count
from unittest.mock import patch

import pytest

pytest.importorskip("numba")

from qclone.device import load_device, square_grid
from qclone.errors import InvalidInputError
from qclone.native import verify
from qclone.native._catalog import to_json
from qclone.scheme import Canonical, Iterated
from qclone.search import find
from qclone.search._budget import Budget
from qclone.search._find import searched
from qclone.search.kernels._greedy import Greed
from qclone.search.regions._ladders import line
from qclone.search.strategies._register import RegisterSearch
from qclone.search.strategies._synthesis import Synthesis


def test_steps_are_counted_and_shown() -> None:
    shown = []
    steps = count()
    search = (None for _ in steps)
    assert Budget(steps=3).spend(search, lambda done, of: shown.append((done, of))) == 3
    assert shown == [(0, 3), (1, 3), (2, 3)] and next(steps) == 3
    assert Budget(steps=0).spend(iter(())) == Budget(seconds=0).spend(iter(())) == 0


def test_seconds_end_where_they_are_spent() -> None:
    clock = count(0, 4)
    with patch("time.monotonic", lambda: next(clock)):
        assert Budget(10.0).spend(None for _ in count()) == 2  # begun after 4 and after 8 seconds


@pytest.mark.parametrize(
    "given", [{}, {"seconds": 1.0, "steps": 1}, {"steps": -1}, {"seconds": float("nan")}]
)
def test_it_is_one_of_both(given: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="in seconds or in steps"):
        Budget(**given)  # type: ignore[arg-type]


def found(steps: int) -> list[str]:
    """What so many steps find of two strategies, as text."""
    device = load_device("kingston")
    iterated, _ = searched(Iterated.virtual(Canonical(2), 1), device, "S1/S1", Budget(steps=steps), 2)
    register = RegisterSearch(device, 2, random.Random(2))
    Budget(steps=steps).spend(register.run())
    return [str(to_json(one.draft)) for search in (iterated, register) for _, one in search.kept]


def test_so_many_steps_find_the_same_twice() -> None:
    assert found(2) == found(2)
    native = find(Canonical(2), square_grid(3, 3), steps=2, seed=4)
    verify(native, Canonical(2))
    assert native == find(Canonical(2), square_grid(3, 3), steps=2, seed=4)
    assert native != find(Canonical(2), square_grid(3, 3), steps=2, seed=5)


def small() -> list[str]:
    """A canonical search of one step, and an iterated synthesis, by every kernel between them."""
    native = find(Canonical(2), square_grid(3, 3), steps=1, seed=4)
    rng, scheme = random.Random(2), Iterated.virtual(Canonical(2), 1)
    synthesis = Synthesis(scheme, "S1/S1", line(4, nested=True), exchanges=10)
    forth, back = (way.shortest(rng) for way in (synthesis.encryption, synthesis.decryption))
    tree = synthesis.tree(rng)
    undone = synthesis.undone(synthesis.labelled(tree.cuts, rng), forth, tree.cuts, rng)
    prepare = undone.prepared(tree, Greed(0.1, 0.7, 0.2), rng)
    assert prepare is not None
    draft = synthesis.draft(undone, prepare, back, rng)
    return [f"{sorted(native.roles.items())} {native.circuit}", str(to_json(draft))]


def test_nothing_depends_on_the_process_or_the_compiler() -> None:
    """Another order of sets of names, and kernels that are interpreted: the same circuits."""
    program = "from tests.search.test_budget import small; import json; print(json.dumps(small()))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env=os.environ | {"PYTHONHASHSEED": "7", "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert json.loads(done.stdout) == small()


def test_too_few_steps_are_said() -> None:
    with pytest.raises(InvalidInputError, match=r"was found for .* in 0 steps"):
        find(Canonical(2), square_grid(3, 3), steps=0)
