"""The third room: native circuits on their processor, layer by layer, beside the routed ladder."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from qclone.device import RULES, Device, NoiseRules
from qclone.errors import InvalidInputError
from qclone.experiments import ParallelGhz, Row, Sensitivity, Series, Setup, run_row
from qclone.native import (
    Listed,
    NativeCircuit,
    build,
    fidelity,
    ghz_fidelity,
    listed,
    positions,
    read_native,
)
from qclone.native._labels import kind_of
from qclone.native._pairs import in_layers, two_qubit_pairs
from qclone.scheme import Canonical, Scheme, to_spec
from qclone.web._questions import JSON, Question, Said
from qclone.web._rooms import Rooms
from qclone.web._shell import quoted

_US = 1e6
FOUND = "found"
"""In place of a device: circuits of the folder that the page was given."""
MAX_FOUND = 500
"""Of them in the list; the others are said to be left out, and shown when they are named."""
_ROUTING = Lock()


@dataclass(frozen=True, eq=False)
class Shown:
    """A circuit to look at; the same object for the same circuit.

    Parameters
    ----------
    native, scheme : what it is.
    usual : whether it decrypts the clone that the published experiments decrypt.
    command : makes it again, or where it is.
    """

    native: NativeCircuit
    scheme: Scheme
    usual: bool
    command: str


def shelf(rooms: Rooms, body: Any) -> JSON:
    """Return the circuits that ship, and those that were found: how many, and the first by name."""
    shipped = [{"device": one.device, "title": one.title} for one in listed()]
    found = _found(rooms)
    first = [{"device": FOUND, "title": path.name} for path in found[:MAX_FOUND]]
    return {"circuits": first + shipped, "found": len(found)}


def placed(rooms: Rooms, body: Any) -> JSON:
    """Return a circuit on its processor: the lattice, its calibration, roles, and gates by layer."""
    return _placed(_shown(rooms, body))


def worth(rooms: Rooms, body: Any) -> JSON:
    """Return the exact fidelity on the twin, and what it would be without each rule of noise."""
    return _worth(_shown(rooms, body))


def ladder(rooms: Rooms, body: Any) -> JSON:
    """Return the same scheme as the published experiment's ladder, routed by Qiskit's level 3 with seed 0."""
    with _ROUTING:  # who asks at the same time gets the same answer, and does not make it again
        return _ladder(_shown(rooms, body))


def _found(rooms: Rooms) -> list[Path]:
    """The files of circuits that were found."""
    return [] if rooms.circuits is None else sorted(rooms.circuits.glob("*.json"))


def _shown(rooms: Rooms, body: Any) -> Shown:
    said = Said(body)
    device, title = said.text("device"), said.text("title")
    if device == FOUND:
        for path in _found(rooms):
            if path.name == title:
                return _read(path, _written_at(path))
    for one in listed():
        if (one.device, one.title) == (device, title):
            return _shipped(one)
    raise InvalidInputError(f"There is no circuit {title!r} for {device!r}.", "Choose one of the list.")


def _written_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise InvalidInputError(f"{path.name} cannot be read: {error.strerror}.", "Choose another.") from None


@lru_cache(maxsize=64)
def _shipped(one: Listed) -> Shown:
    command = f"qclone circuit --native --device {one.device} {_options(one)} --format crumble"
    return Shown(build(one.scheme, one.device, one.clone), one.scheme, one.clone is None, command)


@lru_cache(maxsize=16)
def _read(path: Path, written_at: int) -> Shown:
    native, scheme = read_native(path)
    return Shown(native, scheme, native.clone == scheme.clones[0], f"cat {quoted(str(path))}")


@lru_cache(maxsize=16)
def _placed(one: Shown) -> JSON:
    native, device = one.native, one.native.device
    at = positions(native)
    names = {qubit: label for label, qubit in native.roles.items()}
    busy = set(native.qubits)
    return {
        "device": {"name": device.name, "date": device.snapshot_date, "qubits": len(device.working_qubits)},
        "scheme": str(one.scheme),
        "clone": native.clone,
        "qubits": [
            {
                "q": q,
                "x": x,
                "y": y,
                "label": names.get(q, ""),
                "kind": kind_of(names.get(q, "")) if q in busy else None,
                "output": q in native.outputs,
                **_calibration(device, q),
            }
            for q, (x, y) in sorted(at.items())
        ],
        "couplers": [
            {"a": c.a, "b": c.b, "error": c.error, "ns": c.duration_s * 1e9}
            for c in device.couplers
            if c.a in at and c.b in at
        ],
        "stages": [
            {"name": name, "layers": in_layers(two_qubit_pairs(stage)), "gates": native.cost_of(name).gates}
            for name, stage in native.stages.items()
        ],
        "layers": native.cost.layers,
        "gates": native.cost.gates,
        "used": len(native.qubits),
        "command": one.command,
    }


def _calibration(device: Device, qubit: int) -> JSON:
    one = device.qubits[qubit]
    if one is None:
        return {"t1_us": None, "t2_us": None, "readout": None, "pulse": None}
    return {
        "t1_us": one.t1_s * _US if math.isfinite(one.t1_s) else None,
        "t2_us": one.t2_s * _US if math.isfinite(one.t2_s) else None,
        "readout": one.readout_error,
        "pulse": one.gate_error,
    }


def _options(one: Listed) -> str:
    """The words that ask the command line for it; a scheme that no words are for is described whole."""
    said = to_spec(one.scheme)
    match said:
        case {"scheme": "canonical", "num_clones": n}:
            return f"--clones {n}" + (f" --clone {one.clone}" if one.clone else "")
        case {"scheme": "parallel", "base": {"scheme": "canonical", "num_clones": n}, "copies": copies}:
            return f"--clones {n} --copies {copies}"
        case {"scheme": "iterated", "base": {"scheme": "canonical", "num_clones": n}, "recloned": recloned}:
            if not _is_chip(recloned, n):
                virtual = " --virtual" if one.title.startswith("virtual") else ""
                return f"--clones {n} --iterate {len(recloned)}{virtual}"
    return f"--scheme <(echo {quoted(json.dumps(said))})"


def _is_chip(recloned: Sequence[object], n: int) -> bool:
    """Whether neither one nor all clones of a level are cloned again, but as many as a chip has room for."""
    levels, clones = len(recloned), len(Canonical(n).clones)
    return list(recloned) not in ([1] * levels, [clones**level for level in range(1, levels + 1)])


@lru_cache(maxsize=64)
def _worth(one: Shown) -> JSON:
    native = one.native
    measure = fidelity if native.references else ghz_fidelity
    if len(native.references) > 1:
        raise InvalidInputError("This circuit has no fidelity of one pair.", "See its layers and gates.")
    total = measure(native, NoiseRules())
    return {
        "quantity": "entanglement fidelity" if native.references else "GHZ fidelity",
        "fidelity": total,
        "gains": [
            {
                "rule": rule.name.replace("_", " "),
                "meaning": rule.meaning,
                "gain": measure(native, NoiseRules().without(rule.name)) - total,
            }
            for rule in RULES
        ],
    }


@lru_cache(maxsize=64)
def _ladder(one: Shown) -> JSON:
    row = _row(one.scheme) if one.usual else None
    if row is None:
        return {"layers": None, "gates": None, "fidelity": None, "published": None}
    result, _ = run_row(row, Setup(one.native.device))
    published = result.published
    return {
        "layers": result.layers,
        "gates": result.gates,
        "fidelity": result.estimate.value,
        "published": published
        and {
            "fidelity": published.value,
            "error": published.error,
            "layers": published.layers,
            "gates": published.gates,
            "clones": _published_clones(row),
        },
    }


def _published_clones(row: Row) -> int | None:
    """How many clones were published, where it is another number: row 3-full takes as many as fit."""
    if row.parameters.get("l") != "3-full":
        return None
    (whole,) = Series(physical=("3-full",), virtual=()).rows()
    clones = int(whole.parameters["clones"])
    return None if clones == row.parameters["clones"] else clones


def _row(scheme: Scheme) -> Row | None:
    """Return the row of the published experiments that measures this scheme, by its description."""
    rows: list[Row] = []
    match to_spec(scheme):
        case {"scheme": "canonical", "num_clones": n}:
            rows = [r for r in Sensitivity(clones=(n,)).rows() if r.parameters["method"] == "pom"]
        case {"scheme": "parallel", "base": {"scheme": "canonical", "num_clones": 2}, "copies": copies}:
            rows = ParallelGhz(sizes=(copies,)).rows()
        case {"scheme": "iterated", "base": {"scheme": "canonical", "num_clones": n}, "recloned": recloned}:
            levels = len(recloned)
            if recloned == [1] * levels:
                rows = Series(physical=(), virtual=((n, levels),)).rows()[-1:]
            elif not _is_chip(recloned, n):
                rows = Series(physical=(str(levels),), virtual=()).rows() if n == 2 and levels < 3 else []
            elif n == 2 and recloned[:2] == [3, 9] and all(isinstance(level, int) for level in recloned):
                # Rows 2* and 3-full of table III, with as many clones as here.
                label, room = "2*" if recloned == [3, 9, 11] else "3-full", 6 + 4 * sum(recloned)
                rows = Series(physical=(label,), virtual=(), capacity=room).rows()
    return rows[0] if rows else None


QUESTIONS: dict[str, Question] = {
    "lattice/shelf": shelf,
    "lattice/placed": placed,
    "lattice/worth": worth,
    "lattice/ladder": ladder,
}
