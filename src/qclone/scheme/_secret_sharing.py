"""Encrypted cloning from secret sharing: qualified sets that have an unqualified set in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, islice

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.scheme._code import StabilizerCode
from qclone.scheme._codes import sharing_code
from qclone.scheme._concentrate import concentrate, recover_qubits
from qclone.scheme._place import place
from qclone.scheme._registry import register_scheme
from qclone.scheme._scheme import Clone, Scheme
from qclone.scheme._size import WIRE, Size
from qclone.scheme._wires import Role, Wire


@register_scheme("secret_sharing")
@dataclass(frozen=True)
class SecretSharing(Scheme):
    """The scheme that a family of qualified sets of a stabiliser code makes; arXiv:2606.06552.

    If the sets have pairwise the same intersection and that alone is not qualified, it is the key, and what
    is left of each set is a clone: ``C1``, ``C2``, ... of one qubit or several. With two clones or more no
    clone alone learns anything, for the other one and the key recover everything without it. The key alone
    may learn something unless the qubits outside of it are qualified; see `key_is_blind`.

    The qubits of the code are the wires, ``Q1``, ``Q2``, ... unless labels are given. The inputs are fed in
    on the first qubits outside of the key, which are clones or spare afterwards like all others.

    Parameters
    ----------
    stabilizers, logicals : those of a `StabilizerCode`.
    key : qubits of the code, from 0.
    remainders : the qubits of each clone, from 0.
    labels : names of the wires.

    Raises
    ------
    InvalidInputError : clones that overlap (one qubit cannot be at two servers) or that cannot
        decrypt, a key or a clone that is qualified by itself (nothing would be encrypted).

    Example
    -------
    >>> from qclone.scheme import FIVE_QUBIT
    >>> scheme = SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,)))
    >>> scheme.clones, scheme.clone("C3").wires, scheme.clone("C3").key
    (('C1', 'C2', 'C3'), ('Q5',), ('Q1', 'Q2'))
    """

    stabilizers: tuple[str, ...]
    logicals: tuple[tuple[str, str], ...]
    key: tuple[int, ...]
    remainders: tuple[tuple[int, ...], ...]
    labels: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, code: StabilizerCode, key: Sequence[int], remainders: Sequence[Sequence[int]]
    ) -> SecretSharing:
        """Return the scheme of a code with this key and these clones."""
        return cls(code.stabilizers, code.logicals, tuple(key), tuple(map(tuple, remainders)))

    @classmethod
    def of_access_structure(
        cls, qualified_sets: Sequence[Sequence[str]], family: Sequence[Sequence[str]] = ()
    ) -> SecretSharing:
        """Return a scheme whose qualified sets of parties are these and all larger ones.

        The parties in all sets of the family hold the key, the other parties of each set a clone. Every
        party has a qubit for each qualified set it is in; see `sharing_code`.

        Parameters
        ----------
        qualified_sets : the minimal ones, pairwise with a party in common.
        family : qualified sets with pairwise the same intersection; by default all of them.

        Example
        -------
        >>> scheme = SecretSharing.of_access_structure([("key", "east"), ("key", "west")])
        >>> [wire.label for wire in scheme.wires], scheme.clone("C2").wires
        (['key.1', 'east', 'key.2', 'west'], ('west',))
        """
        code, qubits = sharing_code(qualified_sets)
        chosen = family or qualified_sets
        if unknown := set(chain(*chosen)) - set(qubits):
            raise InvalidInputError(
                f"{', '.join(sorted(unknown))} are in no qualified set.", f"Parties are {', '.join(qubits)}."
            )
        common = set.intersection(*map(set, chosen))
        key = tuple(chain(*(held for party, held in qubits.items() if party in common)))
        remainders = tuple(
            tuple(chain(*(qubits[party] for party in members if party not in common))) for members in chosen
        )
        names = {
            qubit: party if len(held) == 1 else f"{party}.{i}"
            for party, held in qubits.items()
            for i, qubit in enumerate(held, start=1)
        }
        return cls(code.stabilizers, code.logicals, key, remainders, tuple(names[q] for q in sorted(names)))

    @classmethod
    def size_of(
        cls,
        stabilizers: Sequence[str],
        logicals: Sequence[tuple[str, str]],
        key: Sequence[int],
        remainders: Sequence[Sequence[int]],
        labels: Sequence[str] = (),
    ) -> Size:
        qubits, clones = len(stabilizers) + len(logicals), len(remainders)
        label = max((len(label) for label in labels), default=9)
        listed = len(key) + sum(map(len, remainders))
        # Whether a set is qualified takes an elimination; each clone asks that twice.
        work = (clones + 1) * qubits**3 + 500 * qubits**2 + (WIRE + label) * qubits
        return Size(qubits, len(logicals), clones, label, len(key), listed, work)

    def __post_init__(self) -> None:
        held = [*self.key, *chain(*self.remainders)]
        if len(set(held)) < len(held) or not set(held) <= set(range(self.code.num_qubits)):
            raise InvalidInputError(
                "The key and the clones overlap or are not qubits of the code.",
                "A qubit can be in one place only: take sets with pairwise the same intersection.",
            )
        if self.labels and len(self.labels) != self.code.num_qubits:
            raise InvalidInputError(
                f"There are {self.code.num_qubits} wires and {len(self.labels)} labels.", "Name each wire."
            )
        if len(self.key) > self.code.num_qubits - len(self.logicals) or not self.remainders:
            raise InvalidInputError("Nothing is left for the clones.", "Take a smaller key.")
        for lone in (self.key, *self.remainders):
            if self.code.recovers(lone):
                raise InvalidInputError(
                    f"The qubits {lone} recover the input by themselves.",
                    "Key and clones must need each other.",
                )
        for remainder in self.remainders:
            if not self.code.recovers(self.key + remainder):
                raise InvalidInputError(
                    f"The qubits {remainder} and the key {self.key} do not recover the input.",
                    "`find_families` lists keys and clones that do.",
                )

    def __str__(self) -> str:
        return f"a secret-sharing scheme on {self.code.num_qubits} qubits with {len(self.remainders)} clones"

    @cached_property
    def code(self) -> StabilizerCode:
        """The stabiliser code."""
        return StabilizerCode(self.stabilizers, self.logicals)

    @cached_property
    def key_is_blind(self) -> bool:
        """Whether the key alone learns nothing: what is outside of it recovers everything."""
        return self.code.recovers(set(range(self.code.num_qubits)) - set(self.key))

    @property
    def min_key_size(self) -> int:
        """The fewest qubits that a blind key for clones of these sizes can have.

        (2 C - 1) k - (qubits of all C clones), from strong subadditivity; C - 1 for one input and clones
        of one qubit. Canonical schemes with even n attain it: C = n + 1, n key qubits.
        """
        clones = len(self.remainders)
        return max(0, (2 * clones - 1) * len(self.logicals) - sum(map(len, self.remainders)))

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        labels = self.labels or tuple(f"Q{i}" for i in range(1, self.code.num_qubits + 1))
        return tuple(
            Wire(
                label,
                Role.INPUT if i in self._sources else Role.NOISE if i in self.key else Role.SIGNAL,
            )
            for i, label in enumerate(labels)
        )

    @cached_property
    def clones(self) -> tuple[str, ...]:
        return tuple(f"C{i}" for i in range(1, len(self.remainders) + 1))

    def clone(self, label: str) -> Clone:
        wires = self._wires_of(label)
        outputs = (*wires, *self.key)[: len(self.logicals)]
        return Clone(
            label, *(tuple(self.wires[q].label for q in part) for part in (wires, self.key, outputs))
        )

    def prepare(self) -> stim.Circuit:
        """Return the circuit for the state that the stabilisers leave on the wires that are not inputs."""
        fresh = np.delete(np.arange(self.num_qubits), self._sources)
        if fresh.size == 0:
            return stim.Circuit()
        state = [pauli.before(self._spread) for pauli in self.code.rows[2].to_paulis()]
        tableau = stim.Tableau.from_stabilizers(
            [stim.PauliString([pauli[q] for q in fresh.tolist()]) * pauli.sign for pauli in state]
        )
        # A graph state and local gates; on |0>, the reset to |+> is H.
        gates = (line for line in str(tableau.to_circuit("graph_state")).splitlines() if line != "TICK")
        return place(stim.Circuit("\n".join(gates).replace("RX", "H")), fresh)

    def encrypt(self) -> stim.Circuit:
        """Return the circuit that takes X and Z of the inputs to the logical operators."""
        return self._spread

    def decrypt(self, clone: str) -> stim.Circuit:
        wires = (*self._wires_of(clone), *self.key)
        circuit = recover_qubits(*self.code.rows, sorted(wires), wires[: len(self.logicals)])
        if circuit is None:
            raise self.no_such_clone(clone)
        return circuit

    def _wires_of(self, label: str) -> tuple[int, ...]:
        if label not in self.clones:
            raise self.no_such_clone(label)
        return self.remainders[self.clones.index(label)]

    @cached_property
    def _sources(self) -> tuple[int, ...]:
        outside = (q for q in range(self.code.num_qubits) if q not in self.key)
        return tuple(islice(outside, len(self.logicals)))

    @cached_property
    def _spread(self) -> stim.Circuit:
        xs, zs, _ = self.code.rows
        return concentrate(xs, zs, self._sources).inverse()


def find_families(code: StabilizerCode, key_size: int, clone_size: int = 1) -> Iterator[SecretSharing]:
    """Yield the schemes of a code with keys of one size: for each key, as many clones as are found.

    For every set of `key_size` qubits that is not qualified: the sets of up to `clone_size` other qubits that
    complete it, smallest first, as long as they are disjoint. Those of one qubit are all found. Keys with
    fewer than two clones are left out.

    Parameters
    ----------
    code : the code.
    key_size : number of qubits in the key.
    clone_size : the most qubits that a clone may have.

    Example
    -------
    >>> from qclone.scheme import STEANE
    >>> next(find_families(STEANE, key_size=1, clone_size=2)).remainders
    ((1, 2), (3, 4), (5, 6))
    """
    for key in combinations(range(code.num_qubits), key_size):
        if code.recovers(key):
            continue
        free, remainders = [q for q in range(code.num_qubits) if q not in key], []
        for size in range(1, clone_size + 1):
            for remainder in combinations(free, size):
                if set(remainder) <= set(free) and code.recovers(key + remainder):
                    free = [q for q in free if q not in remainder]
                    remainders.append(remainder)
        if len(remainders) >= 2:
            yield SecretSharing.of(code, key, remainders)
