"""Gates with many controls, which are the last qubit's gate only if all the others are 1."""

from __future__ import annotations

import cmath
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit.library import MCPhaseGate
from qiskit.synthesis import synth_mcx_noaux_v24

from qclone.circuits._body import Body, Part
from qclone.circuits._words import Params, inverse_word

# A controlled phase takes 12 k^2 gates for k controls, and Qiskit seconds to find them.
MAX_CONTROLS = 100


class TooManyControlsError(Exception):
    """A gate has more controls than its gates are ever sought for; the text completes a sentence."""

    def __init__(self) -> None:
        super().__init__(f"is controlled by more than {MAX_CONTROLS} qubits")


@lru_cache(maxsize=1024)
def many(word: str, params: Params, controls: int) -> Body:
    """Return a gate on the last qubits, controlled by the first ones, as a body that remembers it.

    Parameters
    ----------
    word : ``p`` with one parameter, ``u`` with four like ``cu``, or ``swap``, which acts on two qubits.
    controls : two or more.

    Raises
    ------
    TooManyControlsError : no synthesis that is linear in the controls is known, and there are too many.
    """
    if word == "swap":
        first, second = controls, controls + 1
        flip: Part = (_x(controls + 1), (), (*range(controls), first, second))
        parts = [("cx", (), (second, first)), flip, ("cx", (), (second, first))]
        return Body(controls + 2, tuple(parts), origin=(word, params))
    parts = _phase(params[0], controls) if word == "p" else _one_qubit(params, controls)
    return Body(controls + 1, tuple(parts), origin=(word, params))


def _one_qubit(params: Params, controls: int) -> list[Part]:
    """W = exp(i a) V diag(1, exp(i d)) V^+ : only the phases are controlled."""
    everything = tuple(range(controls + 1))
    if params == (math.pi, 0.0, math.pi, 0.0):
        return [(_x(controls), (), everything)]
    theta, phi, lam, gamma = params
    cosine, sine = math.cos(theta / 2), math.sin(theta / 2)
    matrix = cmath.exp(1j * gamma) * np.array(
        [
            [cosine, -cmath.exp(1j * lam) * sine],
            [cmath.exp(1j * phi) * sine, cmath.exp(1j * (phi + lam)) * cosine],
        ]
    )
    if abs(sine) < 1e-15:
        basis, first, second = None, matrix[0, 0], matrix[1, 1]
    else:
        values, vectors = np.linalg.eig(matrix)
        # A unitary matrix that is no multiple of 1 has two eigenvectors at right angles.
        basis, _ = np.linalg.qr(vectors)
        first, second = values
    parts: list[Part] = [(many("p", (cmath.phase(second / first),), controls), (), everything)]
    if basis is not None:
        turn = _angles(basis)
        ((_, back),) = inverse_word("u", turn)
        parts = [("u", back, (controls,)), *parts, ("u", turn, (controls,))]
    if abs(common := cmath.phase(first)) > 1e-15:
        inner = (
            ("cp", (common,), (0, 1))
            if controls == 2
            else (many("p", (common,), controls - 1), (), everything[:-1])
        )
        parts.append(inner)
    return parts


def _angles(matrix: NDArray[np.complex128]) -> Params:
    """Return theta, phi, lambda of a unitary matrix up to its phase, which its inverse undoes."""
    (a, b), (c, d) = matrix.tolist()
    theta = 2 * math.atan2(abs(c), abs(a))
    if abs(a) < 1e-15:
        return theta, cmath.phase(c) - cmath.phase(-b), 0.0
    if abs(c) < 1e-15:
        return theta, cmath.phase(d) - cmath.phase(a), 0.0
    return theta, cmath.phase(c) - cmath.phase(a), cmath.phase(-b) - cmath.phase(a)


def _phase(angle: float, controls: int) -> list[Part]:
    everything = tuple(range(controls + 1))
    if abs(angle - math.pi) < 1e-15 or abs(angle + math.pi) < 1e-15:
        turned: Part = ("h", (), (controls,))
        return [turned, (_x(controls), (), everything), turned]
    if controls > MAX_CONTROLS:
        raise TooManyControlsError
    from qclone.circuits._operation import Opened

    return [Opened().definition_part(MCPhaseGate(angle, controls), everything)]


@lru_cache(maxsize=256)
def _x(controls: int) -> Body:
    if controls == 2:
        return Body(3, (("ccx", (), (0, 1, 2)),))
    from qclone.circuits._operation import Opened

    try:
        from qiskit.synthesis import synth_mcx_noaux_hp24 as synth_many
    except ImportError:  # Qiskit before 2.3, which IQM's package asks for
        synth_many = synth_mcx_noaux_v24
    circuit = synth_mcx_noaux_v24(controls) if controls <= 4 else synth_many(controls)
    return Opened().circuit_body(circuit)
