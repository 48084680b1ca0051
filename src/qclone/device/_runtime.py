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


def fake_backend(name: str) -> BackendV2:
    """Return the fake backend of `qiskit_ibm_runtime` that carries a processor's calibration snapshot.

    Raises
    ------
    MissingPackageError : qiskit-ibm-runtime is not installed.
    InvalidInputError : IBM ships no snapshot of that name.
    """
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


def real_backend(name: str) -> BackendV2:
    """Return a real processor through the user's saved IBM Quantum account.

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
    full = f"ibm_{name.lower().removeprefix('ibm_')}"
    try:
        return QiskitRuntimeService().backend(full)
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


def runtime_sampler(backend: BackendV2, seed: int | None = None) -> BaseSamplerV2:
    """Return the runtime's sampler in job mode; with a fake backend it runs locally, with that seed."""
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
