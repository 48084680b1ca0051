"""The contract of a code as a proof, for whoever adds one."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import InvalidInputError
from qclone.logical._code import Code, Support

_MOST_SETS = 3_000_000


def check_code(code: Code) -> None:
    """Prove that a code is what it says: checks, logical operators, gates with their signs, distance.

    Checks commute and are independent, logical operators are n - checks pairs that anticommute pairwise;
    ``duality`` and ``s_signs`` act on the checks and logical operators as `Code` says, shown by tableau; and
    no error of weight below ``distance`` is a logical one while one of that weight is.

    Raises
    ------
    InvalidInputError : says which part is broken.

    Example
    -------
    >>> from qclone.logical import load_code
    >>> check_code(load_code("surface", 5))
    """
    n = code.num_qubits
    operators = (code.x_checks, code.z_checks, code.logical_x, code.logical_z)
    hx, hz, lx, lz = (_matrix(rows, n) for rows in operators)
    _require(code, not (hx @ hz.T % 2).any(), "an X check anticommutes with a Z check")
    _require(code, not (lx @ hz.T % 2).any() and not (hx @ lz.T % 2).any(), "a logical operator is detected")
    _require(code, np.array_equal(lx @ lz.T % 2, np.eye(len(lx))), "logical operators do not pair up")
    _require(code, _rank(hx) + _rank(hz) == code.num_checks == n - len(lx), "checks depend on each other")
    if code.duality is not None:
        _check_duality(code, code.duality)
    if code.s_signs is not None:
        _check_s(code, code.s_signs)
    for checks, logicals in ((hz, lz), (hx, lx)):
        _require(
            code,
            least_weight(checks, logicals, code.distance) == code.distance,
            f"an error of weight other than {code.distance} is the lightest logical one",
        )


def least_weight(checks: NDArray[np.uint8], logicals: NDArray[np.uint8], most: int) -> int:
    """Return the weight of the lightest undetected error that flips a logical operator, at most `most`.

    Two errors of one syndrome and different logical action make a logical error, and every logical error of
    weight w is made of two of weight ceil(w/2) and floor(w/2): so errors of half the weight are listed.
    If there is none up to `most`, the answer is above `most`. An error of each type is of one letter.
    """
    n = checks.shape[1]
    columns = np.vstack([checks, logicals]).T
    packed = np.packbits(columns, axis=1, bitorder="little")
    width = len(checks)
    best = most + 1
    found: dict[bytes, dict[bytes, int]] = {}
    for weight in range((most + 1) // 2 + 1):
        if comb(n, weight) > _MOST_SETS:
            raise InvalidInputError(
                f"The distance {most} of a block of {n} qubits takes too long to prove.",
                "Take a smaller one.",
            )
        sets = np.array(list(combinations(range(n), weight)), dtype=np.int64).reshape(comb(n, weight), weight)
        sums = np.zeros((len(sets), packed.shape[1]), np.uint8)
        for column in range(weight):
            sums ^= packed[sets[:, column]]
        bits = np.unpackbits(sums, axis=1, bitorder="little")
        syndromes = np.packbits(bits[:, :width], axis=1)
        effects = np.packbits(bits[:, width : width + len(logicals)], axis=1)
        unique = np.unique(np.hstack([syndromes, effects]), axis=0)
        for row in unique:
            syndrome, effect = row[: syndromes.shape[1]].tobytes(), row[syndromes.shape[1] :].tobytes()
            seen = found.setdefault(syndrome, {})
            if effect not in seen:
                best = min([best, *(weight + other for other in seen.values())])
                seen[effect] = weight
    return best


def _check_duality(code: Code, moved: Support) -> None:
    _require(code, sorted(moved) == list(range(code.num_qubits)), "the duality is no permutation")
    try:
        _ = code.dual_check
    except ValueError:
        _require(code, False, "the duality does not take X checks to Z checks and back")
    for here, there in ((code.logical_x, code.logical_z), (code.logical_z, code.logical_x)):
        images = [{moved[q] for q in support} for support in here]
        _require(code, images == list(map(set, there)), "the duality does not exchange logical X and Z")


def _check_s(code: Code, signs: Support) -> None:
    try:
        partners = code.z_check_of_x
    except ValueError:
        _require(code, False, "S needs X and Z checks on the same qubits")
    n = code.num_qubits
    circuit = stim.Circuit("\n".join(f"{'S' if s > 0 else 'S_DAG'} {q}" for q, s in enumerate(signs)))
    circuit.append("I", [n - 1])
    for x, z in zip(code.x_checks, (code.z_checks[i] for i in partners), strict=True):
        image = _pauli(n, x, "X").after(circuit)
        _require(code, image == _pauli(n, x, "X") * _pauli(n, z, "Z"), "S changes the sign of a check")
    for x, z in zip(code.logical_x, code.logical_z, strict=True):
        image = _pauli(n, x, "X").after(circuit)
        expected = (-1j if code.s_is_inverse else 1j) * _pauli(n, x, "X") * _pauli(n, z, "Z")
        _require(code, image == expected, "the pattern of S is not the logical S that it says")


def _matrix(supports: tuple[Support, ...], n: int) -> NDArray[np.uint8]:
    rows = np.zeros((len(supports), n), np.uint8)
    for row, support in zip(rows, supports, strict=True):
        row[list(support)] = 1
    return rows


def _rank(rows: NDArray[np.uint8]) -> int:
    left, rank = rows.copy(), 0
    for column in range(left.shape[1]):
        holders = np.flatnonzero(left[rank:, column]) + rank
        if holders.size:
            left[[rank, holders[0]]] = left[[holders[0], rank]]
            below = holders[1:]
            left[below[left[below, column] == 1]] ^= left[rank]
            below = np.flatnonzero(left[rank + 1 :, column]) + rank + 1
            left[below] ^= left[rank]
            rank += 1
    return rank


def _pauli(n: int, support: Support, letter: str) -> stim.PauliString:
    pauli = stim.PauliString(n)
    for q in support:
        pauli[q] = letter
    return pauli


def _require(code: Code, holds: bool, otherwise: str) -> None:
    if not holds:
        raise InvalidInputError(f"{code} is not what it says: {otherwise}.", "Mend the code.")
