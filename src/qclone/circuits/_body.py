"""What a gate stands for: a tree of gates that share their parts, its size known before it is unrolled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qclone.circuits._words import PHASE, WORDS, Params

# Standard gates of a whole register; some seconds to read, to store and to write each million.
MAX_GATES = 2_000_000


class TooManyGatesError(Exception):
    """A gate stands for more gates than a register may have; the text completes a sentence about it."""

    def __init__(self) -> None:
        super().__init__(f"stands for more than {MAX_GATES:,} gates")


@dataclass(frozen=True, eq=False)
class Body:
    """A circuit on qubits 0, 1, ..., of plain words and of other bodies.

    Parameters
    ----------
    num_qubits : that the parts act on.
    parts : in order; a part that is a body is shared by all who use it.
    says : sentences on what it leaves out or how it reads, for whoever puts it.
    origin : what it was built from if that is simpler to control: see `_many`.

    Raises
    ------
    TooManyGatesError : it stands for more than MAX_GATES.
    """

    num_qubits: int
    parts: tuple[Part, ...]
    says: frozenset[str] = frozenset()
    origin: tuple[str, Params] | None = None
    size: int = field(init=False)
    # What was made of it before, kept with it so that it goes when it goes.
    made: dict[tuple[str, int], Body] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        size = 0
        says = self.says
        for what, _, _ in self.parts:
            if isinstance(what, Body):
                size += what.size
                says |= what.says
            else:
                size += what != PHASE
        if size > MAX_GATES:
            raise TooManyGatesError
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "says", says)


Part = tuple[str | Body, Params, tuple[int, ...]]
Plain = tuple[str, Params, tuple[int, ...]]


def body_of(num_qubits: int, parts: Sequence[Part]) -> Body:
    """Return a body; one that is a single other body on the same qubits is that one.

    >>> inner = body_of(1, [("h", (), (0,))])
    >>> body_of(1, [(inner, (), (0,))]) is inner
    True
    """
    if len(parts) == 1 and isinstance(inner := parts[0][0], Body) and parts[0][2] == tuple(range(num_qubits)):
        return inner
    return Body(num_qubits, tuple(parts))


def unrolled(part: Part) -> Iterator[Plain]:
    """Yield the plain gates that a part stands for; however deep it is nested, nothing recurs.

    >>> bell = body_of(2, [("h", (), (0,)), ("cx", (), (0, 1))])
    >>> list(unrolled((bell, (), (7, 3))))
    [('h', (), (7,)), ('cx', (), (7, 3))]
    """
    what, params, qubits = part
    if isinstance(what, str):
        yield what, params, qubits
        return
    stack = [(iter(what.parts), qubits)]
    while stack:
        parts, places = stack[-1]
        for inner, given, local in parts:
            here = tuple([places[q] for q in local])
            if isinstance(inner, str):
                yield inner, given, here
            elif inner.size or inner.parts:
                stack.append((iter(inner.parts), here))
                break
        else:
            stack.pop()


def size_of(part: Part) -> int:
    """Return the number of plain gates that a part stands for; a phase is none."""
    what = part[0]
    return what.size if isinstance(what, Body) else int(what in WORDS)
