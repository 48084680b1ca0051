"""Placed circuits are content: what decides a route names it, and it is made once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from qiskit import QuantumCircuit, qpy

from qclone.experiments._code import code_digest
from qclone.experiments._experiment import Row
from qclone.experiments._identity import circuit_text, versions
from qclone.experiments._placement import place, shown

if TYPE_CHECKING:
    from qclone.experiments._setup import Setup

# A run routes some hundred circuits; the largest take a megabyte.
_MOST = 256


class Routes:
    """Routes in memory and, if given a folder, on disk: one QPY file each.

    The name of a route hashes the circuit before routing, the device that layout sees, the seed, and the
    code and versions that route. Circuits built for a lattice are built anew: that takes no search.
    """

    _made: ClassVar[dict[str, QuantumCircuit]] = {}

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def placed(self, row: Row, setup: Setup) -> list[QuantumCircuit]:
        """Return the row's placed circuit for every try."""
        return list(self._placed(row, setup))

    def known(self, row: Row, setup: Setup) -> list[QuantumCircuit] | None:
        """Return the placed circuits if all are known without routing."""
        if setup.circuits == "native":
            return self.placed(row, setup)
        found = []
        for here in _tries(setup):
            if (circuit := self._read(_name(row, here))) is None:
                return None
            found.append(circuit)
        return found

    def _placed(self, row: Row, setup: Setup) -> Iterator[QuantumCircuit]:
        for here in _tries(setup):
            if here.circuits == "native":
                yield _place(row, here)
                continue
            name = _name(row, here)
            circuit = self._read(name)
            if circuit is None:
                circuit = _place(row, here)
                self._write(name, circuit)
            yield circuit

    def _read(self, name: str) -> QuantumCircuit | None:
        if name not in self._made and self.folder is not None:
            try:
                with open(self.folder / f"{name}.qpy", "rb") as file:
                    self._keep(name, qpy.load(file)[0])
            except Exception:  # a file that is missing, cut short or no QPY at all: the route is made again
                return None
        return self._made.get(name)

    def _write(self, name: str, circuit: QuantumCircuit) -> None:
        self._keep(name, circuit)
        if self.folder is None:
            return
        from qclone.experiments._store import write_whole

        packed = BytesIO()
        qpy.dump(circuit, packed)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder, f"{name}.qpy", packed.getvalue())

    def _keep(self, name: str, circuit: QuantumCircuit) -> None:
        while len(self._made) >= _MOST:
            del self._made[next(iter(self._made))]
        self._made[name] = circuit


def _place(row: Row, setup: Setup) -> QuantumCircuit:
    return place(row, setup.device, setup.circuits, setup.seed, setup.layout == "calibrated")


def _tries(setup: Setup) -> list[Setup]:
    return [replace(setup, seed=seed, tries=1) for seed in range(setup.seed, setup.seed + setup.tries)]


def _name(row: Row, setup: Setup) -> str:
    content = {
        "body": circuit_text(row.body()),
        "device": shown(setup.device, setup.layout == "calibrated").digest,
        "seed": setup.seed,
        "code": code_digest(
            [
                "qclone.simulate._route",
                "qclone.simulate._clifford_blocks",
                "qclone.circuits._exact_tableau",
                "qclone.device._target",
                "qclone.experiments._placement",
            ]
        ),
        "versions": versions("qiskit", "rustworkx", "stim"),
    }
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]
