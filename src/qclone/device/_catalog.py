"""Devices by name: shipped snapshots and presets, backends of providers, JSON files, other packages' own."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from qclone.device._assumed import Assumed
from qclone.device._backend import from_backend
from qclone.device._device import Device
from qclone.device._first_version import is_first_version
from qclone.device._presets import PRESETS
from qclone.device._providers import backend_named
from qclone.errors import InvalidInputError, QcloneError
from qclone.outside import loaded

DEVICES = ("kingston", "aachen", "marrakesh", "fez", "boston", "pittsburgh", "nighthawk")
GROUP = "qclone.devices"
"""Entry points of other packages: name -> module:Device, or a function that returns one."""


def load_device(name: str | Path, assumed: Assumed | None = None) -> Device:
    """Return a device by name, or from a JSON file written by `Device.save`.

    A name is one of `DEVICES`, IBM's calibration snapshots as shipped in `qclone.device.snapshots`; one of
    `PRESETS`, machines from published numbers; ``provider:backend`` or ``module:Class``, see
    `backend_named`; or what another package names under the entry points `GROUP`.

    Parameters
    ----------
    assumed : for what a backend does not state; see `from_backend`.

    Raises
    ------
    InvalidInputError : neither a known name nor a readable file.

    Example
    -------
    >>> load_device("aachen").num_qubits, load_device("helios").num_qubits
    (156, 98)
    >>> load_device("fake:manila")
    <Device manila: 5 of 5 qubits, 4 couplers cx, 2024-05-27>
    """
    text = str(name)
    short = text.lower().removeprefix("fake_").removeprefix("ibm_")
    if short in DEVICES:
        return _shipped(short)
    if short in PRESETS:
        return PRESETS[short].device(short)
    if text.endswith(".json") or Path(name).is_file():
        return Device.load(name)
    outside = {point.name: point for point in entry_points(group=GROUP)}
    if text in outside:
        return _device(loaded(outside[text]), text, assumed)
    if ":" in text:
        return _device(backend_named(text), text, assumed)
    raise InvalidInputError(
        f"There is no device {text!r}.",
        f"Choose one of {', '.join([*DEVICES, *PRESETS, *sorted(outside)])}, provider:backend, module:Class "
        "or a JSON file.",
    )


def _device(found: Any, name: str, assumed: Assumed | None) -> Device:
    if callable(found) and not isinstance(found, Device) and not _is_backend(found):
        try:
            found = found()
        except QcloneError:
            raise
        except Exception as error:  # a function from elsewhere fails in its own ways
            raise InvalidInputError(
                f"{name} makes no device: {type(error).__name__}: {str(error).rstrip('.')}.",
                "Mend the function that is named.",
            ) from error
    if isinstance(found, Device):
        return found
    if _is_backend(found):
        return from_backend(found, assumed)
    raise InvalidInputError(
        f"{name} is neither a Device nor a backend.", "Name a qclone Device or a Qiskit backend."
    )


def _is_backend(found: Any) -> bool:
    return hasattr(found, "target") or is_first_version(found)


@cache
def _shipped(name: str) -> Device:
    text = resources.files("qclone.device.snapshots").joinpath(f"{name}.json").read_text()
    return Device.from_dict(json.loads(text))
