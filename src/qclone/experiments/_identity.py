"""What a result is the result of: content that decides it, and its hash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit

from qclone.experiments._code import code_digest
from qclone.experiments._experiment import Row

if TYPE_CHECKING:
    from qclone.experiments._setup import Setup
    from qclone.simulate import Machine

# What computes a number from a placed circuit on the twin and in Aer.
_COMPUTING = (
    "qclone.simulate",
    "qclone.estimate",
    "qclone.device._noise",
    "qclone.device._learned",
    "qclone.scheme",
)
_SAMPLING = ("qiskit-aer", "bloqade-tsim")
_ANALYSING = tuple(
    f"qclone.experiments.{file}"
    for file in (
        "_exact",
        "_answers",
        "_pooled",
        "_counts",
        "_measurement",
        "_mitigation",
        "_direction",
        "_turned",
    )
)

IDENTITY = {
    "row": "experiment and parameters",
    "circuits": "hash of every placed circuit, gate by gate",
    "measurement": "settings and analysis",
    "asked": "how the circuits were made: kind, layout, seed, tries, option",
    "device": "hash of the calibration, coupler by coupler",
    "rules": "the twin's noise rules",
    "engine": "what ran it: engine, or sampler and backend with gates, noise model, options and versions",
    "shots": "shots a setting",
    "code": "hash of the code that computed it; measured counts do not depend on it and have none",
    "versions": "of the packages that computed it",
}
"""What the key of a result covers, and what each part is."""


def identity_of(
    row: Row, setup: Setup, placed: Sequence[QuantumCircuit], machine: Machine | None
) -> dict[str, Any]:
    """Return the content that decides a result, as JSON types; see `IDENTITY`.

    Parameters
    ----------
    placed : the row's circuit on the device, once for every try.
    machine : what runs it; None for exact values.
    """
    computed = machine is None or machine.own
    return {
        "row": [row.experiment, dict(row.parameters)],
        "circuits": [circuit_digest(circuit) for circuit in placed],
        "measurement": measured_as(row),
        "asked": {
            "circuits": setup.circuits,
            "layout": setup.layout,
            "seed": setup.seed,
            "tries": setup.tries,
            "option": row.placement.get("option", "plain"),
        },
        "device": setup.device.digest,
        "rules": setup.rules.to_dict(setup.device),
        "engine": setup.engine if machine is None else machine.identity(),
        "shots": setup.shots,
        "code": code_digest([*_COMPUTING, *_ANALYSING, type(row.measurement).__module__])
        if computed
        else None,
        "versions": versions("stim", "numpy", "qiskit", *(() if machine is None else _SAMPLING))
        if computed
        else {},
    }


def measured_as(row: Row) -> list[Any]:
    """Return what decides how a row is measured: its class, settings and parameters, as JSON types."""
    measurement = type(row.measurement)
    return [
        f"{measurement.__module__}.{measurement.__qualname__}",
        {name: [[d.theta, d.phi] for d in along] for name, along in row.measurement.settings().items()},
        repr(row.measurement),
    ]


def key_of(identity: Mapping[str, Any]) -> str:
    """Return the hash of an identity: the name of a result."""
    return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:24]


def circuit_digest(circuit: QuantumCircuit) -> str:
    """Return the hash of a circuit's operations."""
    return sha256(circuit_text(circuit).encode()).hexdigest()[:24]


def circuit_text(circuit: QuantumCircuit) -> str:
    """Return the circuit's operations, one a line."""
    places = {bit: i for bits in (circuit.qubits, circuit.clbits) for i, bit in enumerate(bits)}
    lines = [f"{circuit.num_qubits} {circuit.num_clbits}"]
    lines += [
        f"{i.operation.name}{[float(p) for p in i.operation.params]}"
        f"{i.operation.duration if i.operation.name == 'delay' else ''} "
        f"{[places[q] for q in i.qubits]} {[places[c] for c in i.clbits]}"
        for i in circuit.data
    ]
    return "\n".join(lines)


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
