"""Which qubit plays which role, and which couplers each stage may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from qclone.native._assemble import Draft
from qclone.native._graph import Edge, hops_from, in_one_piece, neighbours, within
from qclone.scheme import Role, Scheme


@dataclass(frozen=True)
class Layout:
    """A scheme with one input on the qubits of a lattice, by places: see `wires_of` for what lies there.

    Parameters
    ----------
    roles : place -> qubit, for A, S1..Sn, N1..Nn and R.
    clone : the place that decryption starts from, S1 or A.
    spare : qubits that carry no data; preparation and decryption may use them as wires.
    couplers : the lattice's; those beyond the qubits in use are left out.
    num_key : how many noise qubits decryption takes, the first ones; all if not given.
    relaxed : whether decryption may use the other signal qubits as wires.
    """

    roles: Mapping[str, int]
    clone: str
    spare: tuple[int, ...]
    couplers: tuple[Edge, ...]
    num_key: int | None = None
    relaxed: bool = False

    @classmethod
    def of(cls, draft: Draft, scheme: Scheme, clone: str, couplers: tuple[Edge, ...]) -> Layout:
        """Return the layout of a placed draft; spare is what it uses beside the wires."""
        wires = wires_of(scheme, clone)
        roles = {place: draft.roles[label] for place, label in wires.items()} | {"R": draft.roles["R"]}
        used = {q for edge in draft.couplers for q in edge} - set(roles.values())
        start = "A" if wires["S1"] not in scheme.clone(clone).wires else "S1"
        return cls(roles, start, tuple(sorted(used)), couplers, len(scheme.clone(clone).key))

    def keyed(self, num_key: int) -> Layout:
        """Return it with a key of so many noise qubits, those nearest the clone over noise and spare ones."""
        if num_key == self.num_clones:
            return self
        hops = hops_from(neighbours(self.decrypt_edges), self.roles[self.clone])
        noise = sorted(self.noise, key=lambda q: hops.get(q, len(self.noise)))
        roles = {**self.roles, **{f"N{i}": q for i, q in enumerate(noise, 1)}}
        return replace(self, roles=roles, num_key=num_key)

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
    def key(self) -> tuple[int, ...]:
        """Qubits of the noise that decryption takes."""
        return self.noise[: self.num_key]

    @property
    def prepared(self) -> tuple[int, ...]:
        """Everything but R and A."""
        return (*self.signals, *self.noise, *self.spare)

    @property
    def prepare_edges(self) -> tuple[Edge, ...]:
        """Couplers for the Bell pairs."""
        return within(self.prepared, self.couplers)

    @property
    def in_one_piece(self) -> bool:
        """Whether all that is prepared hangs together."""
        return in_one_piece(set(self.prepared), neighbours(self.prepare_edges))

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
        """The clone, its key, and the wires: spare qubits and, if relaxed, the other signal qubits."""
        return (self.roles[self.clone], *self.key, *self.wires)

    @property
    def wires(self) -> tuple[int, ...]:
        """What decryption may use besides the clone and its key."""
        others = (q for q in self.signals if q != self.roles[self.clone])
        return (*self.spare, *others) if self.relaxed else self.spare

    @property
    def decrypt_edges(self) -> tuple[Edge, ...]:
        """Couplers among the qubits of decryption."""
        return within(self.decrypt_nodes, self.couplers)


def wires_of(scheme: Scheme, clone: str) -> dict[str, str]:
    """Return place -> wire: A, the input; S1..Sn, the clone to decrypt first; N1..Nn, its key first.

    Example
    -------
    >>> from qclone.scheme import Canonical, Iterated
    >>> wires_of(Iterated.virtual(Canonical(2), 1), "S1/S2")["S1"]
    'S1/S2'
    >>> [*wires_of(Canonical(2), "S2").items()]
    [('A', 'A'), ('S1', 'S2'), ('S2', 'S1'), ('N1', 'N2'), ('N2', 'N1')]
    """
    own = scheme.clone(clone)
    signals = [w.label for w in scheme.wires if w.role is Role.SIGNAL]
    noise = [w.label for w in scheme.wires if w.role is Role.NOISE]
    signals.sort(key=lambda label: label not in own.wires)
    # A wire's Bell pair has its label with N for S.
    pairs = {"N".join(label.rsplit("S", 1)) for label in own.wires}
    noise.sort(key=lambda label: (label not in own.key, label not in pairs))
    kinds = (("S", signals), ("N", noise))
    places = {f"{kind}{i}": label for kind, labels in kinds for i, label in enumerate(labels, 1)}
    return {"A": scheme.inputs[0]} | places
