"""Experiment 1: entanglement fidelity against the number of clones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qclone.experiments._body import clone_with_ancilla
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Parameters, Row, fidelity_bounds
from qclone.experiments._measurement import BellMeasurement, Measurement, ParityOscillation
from qclone.experiments._published import find
from qclone.scheme import Canonical, Synthesis

METHODS: dict[str, Measurement] = {"bsm": BellMeasurement(), "pom": ParityOscillation()}


@dataclass(frozen=True)
class Sensitivity(Experiment):
    """Fe against n, by Bell-state measurement and by parity oscillations; table I.

    Parameters
    ----------
    clones : numbers of signal qubits n.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = tuple(range(2, 16))
    synthesis: Synthesis = "ladder"
    name = "sensitivity"
    title = "Experiment 1: number of clones"
    about = "fidelity against the number of clones (table I)"
    rank = 1
    fidelity_tables = ("I",)
    drawings = (
        Drawing(
            "sensitivity",
            "Experiment 1: entanglement fidelity against the number of clones (table I).",
            by=("method",),
        ),
    )

    @classmethod
    def in_budget(cls, parameters: Parameters) -> bool:
        return parameters["method"] != "bsm"

    def rows(self) -> list[Row]:
        return [self._row(n, method) for n in self.clones for method in METHODS]

    def _row(self, n: int, method: str) -> Row:
        scheme = Canonical(n, self.synthesis)
        return Row(
            experiment=self.name,
            parameters={"n": n, "method": method},
            scheme=scheme,
            clone="S1",
            body=partial(clone_with_ancilla, scheme, "S1", bell_measurement=method == "bsm"),
            measurement=METHODS[method],
            bounds=fidelity_bounds(len(scheme.clones)),
            stages_only=method == "pom",
            published=find(
                "experiment1_sensitivity",
                "I",
                {"n": n},
                value=f"fidelity_{method}",
                error=f"error_{method}",
                layers=f"layers_{method}",
            ),
        )
