"""Which server gets which clone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Literal

from qclone.access import leak_notices
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import (
    Bounds,
    Canonical,
    Iterated,
    Parallel,
    Scheme,
    check_scheme,
    from_spec,
    to_spec,
)
from qclone.store._manifest import Manifest
from qclone.store._protocols import CLIENT

# Wires, of a scheme from outside all of whose clones are decrypted to prove it; of larger ones the first.
_PROVED = 100
MAX_WIRES = 2_000_000
"""Qubits of one stored register; a little memory and disk for each."""
STORABLE = Bounds(MAX_WIRES, work=10**9)
"""The largest scheme that a register is stored by; how large one is, is known before any of it is made."""

Source = Literal["discard", "client", "server"]
"""Where the source goes: thrown away, kept by the client, or given to a server as one more clone."""


def default_clones(num_servers: int, source: Source = "discard") -> int:
    """Return how many clones fill the servers: the next even n, for even n leaks nothing without A.

    If A goes to a server too, the largest even n that leaves it a server of its own, at least 2.

    >>> [default_clones(servers) for servers in (1, 2, 3, 4, 5, 60)]
    [2, 2, 4, 4, 6, 60]
    >>> [default_clones(servers, "server") for servers in (1, 2, 3, 4, 5, 60)]
    [2, 2, 2, 2, 4, 58]
    """
    if source == "server":
        return max(2, (num_servers - 1) // 2 * 2)
    return max(2, num_servers + num_servers % 2)


def register_scheme(qubits: int, base: Scheme) -> Parallel:
    """Return the scheme in which every qubit of a register is cloned alike, by `base`.

    Raises
    ------
    InvalidInputError : a base whose inputs do not divide the register, or over two million qubits in all.
    """
    copies, left_over = divmod(qubits, len(base.inputs))
    if left_over:
        raise InvalidInputError(
            f"{base} clones {len(base.inputs)} qubits at a time, which {qubits} is no multiple of.",
            "Store a register of that many qubits, or take another scheme.",
        )
    scheme = Parallel(base, copies)
    if scheme.num_qubits > MAX_WIRES:
        raise InvalidInputError(
            f"Storing {qubits} qubits so takes {scheme.num_qubits:,} qubits.",
            f"One stored register takes at most {MAX_WIRES:,}: ask for fewer clones.",
        )
    return scheme


def require_storable(base: Scheme) -> None:
    """Raise InvalidInputError for a scheme whose description is not its own, or that breaks its contract.

    Who reads the manifest has the description alone, and a wrong scheme destroys what is put. The schemes of
    this package are proved in its tests: of those from elsewhere, so far as they are small, it is done here.
    """
    if from_spec(to_spec(base)) != base:
        raise InvalidInputError(
            f"{base} cannot be stored: its description as JSON gives another scheme.",
            "Let its parameters be integers, texts, tuples of them or schemes.",
        )
    _require_proved(base)


def _require_proved(scheme: Scheme) -> None:
    if type(scheme).__module__.partition(".")[0] != __name__.partition(".")[0]:
        check_scheme(scheme, None if scheme.num_qubits <= _PROVED else scheme.clones[:1])
        return
    for field in fields(scheme):
        if isinstance(part := getattr(scheme, field.name), Scheme):
            _require_proved(part)


def cloned_again(num_clones: int, iterate: int) -> Scheme:
    """Return the canonical scheme, its clones `iterate` times cloned again. Raises InvalidInputError."""
    base = Canonical(num_clones)
    STORABLE.check(base.size)
    return Iterated.full(base, iterate) if iterate else base


def clone_wires(scheme: Parallel, label: str) -> list[int]:
    """Return the indices of a clone's wires, in all qubits; what `scheme.clone(label)` says, without its key.

    >>> clone_wires(Parallel(Canonical(2), 3), "S1")
    [1, 6, 11]
    """
    base = scheme.base
    wires = base.indices(base.clone(label).wires)
    return [q * base.num_qubits + wire for q in range(scheme.copies) for wire in wires]


def assign(scheme: Parallel, servers: Sequence[str], source: Source = "discard") -> dict[str, str]:
    """Return clone label -> holder: round robin over the servers; the source where it was asked to go.

    >>> register = Parallel(Canonical(2), 3)
    >>> assign(register, ["s1", "s2", "s3"]), assign(register, ["s1"])
    ({'S1': 's1', 'S2': 's2'}, {'S1': 's1', 'S2': 's1'})
    >>> assign(register, ["s1", "s2", "s3"], "server")
    {'S1': 's1', 'S2': 's2', 'A': 's3'}

    Raises
    ------
    NotRecoverableError : no server is up; for a source at a server, only one that would hold everything.
    InvalidInputError : a source for a server where it is no clone.
    """
    if not servers:
        raise NotRecoverableError(
            "No server is up to take a clone.", "Bring servers back with: qclone server heal NAME"
        )
    origin = scheme.base.source
    if origin is not None and scheme.clones == (origin,) and source != "client":
        return {
            origin: servers[0]
        }  # the only clone: it completes no others, and without it nothing is stored
    if source == "server":
        if origin is None:
            raise InvalidInputError(
                f"The source is no clone of {scheme.base}, so no server has a use for it.",
                "Take an even number of clones, or leave the source where it is.",
            )
        if len(servers) == 1:
            raise NotRecoverableError(
                "One server would hold the source and every other clone: it could undo the encryption alone.",
                "Bring up a second server, or discard or keep the source.",
            )
    labels = [label for label in scheme.clones if label != origin]
    if origin is not None and source == "server":
        labels.append(origin)
    clones = {label: servers[i % len(servers)] for i, label in enumerate(labels)}
    if origin is not None and source == "client":
        clones[origin] = CLIENT
    return clones


def notices_of(manifest: Manifest) -> list[str]:
    """Return what one should know about who could learn the register without its key."""
    given = [label for label, holder in manifest.clones.items() if holder != CLIENT]
    return leak_notices(from_spec(manifest.scheme), given)
