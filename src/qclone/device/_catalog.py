"""Devices by name: calibration snapshots that ship with qclone, or a JSON file of one's own."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path

from qclone.device._device import Device
from qclone.errors import InvalidInputError

DEVICES = ("kingston", "aachen", "marrakesh", "fez", "boston", "pittsburgh", "nighthawk")


def load_device(name: str | Path) -> Device:
    """Return a device by name, one of `DEVICES`, or from a JSON file written by `Device.save`.

    The named ones are the snapshots of IBM's processors in `qiskit_ibm_runtime.fake_provider`, as shipped
    in `qclone.device.snapshots`.

    Raises
    ------
    InvalidInputError : neither a known name nor a readable file.

    Example
    -------
    >>> load_device("aachen").num_qubits
    156
    """
    short = str(name).lower().removeprefix("fake_").removeprefix("ibm_")
    if short in DEVICES:
        return _shipped(short)
    if str(name).endswith(".json") or Path(name).is_file():
        return Device.load(name)
    raise InvalidInputError(
        f"There is no device {str(name)!r}.", f"Choose one of {', '.join(DEVICES)}, or name a JSON file."
    )


@cache
def _shipped(name: str) -> Device:
    text = resources.files("qclone.device.snapshots").joinpath(f"{name}.json").read_text()
    return Device.from_dict(json.loads(text))
