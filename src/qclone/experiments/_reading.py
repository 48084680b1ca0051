"""Whether counts are measurements at all: outcomes that no machine has, however noisy, are refused.

Without noise the outcomes of a Clifford circuit are an affine space of bit strings, each as likely as any
other: some parities of bits are certain, the others open. Noise makes certain ones less so and leaves open
ones open. Refused are

- an open parity that is the same in every shot, or a certain one that is wrong in every shot. A machine on
  which neither is likelier than 3/4 is refused so with at most `certain_chance`; where that is above `RARE`,
  as with twenty shots, nothing is.
- counts that are the same in every setting, or turn a certain parity around, if they stay where they are when
  a bit is flipped before it is measured. A machine that flips it is refused with less than 10^-20.
- counts that are exactly even over what is open, in every setting, and again in a second run: expected
  values, not shots. Whatever the noise is, that comes with at most the product of both `even_chance`, which
  has to be below `RARE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, exp, lgamma, log, prod, sqrt

from qiskit import QuantumCircuit

from qclone.circuits import to_stim
from qclone.errors import QcloneError, UnsupportedCircuitError
from qclone.experiments._counts import Counts

RARE = 1e-6
"""With which probability an honest result may be refused, at most."""
CONTROL_SHOTS = 400
Again = Callable[[Sequence[QuantumCircuit], int], Sequence[Mapping[str, int]]]
"""Runs circuits on the same machine once more, with so many shots each."""
Seen = Mapping[int, int]
"""Shots by outcome; bit i of the number is bit i."""

_NOISIEST = 0.75
# Of a circuit without noise, this many outcomes more than it has bits leave a part unseen with 2^-40.
_MORE = 40
# A flip that moves fewer of the shots than this to other outcomes would hardly be seen.
_MOVED = 0.75
# Evenness that is likelier than this is no reason to run circuits again.
_LIKELY = 1e-3
_REMEDY = "Choose a backend that returns counts of mid-circuit and final measurements."


class RefusedError(QcloneError):
    """Counts are no measurements."""


@dataclass(frozen=True)
class Space:
    """An affine space of bit strings: one of them, and a basis of their differences.

    Parameters
    ----------
    some : bit i of the number is bit i of the string.
    basis : as `spanned` makes it.
    """

    some: int
    basis: tuple[int, ...]

    @classmethod
    def of(cls, strings: Iterable[int]) -> Space:
        """Return the smallest one that holds all strings.

        Example
        -------
        >>> Space.of([0b010, 0b110, 0b111])
        Space(some=2, basis=(4, 1))
        """
        first, *others = strings
        return cls(first, spanned(first ^ other for other in others))

    @property
    def open_bits(self) -> list[int]:
        """As many bits as the space has dimensions: they are independent and decide the others."""
        return [vector.bit_length() - 1 for vector in self.basis]

    def certain(self, width: int) -> list[tuple[int, int]]:
        """Return the bits and the value of parities that all strings have alike; others follow from them.

        Example
        -------
        >>> Space.of([0b001, 0b110]).certain(3)
        [(5, 1), (6, 0)]
        """
        tops = self.open_bits
        masks = [
            sum((vector >> bit & 1) << top for top, vector in zip(tops, self.basis, strict=True)) | 1 << bit
            for bit in range(width)
            if bit not in tops
        ]
        return [(mask, (mask & self.some).bit_count() % 2) for mask in masks]


def spanned(vectors: Iterable[int]) -> tuple[int, ...]:
    """Return a basis of what vectors of bits span: falling, the highest bit of each set in no other."""
    basis: tuple[int, ...] = ()
    for vector in vectors:
        if rest := left_of(vector, basis):
            top = rest.bit_length() - 1
            cleared = (old ^ rest if old >> top & 1 else old for old in basis)
            basis = tuple(sorted((*cleared, rest), reverse=True))
    return basis


def left_of(vector: int, basis: Sequence[int]) -> int:
    """Return what a basis does not make of a vector; 0 if it makes all of it."""
    for part in basis:
        vector = min(vector, vector ^ part)
    return vector


def outcomes(circuit: QuantumCircuit) -> Space | None:
    """Return the outcomes that a circuit has without noise; None if it is not Clifford."""
    try:
        clean = to_stim(circuit)
    except UnsupportedCircuitError:
        return None
    bits = [circuit.find_bit(i.clbits[0]).index for i in circuit.data if i.operation.name == "measure"]
    drawn = clean.compile_sampler(seed=0).sample(len(bits) + _MORE)
    # Of a bit that is written twice the later measurement counts.
    return Space.of(sum(1 << b for b, x in dict(zip(bits, shot, strict=True)).items() if x) for shot in drawn)


def certain_chance(num_bits: int, shots: int) -> float:
    """Return with which probability one of the parities of bits is the same in all shots, at most.

    2^m (3/4)^shots, of a machine on which no parity in question has a value with more than 3/4.

    Example
    -------
    >>> round(certain_chance(2, 100), 14)
    1.28e-12
    """
    return exp(min(0.0, num_bits * log(2) + shots * log(_NOISIEST)))


def even_chance(classes: int, shots: int) -> float:
    """Return with which probability shots are exactly even over classes, at most.

    Counts c come with shots! prod p_i^c_i / c_i!, which is largest where p = c / shots; if the classes do
    not divide the shots, any of them may have one more.

    Example
    -------
    >>> round(even_chance(2, 4), 3), round(even_chance(2, 2000), 4)
    (0.375, 0.0178)
    """
    each, more = divmod(shots, classes)
    counts = [each + 1] * more + [each] * (classes - more)
    largest = lgamma(shots + 1) + sum(c * log(c / shots) - lgamma(c + 1) for c in counts if c)
    return min(1.0, exp(largest + log(comb(classes, more))))


def check_reading(
    counts: Counts, circuits: Mapping[str, QuantumCircuit], label: str, again: Again | None = None
) -> None:
    """Raise RefusedError if counts cannot be measurements of their circuits.

    Parameters
    ----------
    circuits : by setting, in whatever gates.
    label : who returned the counts.
    again : for more shots where counts are suspicious; without it, only what is impossible is refused.
    """
    laws = laws_of(circuits)
    seen, width = _seen(counts), _width(counts)
    for setting, law in laws.items():
        _check_spread(seen[setting], width, law, setting, label)
    if again is None:
        return
    if _all_alike(list(seen.values())) or any(
        _is_reversed(seen[s], w.certain(width)) for s, w in laws.items()
    ):
        _check_flip(seen, width, circuits, label, again)
    _check_scatter(seen, laws, circuits, label, again)


def check_outcomes(counts: Counts, circuits: Mapping[str, QuantumCircuit], label: str) -> None:
    """Raise RefusedError if a parity that is certain without noise is wrong more often than right."""
    check_reading(counts, circuits, label)
    seen = _seen(counts)
    for setting, law in laws_of(circuits).items():
        if _is_reversed(seen[setting], law.certain(_width(counts))):
            raise RefusedError(
                f"{label} has a parity of the setting {setting} wrong more often than right: it plays other "
                "gates than those of its circuit.",
                "Choose a backend that plays the gates that it states, or have it optimise nothing.",
            )


def laws_of(circuits: Mapping[str, QuantumCircuit]) -> dict[str, Space]:
    """Return the outcomes without noise of the circuits that are Clifford."""
    return {setting: law for setting, c in circuits.items() if (law := outcomes(c)) is not None}


def _seen(counts: Counts) -> dict[str, Seen]:
    return {
        setting: {int(t, 2): n for t, n in found.items() if n} for setting, found in counts.counts.items()
    }


def _width(counts: Counts) -> int:
    return len(next(iter(next(iter(counts.counts.values())))))


def _check_spread(seen: Seen, width: int, law: Space, setting: str, label: str) -> None:
    shots = sum(seen.values())
    if certain_chance(width, shots) > RARE:
        return
    found = Space.of(seen)
    is_frozen = any(left_of(vector, found.basis) for vector in law.basis)
    is_wrong = left_of(found.some ^ law.some, spanned([*law.basis, *found.basis])) != 0
    if is_frozen or is_wrong:
        few = ", ".join(f"{string:0{width}b}" for string in sorted(seen)[:4])
        raise RefusedError(
            f"{label} returns {few}{' ...' if len(seen) > 4 else ''} in all {shots} shots of the setting "
            f"{setting}, where its circuit gives others too on any machine: these are no measurements.",
            _REMEDY,
        )


def _all_alike(seen: Sequence[Seen]) -> bool:
    if len(seen) == 1:
        return len(seen[0]) == 1
    return all(other == seen[0] for other in seen)


def _is_reversed(seen: Seen, certain: Sequence[tuple[int, int]]) -> bool:
    """Whether a certain parity is wrong more often than right, by five standard deviations."""
    shots = sum(seen.values())
    for mask, value in certain:
        right = sum(n for string, n in seen.items() if (mask & string).bit_count() % 2 == value)
        if right < shots / 2 - 2.5 * sqrt(shots):
            return True
    return False


def _check_flip(
    seen: Mapping[str, Seen], width: int, circuits: Mapping[str, QuantumCircuit], label: str, again: Again
) -> None:
    """Flip the bit that moves the most shots elsewhere; they must have moved."""
    moved, setting, bit = max((_moved(seen[s], b), s, b) for s, b in product(seen, range(width)))
    flipped = _flipped(circuits[setting], bit)
    if moved < _MOVED or flipped is None:
        return
    (found,) = again([flipped], CONTROL_SHOTS)
    before = seen[setting]
    stayed = sum(n for t, n in found.items() if before.get(i := int(t, 2), 0) > before.get(i ^ 1 << bit, 0))
    if 2 * stayed >= sum(found.values()):
        most = max(before, key=before.__getitem__)
        raise RefusedError(
            f"{label} returns {most:0{width}b} most often in the setting {setting}, and also after bit {bit} "
            "was flipped before it was measured: these are no measurements.",
            _REMEDY,
        )


def _moved(seen: Seen, bit: int) -> float:
    """Return which part of the shots has outcomes that are likelier than with a bit flipped."""
    return sum(n for string, n in seen.items() if n > seen.get(string ^ 1 << bit, 0)) / sum(seen.values())


def _flipped(circuit: QuantumCircuit, bit: int) -> QuantumCircuit | None:
    """Return the circuit with a bit flipped before it is measured; None if its qubit is used after that."""
    position = max(
        i
        for i, one in enumerate(circuit.data)
        if one.operation.name == "measure" and circuit.find_bit(one.clbits[0]).index == bit
    )
    (qubit,) = circuit.data[position].qubits
    if any(qubit in one.qubits and one.operation.name != "barrier" for one in circuit.data[position + 1 :]):
        return None
    turned = circuit.copy_empty_like()
    for i, instruction in enumerate(circuit.data):
        if i == position:
            turned.x(qubit)
        turned.append(instruction)
    return turned


def _check_scatter(
    seen: Mapping[str, Seen],
    laws: Mapping[str, Space],
    circuits: Mapping[str, QuantumCircuit],
    label: str,
    again: Again,
) -> None:
    """Refuse what is even in every setting that leaves something open, twice."""
    spread = {setting: law.open_bits for setting, law in laws.items() if law.basis}
    first = [_evenness(seen[setting], bits) for setting, bits in spread.items()]
    if 1.0 in first or prod(first) > _LIKELY:
        return
    shots = sum(next(iter(seen.values())).values())
    repeated = again([circuits[setting] for setting in spread], shots)
    found = [{int(t, 2): n for t, n in counts.items() if n} for counts in repeated]
    second = [_evenness(one, bits) for one, bits in zip(found, spread.values(), strict=True)]
    if 1.0 not in second and prod(first) * prod(second) < RARE:
        raise RefusedError(
            f"{label} returns outcomes that are exactly even wherever circuits leave them open, twice: these "
            "are expected values, not shots.",
            "Choose a backend that samples; for exact values use the twin.",
        )


def _evenness(seen: Seen, bits: Sequence[int]) -> float:
    """Return `even_chance` if the shots are even over the values of some bits; 1 if they are not."""
    shots, number = sum(seen.values()), 2 ** len(bits)
    classes: dict[int, int] = {}
    for string, n in seen.items():
        value = sum((string >> bit & 1) << i for i, bit in enumerate(bits))
        classes[value] = classes.get(value, 0) + n
    if number > shots or len(classes) < number or max(classes.values()) - min(classes.values()) > 1:
        return 1.0
    return even_chance(number, shots)
