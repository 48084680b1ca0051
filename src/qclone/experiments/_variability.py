"""Supplement: what devices, transpiler seeds, decoupling and twirling change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import sqrt

from qclone.experiments._body import clone_with_ancilla
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Parameters, Row, fidelity_bounds
from qclone.experiments._measurement import ParityOscillation
from qclone.experiments._published import Published, table
from qclone.scheme import Canonical, Synthesis

OPTIONS = ("plain", "decoupled", "twirled")


@dataclass(frozen=True)
class Variability(Experiment):
    """Fe for one n on several devices, with several transpiler seeds, with decoupling and with twirling.

    Published is the mean of n = 2 over five days on ibm_kingston (table V), and their spread as its error.

    Parameters
    ----------
    clones : numbers of signal qubits n.
    devices : names; the first is the one that options are tried on.
    seeds : of layout and routing.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = (2, 4)
    devices: tuple[str, ...] = ("kingston", "aachen")
    seeds: tuple[int, ...] = tuple(range(8))
    synthesis: Synthesis = "ladder"
    name = "variability"
    title = "Devices, seeds, decoupling and twirling"
    about = "devices, seeds, decoupling, twirling"
    rank = 6
    drawings = (
        Drawing(
            "variability",
            "Devices, transpiler seeds, decoupling and twirling; published: five days (table V).",
            x=("n", "device", "option"),
            kind="points",
        ),
    )

    @classmethod
    def in_budget(cls, parameters: Parameters) -> bool:
        return False

    def rows(self) -> list[Row]:
        spread = [
            self._row(n, device, seed, "plain")
            for n in self.clones
            for device in self.devices
            for seed in self.seeds
        ]
        mitigated = [
            self._row(n, self.devices[0], self.seeds[0], option)
            for n in self.clones
            for option in OPTIONS[1:]
        ]
        return spread + mitigated

    def _row(self, n: int, device: str, seed: int, option: str) -> Row:
        scheme = Canonical(n, self.synthesis)
        return Row(
            experiment=self.name,
            parameters={"n": n, "device": device, "seed": seed, "option": option},
            scheme=scheme,
            clone="S1",
            body=partial(clone_with_ancilla, scheme, "S1"),
            measurement=ParityOscillation(),
            bounds=fidelity_bounds(len(scheme.clones)),
            published=_over_days() if (n, device, option) == (2, "kingston", "plain") else None,
            stages_only=True,
            placement={"device": device, "seed": seed, "option": option},
        )


def _over_days() -> Published:
    values = [float(r["fidelity"]) for r in table("stability_days")]
    mean = sum(values) / len(values)
    spread = sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return Published(mean, spread, "V")
