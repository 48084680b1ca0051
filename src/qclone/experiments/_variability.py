"""Supplement: what devices, transpiler seeds, decoupling and twirling change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from qclone.experiments._body import clone_with_ancilla
from qclone.experiments._drawing import OURS, THEIRS, Drawing
from qclone.experiments._experiment import Experiment, Parameters, Row, fidelity_bounds
from qclone.experiments._measurement import ParityOscillation
from qclone.experiments._published import Published, table
from qclone.experiments._result import Result
from qclone.scheme import Canonical, Synthesis

if TYPE_CHECKING:
    from matplotlib.figure import Figure


OPTIONS = ("plain", "decoupled", "twirled")


def draw(plt: Any, results: list[Result]) -> Figure:
    figure, axes = plt.subplots(figsize=(7.2, 3.7))
    groups = sorted(
        {(str(r.parameters["n"]), str(r.parameters["option"]), str(r.parameters["device"])) for r in results},
        key=lambda group: (int(group[0]), group[1] != "plain", group),
    )
    for place, (n, option, device) in enumerate(groups):
        same = [
            r
            for r in results
            if (str(r.parameters["n"]), r.parameters["option"], r.parameters["device"]) == (n, option, device)
        ]
        values = [r.estimate.value for r in same]
        axes.plot(place + np.linspace(-0.15, 0.15, len(values)), values, "o", color=OURS, alpha=0.8)
        if same[0].published:
            axes.errorbar(
                [place + 0.3], [same[0].published.value], [same[0].published.error], fmt="s",
                mfc="white", color=THEIRS, capsize=2,
            )  # fmt: skip
    axes.set_xticks(range(len(groups)), [f"n = {n}\n{device}\n{option}" for n, option, device in groups])
    axes.tick_params(axis="x", labelsize=7.5)
    axes.plot([], [], "o", color=OURS, label="twin, one point a transpiler seed")
    axes.plot([], [], "s", mfc="white", color=THEIRS, label="published, mean and spread of five days")
    axes.set(ylabel="entanglement fidelity", ylim=(0.35, 1.0))
    axes.legend(loc="lower left")
    return figure


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
            draw,
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
