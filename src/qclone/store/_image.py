"""The gates that make, of what was put in, what some outputs hold: a draw if they hold a mixture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import stim

from qclone.store._algebra import Bits, Known, solve


@dataclass
class _Pair:
    """A Pauli on the outputs and the Pauli on the inputs that it equals."""

    output: stim.PauliString
    image: stim.PauliString

    def times(self, other: _Pair) -> None:
        self.output, self.image = self.output * other.output, self.image * other.image
        for phase in (1j, -1j):
            if self.output.sign == phase:
                self.output, self.image = self.output / phase, self.image / phase


def pure_image(known: Sequence[Known]) -> stim.Circuit:
    """Return the Clifford circuit whose result outputs hold that equal the whole input, up to a Pauli.

    Parameters
    ----------
    known : X and Z of every output in turn.
    """
    xs, zs = ([one.image / one.image.sign for one in known[i::2]] for i in (0, 1))
    tableau = stim.Tableau.from_conjugated_generators(xs=xs, zs=zs).inverse()
    return stim.Circuit() if tableau == stim.Tableau(len(tableau)) else tableau.to_circuit()


def pauli_of_outcomes(known: Sequence[Known], outcomes: Bits) -> tuple[Bits, Bits]:
    """Return the X and Z parts of the Pauli that follows `pure_image`: it depends on the outcomes."""
    flips = np.array(
        [(one.image.sign != one.output.sign) ^ bool((one.measured & outcomes).sum() % 2) for one in known],
        dtype=bool,
    )
    return flips[1::2], flips[0::2]


def mixed_image(
    known: Sequence[Known], num_outputs: int, outcomes: Bits, random: np.random.Generator
) -> stim.Circuit:
    """Return gates whose result is one draw from the mixture that the outputs are in.

    The products with a value are, up to a Clifford on each side, X and Z of some qubits (which are as they
    were put in), Z alone of others (which are dephased: a Z or none), values that do not depend on the
    input (a reset), and nothing (a uniformly random Pauli).
    """
    rows = []
    for one in known:
        flipped = bool((one.measured & outcomes).sum() % 2)
        rows.append(_Pair(one.output, -one.image if flipped else one.image))
    whole, dephased, fixed = _sorted(rows)
    before = _completed([(x.image, z.image) for x, z in whole], [row.image for row in dephased], num_outputs)
    after = _completed(
        [(x.output, z.output) for x, z in whole], [row.output for row in (*dephased, *fixed)], num_outputs
    )
    circuit = before.inverse().to_circuit()
    for i in range(len(whole), num_outputs):
        kind = i - len(whole)
        if kind < len(dephased):
            gate = random.choice(["I", "Z"])
        elif kind < len(dephased) + len(fixed):
            gate = "R"
        else:
            gate = random.choice(["I", "X", "Y", "Z"])
        if gate != "I":
            circuit.append(str(gate), [i])
    return circuit + after.to_circuit()


def _sorted(rows: list[_Pair]) -> tuple[list[tuple[_Pair, _Pair]], list[_Pair], list[_Pair]]:
    """Return anticommuting pairs, what commutes with everything, and of the latter what equals +1."""
    whole: list[tuple[_Pair, _Pair]] = []
    centre: list[_Pair] = []
    while rows:
        x = rows.pop(0)
        partner = next((row for row in rows if not row.output.commutes(x.output)), None)
        if partner is None:
            centre.append(x)
            continue
        rows = [row for row in rows if row is not partner]
        for row in rows:
            with_x, with_z = (not row.output.commutes(one.output) for one in (x, partner))
            if with_z:
                row.times(x)
            if with_x:
                row.times(partner)
        whole.append((x, partner))
    dephased: list[_Pair] = []
    fixed: list[_Pair] = []
    for row in centre:
        for other in dephased:
            if _letter_at(row.image, other.image):
                row.times(other)
        if not row.image.weight:
            row.output, row.image = row.output * row.image.sign, row.image * row.image.sign
            fixed.append(row)
            continue
        for other in dephased:
            if _letter_at(other.image, row.image):
                other.times(row)
        dephased.append(row)
    return whole, dephased, fixed


def _letter_at(operator: stim.PauliString, pivot: stim.PauliString) -> bool:
    """Whether an operator has the bit that stands for the pivot: its first, X before Z."""
    bits, pivots = (np.concatenate(one.to_numpy()) for one in (operator, pivot))
    return bool(bits[np.flatnonzero(pivots)[0]])


def _completed(
    whole: Sequence[tuple[stim.PauliString, stim.PauliString]], zs: Sequence[stim.PauliString], size: int
) -> stim.Tableau:
    """Return a Clifford: X and Z of the first qubits become given pairs, Z of the next becomes `zs`."""
    xs_found, zs_found = [x for x, _ in whole], [z for _, z in whole]
    for i, z in enumerate(zs):
        others = [*xs_found, *zs_found, *zs[i:]]
        wanted = np.array([other is z for other in others], dtype=bool)
        xs_found.append(_anticommuting(others, wanted))
        zs_found.append(z)
    while len(xs_found) < size:
        x = next(one for one in _leftovers(xs_found, zs_found, size))
        z = next(one for one in _leftovers(xs_found, zs_found, size) if not one.commutes(x))
        xs_found.append(x)
        zs_found.append(z)
    return stim.Tableau.from_conjugated_generators(xs=xs_found, zs=zs_found)


def _anticommuting(operators: Sequence[stim.PauliString], wanted: Bits) -> stim.PauliString:
    """Return an operator that anticommutes with exactly the wanted ones of independent operators."""
    parts = [one.to_numpy() for one in operators]
    swapped = np.array([np.concatenate([z, x]) for x, z in parts], dtype=bool)
    bits = solve(swapped, wanted)
    half = len(bits) // 2
    return stim.PauliString.from_numpy(xs=bits[:half], zs=bits[half:])


def _leftovers(
    xs: Sequence[stim.PauliString], zs: Sequence[stim.PauliString], size: int
) -> list[stim.PauliString]:
    """Return what is left of single Paulis once they commute with every pair."""
    left = []
    for wire in range(size):
        for pauli in "XZ":
            one = stim.PauliString(size)
            one[wire] = pauli
            for x, z in zip(xs, zs, strict=True):
                with_x, with_z = not one.commutes(x), not one.commutes(z)
                one = one * x if with_z else one
                one = one * z if with_x else one
            if one.weight:
                left.append(one / one.sign)
    return left
