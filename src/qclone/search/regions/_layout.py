"""Which qubit plays which role, and which couplers each stage may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from qclone.native._graph import Edge, within


@dataclass(frozen=True)
class Layout:
    """Roles of a canonical scheme on the qubits of a lattice.

    Parameters
    ----------
    roles : label -> qubit, for A, S1..Sn, N1..Nn and R.
    clone : the label that decryption starts from.
    spare : qubits that carry no data; preparation and decryption may use them as wires.
    couplers : the lattice's; those beyond the qubits in use are left out.
    relaxed : whether decryption may use the other signal qubits as wires.
    """

    roles: Mapping[str, int]
    clone: str
    spare: tuple[int, ...]
    couplers: tuple[Edge, ...]
    relaxed: bool = False

    @property
    def num_clones(self) -> int:
        """n."""
        return (len(self.roles) - 2) // 2

    @cached_property
    def signals(self) -> tuple[int, ...]:
        """Qubits of S1..Sn."""
        return tuple(self.roles[f"S{i}"] for i in range(1, self.num_clones + 1))

    @cached_property
    def noise(self) -> tuple[int, ...]:
        """Qubits of N1..Nn."""
        return tuple(self.roles[f"N{i}"] for i in range(1, self.num_clones + 1))

    @property
    def prepare_edges(self) -> tuple[Edge, ...]:
        """Couplers for the Bell pairs: everything but R and A."""
        return within((*self.signals, *self.noise, *self.spare), self.couplers)

    @property
    def encrypt_nodes(self) -> tuple[int, ...]:
        """A and all S; also the spare qubits if A is the clone, which has to be beside S and beside N."""
        spare = self.spare if self.clone == "A" else ()
        return (self.roles["A"], *self.signals, *spare)

    @property
    def encrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the qubits of encryption."""
        return within(self.encrypt_nodes, self.couplers)

    @property
    def decrypt_nodes(self) -> tuple[int, ...]:
        """The clone, all N, and the wires: spare qubits and, if relaxed, the other signal qubits."""
        return (self.roles[self.clone], *self.noise, *self.wires)

    @property
    def wires(self) -> tuple[int, ...]:
        """What decryption may use besides the clone and all N."""
        others = (q for q in self.signals if q != self.roles[self.clone])
        return (*self.spare, *others) if self.relaxed else self.spare

    @property
    def decrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the qubits of decryption."""
        return within(self.decrypt_nodes, self.couplers)
