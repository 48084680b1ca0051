"""Experiment 4: a GHZ state, every qubit of it cloned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qclone.experiments._body import ghz_cloned
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import ParityOscillation
from qclone.experiments._published import find
from qclone.scheme import Canonical, Parallel, Synthesis


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
            "parallel", "Experiment 4: a GHZ state of r qubits, each cloned with n = 2 (table IV).", x=("r",)
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
