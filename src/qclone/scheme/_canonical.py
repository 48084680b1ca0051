"""The protocol as published: one input, n signal qubits, n noise qubits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.scheme import _text
from qclone.scheme._hooks import AlikePairs
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._size import WIRE, Size
from qclone.scheme._synthesis import Indices, Synthesis, check_synthesis, controlled, spread
from qclone.scheme._text import line
from qclone.scheme._wires import Wire, source_and_pairs

MAX_CLONES = 10_000_000
_NUMBERED = re.compile(r"[SN][1-9][0-9]{0,7}")


@register_scheme("canonical")
@dataclass(frozen=True)
class Canonical(Scheme):
    """Encrypted cloning of one qubit onto n signal qubits.

    Wires, in order: A, S1..Sn, N1..Nn. ``prepare`` makes the Bell pairs (S_i, N_i);
    ``encrypt`` is exp(-i pi/4 X_A X_S1..X_Sn) exp(-i pi/4 Z_A Z_S1..Z_Sn), the Z factor first;
    ``decrypt('Sj')`` is U_dec(j) of arXiv:2602.10695, eq. (3), on S_j and all N; for even n
    ``decrypt('A')`` is the inverse of ``encrypt`` with N in the place of S.

    Parameters
    ----------
    num_clones : n, the number of signal qubits, at least 1. Even n is the safe choice: odd n leaks the
        Bloch Y component to all servers together, and n = 1 is not encrypted at all.
    synthesis : how the unitaries are built; see `SYNTHESES`.

    Raises
    ------
    InvalidInputError : n < 1 (no clone to recover from), n above 10^7, or an unknown synthesis.

    Example
    -------
    >>> Canonical(2, synthesis="definition").encrypt()
    stim.Circuit('''
        SPP Z0*Z1*Z2 X0*X1*X2
    ''')
    """

    num_clones: int
    synthesis: Synthesis = "pair_tree"

    @classmethod
    def size_of(cls, num_clones: int, synthesis: str = "pair_tree") -> Size:
        n, label = max(0, num_clones), 9
        return Size(2 * n + 1, 1, n + 1, label, n, 2 * n + 1, (WIRE + label) * (2 * n + 1))

    def __post_init__(self) -> None:
        if not isinstance(self.num_clones, int) or not 1 <= self.num_clones <= MAX_CLONES:
            raise InvalidInputError(
                f"The number of clones must be an integer between 1 and {MAX_CLONES}, not {self.num_clones}.",
                "Even numbers are the safe choice, for example 2 or 4.",
            )
        check_synthesis(self.synthesis)

    def __str__(self) -> str:
        return f"the canonical scheme with n = {self.num_clones}"

    def _repr_latex_(self) -> str:
        """Return what encryption is, as a formula.

        >>> print(Canonical(1)._repr_latex_())
        $e^{-i\\pi X_{A} X_{S_{1}} / 4}\\, e^{-i\\pi Z_{A} Z_{S_{1}} / 4}$
        """
        n = self.num_clones
        wires = ["A", *(f"S_{{{i}}}" for i in (range(1, n + 1) if n <= 4 else (1, 2, n)))]
        factors = {pauli: [f"{pauli}_{{{wire}}}" for wire in wires] for pauli in "XZ"}
        if n > 4:
            for one in factors.values():
                one.insert(-1, r"\cdots")
        return r"\, ".join(rf"e^{{-i\pi {' '.join(one)} / 4}}" for one in factors.values()).join("$$")

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        return source_and_pairs(self.num_clones)

    @property
    def num_qubits(self) -> int:
        return 2 * self.num_clones + 1

    @cached_property
    def alike(self) -> AlikePairs:
        return AlikePairs(self.num_clones, fewer=Canonical)

    def synthesized(self, synthesis: Synthesis) -> Canonical:
        return replace(self, synthesis=synthesis)

    def missing_phase(self, clone: str | None = None) -> float:
        # stim's SPP P is exp(i pi/4) exp(-i pi/4 P), so two of them are i times U_enc. Where U_dec is written
        # as many-body phases, its last one is the inverse of an SPP that acts on -1.
        if clone is None:
            return -np.pi / 2
        return np.pi / 2 if clone == "A" or self.synthesis == "definition" else 0.0

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        return ("A",)  # known without naming two million other wires

    @cached_property
    def clones(self) -> tuple[str, ...]:
        signals = tuple(f"S{i}" for i in range(1, self.num_clones + 1))
        return (*signals, "A") if self.num_clones % 2 == 0 else signals

    @property
    def source(self) -> str | None:
        return "A" if self.num_clones % 2 == 0 else None  # without looking at ten million clones

    def index(self, label: str) -> int:
        # By arithmetic: a million wires are not listed to find one.
        if label == "A":
            return 0
        number = self._number(label)
        if number == 0:
            return super().index(label)
        return number if label[0] == "S" else number + self.num_clones

    def clone(self, label: str) -> Clone:
        self._check_clone(label)
        return Clone(label, wires=(label,), key=self._all_noise, outputs=(label,))

    def prepare(self) -> stim.Circuit:
        return _text.circuit([line("H", self._signals), line("CX", self._signals, self._noise)])

    def encrypt(self) -> stim.Circuit:
        return _text.circuit(spread(np.concatenate([[0], self._signals]), self.synthesis))

    def decrypt(self, clone: str) -> stim.Circuit:
        self._check_clone(clone)
        if clone == "A":
            return _text.circuit(spread(np.concatenate([[0], self._noise]), self.synthesis)).inverse()
        signal = self.index(clone)
        noise = signal + self.num_clones
        others = np.delete(self._noise, signal - 1)
        if self.synthesis == "definition":
            return _text.circuit(_decrypt_by_definition(signal, noise, others))
        # The Bell basis turns X X into Z on S_j and Z Z into Z on N_j: two bits (l, k) that control
        # the correction X^k Z^l of every other noise qubit.
        return _text.circuit(
            [
                f"CX {signal} {noise}",
                f"H {signal}",
                *controlled(noise, signal, others, self.synthesis),
                f"S {signal} {noise}",
                f"CZ {signal} {noise}",
                f"H {signal}",
                f"CX {signal} {noise}",
            ]
        )

    @cached_property
    def _signals(self) -> Indices:
        return np.arange(1, self.num_clones + 1)

    @cached_property
    def _noise(self) -> Indices:
        return np.arange(self.num_clones + 1, 2 * self.num_clones + 1)

    @cached_property
    def _all_noise(self) -> tuple[str, ...]:
        return tuple(f"N{i}" for i in range(1, self.num_clones + 1))

    def _number(self, label: str) -> int:
        """i of a wire S_i or N_i, else 0."""
        number = int(label[1:]) if _NUMBERED.fullmatch(label) else 0
        return number if number <= self.num_clones else 0

    def _check_clone(self, label: str) -> None:
        source = label == "A" and self.num_clones % 2 == 0
        if not (source or (label.startswith("S") and self._number(label))):
            raise self.no_such_clone(label)


def _decrypt_by_definition(signal: int, noise: int, others: Indices) -> list[str]:
    """U_dec(j) = sum_kl a_kl |phi_kl><phi_kl| (x) (X^k Z^l)*, a_kl = i^(k+l) (-1)^(kl), as many-body phases.

    On the Bell state phi_kl the observables Z Z, X X, Y Y of (S_j, N_j) are (-1)^k, (-1)^l, -(-1)^(k+l).
    """
    zz, xx = f"Z{signal}*Z{noise}", f"X{signal}*X{noise}"
    corrections = [
        f"SPP {control}*{pauli}{w}\nSPP_DAG {control}\nSPP_DAG {pauli}{w}"
        for control, pauli in ((xx, "Z"), (zz, "X"))
        for w in others.tolist()
    ]
    return [*corrections, f"SPP_DAG Y{signal}*Y{noise}"]
