"""Experiment 2: CHSH in three orders of measurement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qclone.experiments._body import Order, clone_with_ancilla, wires_with_ancilla
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, chsh_bounds
from qclone.experiments._measurement import Chsh
from qclone.experiments._published import Published, find
from qclone.scheme import Canonical, Synthesis

UNDECRYPTED = Published(0.014, 0.020, "text")


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
            wanted=lambda r: r.parameters["order"] != "undecrypted",
            by=("order",),
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
