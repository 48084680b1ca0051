"""Gates of OpenQASM 3 as dense matrices, by its specification and NumPy alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def u(theta: float, phi: float, lam: float) -> np.ndarray:
    """OpenQASM 3's U, with the phase of its specification."""
    turn = np.exp(1j * theta)
    return 0.5 * np.array(
        [
            [1 + turn, -1j * np.exp(1j * lam) * (1 - turn)],
            [1j * np.exp(1j * phi) * (1 - turn), np.exp(1j * (phi + lam)) * (1 + turn)],
        ]
    )


def rotation(pauli: np.ndarray) -> Callable[[float], np.ndarray]:
    return lambda a: np.cos(a / 2) * np.eye(2) - 1j * np.sin(a / 2) * pauli


X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
LIBRARY: dict[str, tuple[int, int, Callable[..., np.ndarray]]] = {
    "h": (0, 1, lambda: (X + Z) / np.sqrt(2)),
    "x": (0, 1, lambda: X),
    "y": (0, 1, lambda: Y),
    "s": (0, 1, lambda: np.diag([1, 1j])),
    "tdg": (0, 1, lambda: np.diag([1, np.exp(-0.25j * np.pi)])),
    "sx": (0, 1, lambda: 0.5 * np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]])),
    "rx": (1, 1, rotation(X)),
    "ry": (1, 1, rotation(Y)),
    "rz": (1, 1, rotation(Z)),
    "p": (1, 1, lambda a: np.diag([1, np.exp(1j * a)])),
    "U": (3, 1, u),
    "cx": (0, 2, lambda: controlled(X, [1])),
    "cz": (0, 2, lambda: controlled(Z, [1])),
    "cp": (1, 2, lambda a: controlled(np.diag([1, np.exp(1j * a)]), [1])),
    "crz": (1, 2, lambda a: controlled(rotation(Z)(a), [1])),
    "swap": (0, 2, lambda: np.eye(4)[[0, 2, 1, 3]]),
    "ccx": (0, 3, lambda: controlled(X, [1, 1])),
}


def controlled(matrix: np.ndarray, values: list[int]) -> np.ndarray:
    """A matrix on its qubits after the controls, which come first; the first qubit is the highest digit."""
    whole = np.eye(len(matrix) << len(values), dtype=complex)
    start = int("".join(map(str, values)), 2) * len(matrix)
    whole[start : start + len(matrix), start : start + len(matrix)] = matrix
    return whole


def on(matrix: np.ndarray, places: list[int], size: int) -> Callable[[np.ndarray], np.ndarray]:
    """What a gate on given qubits does to a tensor with an axis for each qubit."""
    k = len(places)
    tensor = np.asarray(matrix, dtype=complex).reshape((2,) * (2 * k))

    def act(state: np.ndarray) -> np.ndarray:
        return np.moveaxis(np.tensordot(tensor, state, (range(k, 2 * k), places)), range(k), places)

    return act
