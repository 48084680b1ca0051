"""Measured decryption: the key read as bits, by its holder alone, in one layer of two-qubit gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import stim

from qclone.access._key_paulis import Bits, Integers, KeyPaulis, key_paulis
from qclone.errors import InvalidInputError
from qclone.scheme import Composition, Scheme, place

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class KeyMeasurement:
    """How to read the pad of a clone: run ``circuit`` on the key, measure ``measured`` in the Z basis.

    Parameters
    ----------
    paulis : what is read.
    circuit : unitary Clifford gates on the key; what was measured before is left out.
    measured : indices of the wires, those first that were measured before.
    before : how many of them those are.
    rules : for a_1 .. a_k, b_1 .. b_k: a constant, and which of the measured wires to add to it, modulo 2.
    """

    paulis: KeyPaulis
    circuit: stim.Circuit
    measured: tuple[int, ...]
    before: int
    rules: tuple[tuple[int, Bits], ...]

    @property
    def num_two_qubit_gates(self) -> int:
        """Number of two-qubit gates; floor(n/2) for the canonical scheme, which is optimal."""
        return sum(len(g.target_groups()) for g in self.circuit if stim.gate_data(g.name).is_two_qubit_gate)

    def pad(self, outcomes: Sequence[int]) -> tuple[Bits, Bits]:
        """Return (a, b) from the outcomes of ``measured``, in that order.

        Raises
        ------
        InvalidInputError : another number of outcomes.
        """
        if len(outcomes) != len(self.measured):
            raise InvalidInputError(
                f"{len(self.measured)} wires are measured, not {len(outcomes)}.",
                "Give the outcome of every measured wire, in their order.",
            )
        bits = tuple((constant + sum(int(outcomes[i]) for i in which)) % 2 for constant, which in self.rules)
        return bits[: len(bits) // 2], bits[len(bits) // 2 :]


def key_measurement(scheme: Scheme, clone: str, measured: Pairs = ()) -> KeyMeasurement:
    """Return the circuit on the key alone that reads the pad of a clone, and the rule from outcomes to pad.

    Where the letters of the two key Paulis on a noise qubit commute, it is measured alone. The others come in
    pairs: both are turned alike, then a Bell measurement (CX c d, H c) reads both products.
    For the canonical scheme that is floor(n/2) two-qubit gates in one layer; no fewer will do, and no
    measurements of single noise qubits. What every clone but this one knows of the input is nothing before
    and nothing after, even together with the bits.

    Parameters
    ----------
    scheme : any scheme whose clones have one wire an input.
    clone : its label.
    measured : pairs of noise wires that were Bell-measured before (CX c d, H c, Z of both), see `narrow`.

    Raises
    ------
    NotRecoverableError : the key is no pad, or the pad cannot be read any more from what was measured.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> found = key_measurement(Canonical(2), "S1")
    >>> found.circuit, found.measured
    (stim.Circuit('''
        C_XYZ 3
        CX 3 4
        H 3
    '''), (3, 4))
    >>> found.pad((0, 0)), found.pad((1, 0))
    (((0,), (1,)), ((0,), (0,)))
    """
    if (made_of := scheme.composition) is not None and (rows := made_of.side_by_side) is not None:
        return _copies(scheme, made_of, rows, clone, measured)
    paulis = key_paulis(scheme, clone)
    bell = stim.Circuit()
    _bell(bell, measured)
    early = [wire for pair in measured for wire in pair]
    circuit, wires = _read(paulis, early) if len(paulis.a) == 1 else _read_many(paulis, early)
    where = {wire: i for i, wire in enumerate([*early, *wires])}
    whole = bell + circuit
    rules = []
    for pauli in (*paulis.a, *paulis.b):
        read = pauli.after(whole) if len(whole) else pauli
        support = read.pauli_indices()
        if not set(support) <= where.keys() or any(read[w] != 3 for w in support):
            raise InvalidInputError(
                f"Clone {clone} was given up when these noise qubits were measured.",
                "Choose a clone that was kept.",
            )
        rules.append((int(read.sign == -1), tuple(where[w] for w in support)))
    return KeyMeasurement(paulis, circuit, tuple(where), len(early), tuple(rules))


def _read(paulis: KeyPaulis, early: list[int]) -> tuple[stim.Circuit, list[int]]:
    """Two commuting Paulis: single wires where they commute, pairs where they do not."""
    a, b = paulis.a[0], paulis.b[0]
    letters = {w: (a[w], b[w]) for w in sorted({*a.pauli_indices(), *b.pauli_indices()} - set(early))}
    alone = [w for w, (p, q) in letters.items() if p == q or not p * q]
    together = [w for w in letters if w not in set(alone)]
    circuit = stim.Circuit()
    for gate, letter in (("H", 1), ("H_YZ", 2)):
        wires = [w for w in alone if letter in letters[w]]
        if wires:
            circuit.append(gate, wires)
    pairs = tuple(zip(together[::2], together[1::2], strict=True))
    # Any two letters will do if they are the same on both: turn those that are unlike most.
    count = Counter(letters[w] for w in together)
    usual = max(count, key=lambda pair: (count[pair], pair), default=(0, 0))
    for w in together:
        if letters[w] != usual:
            circuit.append(_turn(letters[w], usual), [w])
    _bell(circuit, pairs)
    return circuit, [*(w for pair in pairs for w in pair), *alone]


def _turn(before: tuple[int, int], after: tuple[int, int]) -> str:
    """Return a gate that turns two letters into two letters, if it can without a sign."""
    names = ("H", "S", "H_XY", "H_YZ", "SQRT_X", "C_XYZ", "C_ZYX")
    for name in sorted(names, key=lambda name: not name.startswith("C_")):
        tableau = stim.Tableau.from_named_gate(name)
        if all(tableau(stim.PauliString([x]))[0] == y for x, y in zip(before, after, strict=True)):
            return name
    raise AssertionError("one of the six permutations of the letters does")


def _bell(circuit: stim.Circuit, pairs: Pairs) -> None:
    if pairs:
        circuit.append("CX", [w for pair in pairs for w in pair])
        circuit.append("H", [c for c, _ in pairs])


def _read_many(paulis: KeyPaulis, early: list[int]) -> tuple[stim.Circuit, list[int]]:
    """2k commuting Paulis: each in turn becomes Z of one wire, on wires that are not yet spoken for."""
    circuit, done = stim.Circuit(), list(early)
    found: list[int] = []
    for pauli in (*paulis.a, *paulis.b):
        now = pauli.after(circuit) if len(circuit) else pauli
        wires = [w for w in now.pauli_indices() if w not in done]
        if not wires:
            continue
        for w in wires:
            if now[w] != 3:
                circuit.append("H" if now[w] == 1 else "H_YZ", [w])
        for w in wires[1:]:
            circuit.append("CX", [w, wires[0]])
        done.append(wires[0])
        found.append(wires[0])
    return circuit, found


def _copies(
    scheme: Scheme, made_of: Composition, rows: Integers, clone: str, measured: Pairs
) -> KeyMeasurement:
    """Copies are measured alike, side by side."""
    copies, own = len(rows), {wire: i for i, wire in enumerate(rows[0].tolist())}
    first = tuple((own[c], own[d]) for c, d in measured if c in own and d in own)
    one = key_measurement(made_of.base, clone, first)
    expected = {tuple(row[list(pair)].tolist()) for row in rows for pair in first}
    if set(measured) != expected:
        raise InvalidInputError("Copies are measured alike.", "Give the same pairs of every copy.")
    early, late = one.measured[: one.before], one.measured[one.before :]
    wires = tuple(int(w) for part in (early, late) for w in rows[:, list(part)].ravel())
    inputs, new = len(made_of.base.inputs), len(late)

    def moved(q: int, i: int) -> int:
        return q * len(early) + i if i < len(early) else copies * len(early) + q * new + i - len(early)

    rules = tuple(
        (constant, tuple(moved(q, i) for i in which))
        for half in (one.rules[:inputs], one.rules[inputs:])
        for q in range(copies)
        for constant, which in half
    )
    paulis = key_paulis(scheme, clone)
    return KeyMeasurement(paulis, place(one.circuit, rows), wires, copies * one.before, rules)
