"""Experiment 2: CHSH in three orders of measurement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qclone.experiments._body import Order, clone_with_ancilla, wires_with_ancilla
from qclone.experiments._drawing import SERIES, Drawing, both, bounds, in_order, number
from qclone.experiments._experiment import Experiment, Row, chsh_bounds
from qclone.experiments._measurement import Chsh
from qclone.experiments._published import Published, find
from qclone.experiments._result import Result
from qclone.scheme import Canonical, Synthesis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


UNDECRYPTED = Published(0.014, 0.020, "text")


def draw(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    names = {"2-1": "ancilla first", "2-2": "together", "2-3": "clone first"}
    for color, shift, (order, name) in zip(SERIES, (-0.12, 0.0, 0.12), names.items(), strict=True):
        chosen = in_order([r for r in results if r.parameters["order"] == order], "n")
        if chosen:
            both(axes, [number(r, "n") + shift for r in chosen], chosen, name, color)
    every = list({number(r, "n"): r for r in in_order(results, "n")}.values())
    bounds(axes, [number(r, "n") for r in every], every)
    axes.set(xlabel="clones n", ylabel="CHSH parameter S", xticks=[number(r, "n") for r in every])
    axes.legend(loc="upper right", ncols=2, fontsize=8)
    axes.set_ylim(0, 3.3)
    return figure


@dataclass(frozen=True)
class Interleaving(Experiment):
    """S of ancilla and decrypted clone, the ancilla measured before decryption, with the clone, or last.

    Table II, and for n = 2 the clone S2 that nobody decrypts, for which S = 0.

    Parameters
    ----------
    clones : numbers of signal qubits n.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = tuple(range(2, 7))
    synthesis: Synthesis = "ladder"
    name = "interleaving"
    title = "Experiment 2: order of measurement"
    about = "CHSH in three orders of measurement (table II)"
    rank = 2
    drawings = (
        Drawing(
            "interleaving",
            "Experiment 2: CHSH parameter for three orders of measurement (table II).",
            draw,
            lambda r: r.parameters["order"] != "undecrypted",
        ),
    )

    def rows(self) -> list[Row]:
        decrypted = [self._row(n, order) for n in self.clones for order in Order]
        return [*decrypted, *(self._undecrypted(n) for n in self.clones if n == 2)]

    def _row(self, n: int, order: Order) -> Row:
        scheme = Canonical(n, self.synthesis)
        return Row(
            experiment=self.name,
            parameters={"n": n, "order": f"2-{order.value}"},
            scheme=scheme,
            clone="S1",
            body=partial(clone_with_ancilla, scheme, "S1", order),
            measurement=Chsh(),
            bounds=chsh_bounds(len(scheme.clones)),
            stages_only=order is Order.TOGETHER,
            published=find(
                "experiment2_interleaving", "II", {"n": n}, value=f"s_scenario{order}", error=f"error{order}"
            ),
        )

    def _undecrypted(self, n: int) -> Row:
        scheme = Canonical(n, self.synthesis)
        return Row(
            experiment=self.name,
            parameters={"n": n, "order": "undecrypted"},
            scheme=scheme,
            clone=None,
            body=partial(wires_with_ancilla, scheme, ("S2",)),
            measurement=Chsh(),
            bounds=chsh_bounds(len(scheme.clones)),
            published=UNDECRYPTED,
        )
