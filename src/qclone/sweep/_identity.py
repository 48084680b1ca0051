"""What a point of a sweep is the result of: its parameters, and the content that their names stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from qclone.device import Device, load_device
from qclone.experiments import code_digest, data_digest, experiment_named, versions

DEFAULT_DEVICE = "kingston"
_ROUND_TRIP = ("qclone.scheme", "qclone.simulate", "qclone.sweep._points")
_LOGICAL = (*_ROUND_TRIP, "qclone.access", "qclone.device", "qclone.logical", "qclone.sweep._logical")
_PUBLISHED = (
    *_ROUND_TRIP,
    "qclone.access",
    "qclone.circuits",
    "qclone.compute",
    "qclone.device",
    "qclone.native",
    "qclone.estimate",
    "qclone.experiments",
)


def identity_of(
    experiment: str, point: Mapping[str, Any], devices: dict[str, Device] | None = None
) -> dict[str, Any]:
    """Return the content that decides a point's result, as JSON types.

    A device is the hash of its calibration, not its name or its file's; code is the hash of what computes
    the point, here and on every worker; shipped circuits, where they are used, are the hash of their data.

    Parameters
    ----------
    devices : filled with the devices by name, so that each is read once.
    """
    content: dict[str, Any] = {"experiment": experiment, "point": dict(point)}
    if experiment == "round_trip":
        return content | {"code": code_digest(_ROUND_TRIP), "versions": versions("stim", "numpy")}
    if experiment == "logical":
        noise = str(point.get("noise", ""))
        if noise.startswith("device:"):
            content["device"] = load_device(noise.removeprefix("device:")).digest
        packages = ("stim", "numpy", "sinter", "tesseract-decoder", "pymatching", "ldpc")
        return content | {"code": code_digest(_LOGICAL), "versions": versions(*packages)}
    name = str(point.get("device", DEFAULT_DEVICE))
    known = {} if devices is None else devices
    if name not in known:
        known[name] = load_device(name)
    content |= {
        "device": known[name].digest,
        "code": code_digest([*_PUBLISHED, experiment_named(experiment).__module__]),
        "versions": versions("stim", "numpy", "qiskit", "rustworkx"),
    }
    if point.get("circuits") == "native":
        content["native"] = data_digest("qclone.native.data")
    return content


def key_of(experiment: str, point: Mapping[str, Any], devices: dict[str, Device] | None = None) -> str:
    """Return the hash of a point's identity."""
    content = json.dumps(identity_of(experiment, point, devices), sort_keys=True)
    return sha256(content.encode()).hexdigest()[:32]
