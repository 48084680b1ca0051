"""Experiment 3: clones of clones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from qclone.experiments._body import clone_with_ancilla
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Parameters, Row, fidelity_bounds
from qclone.experiments._measurement import ParityOscillation
from qclone.experiments._published import Published, find
from qclone.scheme import Canonical, Iterated, Synthesis

# How many clones of each generation are cloned again, and which clone is decrypted.
PHYSICAL: dict[str, tuple[tuple[int, ...], str]] = {
    "0": ((), "S1"),
    "1": ((3,), "S1/S1"),
    "2": ((3, 9), "S1/S1/S1"),
    # 11 of the 27 third-generation clones become 33 of the fourth; one of the other 16 is decrypted.
    "2*": ((3, 9, 11), "S2/S2/S2"),
    # As many of the third generation as the chip has qubits for: 25 in the paper.
    "3-full": ((3, 9, 25), "S1/S1/S1/S1"),
}
VIRTUAL = {2: 6, 4: 3}


@dataclass(frozen=True)
class Series(Experiment):
    """Fe of clones of clones: all of them on the chip (table III), or one a level (table VI).

    Parameters
    ----------
    physical : labels of table III: 0, 1, 2, 2*, 3-full.
    virtual : n -> number of levels, for which l = 0 .. levels are run.
    synthesis : how the scheme's unitaries are built.
    capacity : number of connected qubits on the chip; row 3-full clones as many clones again as fit.
    """

    physical: tuple[str, ...] = tuple(PHYSICAL)
    virtual: tuple[tuple[int, int], ...] = tuple(VIRTUAL.items())
    synthesis: Synthesis = "ladder"
    capacity: int = 156
    name = "series"
    title = "Experiment 3: clones of clones"
    about = "clones of clones (tables III, VI)"
    rank = 3
    fidelity_tables = ("III", "VI")
    drawings = (
        Drawing(
            "series_physical",
            "Experiment 3: clones of clones, all on the chip (table III). The last row fills the chip: "
            "77 clones when published.",
            wanted=lambda r: r.parameters["kind"] == "physical",
            x=("l",),
        ),
        Drawing(
            "series_virtual",
            "Experiment 3: one clone a level cloned again (table VI).",
            wanted=lambda r: r.parameters["kind"] == "virtual",
            x=("l",),
            by=("n",),
        ),
    )

    def rows(self) -> list[Row]:
        physical = [self._physical(label) for label in self.physical]
        return physical + [self._virtual(n, level) for n, top in self.virtual for level in range(top + 1)]

    def _physical(self, label: str) -> Row:
        recloned, clone = PHYSICAL[label]
        if label == "3-full":
            # An ancilla, 5 wires of the first scheme, and 4 fresh ones of every other.
            room = (self.capacity - 6 - 4 * sum(recloned[:2])) // 4
            recloned = (*recloned[:2], max(1, min(recloned[2], room)))
        scheme = Iterated(Canonical(2, self.synthesis), recloned)
        parameters: Parameters = {"kind": "physical", "n": 2, "l": label, "clones": len(scheme.clones)}
        return self._row(parameters, scheme, clone, find("experiment3_series", "III", {"label": label}))

    def _virtual(self, n: int, level: int) -> Row:
        scheme = Iterated.virtual(Canonical(n, self.synthesis), level)
        parameters: Parameters = {"kind": "virtual", "n": n, "l": level, "clones": scheme.num_virtual_clones}
        published = find("experiment3_virtual", "VI", {"n": n, "iteration": level})
        return self._row(parameters, scheme, "/".join(["S1"] * (level + 1)), published)

    def _row(self, parameters: Parameters, scheme: Iterated, clone: str, published: Published | None) -> Row:
        return Row(
            experiment=self.name,
            parameters=parameters,
            scheme=scheme,
            clone=clone,
            body=partial(clone_with_ancilla, scheme, clone),
            measurement=ParityOscillation(),
            bounds=fidelity_bounds(int(parameters["clones"])),
            published=published,
            stages_only=True,
        )
