"""Experiment 7, beyond the paper: Bell checks for correction and post-selection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit

from qclone.access import bell_checks
from qclone.experiments._body import checked_with_ancilla
from qclone.experiments._checked_fidelity import USES, CheckedFidelity, Use
from qclone.experiments._drawing import SERIES, Drawing, both, in_order, lines, number
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._result import Result
from qclone.scheme import Canonical, Synthesis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(6.2, 3.7))
    names = {"ignored": "checks ignored", "corrected": "corrected", "selected": "selected"}
    for color, shift, (use, name) in zip(SERIES, (-0.03, 0.0, 0.03), names.items(), strict=True):
        chosen = in_order([r for r in results if r.parameters["checks"] == use], "n")
        if not chosen:
            continue
        both(axes, [number(r, "n") + shift for r in chosen], chosen, name, color)
        for r in chosen:
            if r.accepted is not None:
                kept = f"{r.accepted.value:.0%} kept"
                axes.annotate(kept, (number(r, "n"), r.estimate.value), (10, 7), textcoords="offset points",
                              fontsize=8, color=color)  # fmt: skip
    lines(axes, results[0])
    axes.set(xlabel="clones n", ylabel="entanglement fidelity", ylim=(0.15, 1.05))
    axes.set_xticks(sorted({number(r, "n") for r in results}))
    axes.margins(x=0.2)
    axes.legend(loc="lower left", ncols=2)
    return figure


@dataclass(frozen=True)
class Checked(Experiment):
    """Fe without checks, with maximum-likelihood correction, and post-selected on all checks.

    Parameters
    ----------
    clones : numbers of signal qubits n; there are 2 n checks.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = (2, 3)
    synthesis: Synthesis = "ladder"
    name = "checked"
    title = "Bell checks"
    about = "Bell checks for correction and post-selection"
    rank = 7
    drawings = (
        Drawing(
            "checked", "Bell checks after decryption: ignored, used for correction, used for selection.", draw
        ),
    )

    def rows(self) -> list[Row]:
        return [self._row(n, use) for n in self.clones for use in USES]

    def _row(self, n: int, use: Use) -> Row:
        scheme = Canonical(n, self.synthesis)
        return Row(
            experiment=self.name,
            parameters={"n": n, "checks": use},
            scheme=scheme,
            clone="S1",
            body=partial(_body, scheme),
            measurement=CheckedFidelity(2 * n, use),
            bounds=fidelity_bounds(len(scheme.clones)),
        )


def _body(scheme: Canonical) -> QuantumCircuit:
    return checked_with_ancilla(bell_checks(scheme, "S1"))
