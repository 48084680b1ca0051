"""What an Aer noise model says about gates and readout, and which gates it has noise for."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
from qiskit.circuit import Measure
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.providers import BackendV2
from qiskit.quantum_info import DensityMatrix, SuperOp, average_gate_fidelity
from qiskit.transpiler import Target

from qclone.device._entangler import entangler_of
from qclone.device._first_version import first_version_target, is_first_version

# What a noise model leaves noiseless by right: changes of frame, and what is no gate.
_FREE = {"rz", "delay", "id", "measure", "reset", "barrier", "if_else"}


@dataclass(frozen=True)
class NoiseModel:
    """An Aer noise model, read.

    Parameters
    ----------
    model : `qiskit_aer.noise.NoiseModel`.
    """

    model: Any
    _known: dict[int, float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def noisy(self) -> set[str]:
        """Names of the gates that have noise."""
        return set(self.model.noise_instructions) - _FREE

    @cached_property
    def pairs(self) -> set[tuple[int, ...]] | None:
        """The pairs, in order, that two-qubit gates have noise for; None if one has noise on all."""
        gates = [name for name in self.noisy if _arity(name) == 2]
        if any(name in self.model._default_quantum_errors for name in gates):
            return None
        return {tuple(q) for name in gates for q in self.model._local_quantum_errors.get(name, {})}

    def runs_on(self, gate: str, pair: tuple[int, ...]) -> bool:
        """Whether a two-qubit gate is the processor's there: it has noise, or no gate on these qubits has.

        The simulator runs a gate without noise where the model has none, also from a pair's other side.
        """
        if gate in self.model._default_quantum_errors:
            return True
        if pair in self.model._local_quantum_errors.get(gate, {}):
            return True
        return self.pairs is not None and not {pair, pair[::-1]} & self.pairs

    def infidelity(self, gate: str, qubits: tuple[int, ...]) -> float | None:
        """Return the average infidelity of a gate's noise on some qubits; None if it has none there."""
        local = self.model._local_quantum_errors.get(gate, {})
        error = local.get(qubits, self.model._default_quantum_errors.get(gate))
        if error is None:
            return None
        if id(error) not in self._known:
            self._known[id(error)] = max(0.0, 1 - float(average_gate_fidelity(SuperOp(error))))
        return self._known[id(error)]

    def readout_error(self, qubit: int) -> float | None:
        """Return the mean probability that a measured bit is wrong; None if there is no such noise.

        The noise of a measurement, which turns the qubit before it, counts like that of its bit.
        """
        found = []
        error = self.model._local_readout_errors.get((qubit,), self.model._default_readout_error)
        if error is not None:
            p = np.asarray(error.probabilities)
            found.append(float(p[0, 1] + p[1, 0]) / 2)
        local = self.model._local_quantum_errors.get("measure", {})
        if (before := local.get((qubit,), self.model._default_quantum_errors.get("measure"))) is not None:
            turned = [DensityMatrix.from_label("01"[b]).evolve(SuperOp(before)) for b in (0, 1)]
            found.append(sum(float(t.probabilities()[1 - b]) for b, t in enumerate(turned)) / 2)
        if not found:
            return None
        return (1 - prod(1 - 2 * p for p in found)) / 2

    @property
    def beside(self) -> list[str]:
        """Names of what has noise and is none of a device's gates, readouts and measurements."""
        known = get_standard_gate_name_mapping()
        named = set(self.model.noise_instructions) - {"measure"}
        others = {n for n in named if n in _FREE or n not in known or known[n].num_qubits > 2}
        together = any(len(qubits) > 1 for qubits in self.model._local_readout_errors)
        return sorted(others) + (["readouts of several qubits together"] if together else [])

    @property
    def everywhere(self) -> bool:
        """Whether some noise is that of all qubits, and not only of those that are named."""
        return bool(self.model._default_quantum_errors) or self.model._default_readout_error is not None

    @property
    def num_qubits(self) -> int:
        """One more than the highest qubit that is named; 0 if noise is the same on all."""
        local = [*self.model._local_quantum_errors.values(), self.model._local_readout_errors]
        return max((q + 1 for errors in local for qubits in errors for q in qubits), default=0)


def name_of(backend: Any) -> str:
    """Return what a backend calls itself."""
    name = getattr(backend, "name", type(backend).__name__)
    text = str(name() if callable(name) else name)
    # pytket's wrapper prints the class of what it wraps.
    return text.rpartition(".")[2].rstrip("'>") if "<class" in text else text


def noise_model_of(backend: Any) -> NoiseModel | None:
    """Return the noise model that a simulator runs with, if it shows one."""
    model = None
    for holder in (backend, getattr(backend, "simulator", None)):
        options = getattr(holder, "options", None)
        model = model or getattr(options, "noise_model", None) or getattr(holder, "noise_model", None)
    if model is None or not hasattr(model, "noise_instructions") or model.is_ideal():
        return None
    return NoiseModel(model)


def own_target(backend: BackendV2) -> Target | None:
    """Return the gates that a backend runs with its noise; None if it does not say.

    A simulator with a noise model also runs every gate that the model has no noise for, but perfectly. Those
    are no gates of the processor that it stands for: where one-qubit or two-qubit gates have noise, the
    others are left out, but for changes of frame. So is a pair's other side, if noise is on one alone. Pairs
    that have no noise at all are coupled if a map says so; without a map those are that have noise.
    """
    target: Target | None = getattr(backend, "target", None)
    if is_first_version(backend):
        target = first_version_target(backend)
    if target is not None and "measure" not in target.operation_names and target.num_qubits:
        # Those that translate from elsewhere leave it out; everything is measured in the end.
        target = deepcopy(target)
        target.add_instruction(Measure(), {(q,): None for q in range(target.num_qubits)})
    noise = noise_model_of(backend)
    if noise is None:
        return target
    if target is None or _beside(target, noise):
        return _of_noise(backend, noise)
    return _less(target, backend, noise)


def _beside(target: Target, noise: NoiseModel) -> set[str]:
    """Return the names of gates that would run perfectly beside others that do not."""
    kinds = {
        n: target.operation_from_name(n).num_qubits
        for n in target.operation_names
        if not isinstance(target.operation_from_name(n), type)
    }
    noisy = {kinds[n] for n in noise.noisy if n in kinds}
    return {n for n, k in kinds.items() if k in noisy and n not in noise.noisy | _FREE}


def _less(target: Target, backend: Any, noise: NoiseModel) -> Target:
    """Return the target without the pairs on which a two-qubit gate would run perfectly beside others."""
    known = {n: target.operation_from_name(n) for n in target.operation_names}
    two = {n for n in noise.noisy & known.keys() if getattr(known[n], "num_qubits", 0) == 2}
    every = _pairs(backend, noise, target.num_qubits)
    stated: dict[str, Any] = {}
    for name in two:
        entries = target[name] or {None: None}
        stated[name] = dict.fromkeys(every, entries[None]) if None in entries else entries
    kept = {
        name: {pair: entry for pair, entry in entries.items() if noise.runs_on(name, pair)}
        for name, entries in stated.items()
    }
    if kept == stated and not (noise.pairs and getattr(backend, "coupling_map", None) is None):
        return target
    made = Target(num_qubits=target.num_qubits, qubit_properties=target.qubit_properties, dt=target.dt)
    for name, operation in known.items():
        entries = kept.get(name, target[name])
        made.add_instruction(operation, None if isinstance(operation, type) else entries, name=name)
    return made


def _of_noise(backend: Any, noise: NoiseModel) -> Target:
    known = get_standard_gate_name_mapping()
    gates = {name: known[name] for name in noise.noisy if name in known}
    basis = {name: known[name] for name in noise.model.basis_gates if name in known}
    free = {"measure", "reset", "delay"} | ({"rz", "id"} & basis.keys())
    if not any(g.num_qubits == 1 for g in gates.values()):
        free |= {name for name, g in basis.items() if g.num_qubits == 1}
    if not any(entangler_of(g) for g in gates.values()):
        gates |= {name: g for name, g in basis.items() if entangler_of(g)}
    coupled = getattr(backend, "coupling_map", None)
    width = max(noise.num_qubits, coupled.size() if coupled else 0)
    if not width or (noise.everywhere and not coupled):
        width = max(width, backend.num_qubits or 0)
    made = Target(num_qubits=width)
    every = _pairs(backend, noise, width)
    for name, gate in gates.items():
        each = [(q,) for q in range(width)] if gate.num_qubits == 1 else every
        places = [q for q in each if gate.num_qubits == 1 or noise.runs_on(name, q)]
        if gate.num_qubits < 3:
            made.add_instruction(gate, dict.fromkeys(places), name=name)
    for name in sorted(free - gates.keys()):
        made.add_instruction(known[name], {(q,): None for q in range(width)}, name=name)
    return made


def _pairs(backend: Any, noise: NoiseModel, width: int) -> Iterable[tuple[int, ...]]:
    """Return the coupled pairs: of the map, else those with noise if they are named, else all."""
    if coupled := getattr(backend, "coupling_map", None):
        edges = [tuple(edge) for edge in coupled.get_edges()]
        turned = (edge[::-1] for edge in edges if edge[::-1] in (noise.pairs or ()))
        return list(dict.fromkeys([*edges, *turned]))
    return sorted(noise.pairs) if noise.pairs else list(permutations(range(width), 2))


def _arity(gate: str) -> int:
    known = get_standard_gate_name_mapping()
    return known[gate].num_qubits if gate in known else 0
