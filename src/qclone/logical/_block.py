"""One block while a circuit is written: where its qubits are, and what its checks are expected to be."""

from __future__ import annotations

from dataclasses import dataclass

from qclone.logical._code import Code

# Records are counted from 0; what is random and not yet measured is a negative number.
Parity = frozenset[int]
NOTHING: Parity = frozenset()


@dataclass
class Block:
    """A block of a code.

    Parameters
    ----------
    index : which block; its qubits follow those of the blocks before.
    data : for every position of the code, the qubit there: H moves qubits about, without a gate.
    x, z : for every check, the records whose parity predicts its value.
    """

    code: Code
    index: int
    data: list[int]
    x: list[Parity]
    z: list[Parity]

    @classmethod
    def fresh(cls, code: Code, index: int) -> Block:
        """Return a block whose checks are all known to be +1."""
        first = index * qubits_a_block(code)
        data = list(range(first, first + code.num_qubits))
        return cls(code, index, data, [NOTHING] * len(code.x_checks), [NOTHING] * len(code.z_checks))

    @property
    def ancillas(self) -> range:
        """The ancilla of every check, X checks first."""
        first = self.index * qubits_a_block(self.code) + self.code.num_qubits
        return range(first, first + self.code.num_checks)

    @property
    def flags(self) -> range:
        """The flag of every check."""
        return range(self.ancillas.stop, self.ancillas.stop + self.code.num_checks)

    def hadamard(self) -> None:
        """H on every qubit, then every qubit moved by the duality."""
        assert self.code.duality is not None
        (to_z, to_x), old = self.code.dual_check, list(self.data)
        x, z = list(self.x), list(self.z)
        for position, target in enumerate(self.code.duality):
            self.data[target] = old[position]
        for check, target in enumerate(to_z):
            self.z[target] = x[check]
        for check, target in enumerate(to_x):
            self.x[target] = z[check]

    def phase(self) -> None:
        """S: X checks are multiplied by the Z checks on the same qubits."""
        for check, partner in enumerate(self.code.z_check_of_x):
            self.x[check] ^= self.z[partner]

    def cnot(self, target: Block) -> None:
        """CX onto another block, qubit by qubit."""
        self.x[:] = [a ^ b for a, b in zip(self.x, target.x, strict=True)]
        target.z[:] = [a ^ b for a, b in zip(self.z, target.z, strict=True)]

    def controlled_z(self, other: Block) -> None:
        """CZ from each position to its dual of another block."""
        to_z, to_x = self.code.dual_check
        for check, partner in enumerate(to_z):
            self.x[check] ^= other.z[partner]
        for check, partner in enumerate(to_x):
            other.x[partner] ^= self.z[check]

    def logical(self, letter: str, which: int) -> dict[int, str]:
        """The qubits and letters of a logical operator X, Y or Z."""
        letters: dict[int, int] = {}
        if letter in "XY":
            letters |= {self.data[q]: 1 for q in self.code.logical_x[which]}
        if letter in "ZY":
            for q in self.code.logical_z[which]:
                letters[self.data[q]] = letters.get(self.data[q], 0) + 2
        return {q: "IXZY"[bits] for q, bits in letters.items()}


def qubits_a_block(code: Code) -> int:
    """Data, ancillas and flags."""
    return code.num_qubits + code.num_ancillas
