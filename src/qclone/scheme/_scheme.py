"""A scheme is a Clifford isometry with named wires."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import stim

from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme._encoding import Encoding, encoding_of, encrypted_rows
from qclone.scheme._hooks import AlikePairs, Composition
from qclone.scheme._picture import html_of, svg_of_wires
from qclone.scheme._size import Size
from qclone.scheme._synthesis import Synthesis
from qclone.scheme._weyl import WeylRows
from qclone.scheme._wires import Role, Wire


@dataclass(frozen=True, slots=True)
class Clone:
    """One encrypted clone of the whole input and what it takes to decrypt it.

    Parameters
    ----------
    label : its name, unique in the scheme.
    wires : labels of the wires that make it up: what one server holds.
    key : labels of the wires that ``decrypt`` acts on besides the clone's own.
    outputs : labels of the wires that hold the recovered inputs, in the order of ``Scheme.inputs``.
    """

    label: str
    wires: tuple[str, ...]
    key: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class AnyScheme(ABC):
    """Wires, clones and what encryption does to the logical Paulis, in any dimension.

    This is all that it takes to say who can recover or learn what. Schemes of qubits are `Scheme`s.
    Subclasses are frozen dataclasses whose parameters are JSON-able (integers, strings, tuples of them)
    or schemes. ``dimension`` is d, that of every wire.
    """

    # Of every wire. Not annotated: a field of the subclasses that have another.
    dimension = 2

    @classmethod
    def size_of(cls, *parameters: Any, **named: Any) -> Size:
        """Return how large the scheme of these parameters is, without making any of it.

        A parameter that is a scheme is given as its `Size`. Nothing has been checked yet but types: numbers
        may be of any size. Only a class that says this can be made from a description, see `from_spec`.

        Raises
        ------
        InvalidInputError : the class has parameters and does not say.
        """
        if not fields(cls):
            return cls().size  # there is only one
        raise InvalidInputError(
            f"{cls.__name__} does not say how large it would be.", "Give the class a `size_of`."
        )

    @property
    def size(self) -> Size:
        """How large it is, by `size_of`; for a class that does not say, by looking at it."""
        if type(self).size_of.__func__ is AnyScheme.size_of.__func__:  # type: ignore[attr-defined]
            clones = [self.clone(label) for label in self.clones]
            key, label = max(len(clone.key) for clone in clones), max(len(wire.label) for wire in self.wires)
            listed = sum(len(clone.wires) + len(clone.key) for clone in clones)
            return Size(self.num_qubits, len(self.inputs), len(clones), label, key, listed, listed)
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        return self.size_of(
            **{n: value.size if isinstance(value, AnyScheme) else value for n, value in values}
        )

    @property
    @abstractmethod
    def wires(self) -> tuple[Wire, ...]:
        """Every wire; a wire's position is its qubit index in all circuits."""

    @property
    @abstractmethod
    def clones(self) -> tuple[str, ...]:
        """Labels of the encrypted clones."""

    @abstractmethod
    def clone(self, label: str) -> Clone:
        """Return the clone of that label; raises UnknownWireError if there is none."""

    @abstractmethod
    def encrypted_rows(self) -> tuple[WeylRows, WeylRows, WeylRows]:
        """Return the images of X and of Z on the inputs and the stabilisers, phases included."""

    def encoding(self) -> Encoding:
        """Return the same as integers, phases left out; see `Encoding` for the columns."""
        return encoding_of(*self.encrypted_rows())

    @property
    def composition(self) -> Composition | None:
        """The scheme that it repeats, and where; None unless it is made of another."""
        return None

    @property
    def core(self) -> AnyScheme:
        """What it is made of in the end: the base of its `composition`, and so on; itself where it has none.

        Example
        -------
        >>> from qclone.scheme import Canonical, Iterated, Parallel
        >>> Parallel(Iterated.virtual(Canonical(2), 3), 4).core
        Canonical(num_clones=2, synthesis='pair_tree')
        """
        return self if self.composition is None else self.composition.base.core

    @property
    def alike(self) -> AlikePairs | None:
        """Which wires can change places; None if that is not known."""
        return None

    @property
    def num_qubits(self) -> int:
        """Number of wires."""
        return len(self.wires)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Labels of the input wires, one a logical qubit."""
        return tuple(w.label for w in self.wires if w.role is Role.INPUT)

    @property
    def source(self) -> str | None:
        """The clone that is the input wire itself, such as A for even n; None if there is none.

        It completes the others: with it they are all that encryption acted on. Without any one clone they
        learn nothing, for that clone and its key recover everything, and who shares no part of it knows none
        of it.

        Example
        -------
        >>> from qclone.scheme import Canonical, Iterated
        >>> [scheme.source for scheme in (Canonical(4), Canonical(3), Iterated.full(Canonical(2), 1))]
        ['A', None, 'A/A']
        """
        return next((label for label in self.clones if self.clone(label).wires == self.inputs), None)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return html_of(self)

    def _repr_svg_(self) -> str | None:
        return svg_of_wires(self)

    @cached_property
    def _index(self) -> dict[str, int]:
        return {w.label: i for i, w in enumerate(self.wires)}

    def index(self, label: str) -> int:
        """Return the qubit index of a wire; raises UnknownWireError if there is none of that label."""
        try:
            return self._index[label]
        except KeyError:
            raise UnknownWireError(
                f"There is no wire {label!r} in {self}.",
                f"Its wires are {_some(w.label for w in self.wires)}.",
            ) from None

    def indices(self, labels: Iterable[str]) -> tuple[int, ...]:
        """Return the qubit indices of several wires, in the order given."""
        return tuple(self.index(label) for label in labels)

    def no_such_clone(self, label: str) -> UnknownWireError:
        """Return the error that says which clones there are."""
        return UnknownWireError(
            f"There is no clone {label!r} in {self}.", f"Its clones are {_some(self.clones)}."
        )


@dataclass(frozen=True)
class Scheme(AnyScheme):
    """A Clifford isometry with named wires: which qubits there are and how to encrypt and decrypt.

    A wire's position in ``wires`` is its qubit index in every circuit. The circuits are unitary and
    noiseless ``stim.Circuit``s: ``prepare`` acts on |0> of every wire that is not an input and leaves
    the inputs alone; ``encrypt`` follows it; ``decrypt(clone)`` follows that and acts on the clone's
    wires and key only. Running all three moves the input state to the clone's ``outputs``.
    `check_scheme` proves all this of an instance.
    """

    @abstractmethod
    def prepare(self) -> stim.Circuit:
        """Return the circuit that makes the Bell pairs: everything that does not involve the input."""

    @abstractmethod
    def encrypt(self) -> stim.Circuit:
        """Return the circuit that spreads the input over the clones."""

    @abstractmethod
    def decrypt(self, clone: str) -> stim.Circuit:
        """Return the circuit that recovers the input from one clone and its key."""

    def synthesized(self, synthesis: Synthesis) -> Scheme:
        """Return the same scheme with circuits built another way, if it or what it is made of has ways."""
        made_of = {f.name: getattr(self, f.name) for f in fields(self)}
        again = {n: one.synthesized(synthesis) for n, one in made_of.items() if isinstance(one, Scheme)}
        return replace(self, **again) if again else self

    def missing_phase(self, clone: str | None = None) -> float:
        """Return the global phase, in radians, by which `encrypt` falls short of the operator it stands for.

        With a clone, that of its `decrypt`. A stabiliser circuit does not show it; a gate with a matrix does.
        """
        return 0.0

    def encrypted_rows(self) -> tuple[WeylRows, WeylRows, WeylRows]:
        """Return the images of X and of Z on the inputs and the stabilisers, by tableau."""
        return encrypted_rows(self.prepare() + self.encrypt(), self.num_qubits, self.indices(self.inputs))


def _some(labels: Iterable[str]) -> str:
    listed = list(labels)
    return ", ".join(listed) if len(listed) <= 8 else f"{', '.join(listed[:4])}, ..., {listed[-1]}"
