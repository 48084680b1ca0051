"""What a NoiseLearner of IBM's runtime learned, as learned noise: from its result, or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
        document = json.loads(text)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"The noise file {path} cannot be read: {error}.",
            "Write json.dumps(job.result(), cls=RuntimeEncoder) of a NoiseLearner's job.",
        ) from None
    if isinstance(document, dict) and "layers" in document:
        return LearnedNoise.from_dict(document)
    return learned_noise(learner_result(text))


def learned_noise(result: Iterable[Any]) -> LearnedNoise:
    """Return what a NoiseLearner of IBM's runtime learned: a `NoiseLearnerResult`, or `LayerError`s.

    A generator that is named several times has the sum of its rates. Layers without a channel or without
    two-qubit gates are left out, of several with the same gates all but the last; `LearnedNoise.notes`
    says so.

    Raises
    ------
    InvalidInputError : a layer mixes two-qubit gates, has one with an angle, or a negative rate.
    """
    layers: dict[frozenset[tuple[int, int]], LearnedLayer] = {}
    silent = empty = again = 0
    for found in result:
        gates = [
            (i.operation, tuple(sorted(found.qubits[found.circuit.find_bit(q).index] for q in i.qubits)))
            for i in found.circuit.data
            if len(i.qubits) == 2 and i.operation.name != "barrier"
        ]
        if not gates or found.error is None:
            empty += not gates
            silent += bool(gates)
            continue
        layer = _layer(gates, found)
        again += frozenset(layer.pairs) in layers
        layers[frozenset(layer.pairs)] = layer
    said = (
        (silent, "without a learned channel"),
        (empty, "without two-qubit gates"),
        (again, "learned again later"),
    )
    notes = tuple(f"Left out: {count} layers {why}." for count, why in said if count)
    metadata = getattr(result, "metadata", {})
    where = metadata.get("backend", "") if isinstance(metadata, Mapping) else ""
    return LearnedNoise(tuple(layers.values()), f"NoiseLearner{f' on {where}' if where else ''}", notes)


def _layer(gates: list[tuple[Any, tuple[int, ...]]], found: Any) -> LearnedLayer:
    names = {operation.name for operation, _ in gates}
    if len(names) > 1 or any(operation.params for operation, _ in gates):
        raise InvalidInputError(
            f"A learned layer has the gates {', '.join(sorted(names))}.",
            "Learn layers of one two-qubit gate without angles.",
        )
    rates: dict[str, float] = {}
    for pauli, rate in zip(found.error.generators.to_labels(), found.error.rates, strict=True):
        # Qiskit's labels begin with the last qubit; a phase is none of a channel's.
        letters = [(q, p) for q, p in zip(found.qubits, reversed(pauli.lstrip("+-i")), strict=True)]
        text = " ".join(f"{p}{q}" for q, p in sorted(letters) if p != "I")
        if text:
            rates[text] = rates.get(text, 0.0) + float(rate)
    pairs = tuple(sorted((pair[0], pair[1]) for _, pair in gates))
    generators = tuple(Generator.of(text, rate) for text, rate in rates.items() if rate)
    return LearnedLayer(pairs, generators, tuple(sorted(found.qubits)), names.pop())
