"""What a backend and a sampler are: what decides counts besides circuits and shots, as JSON types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

from qiskit.transpiler import Target

from qclone.device import name_of, noise_model_of, own_target

# Options that decide no counts, or are told elsewhere.
_NO_OPTIONS = ("shots", "default_shots", "environment", "seed_simulator")


def backend_identity(backend: Any) -> dict[str, Any]:
    """Return what a backend is: class, version of its package, gates and calibration, noise, options."""
    target, noise = own_target(backend), noise_model_of(backend)
    options = _plain(getattr(backend, "options", None))
    if "fake_provider" in type(backend).__module__:
        # Fakes fill in a simulator's options when they first run; their target decides all of them.
        noise, options = None, {}
    return {
        "class": class_of(backend),
        "name": name_of(backend),
        "version": version_of(backend),
        "target": None if target is None else _digest(_described(target)),
        "noise": None if noise is None else _digest(noise.model.to_dict(serializable=True)),
        "options": options,
    }


def set_options(options: Any) -> dict[str, Any] | None:
    """Return a sampler's options: those of its own, and of the groups in it those that are not the default.

    Whether pulses decouple idling qubits, for example, is in a group of the runtime's options.
    """
    plain = _plain(options)
    if plain is None or not is_dataclass(options) or isinstance(options, type):
        return plain
    try:
        usual = _leaves(asdict(type(options)()))
    except Exception:  # options that have no defaults: all of them are somebody's choice
        usual = {}
    given = _leaves(asdict(options))
    return plain | {k: v for k, v in given.items() if "." in k and usual.get(k, v is None) != v}


def class_of(thing: object) -> str:
    """Return the full name of the class of a thing."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def version_of(thing: object) -> str:
    """Return the package that a thing is from and its version."""
    package = type(thing).__module__.partition(".")[0]
    for name in packages_distributions().get(package, [package]):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return package


def _described(target: Target) -> list[Any]:
    rows = [
        [name, list(qubits or ()), entry and [entry.error, entry.duration]]
        for name in sorted(target.operation_names)
        for qubits, entry in (target[name] or {None: None}).items()
    ]
    times = [p and [p.t1, p.t2] for p in target.qubit_properties or ()]
    return [target.num_qubits, sorted(rows, key=repr), times]


def _plain(options: Any) -> dict[str, Any] | None:
    """Return options as JSON types; what is none, such as a noise model, is told elsewhere."""
    if options is None:
        return None
    if is_dataclass(options) and not isinstance(options, type):
        options = asdict(options)
    items = (
        dict(options) if isinstance(options, Mapping) else dict(vars(options).get("_fields", vars(options)))
    )
    simple = (str, int, float, bool, type(None))
    return {k: v for k, v in sorted(items.items()) if isinstance(v, simple) and k not in _NO_OPTIONS}


def _leaves(options: Mapping[str, Any], group: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name in _NO_OPTIONS:
            continue
        if isinstance(value, Mapping):
            found |= _leaves(value, f"{group}{name}.")
        elif hasattr(value, "to_dict") and name == "noise_model":
            found[group + name] = _digest(value.to_dict(serializable=True))
        elif isinstance(value, str | int | float | bool | list | tuple | None):
            found[group + name] = value
    return found


def _digest(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
