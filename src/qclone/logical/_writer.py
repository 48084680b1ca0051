"""A stim circuit as it is written: lines of text, records counted, random values solved for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import stim

from qclone.logical._block import Parity

IDEAL = "[ideal]"
"""Tag of what no noise touches."""


class Writer:
    """Lines of a circuit and what is known of its records."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._solved: dict[int, Parity] = {}
        self.records = 0
        self._random = 0

    @property
    def circuit(self) -> stim.Circuit:
        """What was written."""
        return stim.Circuit("\n".join(self._lines))

    def do(self, gate: str, targets: Iterable[int]) -> None:
        """Write a gate, a reset or an annotation on qubits."""
        text = " ".join(map(str, targets))
        if text:
            self._lines.append(f"{gate} {text}")

    def tick(self) -> None:
        """End a layer."""
        self._lines.append("TICK")

    def measure(self, gate: str, targets: Sequence[int]) -> range:
        """Measure qubits; return their records."""
        self.do(gate, targets)
        return self._recorded(len(targets))

    def measure_products(self, products: Sequence[dict[int, str]]) -> range:
        """Measure Pauli products without noise; return their records."""
        if products:
            texts = ("*".join(f"{p}{q}" for q, p in sorted(product.items())) for product in products)
            self._lines.append(f"MPP{IDEAL} {' '.join(texts)}")
        return self._recorded(len(products))

    def random(self) -> Parity:
        """Return a value that nobody knows until it is measured."""
        self._random -= 1
        return frozenset((self._random,))

    def compare(self, record: int, expected: Parity, coordinates: Sequence[float]) -> None:
        """Annotate that a record has an expected parity, or learn a random value from it."""
        known = self._resolve(expected)
        unknown = [value for value in known if value < 0]
        if unknown:
            self._solved[unknown[0]] = known ^ {unknown[0], record}
        else:
            self.detector([record, *known], coordinates)

    def detector(self, records: Iterable[int], coordinates: Sequence[float]) -> None:
        """Annotate that records have an even parity."""
        place = ", ".join(f"{c:g}" if c < 1e5 else str(int(c)) for c in coordinates)
        self._lines.append(f"DETECTOR({place}) {self._back(records)}")

    def observable(self, index: int, records: Iterable[int]) -> None:
        """Annotate a logical observable."""
        self._lines.append(f"OBSERVABLE_INCLUDE({index}) {self._back(records)}")

    def place(self, qubit: int, x: float, y: float) -> None:
        """Say where a qubit is drawn."""
        self._lines.append(f"QUBIT_COORDS({x:g}, {y:g}) {qubit}")

    def _back(self, records: Iterable[int]) -> str:
        return " ".join(f"rec[{record - self.records}]" for record in sorted(records))

    def _recorded(self, count: int) -> range:
        self.records += count
        return range(self.records - count, self.records)

    def _resolve(self, parity: Parity) -> Parity:
        while found := [value for value in parity if value in self._solved]:
            for value in found:
                parity = parity ^ {value} ^ self._solved[value]
        return parity
