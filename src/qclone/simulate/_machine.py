"""Anything that runs circuits: a V2 sampler or a backend; jobs that can be picked up again; what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2, PrimitiveJob
from qiskit.transpiler import Target

from qclone.device import name_of, narrowed, own_target
from qclone.device import runtime_sampler as _runtime_sampler
from qclone.device._first_version import is_first_version
from qclone.errors import InvalidInputError, QcloneError
from qclone.simulate._options import backend_identity, class_of, set_options, version_of
from qclone.simulate._returned import counts_of
from qclone.simulate._sampler import DeviceSampler
from qclone.simulate._translate import Translation

# Packages whose jobs run in this process and end with it.
_HERE = ("qiskit_aer", "qiskit.primitives", "qiskit.providers", "qiskit_ibm_runtime.fake_provider", "qclone")

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
        """Return a job that was submitted before; None where the machine gives none back.

        Raises
        ------
        QcloneError : it does, but not this one, or not now.
        """

    @contextmanager
    def marking(self, tag: str) -> Iterator[None]:
        """Have the jobs that are submitted meanwhile carry a tag, where the provider takes any."""
        yield

    def find(self, tag: str) -> list[Job] | None:
        """Return the jobs with a tag; None where the provider cannot be asked.

        Raises
        ------
        QcloneError : it can, and does not answer.
        """
        return None

    def passed(self, circuits: Sequence[QuantumCircuit]) -> None:
        """Leave out the randomness of a job that an earlier run has submitted: it must not come twice."""
        return None

    @property
    def repeats(self) -> bool:
        """Whether a second job of the same circuits has the shots of the first, by a seed of its own."""
        return False

    @property
    def here(self) -> bool:
        """Whether jobs run in this process and end with it: nobody pays for them twice."""
        return self.own

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
    def here(self) -> bool:
        """Whether it runs in this process and ends with it."""
        # A primitive's thread may wait for somebody else's machine.
        return _is_here(self.running) and not isinstance(self.running, PrimitiveJob)

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
        found: dict[str, Any] = {"sampler": class_of(self.sampler)}
        if not self.own:
            found["version"] = version_of(self.sampler)
        if isinstance(self.sampler, DeviceSampler):
            s = self.sampler
            found |= {"device": s.device.digest, "rules": s.rules.to_dict(s.device)}
            found |= {k: repr(v) for k, v in vars(s).items() if k in ("method", "full", "beyond")}
        elif (options := set_options(getattr(self.sampler, "options", None))) is not None:
            found["options"] = options
        return found | ({} if self.backend is None else {"backend": backend_identity(self.backend)})

    def submit(self, circuits: Sequence[QuantumCircuit], shots: int) -> Job:
        return Job(self.sampler.run(list(circuits), shots=shots), True)

    def job(self, job_id: str) -> Job | None:
        service = getattr(self.backend, "service", None)
        found = _retrieved(service, "job", job_id, self.label)
        return None if found is None else Job(found, True)

    @contextmanager
    def marking(self, tag: str) -> Iterator[None]:
        environment = self._environment
        if environment is None:
            yield
            return
        before = environment.job_tags
        environment.job_tags = [*(before or ()), tag]
        try:
            yield
        finally:
            environment.job_tags = before

    def find(self, tag: str) -> list[Job] | None:
        search = getattr(getattr(self.backend, "service", None), "jobs", None)
        if search is None or self._environment is None:
            return None
        try:
            return [Job(found, True) for found in search(limit=None, job_tags=[tag])]
        except Exception as error:  # whatever a provider raises, it has not answered
            raise _unanswered(self.label, error) from error

    @property
    def _environment(self) -> Any:
        """Where the runtime's sampler has the tags of its jobs; None of other samplers."""
        found = getattr(getattr(self.sampler, "options", None), "environment", None)
        return found if hasattr(found, "job_tags") else None

    def passed(self, circuits: Sequence[QuantumCircuit]) -> None:
        if isinstance(self.sampler, DeviceSampler):
            self.sampler.pass_over(circuits)

    @property
    def repeats(self) -> bool:
        return self.here and not self.own

    @property
    def here(self) -> bool:
        return self.own or _is_here(self.sampler) or _is_here(self.backend)

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
        says = getattr(self.backend, "num_qubits", None) or is_first_version(self.backend)
        return found if says else list(map(narrowed, found))

    def submit(self, circuits: Sequence[QuantumCircuit], shots: int) -> Job:
        options: dict[str, Any] = {"shots": shots}
        if self.seed is not None and hasattr(getattr(self.backend, "options", None), "seed_simulator"):
            # Jobs of one run must not repeat each other's shots.
            options["seed_simulator"] = self.seed + self._submitted
        self._submitted += 1
        several: Any = list(circuits) if len(circuits) > 1 else circuits[0]
        return Job(self.backend.run(several, **options), False)

    def job(self, job_id: str) -> Job | None:
        for owner, how in ((self.backend, "retrieve_job"), (_provider_of(self.backend), "retrieve_job")):
            if (found := _retrieved(owner, how, job_id, self.label)) is not None:
                return Job(found, False)
        return None

    def passed(self, circuits: Sequence[QuantumCircuit]) -> None:
        self._submitted += 1

    @property
    def here(self) -> bool:
        return _is_here(self.backend)

    @property
    def most_circuits(self) -> int | None:
        most = getattr(self.backend, "max_circuits", None)
        if most is None and is_first_version(self.backend):
            most = getattr(self.backend.configuration(), "max_experiments", None)
        return _whole(most)

    @cached_property
    def most_shots(self) -> int | None:
        limits = getattr(getattr(self.backend, "options", None), "validator", None) or {}
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

    Raises
    ------
    InvalidInputError : it is no backend, or not that of the sampler.
    """
    if sampler is None and not isinstance(backend, BaseSamplerV2):
        _check_backend(backend)
    if isinstance(sampler, BackendSamplerV2):
        return BackendMachine(sampler.backend if backend is None else backend, seed)
    if sampler is not None:
        shown = _behind(sampler)
        if backend is not None and shown is not None and name_of(shown) != name_of(backend):
            raise InvalidInputError(
                f"The sampler runs on {name_of(shown)}, not on {name_of(backend)}.",
                "Leave the backend out: it is for samplers that do not show theirs.",
            )
        return SamplerMachine(sampler, backend)
    if isinstance(backend, BaseSamplerV2):
        return SamplerMachine(backend)
    if hasattr(backend, "session_id"):  # a session or a batch, which its sampler knows the backend of
        return SamplerMachine(_runtime_sampler(backend, seed))
    if hasattr(backend, "service"):  # IBM's processors are reached through the runtime alone
        return SamplerMachine(_runtime_sampler(backend), backend)
    return BackendMachine(backend, seed)


def _check_backend(backend: Any) -> None:
    """Raise InvalidInputError for what is no backend: its name, for example, or its class."""
    runs = any(hasattr(backend, name) for name in ("run", "session_id", "service"))
    if isinstance(backend, type) or not runs:
        what = f"The class {backend.__name__}" if isinstance(backend, type) else f"{backend!r:.60}"
        raise InvalidInputError(
            f"{what} is no backend.", "Make one; qclone.device.backend_named makes that of a name."
        )


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


def _retrieved(owner: Any, how: str, job_id: str, label: str) -> Any:
    retrieve = getattr(owner, how, None)
    if retrieve is None:
        return None
    try:
        return retrieve(job_id)
    except Exception as error:  # whatever a provider raises; submitting anew might be paid twice
        raise _unanswered(label, error, f" for the job {job_id}") from error


def _unanswered(label: str, error: Exception, what: str = "") -> QcloneError:
    return QcloneError(
        f"{label} was asked{what} and does not give it: {type(error).__name__}: {error}.",
        "Run again when the provider answers.",
    )


def _is_here(thing: Any) -> bool:
    return type(thing).__module__.startswith(_HERE)


def _provider_of(backend: Any) -> Any:
    provider = getattr(backend, "provider", None)
    return provider() if callable(provider) else provider


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value else None
