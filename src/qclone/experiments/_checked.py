"""Experiment 7, beyond the paper: Bell checks for correction and post-selection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qiskit import QuantumCircuit

from qclone.access import bell_checks
from qclone.experiments._body import checked_with_ancilla
from qclone.experiments._checked_fidelity import USES, CheckedFidelity, Use
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.scheme import Canonical, Synthesis


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
            "checked",
            "Bell checks after decryption: ignored, used for correction, used for selection.",
            by=("checks",),
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
