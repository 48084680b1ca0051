"""The one place that imports IBM's runtime."""

from __future__ import annotations

import json
import warnings
from typing import Any

from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from qclone.device._backend import from_backend
from qclone.device._device import Device
from qclone.errors import InvalidInputError, MissingPackageError, QcloneError

FRACTIONAL = ":fractional"
"""After a processor's name: with its gates rx and rzz of any angle, which exclude dynamic circuits."""
MODES = ("session", "batch")


def fake_backend(name: str) -> BackendV2:
    """Return the fake backend of `qiskit_ibm_runtime` that carries a processor's calibration snapshot.

    Parameters
    ----------
    name : of the processor; ``kingston:fractional`` has its fractional gates, as calibrated, too.

    Raises
    ------
    MissingPackageError : qiskit-ibm-runtime is not installed.
    InvalidInputError : IBM ships no snapshot of that name, or none with fractional gates.
    """
    if name.endswith(FRACTIONAL):
        return _with_fractional_gates(fake_backend(name.removesuffix(FRACTIONAL)))
    try:
        from qiskit_ibm_runtime import fake_provider
    except ImportError:
        raise MissingPackageError("qiskit-ibm-runtime", "device") from None
    wanted = {f"fake{name.lower()}", f"fake{name.lower()}v2", f"fake{name.lower()}backend"}
    kinds = [getattr(fake_provider, n) for n in dir(fake_provider) if n.lower() in wanted]
    kind = next((k for k in kinds if isinstance(k, type)), None)
    if kind is None:
        raise InvalidInputError(
            f"IBM ships no snapshot of a device {name!r}.",
            "Its snapshots are in qiskit_ibm_runtime.fake_provider, for example kingston.",
        )
    with warnings.catch_warnings():
        # FakeNighthawk says that its errors are not typical of the type; docs/twin.md says it too.
        warnings.simplefilter("ignore", UserWarning)
        return kind()


def _with_fractional_gates(backend: Any) -> BackendV2:
    """Return a fake backend with those fractional gates that its snapshot has a calibration of."""
    from qiskit_ibm_runtime.utils.backend_converter import convert_to_target

    configuration, properties = backend.configuration(), backend.properties()
    gates = {entry.gate for entry in properties.gates} & {"rx", "rzz"}
    if not gates:
        raise InvalidInputError(
            f"IBM's snapshot {backend.name} has no calibration of fractional gates.", "Take kingston."
        )
    configuration.basis_gates = [*configuration.basis_gates, *sorted(gates)]
    # As the service has it: a processor offers fractional gates or dynamic circuits, not both.
    backend._target = convert_to_target(
        configuration, properties, include_control_flow=False, include_fractional_gates=True
    )
    return backend


def real_backend(name: str) -> BackendV2:
    """Return a real processor through the user's saved IBM Quantum account.

    Parameters
    ----------
    name : of the processor; ``kingston:fractional`` has its fractional gates, too.

    Raises
    ------
    MissingPackageError : qiskit-ibm-runtime is not installed.
    QcloneError : no account is saved, or the service does not offer the processor.
    """
    try:
        from qiskit_ibm_runtime import QiskitRuntimeService
        from qiskit_ibm_runtime.exceptions import IBMRuntimeError
    except ImportError:
        raise MissingPackageError("qiskit-ibm-runtime", "device") from None
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    if not QiskitRuntimeService.saved_accounts():
        raise QcloneError(
            "No IBM Quantum account is saved on this machine.",
            "Save one with QiskitRuntimeService.save_account(token=...), or use another engine such as twin.",
        )
    fractional = name.endswith(FRACTIONAL)
    full = f"ibm_{name.lower().removesuffix(FRACTIONAL).removeprefix('ibm_')}"
    try:
        return QiskitRuntimeService().backend(full, use_fractional_gates=fractional)
    except (IBMRuntimeError, QiskitBackendNotFoundError, ValueError, OSError) as error:
        raise QcloneError(
            f"IBM's service does not give us {full}: {error}.",
            "Check the account, the network and the name of the processor.",
        ) from None


def live_device(name: str) -> Device:
    """Return a real processor as it is calibrated now: circuits that run there are placed on this.

    Raises as `real_backend` does.
    """
    return from_backend(real_backend(name))


def opened(mode: str, backend: BackendV2) -> Any:
    """Return a `Session` or a `Batch` of the runtime on a backend; whoever opens it closes it.

    A session keeps the processor for itself from its first job on, and IBM charges for all of that time; a
    batch's jobs are queued together.

    Raises
    ------
    MissingPackageError : qiskit-ibm-runtime is not installed.
    InvalidInputError : no such mode.
    """
    if mode not in MODES:
        raise InvalidInputError(f"There is no mode {mode!r}.", f"Choose one of {', '.join(MODES)}.")
    try:
        from qiskit_ibm_runtime import Batch, Session
    except ImportError:
        raise MissingPackageError("qiskit-ibm-runtime", "device") from None
    return {"session": Session, "batch": Batch}[mode](backend=backend)


def runtime_sampler(backend: Any, seed: int | None = None) -> BaseSamplerV2:
    """Return the runtime's sampler in job mode; with a fake backend it runs locally, with that seed.

    Parameters
    ----------
    backend : or a `Session` or `Batch` on it, whose jobs they become.
    """
    from qiskit_ibm_runtime import SamplerV2

    with warnings.catch_warnings():
        # IBM announces that the name will stand for a new class with the same interface.
        warnings.simplefilter("ignore", DeprecationWarning)
        sampler = SamplerV2(mode=backend)
    if seed is not None:
        sampler.options.simulator.seed_simulator = seed
    return sampler


def learner_result(text: str) -> Any:
    """Return a NoiseLearner's result of the JSON that the runtime writes.

    Raises
    ------
    MissingPackageError : qiskit-ibm-runtime is not installed.
    InvalidInputError : the text is something else.
    """
    try:
        from qiskit_ibm_runtime import RuntimeDecoder
        from qiskit_ibm_runtime.results import NoiseLearnerResult
    except ImportError:
        raise MissingPackageError("qiskit-ibm-runtime", "device") from None
    try:
        found = json.loads(text, cls=RuntimeDecoder)
        if isinstance(found, dict):  # as the service sends it
            found = NoiseLearnerResult(found["data"], found.get("metadata"))
        layers = list(found)
        if layers and all(hasattr(layer, "circuit") and hasattr(layer, "error") for layer in layers):
            return found
        said = f"it holds {type(layers[0] if layers else found).__name__}"
    except Exception as error:  # of a file that is none, whatever the decoder makes of it
        said = f"{type(error).__name__}: {error}"
    raise InvalidInputError(
        f"This is no result of a NoiseLearner: {said}.",
        "Write json.dumps(job.result(), cls=RuntimeEncoder) of a NoiseLearner's job.",
    )
