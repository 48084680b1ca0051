"""What a NoiseLearner of IBM's runtime learned, as learned noise: from its result, or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from qclone.device._learned import Generator, LearnedLayer, LearnedNoise
from qclone.device._runtime import learner_result
from qclone.errors import InvalidInputError


def load_noise(path: str | Path) -> LearnedNoise:
    """Return the noise of a JSON file: a NoiseLearner's result as the runtime writes it, or ours.

    Ours is `LearnedNoise.to_dict`; the runtime's ``json.dumps(job.result(), cls=RuntimeEncoder)``.

    Raises
    ------
    InvalidInputError : the file is neither.
    MissingPackageError : it is the runtime's, and qiskit-ibm-runtime is not installed.
    """
    try:
        text = Path(path).read_text()
        document = json.loads(text, object_pairs_hook=_once)
    except (OSError, ValueError, RecursionError) as error:
        twice = isinstance(error, _TwiceError) and str(error)
        why = twice or getattr(error, "strerror", None) or "it is not JSON"
        raise InvalidInputError(
            f"The noise file {path} cannot be read: {why}.",
            "Write json.dumps(job.result(), cls=RuntimeEncoder) of a NoiseLearner's job.",
        ) from None
    if isinstance(document, dict) and "layers" in document:
        return LearnedNoise.from_dict(document)
    return learned_noise(learner_result(text))


class _TwiceError(ValueError):
    """A name is there twice in an object of JSON."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; of a name that is there twice the first value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError("a name is there twice")
    return found


def learned_noise(result: Iterable[Any]) -> LearnedNoise:
    """Return what a NoiseLearner of IBM's runtime learned: a `NoiseLearnerResult`, or `LayerError`s.

    A generator that is named several times has the sum of its rates. Layers without a channel or without
    two-qubit gates are left out, of several with the same gates all but the last; `LearnedNoise.notes`
    says so.

    Raises
    ------
    InvalidInputError : a layer mixes two-qubit gates, has one with an angle or a gate of more qubits, or a
        negative rate; or it is no such result.
    """
    found = []
    for layer in _layers(result):
        # Qiskit's labels begin with the last qubit; a phase is none of a channel's.
        labels = () if layer.error is None else layer.error.generators.to_labels()
        qubits = tuple(map(int, layer.qubits))
        paulis = [dict(zip(qubits, reversed(label.lstrip("+-i")), strict=True)) for label in labels]
        terms = None if layer.error is None else list(zip(paulis, layer.error.rates, strict=True))
        found.append(_Found(layer.circuit, qubits, terms))
    metadata = getattr(result, "metadata", {})
    where = metadata.get("backend", "") if isinstance(metadata, Mapping) else ""
    return _noise(found, f"NoiseLearner{f' on {where}' if where else ''}")


def _layers(result: Any) -> list[Any]:
    layers = list(result) if isinstance(result, Iterable) else [result]
    for layer in layers:
        if not all(hasattr(layer, name) for name in ("circuit", "qubits", "error")):
            raise InvalidInputError(
                f"A {type(layer).__name__} is no layer that a NoiseLearner learned.",
                "Give the result of its job, or LayerErrors.",
            )
    return layers


def learned_boxes(
    results: Iterable[Any], boxes: Sequence[CircuitInstruction], circuit: QuantumCircuit
) -> LearnedNoise:
    """Return what a NoiseLearnerV3 of IBM's runtime learned, as `learned_noise` does.

    Parameters
    ----------
    results : a `NoiseLearnerV3Results`, one for every box, or a `PauliLindbladMap` for every box.
    boxes : the instructions that were learned, in that order.
    circuit : the circuit of the boxes, on the processor's physical qubits.

    Raises
    ------
    InvalidInputError : as many results as boxes are needed, each of its box's qubits; and as `learned_noise`.
    """
    channels = [getattr(r, "to_pauli_lindblad_map", lambda r=r: r)() if len(r) else None for r in results]
    if len(channels) != len(boxes):
        raise InvalidInputError(
            f"{len(channels)} results are not those of {len(boxes)} boxes.",
            "Give the boxes that were learned, in the same order.",
        )
    found = []
    for channel, box in zip(channels, boxes, strict=True):
        qubits = tuple(circuit.find_bit(q).index for q in box.qubits)
        if channel is not None and channel.num_qubits != len(qubits):
            raise InvalidInputError(
                f"A channel of {channel.num_qubits} qubits is not that of a box of {len(qubits)}.",
                "Give the boxes that were learned, in the same order.",
            )
        # The runtime numbers the qubits of a channel in the order of the circuit, not of the box.
        order = sorted(qubits)
        terms = [
            ({order[k]: letter for k, letter in zip(places, letters, strict=True)}, rate)
            for letters, places, rate in ([] if channel is None else channel.to_sparse_list())
        ]
        found.append(_Found(box.operation.blocks[0], qubits, terms))
    return _noise(found, "NoiseLearnerV3")


@dataclass(frozen=True)
class _Found:
    """A layer as it was learned: its circuit, on which physical qubits, and (qubit -> letter, rate) terms."""

    circuit: QuantumCircuit
    qubits: tuple[int, ...]
    terms: Sequence[tuple[Mapping[int, str], float]] | None

    def gates(self) -> list[tuple[Any, tuple[int, ...]]]:
        """Return its two-qubit gates, and their physical qubits in order.

        Raises
        ------
        InvalidInputError : it has gates of more qubits.
        """
        for i in self.circuit.data:
            if len(i.qubits) > 2 and i.operation.name != "barrier":
                raise InvalidInputError(
                    f"A learned layer has the gate {i.operation.name} of {len(i.qubits)} qubits.",
                    "Learn layers of one two-qubit gate without angles.",
                )
        return [
            (i.operation, tuple(sorted(self.qubits[self.circuit.find_bit(q).index] for q in i.qubits)))
            for i in self.circuit.data
            if len(i.qubits) == 2 and i.operation.name != "barrier"
        ]


def _noise(found: Iterable[_Found], source: str) -> LearnedNoise:
    layers: dict[frozenset[tuple[int, int]], LearnedLayer] = {}
    silent = empty = again = 0
    for one in found:
        gates = one.gates()
        if not gates or one.terms is None:
            empty += not gates
            silent += bool(gates)
            continue
        layer = _layer(gates, one.terms, one.qubits)
        again += frozenset(layer.pairs) in layers
        layers[frozenset(layer.pairs)] = layer
    said = (
        (silent, "without a learned channel"),
        (empty, "without two-qubit gates"),
        (again, "learned again later"),
    )
    notes = tuple(f"Left out: {count} layers {why}." for count, why in said if count)
    return LearnedNoise(tuple(layers.values()), source, notes)


def _layer(
    gates: Sequence[tuple[Any, tuple[int, ...]]],
    terms: Iterable[tuple[Mapping[int, str], float]],
    qubits: Sequence[int],
) -> LearnedLayer:
    names = {operation.name for operation, _ in gates}
    if len(names) > 1 or any(operation.params for operation, _ in gates):
        raise InvalidInputError(
            f"A learned layer has the gates {', '.join(sorted(names))}.",
            "Learn layers of one two-qubit gate without angles.",
        )
    rates: dict[str, float] = {}
    for letters, rate in terms:
        text = " ".join(f"{p}{q}" for q, p in sorted(letters.items()) if p != "I")
        if text:
            rates[text] = rates.get(text, 0.0) + float(rate)
    pairs = tuple(sorted((pair[0], pair[1]) for _, pair in gates))
    generators = tuple(Generator.of(text, rate) for text, rate in rates.items() if rate)
    return LearnedLayer(pairs, generators, tuple(sorted(qubits)), names.pop())
