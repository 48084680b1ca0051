"""The third room: native circuits on their processor, layer by layer, beside the routed ladder."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
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
from qclone.scheme import Canonical, Iterated, Parallel, Scheme, to_spec
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
                "kind": _kind(names.get(q, "")) if q in busy else None,
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
            {"name": name, "layers": _layers(native, name), "gates": native.cost_of(name).gates}
            for name in native.stages
        ],
        "layers": native.cost.layers,
        "gates": native.cost.gates,
        "used": len(native.qubits),
        "command": one.command,
    }


def _kind(label: str) -> str:
    return label.rpartition(".")[2].rpartition("/")[2][:1]


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


def _layers(native: NativeCircuit, stage: str) -> list[list[list[int]]]:
    """Return the pairs of qubits of each two-qubit layer, each gate as early as it can be."""
    busy: dict[int, int] = {}
    layers: list[list[list[int]]] = []
    for gate in native.stages[stage]:
        if gate.name != "CZ":
            continue
        for first, second in gate.target_groups():
            a, b = first.value, second.value
            layer = max(busy.get(a, 0), busy.get(b, 0))
            busy[a] = busy[b] = layer + 1
            layers += [[] for _ in range(layer + 1 - len(layers))]
            layers[layer].append([a, b])
    return layers


def _options(one: Listed) -> str:
    scheme, clone = one.scheme, f" --clone {one.clone}" if one.clone else ""
    if isinstance(scheme, Parallel) and isinstance(scheme.base, Canonical):
        return f"--clones {scheme.base.num_clones} --copies {scheme.copies}"
    if isinstance(scheme, Iterated) and isinstance(scheme.base, Canonical):
        if _is_chip(scheme):
            return f"--scheme <(echo {quoted(json.dumps(to_spec(scheme)))})"
        virtual = " --virtual" if one.title.startswith("virtual") else ""
        return f"--clones {scheme.base.num_clones} --iterate {len(scheme.recloned)}{virtual}"
    assert isinstance(scheme, Canonical)
    return f"--clones {scheme.num_clones}{clone}"


def _is_chip(scheme: Iterated) -> bool:
    """Whether neither one nor all clones of a level are cloned again, but as many as a chip has room for."""
    levels = len(scheme.recloned)
    made = (Iterated.virtual(scheme.base, levels), Iterated.full(scheme.base, levels))
    return all(scheme.num_qubits != one.num_qubits for one in made)


@lru_cache(maxsize=64)
def _worth(one: Shown) -> JSON:
    native = one.native
    measure: Callable[[NativeCircuit, NoiseRules], float] = (
        ghz_fidelity if isinstance(one.scheme, Parallel) else fidelity
    )
    if not isinstance(one.scheme, Parallel) and len(native.references) != 1:
        raise InvalidInputError("This circuit has no fidelity of one pair.", "See its layers and gates.")
    total = measure(native, NoiseRules())
    return {
        "quantity": "GHZ fidelity" if isinstance(one.scheme, Parallel) else "entanglement fidelity",
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
    """Return the row of the published experiments that measures this scheme."""
    rows: list[Row] = []
    if isinstance(scheme, Canonical):
        rows = [r for r in Sensitivity(clones=(scheme.num_clones,)).rows() if r.parameters["method"] == "pom"]
    elif isinstance(scheme, Parallel):
        rows = ParallelGhz(sizes=(scheme.copies,)).rows()
    elif isinstance(scheme, Iterated) and isinstance(scheme.base, Canonical):
        n, levels = scheme.base.num_clones, len(scheme.recloned)
        if scheme.num_qubits == Iterated.virtual(scheme.base, levels).num_qubits:
            rows = Series(physical=(), virtual=((n, levels),)).rows()[-1:]
        elif _is_chip(scheme):  # rows 2* and 3-full of table III, with as many clones as here
            label = "2*" if scheme.recloned == (3, 9, 11) else "3-full"
            whole = [level for level in scheme.recloned if isinstance(level, int)]
            if len(whole) < levels or whole[:2] != [3, 9]:
                return None
            room = 6 + 4 * sum(whole)
            rows = Series(physical=(label,), virtual=(), capacity=room).rows()
        elif levels < 3:
            rows = Series(physical=(str(levels),), virtual=()).rows()
    return rows[0] if rows else None


QUESTIONS: dict[str, Question] = {
    "lattice/shelf": shelf,
    "lattice/placed": placed,
    "lattice/worth": worth,
    "lattice/ladder": ladder,
}
