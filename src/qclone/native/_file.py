"""A placed circuit as a file: what a search has found, kept to be looked at and used again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import stim

from qclone.device import DEVICES, Device, load_device
from qclone.errors import InvalidInputError, QcloneError
from qclone.native._contract import verify
from qclone.native._native import STAGES, NativeCircuit
from qclone.scheme import Bounds, Scheme, from_spec, to_spec

FORMAT = "qclone native circuit"
MAX_BYTES = 16 << 20
_BOUNDS = Bounds(qubits=5000, work=10**8)


def write_native(native: NativeCircuit, scheme: Scheme) -> str:
    """Return a placed circuit and its scheme as JSON; a known device by its name, any other as a whole."""
    device = native.device
    known = device.name in DEVICES and load_device(device.name) == device
    document = {
        "format": FORMAT,
        "device": device.name if known else device.to_dict(),
        "scheme": to_spec(scheme),
        "clone": native.clone,
        "roles": dict(native.roles),
        "outputs": list(native.outputs),
        **{name: str(stage) for name, stage in native.stages.items()},
    }
    return json.dumps(document, indent=1)


def read_native(path: Path) -> tuple[NativeCircuit, Scheme]:
    """Read what `write_native` wrote, and prove by its tableau that it does what its scheme says.

    Raises
    ------
    InvalidInputError : it is no such file, or the circuit does something else; see `verify`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        document = json.loads(content[:MAX_BYTES])
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError("it says no format")
        native, scheme = _read(document)
        verify(native, scheme)
    except OSError as error:
        raise _no_circuit(path, error.strerror or str(error)) from None
    except QcloneError as error:
        raise _no_circuit(path, error.message) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise _no_circuit(path, f"{type(error).__name__}: {error}") from None
    return native, scheme


def _read(document: Mapping[str, Any]) -> tuple[NativeCircuit, Scheme]:
    said = document["device"]
    if isinstance(said, str) and said not in DEVICES:
        raise ValueError(f"there is no device {said!r}")  # a name, never a path
    device = load_device(said) if isinstance(said, str) else Device.from_dict(said)
    scheme = from_spec(document["scheme"], _BOUNDS)
    stages = {name: stim.Circuit(document[name]) for name in STAGES}
    roles = {str(label): int(qubit) for label, qubit in document["roles"].items()}
    return NativeCircuit(device, str(document["clone"]), roles, tuple(document["outputs"]), **stages), scheme


def _no_circuit(path: Path, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path.name} holds no native circuit: {why[:200].rstrip('.')}.",
        "Make one with: qclone circuit --native --search SECONDS --out FILE.json",
    )
