"""Gates run backwards, controlled and raised to powers: by what they do, never by what they are called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from qclone.circuits._body import Body, Part, body_of, unrolled
from qclone.circuits._many import many
from qclone.circuits._words import PHASE, Params, inverse_word, one_qubit

# A fractional power is one of a matrix, of 4^k entries for k qubits.
MAX_MATRIX_QUBITS = 6

_WITH_ONE_CONTROL = {"x": "cx", "y": "cy", "z": "cz", "h": "ch", "rx": "crx", "ry": "cry", "rz": "crz"}
# A plain gate that is another one with a control.
_BASE = {controlled: base for base, controlled in _WITH_ONE_CONTROL.items()}


class UnknownPowerError(Exception):
    """A power cannot be told; the text completes a sentence about the gate."""


def inverse(part: Part) -> Part:
    """Return the part run backwards.

    >>> inverse(("t", (), (0,)))
    ('tdg', (), (0,))
    """
    what, params, qubits = part
    if isinstance(what, str):
        return _joined([(w, p, () if w == PHASE else qubits) for w, p in inverse_word(what, params)])
    return _changed(what, ("inverse", 0), _inverted), (), qubits


def controlled(part: Part, controls: tuple[int, ...], values: Iterable[int] | None = None) -> Part:
    """Return the part controlled by more qubits, phases included.

    Parameters
    ----------
    controls : qubits that the part does not act on, at least one.
    values : 1 for each control that must be 1, 0 for each that must be 0; all 1 if not given.

    Example
    -------
    >>> controlled(("gphase", (0.5,), ()), (3,))
    ('p', (0.5,), (3,))
    """
    what, params, qubits = part
    if isinstance(what, str):
        whole = _controlled_word(what, params, qubits, controls)
    else:
        count = len(controls)
        whole = (_changed(what, ("controlled", count), _with_controls(count)), (), (*controls, *qubits))
    flips: list[Part] = [
        ("x", (), (q,)) for q, value in zip(controls, values or (), strict=False) if not value
    ]
    return _joined([*flips, whole, *flips]) if flips else whole


def power(part: Part, exponent: float) -> Part:
    """Return the part's power: an integer one repeats it, another one takes the principal root.

    Raises
    ------
    UnknownPowerError : a fractional power of a gate on more qubits than a matrix is worth having for.
    TooManyGatesError : repeated too often.
    """
    what, params, qubits = part
    local = tuple(range(len(qubits)))
    if what in (PHASE, "p", "cp", "rx", "ry", "rz") and isinstance(what, str):
        phases = what in (PHASE, "p", "cp")
        # A rotation by 2 pi is -1, whose root is that of one phase, not of two opposite ones.
        principal = -math.pi < params[0] <= math.pi if phases else abs(params[0]) < 2 * math.pi
        if exponent == int(exponent) or principal:
            return what, (params[0] * exponent,), qubits
    if exponent == int(exponent):
        square = inverse(part) if exponent < 0 else part
        square = (square[0], square[1], local) if isinstance(square[0], str) else (square[0], (), local)
        left, bits = abs(int(exponent)), []
        # Doubling keeps the tree small however large the exponent.
        while left:
            if left & 1:
                bits.append(square)
            left >>= 1
            if left:
                square = (body_of(len(local), [square, square]), (), local)
        return body_of(len(local), bits), (), qubits
    if len(qubits) > MAX_MATRIX_QUBITS:
        raise UnknownPowerError(f"is a fractional power of a gate on more than {MAX_MATRIX_QUBITS} qubits")
    root = principal_power(_matrix((what, params, local), len(local)), exponent)
    return _of_matrix(root), (), qubits


def principal_power(matrix: NDArray[np.complex128], exponent: float) -> NDArray[np.complex128]:
    """Return U^k = V exp(i k phi) V^+ with every phase phi in (-pi, pi].

    >>> principal_power(np.array([[0, 1], [1, 0]], dtype=complex), 0.5).round(3).tolist()
    [[(0.5+0.5j), (0.5-0.5j)], [(0.5-0.5j), (0.5+0.5j)]]
    """
    from scipy.linalg import schur

    # Of a normal matrix the Schur form is diagonal and its vectors are orthonormal, degenerate or not.
    triangle, vectors = schur(matrix, output="complex")
    phases = np.angle(np.diag(triangle))
    phases[np.isclose(phases, -math.pi, atol=1e-9)] = math.pi
    return np.asarray((vectors * np.exp(1j * exponent * phases)) @ vectors.conj().T)


def _matrix(part: Part, num_qubits: int) -> NDArray[np.complex128]:
    from qiskit.quantum_info import Operator

    from qclone.circuits._assembled import assembled

    return np.asarray(Operator(assembled(num_qubits, unrolled(part))).data)


def _of_matrix(matrix: NDArray[np.complex128]) -> Body:
    from qiskit.circuit.library import UnitaryGate

    from qclone.circuits._operation import Opened

    gate = UnitaryGate(matrix)
    return body_of(gate.num_qubits, [Opened().definition_part(gate, tuple(range(gate.num_qubits)))])


def _joined(parts: list[Part]) -> Part:
    """Return one part that is all of them, on the qubits of all."""
    if len(parts) == 1:
        return parts[0]
    places = tuple(dict.fromkeys(q for _, _, qubits in parts for q in qubits))
    index = {q: i for i, q in enumerate(places)}
    local = [(what, params, tuple(index[q] for q in qubits)) for what, params, qubits in parts]
    return Body(len(places), tuple(local)), (), places


Key = tuple[str, int]


def _changed(body: Body, key: Key, change: Callable[[Body], Body]) -> Body:
    """Return what a change makes of a body: of each body that it shares once, deepest first."""
    stack = [body]
    while stack:
        top = stack[-1]
        if key in top.made:
            stack.pop()
            continue
        waiting = (
            []
            if top.origin
            else [what for what, _, _ in top.parts if isinstance(what, Body) and key not in what.made]
        )
        if waiting:
            stack.extend(waiting)
        else:
            top.made[key] = change(top)
            stack.pop()
    return body.made[key]


def _inverted(body: Body) -> Body:
    if body.origin:
        word, params = body.origin
        controls = body.num_qubits - 1 - (word == "swap")
        if word == "p":
            return many("p", (-params[0],), controls)
        if word == "u":
            theta, phi, lam, gamma = params
            return many("u", (-theta, -lam, -phi, -gamma), controls)
        return body
    return Body(body.num_qubits, tuple(inverse(part) for part in reversed(body.parts)), body.says)


def _with_controls(count: int) -> Callable[[Body], Body]:
    first = tuple(range(count))

    def change(body: Body) -> Body:
        if body.origin:
            word, params = body.origin
            return many(word, params, body.num_qubits - 1 - (word == "swap") + count)
        parts = [
            controlled((what, params, tuple(q + count for q in qubits)), first)
            for what, params, qubits in body.parts
        ]
        return Body(body.num_qubits + count, tuple(parts), body.says)

    return change


def _controlled_word(word: str, params: Params, qubits: tuple[int, ...], controls: tuple[int, ...]) -> Part:
    if word == PHASE:
        return _phase(params[0], controls)
    if word in ("p", "cp"):
        return _phase(params[0], (*controls, *qubits))
    if word in _BASE:
        return _controlled_word(_BASE[word], params, qubits[1:], (*controls, qubits[0]))
    if word == "ccx":
        return _controlled_word("x", (), qubits[2:], (*controls, *qubits[:2]))
    if word in ("swap", "cswap"):
        if word == "swap" and len(controls) == 1:
            return "cswap", (), (*controls, *qubits)
        everything = (*controls, *qubits)
        return many("swap", (), len(everything) - 2), (), everything
    if len(controls) == 1 and word in _WITH_ONE_CONTROL:
        return _WITH_ONE_CONTROL[word], params, (*controls, *qubits)
    if len(controls) == 2 and word == "x":
        return "ccx", (), (*controls, *qubits)
    if word == "cu":
        four, controls, qubits = params, (*controls, qubits[0]), qubits[1:]
    else:
        four = one_qubit(word, params)
    if len(controls) == 1:
        return "cu", four, (*controls, *qubits)
    return many("u", four, len(controls)), (), (*controls, *qubits)


def _phase(angle: float, qubits: tuple[int, ...]) -> Part:
    if len(qubits) <= 2:
        return ("p", "cp")[len(qubits) - 1], (angle,), qubits
    return many("p", (angle,), len(qubits) - 1), (), qubits
