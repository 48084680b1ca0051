"""Strips on a square lattice: what lies where, against a graph made here; and that they are shallow."""

from __future__ import annotations

import random

import networkx
import pytest

pytest.importorskip("numba")

from qclone.device import square_grid
from qclone.native import verify
from qclone.scheme import Canonical
from qclone.search import find
from qclone.search.regions._strips import strips


@pytest.mark.parametrize("n", [2, 3, 4, 9, 16])
def test_every_strip_lies_on_squares_and_hangs_together(n: int) -> None:
    grid = networkx.Graph([((r, c), (r, c + 1)) for r in range(41) for c in range(40)])
    grid.add_edges_from([((r, c), (r + 1, c)) for r in range(40) for c in range(41)])
    layouts = strips(n, (12, 10), random.Random(0))
    assert layouts
    for layout in random.Random(1).sample(layouts, min(60, len(layouts))):
        at = {label: divmod(q, 40) for label, q in layout.roles.items()}
        assert set(at) == {"A", "R", *(f"{kind}{i}" for kind in "SN" for i in range(1, n + 1))}
        assert len(set(at.values())) == 2 * n + 2
        rows, columns = (1 + max(along) - min(along) for along in zip(*at.values(), strict=True))
        assert min(rows, columns) <= 10 and max(rows, columns) <= 12
        assert grid.has_edge(at["A"], at["R"]) and grid.has_edge(at["S1"], at["N1"])
        signals, noise = ([at[f"{kind}{i}"] for i in range(1, n + 1)] for kind in "SN")
        for together in ([at["A"], *signals], noise, [*signals, *noise]):
            assert networkx.is_connected(grid.subgraph(together))
        # Beyond the inner side of a corner two have none, and one where A has it.
        assert sum(bool(set(grid[s]) & set(noise)) for s in signals) >= n - 3


def test_six_clones_on_squares_take_few_layers() -> None:
    """Heavy-hex lattices take 20."""
    native = find(Canonical(6), square_grid(8, 5), steps=2, seed=1)
    verify(native, Canonical(6))
    assert native.cost.layers < 20
