"""Products of X and Z of qudits, with exact phases, and circuits that map them to each other.

Qudits of dimension d: X|s> = |s+1>, Z|s> = omega^s |s>, omega = exp(2 pi i/d), tau = exp(i pi/d). For d = 2
these are the Pauli operators, tau = i, and the gates below are Clifford gates of stim.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.scheme._modular import Integers

GateName = Literal["X", "Z", "F", "CHIRP", "MUL", "SUM", "CZ"]


@dataclass(frozen=True, slots=True)
class WeylGate:
    """One gate on one or two qudits::

        name      action                                on the operators                d = 2
        X, Z      X^p, Z^p                              phases                          X, Z
        F         |s> -> sum_t omega^(st) |t> / sqrt d  X -> Z, Z -> X^-1               H
        CHIRP     exp(i pi p s (s + d mod 2) / d)       X -> X Z^p tau^(p + p d mod 2)  S
        MUL       |s> -> |p s>, p a unit                X -> X^p, Z -> Z^(1/p)          nothing
        SUM       |a, b> -> |a, b + p a>                X_a -> X_a X_b^p                CX
        CZ        omega^(p a b)                         X_a -> X_a Z_b^p                CZ

    Parameters
    ----------
    name : one of the table.
    wires : one or two indices.
    power : p; for F the number of times it acts.
    """

    name: GateName
    wires: tuple[int, ...]
    power: int = 1

    def inverse(self, dimension: int) -> WeylGate:
        """Return the gate that undoes this one."""
        power = pow(self.power, -1, dimension) if self.name == "MUL" else -self.power
        return WeylGate(self.name, self.wires, power)


@dataclass(frozen=True)
class WeylRows:
    """Operators tau^t X^x_1 Z^z_1 (x) X^x_2 Z^z_2 (x) ..., one a row; mutable arrays, updated in place.

    Parameters
    ----------
    dimension : d.
    x, z : shape (rows, wires), modulo d.
    t : shape (rows,), modulo 2 d.
    """

    dimension: int
    x: Integers
    z: Integers
    t: Integers

    @classmethod
    def single(cls, dimension: int, num_wires: int, x: Iterable[int] = (), z: Iterable[int] = ()) -> WeylRows:
        """Return the rows X on each wire of `x`, then Z on each wire of `z`."""
        xs, zs = list(x), list(z)
        rows = cls(
            dimension,
            np.zeros((len(xs) + len(zs), num_wires), dtype=np.int64),
            np.zeros((len(xs) + len(zs), num_wires), dtype=np.int64),
            np.zeros(len(xs) + len(zs), dtype=np.int64),
        )
        rows.x[np.arange(len(xs)), xs] = 1
        rows.z[len(xs) + np.arange(len(zs)), zs] = 1
        return rows

    @classmethod
    def of_paulis(cls, paulis: Iterable[stim.PauliString]) -> WeylRows:
        """Return Hermitian Pauli strings of qubits as rows; Y = tau X Z."""
        listed = list(paulis)
        bits = [pauli.to_numpy() for pauli in listed]
        x = np.array([xs for xs, _ in bits], dtype=np.int64)
        z = np.array([zs for _, zs in bits], dtype=np.int64)
        negative = np.array([pauli.sign == -1 for pauli in listed], dtype=np.int64)
        return cls(2, x, z, ((x & z).sum(axis=1) + 2 * negative) % 4)

    def to_paulis(self) -> list[stim.PauliString]:
        """Return Hermitian rows of qubits as Pauli strings."""
        negative = (self.t - (self.x & self.z).sum(axis=1)) % 4 == 2
        return [
            stim.PauliString.from_numpy(xs=xs, zs=zs, sign=-1 if minus else 1)
            for xs, zs, minus in zip(self.x.astype(bool), self.z.astype(bool), negative, strict=True)
        ]

    @classmethod
    def stack(cls, parts: Sequence[WeylRows]) -> WeylRows:
        """Return the rows of several, one after the other."""
        x, z, t = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "z", "t"))
        return cls(parts[0].dimension, x, z, t)

    def __getitem__(self, rows: slice | Integers | list[int]) -> WeylRows:
        """Return a copy of some rows."""
        return WeylRows(self.dimension, self.x[rows].copy(), self.z[rows].copy(), self.t[rows].copy())

    def product(self, powers: Integers) -> WeylRows:
        """Return the product, in order, of the rows each to its power (at least 0), as one row."""
        x, z, t = np.zeros_like(self.x[0]), np.zeros_like(self.z[0]), 0
        for i in np.flatnonzero(powers):
            p, xi, zi = int(powers[i]), self.x[i], self.z[i]
            # (X^x Z^z)^p = omega^(z.x p(p-1)/2) X^px Z^pz, and Z^z X^x' = omega^(z.x') X^x' Z^z.
            t += p * int(self.t[i]) + p * (p - 1) * int(zi @ xi) + 2 * p * int(z @ xi)
            x, z = (x + p * xi) % self.dimension, (z + p * zi) % self.dimension
        return WeylRows(self.dimension, x[None], z[None], np.array([t % (2 * self.dimension)]))

    def conjugate(self, gate: WeylGate) -> None:
        """Replace every row P by G P G^dagger."""
        d, x, z, p = self.dimension, self.x, self.z, gate.power
        if len(gate.wires) == 2:
            a, b = gate.wires
            if gate.name == "SUM":
                x[:, b] = (x[:, b] + p * x[:, a]) % d
                z[:, a] = (z[:, a] - p * z[:, b]) % d
            else:
                self.t[:] += 2 * p * x[:, a] * x[:, b]
                z[:, a] = (z[:, a] + p * x[:, b]) % d
                z[:, b] = (z[:, b] + p * x[:, a]) % d
        else:
            (a,) = gate.wires
            if gate.name == "X":
                self.t[:] -= 2 * p * z[:, a]
            elif gate.name == "Z":
                self.t[:] += 2 * p * x[:, a]
            elif gate.name == "F":
                for _ in range(p % 4):
                    self.t[:] -= 2 * x[:, a] * z[:, a]
                    x[:, a], z[:, a] = (-z[:, a]) % d, x[:, a].copy()
            elif gate.name == "CHIRP":
                self.t[:] += p * x[:, a] * (x[:, a] + d % 2)
                z[:, a] = (z[:, a] + p * x[:, a]) % d
            else:
                x[:, a] = x[:, a] * p % d
                z[:, a] = z[:, a] * pow(p, -1, d) % d
        self.t[:] %= 2 * d


@dataclass(frozen=True)
class WeylCircuit:
    """Gates on qudits of one dimension, in order; the qudit counterpart of a Clifford `stim.Circuit`."""

    dimension: int
    gates: tuple[WeylGate, ...]

    def __add__(self, other: WeylCircuit) -> WeylCircuit:
        return WeylCircuit(self.dimension, self.gates + other.gates)

    def __len__(self) -> int:
        return len(self.gates)

    def inverse(self) -> WeylCircuit:
        """Return the circuit that undoes this one."""
        return WeylCircuit(self.dimension, tuple(g.inverse(self.dimension) for g in reversed(self.gates)))

    def conjugate(self, rows: WeylRows) -> WeylRows:
        """Return U P U^dagger for every row P; linear in gates times rows."""
        images = rows[:]
        for gate in self.gates:
            images.conjugate(gate)
        return images

    def apply(self, state: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Return the state vector after the circuit; an array of shape (d, d, ..), one axis a wire."""
        for gate in self.gates:
            state = _apply(gate, self.dimension, state)
        return state

    def to_stim(self) -> stim.Circuit:
        """Return the circuit of qubits, d = 2."""
        names = {
            "X": ["X"],
            "Z": ["Z"],
            "F": ["H"],
            "CHIRP": ["S", "Z", "S_DAG"],
            "SUM": ["CX"],
            "CZ": ["CZ"],
        }
        lines = []
        for gate in self.gates:
            options = names.get(gate.name, [])
            power = gate.power % (len(options) + 1) if options else 0
            if power:
                lines.append(f"{options[power - 1]} {' '.join(map(str, gate.wires))}")
        return stim.Circuit("\n".join(lines))


def _apply(gate: WeylGate, d: int, state: NDArray[np.complex128]) -> NDArray[np.complex128]:
    levels = np.arange(d)
    p = gate.power
    axes = np.moveaxis(state, gate.wires, range(len(gate.wires)))
    shape = (-1, *[1] * (state.ndim - 1))
    if gate.name == "SUM":
        axes = np.stack([np.roll(axes[a], p * a, axis=0) for a in range(d)])
    elif gate.name == "CZ":
        phases = np.exp(2j * np.pi * (p * np.outer(levels, levels) % d) / d)
        axes = axes * phases.reshape(d, d, *[1] * (state.ndim - 2))
    elif gate.name == "X":
        axes = np.roll(axes, p, axis=0)
    elif gate.name == "Z":
        axes = axes * np.exp(2j * np.pi * (p * levels % d) / d).reshape(shape)
    elif gate.name == "F":
        fourier = np.exp(2j * np.pi * (np.outer(levels, levels) % d) / d) / np.sqrt(d)
        axes = np.tensordot(np.linalg.matrix_power(fourier, p % 4), axes, axes=1)
    elif gate.name == "CHIRP":
        exponents = p * levels * (levels + d % 2) % (2 * d)
        axes = axes * np.exp(1j * np.pi * exponents / d).reshape(shape)
    else:
        axes = axes[levels * pow(p, -1, d) % d]
    return np.moveaxis(axes, range(len(gate.wires)), gate.wires)
