"""Encrypted cloning of qudits of any dimension, prime or composite, with chirps for the phases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import gcd

import numpy as np

from qclone.errors import InvalidInputError
from qclone.scheme._canonical import Canonical
from qclone.scheme._gather import recover
from qclone.scheme._hooks import AlikePairs
from qclone.scheme._phases import check_size, choose_phases, worst_leak
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import AnyScheme, Clone
from qclone.scheme._size import Size
from qclone.scheme._weyl import WeylCircuit, WeylGate, WeylRows
from qclone.scheme._wires import Wire, source_and_pairs


@register_scheme("qudit")
@dataclass(frozen=True)
class QuditScheme(AnyScheme):
    """Encrypted cloning of one qudit onto n signal qudits.

    With omega = exp(2 pi i/d) and the chirp f_u(s) = exp(i pi u s (s + d mod 2)/d),
    U_enc = f_v(X_A X_S1..X_Sn) f_u(Z_A Z_S1..Z_Sn), where f(Z) means f(s) on the eigenvalue omega^s;
    pairs are sum_s |ss>/sqrt d. U_dec(j) reads (k, l) of X^k Z^l off the pair (S_j, N_j), applies the
    complex conjugate of X^k Z^l to every other noise qudit and the conjugate phases to the pair. For
    d = 2 it is the canonical scheme. Replacement operators for qudits: arXiv:2604.04888, 2605.26866.

    Wires, in order: A, S1..Sn, N1..Nn. A is a clone if and only if gcd(d, n - a b) = 1 with
    a b u v = 1 mod d; for phases without leakage it always is.

    Parameters
    ----------
    num_clones : n, at least 1.
    dimension : d, at least 2.
    phases : the units (u, v) modulo d; by default those of `choose_phases`, which leak least.

    Raises
    ------
    InvalidInputError : n < 1, d < 2, or phases that are no units modulo d (U_enc would not spread the
        input evenly, and no decryption would exist).

    Example
    -------
    >>> scheme = QuditScheme(2, dimension=3)
    >>> scheme.units, scheme.clones, scheme.clone("S1").key
    ((1, 1), ('S1', 'S2', 'A'), ('N1', 'N2'))
    """

    num_clones: int
    dimension: int = 2
    phases: tuple[int, int] | None = None

    @classmethod
    def size_of(cls, num_clones: int, dimension: int = 2, phases: tuple[int, int] | None = None) -> Size:
        return Canonical.size_of(num_clones)

    def __post_init__(self) -> None:
        check_size(self.dimension, self.num_clones)
        if any(gcd(unit, self.dimension) != 1 for unit in self.units):
            raise InvalidInputError(
                f"The phases {self.units} are not units modulo {self.dimension}.",
                "Leave them out to get those that leak least.",
            )

    def __str__(self) -> str:
        return f"the qudit scheme with n = {self.num_clones}, d = {self.dimension}, phases {self.units}"

    @cached_property
    def units(self) -> tuple[int, int]:
        """(u, v), as given or as chosen."""
        if self.phases is not None:
            return self.phases
        chosen = choose_phases(self.dimension, self.num_clones)
        return chosen.u, chosen.v

    @property
    def ab(self) -> int:
        """1/(u v) mod d, the only combination of the phases that leakage depends on."""
        u, v = self.units
        return pow(u * v, -1, self.dimension)

    @property
    def leak(self) -> int:
        """The worst leak that the phases cause, as `Phases.leak`; 1 if there is none."""
        return worst_leak(self.dimension, self.num_clones, self.ab)

    @cached_property
    def alike(self) -> AlikePairs:
        # Phases that were chosen for the number of clones must not be chosen again for fewer.
        d, units = self.dimension, self.units
        return AlikePairs(self.num_clones, lambda few: QuditScheme(few, d, units), self.ab, d)

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        return source_and_pairs(self.num_clones)

    @property
    def num_qubits(self) -> int:
        return 2 * self.num_clones + 1

    @cached_property
    def clones(self) -> tuple[str, ...]:
        signals = tuple(f"S{i}" for i in range(1, self.num_clones + 1))
        return (*signals, "A") if gcd(self.dimension, self.num_clones - self.ab) == 1 else signals

    def clone(self, label: str) -> Clone:
        if label not in self.clones:
            raise self.no_such_clone(label)
        key = tuple(f"N{i}" for i in range(1, self.num_clones + 1))
        return Clone(label, wires=(label,), key=key, outputs=(label,))

    def prepare(self) -> WeylCircuit:
        """Return the circuit that makes the pairs sum_s |ss>/sqrt d from |0>."""
        pairs = zip(self._signals, self._noise, strict=True)
        return self._circuit(
            gate for s, n in pairs for gate in (WeylGate("F", (s,)), WeylGate("SUM", (s, n)))
        )

    def encrypt(self) -> WeylCircuit:
        """Return U_enc: two chirps of a digit sum, the second in the Fourier basis."""
        wires, (u, v) = (0, *self._signals), self.units
        there = [WeylGate("SUM", pair) for pair in pairwise(wires)]
        back = [gate.inverse(self.dimension) for gate in reversed(there)]
        fourier = [WeylGate("F", (w,)) for w in wires]
        inverse = [WeylGate("F", (w,), -1) for w in wires]
        z_chirp = [*there, WeylGate("CHIRP", wires[-1:], u), *back]
        x_chirp = [*there, WeylGate("CHIRP", wires[-1:], v), *back]
        return self._circuit([*z_chirp, *fourier, *x_chirp, *inverse])

    def decrypt(self, clone: str) -> WeylCircuit:
        """Return U_dec of a clone, on it and all noise qudits."""
        if clone not in self.clones:
            raise self.no_such_clone(clone)
        if clone == "A":
            return self._decrypt_input()
        s, (u, v) = self.index(clone), self.units
        n = s + self.num_clones
        others = [w for w in self._noise if w != n]
        gates = [WeylGate("SUM", (n, s), -1), WeylGate("F", (n,), -1)]  # |phi_kl> -> |k>_S |l>_N
        gates += [WeylGate("CZ", (n, w), -1) for w in others]
        gates += [WeylGate("SUM", (s, w)) for w in others]
        gates += [*self._undo_phase(s, v), *self._undo_phase(n, u), WeylGate("CZ", (s, n))]
        gates += [WeylGate("F", (n,)), WeylGate("SUM", (n, s))]
        # The pair now holds the input with its levels negated: F twice is |s> -> |-s>.
        return self._circuit([*gates, WeylGate("F", (s,), 2), WeylGate("F", (n,), 2)])

    def encrypted_rows(self) -> tuple[WeylRows, WeylRows, WeylRows]:
        """Return the images of X and of Z on the input and the stabilisers, phases included."""
        size = self.num_qubits
        rows = self._encrypted(WeylRows.single(self.dimension, size, x=[0], z=range(size)))
        return rows[:1], rows[1:2], rows[2:]

    def _decrypt_input(self) -> WeylCircuit:
        """Find the logical operators on A and all N. Pairs look alike, so two stabilisers are enough."""
        d, size = self.dimension, self.num_qubits
        x, z = (self._encrypted(WeylRows.single(d, size, **{kind: [0]})) for kind in ("x", "z"))
        # Before preparation: Z on all signal qudits, Z on all noise qudits.
        common = WeylRows.single(d, size, z=[0, 0])
        common.z[:] = [np.isin(np.arange(size), part) for part in (self._signals, self._noise)]
        common = self._encrypted(common)
        circuit = recover(x, z, common, [0, *self._noise], [0])
        if circuit is None:
            raise self.no_such_clone("A")
        return circuit

    def _encrypted(self, rows: WeylRows) -> WeylRows:
        return (self.prepare() + self.encrypt()).conjugate(rows)

    def _undo_phase(self, wire: int, unit: int) -> list[WeylGate]:
        """Multiply |l> by the conjugate of sum_s f_unit(s) omega^(-ls), up to a constant.

        Completing the square with w unit = 1 (mod 2d for even d; mod d and w odd for odd d) the sum is
        exp(-i pi w l^2/d) for even d and exp(-i pi (w l^2 - l)/d) for odd d.
        """
        d = self.dimension
        if d % 2 == 0:
            return [WeylGate("CHIRP", (wire,), pow(unit, -1, 2 * d))]
        w = pow(unit, -1, d)
        w += d * (w % 2 == 0)
        return [WeylGate("CHIRP", (wire,), w), WeylGate("Z", (wire,), -(w + 1) // 2)]

    def _circuit(self, gates: Iterable[WeylGate]) -> WeylCircuit:
        return WeylCircuit(self.dimension, tuple(gates))

    @property
    def _signals(self) -> range:
        return range(1, self.num_clones + 1)

    @property
    def _noise(self) -> range:
        return range(self.num_clones + 1, 2 * self.num_clones + 1)
