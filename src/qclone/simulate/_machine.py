"""Anything that runs circuits: a V2 sampler or a backend; jobs that can be picked up again; what it is."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2
from qiskit.transpiler import Target

from qclone.device import name_of, narrowed, noise_model_of, own_target
from qclone.device import runtime_sampler as _runtime_sampler
from qclone.errors import QcloneError
from qclone.simulate._returned import counts_of
from qclone.simulate._sampler import DeviceSampler
from qclone.simulate._translate import Translation

CircuitCounts = dict[str, int]
"""Shots by bit string, the last character bit 0, no blanks between registers."""


class Machine(ABC):
    """What runs circuits: it translates them, takes them as jobs, and says what it is."""

    label: str

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Return what decides counts besides circuits and shots: class, gates, noise, options, versions."""

    @abstractmethod
    def submit(self, circuits: Sequence[QuantumCircuit], shots: int) -> Job:
        """Start a job; circuits are in the machine's gates."""

    @abstractmethod
    def job(self, job_id: str) -> Job | None:
        """Return a job that was submitted before; None where it cannot be found again."""

    @property
    def own(self) -> bool:
        """Whether qclone's code makes the counts: its digest then decides them, and no version does."""
        return False

    @property
    def target(self) -> Target | None:
        """The machine's own gates; None if it does not say, and circuits go as they were placed."""
        return None

    @property
    def most_circuits(self) -> int | None:
        """How many circuits a job may have; None for any number."""
        return None

    @property
    def most_shots(self) -> int | None:
        """How many shots a circuit may have; None for any number."""
        return None

    def translated(self, circuits: Sequence[QuantumCircuit]) -> list[QuantumCircuit]:
        """Return placed circuits in the machine's own gates."""
        return list(circuits) if self.target is None else self._translation.run(circuits)

    @cached_property
    def _translation(self) -> Translation:
        assert self.target is not None
        return Translation(self.target, self.label, getattr(self, "backend", None))


@dataclass(frozen=True)
class Job:
    """Circuits on their way; `counts` waits for them."""

    running: Any
    from_primitive: bool

    @property
    def job_id(self) -> str:
        """The provider's name of the job."""
        name = self.running.job_id
        return str(name() if callable(name) else name)

    def counts(self, widths: Sequence[int]) -> list[CircuitCounts]:
        """Return the counts of every circuit.

        Parameters
        ----------
        widths : how many classical bits each circuit has.

        Raises
        ------
        QcloneError : the job failed, or what it returned are no counts.
        """
        try:
            result = self.running.result()
            if self.from_primitive:
                found = [pub.join_data().get_counts() for pub in result]
            else:
                found = [result.get_counts(i) for i in range(len(widths))]
        except QcloneError:
            raise
        except Exception as error:  # whatever a provider raises, it is the job that failed
            raise QcloneError(
                f"The job {self.job_id} failed: {type(error).__name__}: {error}.",
                "Ask the provider, and run again: what was measured is kept.",
            ) from error
        if len(found) != len(widths):
            raise QcloneError(
                f"The job {self.job_id} returned counts of {len(found)} circuits, and "
                f"{len(widths)} were submitted.",
                "Ask the provider.",
            )
        return [counts_of(one, width, self.job_id) for one, width in zip(found, widths, strict=True)]

    @property
    def is_dead(self) -> bool:
        """Whether the provider says that the job failed or was cancelled: it will never have a result."""
        try:
            status = self.running.status()
        except Exception:  # a provider that does not answer has not said so
            return False
        return str(getattr(status, "name", status)).upper() in ("ERROR", "FAILED", "CANCELLED", "CANCELED")


class SamplerMachine(Machine):
    """A V2 sampler; circuits are translated for the backend behind it, if one can be seen."""

    def __init__(self, sampler: BaseSamplerV2, backend: Any = None) -> None:
        self.sampler = sampler
        self.backend = backend if backend is not None else _behind(sampler)
        behind = "" if self.backend is None else f" on {name_of(self.backend)}"
        self.label = type(sampler).__name__ + behind

    @property
    def own(self) -> bool:
        return isinstance(self.sampler, DeviceSampler)

    @cached_property
    def target(self) -> Target | None:
        return None if self.backend is None else own_target(self.backend)

    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = {"sampler": _class_of(self.sampler)}
        if not self.own:
            found["version"] = _version_of(self.sampler)
        if isinstance(self.sampler, DeviceSampler):
            s = self.sampler
            found |= {"device": s.device.digest, "rules": s.rules.to_dict(s.device)}
            found |= {k: repr(v) for k, v in vars(s).items() if k in ("method", "full", "beyond")}
        elif (options := _plain(getattr(self.sampler, "options", None))) is not None:
            found["options"] = options
        return found | ({} if self.backend is None else {"backend": backend_identity(self.backend)})

    def submit(self, circuits: Sequence[QuantumCircuit], shots: int) -> Job:
        return Job(self.sampler.run(list(circuits), shots=shots), True)

    def job(self, job_id: str) -> Job | None:
        service = getattr(self.backend, "service", None)
        found = _retrieved(service, "job", job_id)
        return None if found is None else Job(found, True)

    @property
    def most_circuits(self) -> int | None:
        return _whole(getattr(self.backend, "max_circuits", None))


class BackendMachine(Machine):
    """A backend's own `run`: counts need no memory of single shots, which many simulators do not have.

    One that does not say how many qubits it has simulates any number: it gets those that circuits use.
    """

    def __init__(self, backend: Any, seed: int | None = None) -> None:
        self.backend, self.seed = backend, seed
        self.label = name_of(backend)
        self._submitted = 0

    @cached_property
    def target(self) -> Target | None:
        return own_target(self.backend)

    def identity(self) -> dict[str, Any]:
        return {"backend": backend_identity(self.backend)}

    def translated(self, circuits: Sequence[QuantumCircuit]) -> list[QuantumCircuit]:
        found = super().translated(circuits)
        return found if getattr(self.backend, "num_qubits", None) else list(map(narrowed, found))

    def submit(self, circuits: Sequence[QuantumCircuit], shots: int) -> Job:
        options: dict[str, Any] = {"shots": shots}
        if self.seed is not None and hasattr(self.backend.options, "seed_simulator"):
            # Jobs of one run must not repeat each other's shots.
            options["seed_simulator"] = self.seed + self._submitted
        self._submitted += 1
        several: Any = list(circuits) if len(circuits) > 1 else circuits[0]
        return Job(self.backend.run(several, **options), False)

    def job(self, job_id: str) -> Job | None:
        for owner, how in ((self.backend, "retrieve_job"), (_provider_of(self.backend), "retrieve_job")):
            if (found := _retrieved(owner, how, job_id)) is not None:
                return Job(found, False)
        return None

    @property
    def most_circuits(self) -> int | None:
        return _whole(getattr(self.backend, "max_circuits", None))

    @cached_property
    def most_shots(self) -> int | None:
        limits = getattr(self.backend.options, "validator", None) or {}
        bounds = limits.get("shots") if isinstance(limits, Mapping) else None
        if isinstance(bounds, tuple):
            return int(bounds[1])
        most = getattr(self.backend, "max_shots", None) or getattr(self.backend, "MAX_SHOTS", None)
        if most is None and callable(getattr(self.backend, "configuration", None)):
            most = getattr(self.backend.configuration(), "max_shots", None)
        return _whole(most)


def machine_of(sampler: BaseSamplerV2 | None = None, backend: Any = None, seed: int | None = None) -> Machine:
    """Return what runs circuits for a V2 sampler, for a backend, or for a sampler on a backend.

    In place of a backend stands a `Session` or a `Batch` of IBM's runtime: its jobs are those of the run.

    Qiskit's `BackendSamplerV2` asks a backend for its memory of single shots; its backend is run itself.
    """
    if isinstance(sampler, BackendSamplerV2):
        return BackendMachine(sampler.backend if backend is None else backend, seed)
    if sampler is not None:
        return SamplerMachine(sampler, backend)
    if isinstance(backend, BaseSamplerV2):
        return SamplerMachine(backend)
    if hasattr(backend, "session_id"):  # a session or a batch, which its sampler knows the backend of
        return SamplerMachine(_runtime_sampler(backend, seed))
    if hasattr(backend, "service"):  # IBM's processors are reached through the runtime alone
        return SamplerMachine(_runtime_sampler(backend), backend)
    return BackendMachine(backend, seed)


def backend_identity(backend: Any) -> dict[str, Any]:
    """Return what a backend is: class, version of its package, gates and calibration, noise, options."""
    target, noise = own_target(backend), noise_model_of(backend)
    options = _plain(getattr(backend, "options", None))
    if "fake_provider" in type(backend).__module__:
        # Fakes fill in a simulator's options when they first run; their target decides all of them.
        noise, options = None, {}
    return {
        "class": _class_of(backend),
        "name": name_of(backend),
        "version": _version_of(backend),
        "target": None if target is None else _digest(_described(target)),
        "noise": None if noise is None else _digest(noise.model.to_dict(serializable=True)),
        "options": options,
    }


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
    return {k: v for k, v in sorted(items.items()) if isinstance(v, simple) and k != "shots"}


def _behind(sampler: Any) -> Any:
    for attribute in ("backend", "_backend", "mode"):
        found = getattr(sampler, attribute, None)
        if callable(found) and not hasattr(found, "target"):
            try:
                found = found()
            except Exception:  # a method that needs arguments is not the one we mean
                continue
        if hasattr(found, "target") or hasattr(found, "run"):
            return found
    return None


def _retrieved(owner: Any, how: str, job_id: str) -> Any:
    retrieve = getattr(owner, how, None)
    if retrieve is None:
        return None
    try:
        return retrieve(job_id)
    except Exception:  # jobs of local simulators are gone with their process
        return None


def _provider_of(backend: Any) -> Any:
    provider = getattr(backend, "provider", None)
    return provider() if callable(provider) else provider


def _class_of(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _version_of(thing: object) -> str:
    package = type(thing).__module__.partition(".")[0]
    for name in packages_distributions().get(package, [package]):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return package


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value else None


def _digest(content: Any) -> str:
    return sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
