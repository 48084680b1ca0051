"""Figure 7: the correlations of the ancilla with every wire, before and after decryption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qclone.experiments._body import wires_with_ancilla
from qclone.experiments._drawing import Drawing, number
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import Correlations
from qclone.experiments._result import Result
from qclone.scheme import Canonical, Synthesis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(plt: Any, results: list[Result]) -> Figure:
    """Draw a row of matrices for each result; a row of fewer wires is shorter."""
    chosen = sorted(results, key=lambda r: (number(r, "n"), r.parameters["stage"] != "encrypted"))
    shown = [(r, _in_order(r.matrices or {})) for r in chosen]
    columns = max(len(wires) for _, wires in shown)
    figure, panels = plt.subplots(
        len(shown), columns, figsize=(1.6 * columns + 1, 2 * len(shown)), squeeze=False
    )
    for row, (result, wires) in zip(panels, shown, strict=True):
        for axes in row[len(wires) :]:
            axes.set_axis_off()
        for axes, wire in zip(row, wires, strict=False):
            values = np.array((result.matrices or {})[wire][0])
            image = axes.imshow(values, vmin=-1, vmax=1, cmap="RdBu_r")
            for (i, j), value in np.ndenumerate(values):
                dark = "white" if abs(value) > 0.6 else "black"
                axes.text(
                    j,
                    i,
                    f"{value + 0.0:.2f}".replace("-0.00", "0.00"),
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color=dark,
                )
            axes.set_xticks(range(3), "XYZ")
            axes.set_yticks(range(3), "XYZ")
            axes.grid(False)
            axes.set_title(wire, fontsize=10)
        row[0].set_ylabel(f"n = {result.parameters['n']}, {result.parameters['stage']}\nancilla")
    figure.colorbar(image, ax=panels, shrink=0.7, label="correlation")
    return figure


def _in_order(wires: Iterable[str]) -> list[str]:
    """A, then S1, S2, ... S10, then the noise wires."""
    return sorted(wires, key=lambda wire: ("ASN".index(wire[0]), int(wire[1:] or 0)))


@dataclass(frozen=True)
class Mixedness(Experiment):
    """The 3 x 3 correlation matrix of the ancilla with every wire: 0 before decryption, one Bell pair after.

    Parameters
    ----------
    clones : numbers of signal qubits n.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = (2,)
    synthesis: Synthesis = "ladder"
    name = "mixedness"
    title = "Correlations before and after decryption"
    about = "correlations before and after decryption (figure 7)"
    rank = 5
    drawings = (
        Drawing(
            "mixedness",
            "Correlations of the ancilla with every wire, before and after decryption (figure 7).",
            draw,
        ),
    )

    def rows(self) -> list[Row]:
        return [self._row(n, clone) for n in self.clones for clone in (None, "S1")]

    def _row(self, n: int, clone: str | None) -> Row:
        scheme = Canonical(n, self.synthesis)
        # The decrypted wire first: its fidelity is the row's.
        labels = [w.label for w in scheme.wires]
        wires = tuple(sorted(labels, key=lambda label: label != "S1"))
        return Row(
            experiment=self.name,
            parameters={"n": n, "stage": "encrypted" if clone is None else "decrypted", "wire": "S1"},
            scheme=scheme,
            clone=clone,
            body=partial(wires_with_ancilla, scheme, wires, clone),
            measurement=Correlations(wires),
            bounds=fidelity_bounds(len(scheme.clones)),
        )
