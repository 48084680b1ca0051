"""Engines by name: one experiment runs unchanged on the twin, on Aer, on a fake backend, on a processor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, get_args

from qiskit import QuantumCircuit
from qiskit.primitives import BaseSamplerV2

from qclone.device import Device, NoiseRules, fake_backend, real_backend, runtime_sampler
from qclone.errors import InvalidInputError
from qclone.simulate._sampler import AerSampler, TwinSampler
from qclone.simulate._steps import duration_s

Engine = Literal["twin", "aer", "fake", "ibm"]
ENGINES: tuple[str, ...] = get_args(Engine)
# IBM's guide "Workload usage": overhead of a sub-job, and the wait between two shots.
_OVERHEAD_S = 2.0
_REPETITION_S = 250e-6


def make_sampler(
    engine: str, device: Device, rules: NoiseRules | None = None, seed: int | None = None
) -> BaseSamplerV2:
    """Return the sampler of an engine; all of them run circuits that `route` placed on the device.

    ===== =========================================================================================
    twin  stim with the device's Pauli noise, Aer where a circuit is not Clifford (`TwinSampler`)
    aer   Aer with the same noise rules, few qubits (`AerSampler`)
    fake  IBM's runtime in local mode on its fake backend of that name; gate and readout noise of IBM's
          own model, no noise while qubits wait; rules are IBM's, not ours
    ibm   the real processor, in job mode, with the user's saved account
    ===== =========================================================================================

    Raises
    ------
    InvalidInputError : no such engine, or IBM ships no snapshot of the device (fake).
    MissingPackageError : the engine's package is not installed.
    QcloneError : no saved account, or the service refuses (ibm).
    """
    make: dict[str, Callable[[], BaseSamplerV2]] = {
        "twin": lambda: TwinSampler(device, rules, seed),
        "aer": lambda: AerSampler(device, rules, seed),
        "fake": lambda: runtime_sampler(fake_backend(device.name), seed),
        "ibm": lambda: runtime_sampler(real_backend(device.name)),
    }
    if engine not in make:
        raise InvalidInputError(f"There is no engine {engine!r}.", f"Choose one of {', '.join(ENGINES)}.")
    return make[engine]()


def quantum_seconds(circuits: Iterable[QuantumCircuit], device: Device, shots: int) -> float:
    """Return how long a processor is busy with one job of these circuits: what IBM charges for.

    t = 2 s + shots sum_circuits (250 us + its duration), after IBM's guide "Workload usage".
    """
    lengths = (duration_s(circuit, device) for circuit in circuits)
    return _OVERHEAD_S + shots * sum(_REPETITION_S + length for length in lengths)
