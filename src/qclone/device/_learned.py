"""Noise that was learned layer by layer: sparse Pauli-Lindblad channels on the qubits of a processor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import expm1, isfinite
from typing import Any

from qclone.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Generator:
    """One term of a Pauli-Lindblad channel: r (P rho P - rho).

    Parameters
    ----------
    paulis : (physical qubit, letter) of every factor of P, by qubit.
    rate : r, at least 0; without unit, for one run of the layer.

    Example
    -------
    >>> round(Generator.of("X3 Z4", 0.01).probability(), 9)
    0.009900663
    """

    paulis: tuple[tuple[int, str], ...]
    rate: float

    def __post_init__(self) -> None:
        qubits = [q for q, _ in self.paulis]
        named = qubits == sorted(set(qubits)) and all(q >= 0 and p in set("XYZ") for q, p in self.paulis)
        if not qubits or not named:
            raise InvalidInputError(
                f"{self.paulis} is no Pauli on qubits.", "Write it as X3 Z4: a letter and a qubit each, once."
            )
        if not (isfinite(self.rate) and self.rate >= 0):
            raise InvalidInputError(
                f"The rate {self.rate} of {self.text} makes no channel.", "Rates are finite and at least 0."
            )

    @classmethod
    def of(cls, text: str, rate: float) -> Generator:
        """Return the generator of a Pauli written as in ``X3 Z4``."""
        try:
            return cls(tuple(sorted((int(part[1:]), part[0]) for part in text.split())), float(rate))
        except ValueError:
            raise InvalidInputError(f"{text!r} is no Pauli on qubits.", "Write for example X3 Z4.") from None

    @property
    def text(self) -> str:
        """The Pauli as `of` reads it."""
        return " ".join(f"{p}{q}" for q, p in self.paulis)

    def probability(self, scale: float = 1.0) -> float:
        """Return how often P strikes: (1 - exp(-2 scale r))/2, for all generators independently."""
        return -expm1(-2 * scale * self.rate) / 2

    def on(self, qubits: Collection[int]) -> Generator | None:
        """Return what it does to some qubits, the others traced out; None if that is nothing."""
        left = tuple((q, p) for q, p in self.paulis if q in qubits)
        return Generator(left, self.rate) if left else None


@dataclass(frozen=True)
class LearnedLayer:
    """The channel of one layer of two-qubit gates that run together.

    Parameters
    ----------
    pairs : the coupled pairs (a, b), a < b, of its gates, in order.
    generators : of the channel that follows the ideal layer.
    qubits : all that the channel speaks of, in order: those of the gates, and neighbours that idle.
    gate : the gate that was learned, by Qiskit's name.
    """

    pairs: tuple[tuple[int, int], ...]
    generators: tuple[Generator, ...]
    qubits: tuple[int, ...]
    gate: str = "cz"

    def __post_init__(self) -> None:
        ends = [q for pair in self.pairs for q in pair]
        if not ends or len(set(ends)) < len(ends) or any(not 0 <= a < b for a, b in self.pairs):
            raise InvalidInputError(
                f"{self.pairs} is no layer of two-qubit gates.", "Name pairs a < b that share no qubit."
            )
        if not {*ends, *(q for g in self.generators for q, _ in g.paulis)} <= set(self.qubits):
            raise InvalidInputError(
                f"The layer {self.pairs} has gates or generators beyond its qubits.",
                "Name all qubits that its channel acts on.",
            )
        if len({g.paulis for g in self.generators}) < len(self.generators):
            raise InvalidInputError(
                f"The layer {self.pairs} names a generator twice.",
                "Give each once, with the sum of its rates.",
            )


@dataclass(frozen=True)
class LearnedNoise:
    """Channels of the layers that were learned on a processor; `Device.with_learned` makes them its noise.

    Parameters
    ----------
    layers : each with its own set of pairs.
    source : who learned it, where and when.
    notes : what was left out when it was read, a sentence each.

    Example
    -------
    >>> layer = LearnedLayer(((0, 1),), (Generator.of("Z0 Z1", 0.002), Generator.of("X2", 0.001)), (0, 1, 2))
    >>> LearnedNoise((layer,), "by hand").to_dict()["layers"][0]["generators"]
    {'Z0 Z1': 0.002, 'X2': 0.001}
    """

    layers: tuple[LearnedLayer, ...]
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len({frozenset(layer.pairs) for layer in self.layers}) < len(self.layers):
            raise InvalidInputError(
                "Two learned layers have the same gates.", "Give one of them: the later one, for example."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the noise as JSON types: what `from_dict` reads."""
        return {
            "source": self.source,
            "layers": [
                {
                    "gate": layer.gate,
                    "pairs": [list(pair) for pair in layer.pairs],
                    "qubits": list(layer.qubits),
                    "generators": {g.text: g.rate for g in layer.generators},
                }
                for layer in self.layers
            ],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> LearnedNoise:
        """Return the noise of a JSON document; raises InvalidInputError if it is not one."""
        try:
            return cls(
                tuple(
                    LearnedLayer(
                        tuple((_whole(a), _whole(b)) for a, b in layer["pairs"]),
                        tuple(Generator.of(text, _rate(r)) for text, r in layer["generators"].items()),
                        tuple(map(_whole, layer["qubits"])),
                        str(layer["gate"]),
                    )
                    for layer in document["layers"]
                ),
                str(document.get("source", "")),
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(
                f"This is no learned noise: {type(error).__name__} {error}.",
                "Write LearnedNoise.to_dict as JSON to see what it looks like.",
            ) from None


def _whole(number: object) -> int:
    """Return a qubit's number; raises TypeError for what would have to be cut to be one."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{number!r} is no qubit")
    return number


def _rate(number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError(f"{number!r} is no rate")
    return float(number)
