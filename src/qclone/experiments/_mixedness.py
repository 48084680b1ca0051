"""Figure 7: the correlations of the ancilla with every wire, before and after decryption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from qclone.experiments._body import wires_with_ancilla
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import Correlations
from qclone.scheme import Canonical, Synthesis


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
            kind="matrices",
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
