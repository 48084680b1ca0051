"""A result and its JSON: the value, its data for another analysis, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from qclone.estimate import Estimate
from qclone.experiments._answers import Answers
from qclone.experiments._counts import Counts
from qclone.experiments._experiment import Bounds, Parameters, Row
from qclone.experiments._measurement import Data, Matrices
from qclone.experiments._published import Published
from qclone.markup import facts

_WHERE = ("device", "calibration", "engine", "circuits", "layout", "tries", "shots", "seed")


@dataclass(frozen=True, repr=False)
class Result:
    """What one row gave.

    Parameters
    ----------
    key : identity of what was run; see `Setup.key`.
    quantity : ``fidelity`` or ``chsh``.
    estimate : its value.
    layers, gates : two-qubit layers and gates of the placed circuit.
    data : counts or exact answers, for `reanalysed`; where noise was learned, how many gates it speaks of,
        and the pairs of the others with their gates.
    matrices : see `Analysis`.
    accepted : see `Analysis`.
    budget : on the twin, noise rule -> the value without it.
    identity : the content that `key` is the hash of; see `IDENTITY`.
    """

    key: str
    experiment: str
    parameters: Parameters
    quantity: str
    estimate: Estimate
    layers: int
    gates: int
    bounds: Bounds
    published: Published | None
    provenance: Mapping[str, Any]
    data: Mapping[str, Any]
    matrices: Matrices | None = None
    budget: Mapping[str, float] | None = None
    accepted: Estimate | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        told = ", ".join(f"{k} = {v}" for k, v in self.parameters.items())
        where = f"{self.provenance.get('device')}, {self.provenance.get('engine')}"
        return f"<Result {self.experiment} ({told}): {self.quantity} {self.estimate} on {where}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return facts(f"{self.quantity} {self.estimate}", self.summary())

    def summary(self) -> dict[str, object]:
        """Return the row in a few words: what, where, how large, how well, and what was published."""
        published = self.published
        return {
            "experiment": self.experiment,
            "row": ", ".join(f"{k} = {v}" for k, v in self.parameters.items()),
            "layers": self.layers,
            "gates": self.gates,
            "value": self.estimate,
            "published": f"{published.value:.3f} ± {published.error:.3f}" if published else "",
            "device": self.provenance["device"],
        }

    @property
    def told_shots(self) -> str:
        """How many shots a setting has; if those are not as many as were asked for, of how many."""
        asked, returned = self.provenance["shots"], set(self.provenance.get("returned", {}).values())
        if returned <= {asked}:
            return f"{asked:,} shots a setting"
        fewest, most = min(returned), max(returned)
        came = f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"
        return f"{came} shots a setting of {asked:,} that were asked for"

    @property
    def spread(self) -> tuple[float, float] | None:
        """The lowest and the highest value over several tries at routing; None for one."""
        tries = self.data.get("tries", ())
        return (min(tries), max(tries)) if len(tries) > 1 else None

    def to_row(self) -> dict[str, Any]:
        """Return the row as `qclone experiment --json` prints it."""
        published = self.published
        row = {
            "experiment": self.experiment,
            **self.parameters,
            "layers": self.layers,
            "gates": self.gates,
            self.quantity: self.estimate.value,
            "error": self.estimate.error,
            "published": published and published.value,
            "published_error": published and published.error,
            "published_layers": published and published.layers,
            "published_gates": published and published.gates,
            "approximate_cloning": self.bounds.approximate_cloning,
            "threshold": self.bounds.threshold,
            "floor": self.bounds.floor,
            "device": self.provenance["device"],
        }
        if self.spread is not None:
            row["lowest"], row["highest"] = self.spread
        if (learned := self.data.get("learned")) is not None:
            row["learned_gates"], row["as_calibrated"] = learned["learned"], learned["calibrated"]
        if (returned := self.provenance.get("returned")) is not None:
            row["shots"] = dict(returned)
        if self.accepted is not None:
            row["accepted"] = self.accepted.value
        if self.matrices is not None:
            row["matrices"] = dict(self.matrices)
        return row

    def to_record(self) -> dict[str, Any]:
        """Return the row for analysis: one value a column, and the same columns whatever was measured.

        First what tells the row from others, then `value` and its `error`, what it stands beside, and where
        and how it was run: `shots` a setting were asked for, `returned` are those of the setting with the
        fewest. Data, matrices and the noise budget are in the result's own JSON.
        """
        published, spread, where = self.published, self.spread or (None, None), self.provenance
        returned = where.get("returned")
        return {
            "key": self.key,
            "experiment": self.experiment,
            **self.parameters,
            "quantity": self.quantity,
            "value": self.estimate.value,
            "error": self.estimate.error,
            "lowest": spread[0],
            "highest": spread[1],
            "accepted": self.accepted and self.accepted.value,
            "accepted_error": self.accepted and self.accepted.error,
            "layers": self.layers,
            "gates": self.gates,
            "published": published and published.value,
            "published_error": published and published.error,
            "published_layers": published and published.layers,
            "published_gates": published and published.gates,
            "approximate_cloning": self.bounds.approximate_cloning,
            "threshold": self.bounds.threshold,
            "floor": self.bounds.floor,
            **{name: where.get(name) for name in _WHERE if name not in self.parameters},
            "returned": min(returned.values()) if returned else None,
            "qclone": where.get("versions", {}).get("qclone"),
        }

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Return the result of `to_json`; raises ValueError, KeyError or TypeError on anything else."""
        document = json.loads(text)
        document["estimate"] = Estimate(**document["estimate"])
        document["accepted"] = document["accepted"] and Estimate(**document["accepted"])
        document["bounds"] = Bounds(**document["bounds"])
        document["published"] = document["published"] and Published(**document["published"])
        found = cls(**document)
        for part in (found.parameters, found.provenance, found.data, found.identity):
            if not isinstance(part, dict):
                raise TypeError(f"{part} is no part of a result")
        return found

    def reanalysed(self, row: Row) -> Result:
        """Return the result analysed anew from its data; nothing is run."""
        data: Data = (
            Counts(self.data["counts"]) if "counts" in self.data else Answers(dict(self.data["exact"]))
        )
        found = row.measurement.analyse(data)
        return replace(
            self,
            quantity=found.name,
            estimate=found.estimate,
            matrices=found.matrices,
            accepted=found.accepted,
        )
