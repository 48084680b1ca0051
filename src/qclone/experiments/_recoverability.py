"""Beyond the paper: whether every clone could be recovered, shown without a single gate of decryption."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import stim

from qclone.access import key_paulis
from qclone.estimate import bell_fidelity
from qclone.experiments._body import clone_with_ancilla, wires_with_ancilla
from qclone.experiments._direction import PAULI, Direction
from qclone.experiments._drawing import Drawing
from qclone.experiments._experiment import Experiment, Row, fidelity_bounds
from qclone.experiments._measurement import Analysis, Data, Measurement, Settings
from qclone.scheme import Canonical, Synthesis

METHODS = {"virtual": "no decryption gate", "unitary": "U_dec"}


@dataclass(frozen=True)
class VirtualDecryption(Measurement):
    """Fe of a clone from its logical operators: three settings, every qubit measured alone.

    X, Y and Z of the input are products of one-qubit Paulis on the clone and the noise qubits, so
    Fe = (1 + <X X_L> - <Y Y_L> + <Z Z_L>)/4 with the ancilla. It certifies that decryption would bring the
    input back; it brings nothing back itself, for the product destroys what it measures.

    Parameters
    ----------
    operators : X_L, Y_L, Z_L as signed letters on the bits from 1 on, ``_`` where a wire is left out.
    """

    operators: tuple[str, str, str]

    def settings(self) -> Settings:
        return {
            p: (PAULI[p], *(PAULI.get(letter, Direction.Z) for letter in operator[1:]))
            for p, operator in zip("XYZ", self.operators, strict=True)
        }

    def analyse(self, data: Data) -> Analysis:
        found = []
        for p, operator in zip("XYZ", self.operators, strict=True):
            bits = (0, *(bit for bit, letter in enumerate(operator) if bit and letter != "_"))
            sign = -1 if operator[0] == "-" else 1
            found.append(sign * data.parities(p, [bits])[0])
        return Analysis("fidelity", bell_fidelity(*found))


def logical_operators(scheme: Canonical, clone: str) -> tuple[tuple[str, ...], VirtualDecryption]:
    """Return the wires of a clone and its key, and how to measure its logical operators on them."""
    key = key_paulis(scheme, clone)
    held = (clone, *scheme.clone(clone).key)
    places = scheme.indices(held)
    x, z = (stim.PauliString(f"{letter}{scheme.index(clone)}").after(key.public) for letter in "XZ")
    blank = stim.PauliString(scheme.num_qubits)
    x, z = (blank * x) * key.b[0], (blank * z) * key.a[0]
    signed = []
    for operator in (x, 1j * x * z, z):
        sign = "-" if operator.sign == -1 else "+"
        signed.append(sign + "".join("_XYZ"[operator[w]] for w in places))
    return held, VirtualDecryption((signed[0], signed[1], signed[2]))


@dataclass(frozen=True)
class Recoverability(Experiment):
    """Fe of every clone by three settings of one-qubit measurements, beside U_dec.

    Parameters
    ----------
    clones : numbers of signal qubits n.
    synthesis : how the scheme's unitaries are built.
    """

    clones: tuple[int, ...] = (2, 4, 6)
    synthesis: Synthesis = "ladder"
    name = "recoverability"
    title = "Recoverability without decryption"
    about = "fidelity of every clone from one-qubit measurements, beside U_dec"
    rank = 8
    drawings = (
        Drawing(
            "recoverability",
            "Entanglement fidelity of every clone: without any decryption gate, and with U_dec.",
            by=("method",),
            kind="points",
        ),
    )

    def rows(self) -> list[Row]:
        return [
            self._row(n, clone, method)
            for n in self.clones
            for clone in Canonical(n).clones
            for method in METHODS
        ]

    def _row(self, n: int, clone: str, method: str) -> Row:
        scheme = Canonical(n, self.synthesis)
        held, virtual = logical_operators(scheme, clone)
        bell = VirtualDecryption(("+X", "+Y", "+Z"))
        body = (
            partial(wires_with_ancilla, scheme, held)
            if method == "virtual"
            else partial(clone_with_ancilla, scheme, clone)
        )
        return Row(
            experiment=self.name,
            parameters={"n": n, "clone": clone, "method": method},
            scheme=scheme,
            clone=None if method == "virtual" else clone,
            body=body,
            measurement=virtual if method == "virtual" else bell,
            bounds=fidelity_bounds(len(scheme.clones)),
        )
