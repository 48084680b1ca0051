"""Experiment 4: a GHZ state, every qubit of it cloned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qclone.experiments._body import ghz_cloned
from qclone.experiments._drawing import Drawing, both, in_order, number
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import ParityOscillation
from qclone.experiments._published import find
from qclone.experiments._result import Result
from qclone.scheme import Canonical, Parallel, Synthesis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    chosen = in_order(results, "r")
    sizes = [number(r, "r") for r in chosen]
    both(axes, sizes, chosen)
    axes.plot(sizes, [r.bounds.floor for r in chosen], ":", color="#777777", label="noise floor $2^{-r}$")
    axes.axhline(0.5, ls="--", lw=1, color="#777777", label="witness")
    axes.set(xlabel="qubits r of the GHZ state", ylabel="GHZ fidelity", ylim=(0, 1.0))
    axes.legend(loc="upper right")
    return figure


@dataclass(frozen=True)
class ParallelGhz(Experiment):
    """Fidelity of a decrypted GHZ state of r qubits, each cloned with n = 2; table IV.

    Parameters
    ----------
    sizes : numbers of qubits r.
    synthesis : how the scheme's unitaries are built.
    """

    sizes: tuple[int, ...] = tuple(range(1, 16))
    synthesis: Synthesis = "ladder"
    name = "parallel"
    title = "Experiment 4: registers"
    about = "a GHZ state cloned qubit by qubit (table IV)"
    rank = 4
    fidelity_tables = ("IV",)
    drawings = (
        Drawing(
            "parallel", "Experiment 4: a GHZ state of r qubits, each cloned with n = 2 (table IV).", draw
        ),
    )

    def rows(self) -> list[Row]:
        return [self._row(r) for r in self.sizes]

    def _row(self, r: int) -> Row:
        scheme = Parallel(Canonical(2, self.synthesis), r)
        return Row(
            experiment=self.name,
            parameters={"n": 2, "r": r},
            scheme=scheme,
            clone="S1",
            body=partial(ghz_cloned, scheme, "S1"),
            measurement=ParityOscillation(r),
            bounds=fidelity_bounds(None, r),
            published=find("experiment4_parallel", "IV", {"r": r}),
            stages_only=True,
        )
