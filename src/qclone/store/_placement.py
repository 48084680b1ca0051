"""Which server gets which clone."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.access import classify
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Canonical, Iterated, Parallel, Role, Scheme, from_spec
from qclone.store._manifest import Manifest
from qclone.store._protocols import CLIENT

SOURCE = "A"
MAX_WIRES = 2_000_000
"""Qubits of one stored register; a little memory and disk for each."""


def default_clones(num_servers: int) -> int:
    """Return the largest even n with at most a clone a server, at least 2: even n leaks nothing.

    >>> [default_clones(servers) for servers in (1, 2, 3, 4, 5)]
    [2, 2, 2, 4, 4]
    """
    return max(2, num_servers - num_servers % 2)


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


def cloned_again(num_clones: int, iterate: int) -> Scheme:
    """Return the canonical scheme, its clones `iterate` times cloned again. Raises InvalidInputError."""
    base = Canonical(num_clones)
    return Iterated.full(base, iterate) if iterate else base


def clone_wires(scheme: Parallel, label: str) -> list[int]:
    """Return the indices of a clone's wires, in all qubits; what `scheme.clone(label)` says, without its key.

    >>> clone_wires(Parallel(Canonical(2), 3), "S1")
    [1, 6, 11]
    """
    base = scheme.base
    wires = base.indices(base.clone(label).wires)
    return [q * base.num_qubits + wire for q in range(scheme.copies) for wire in wires]


def assign(scheme: Scheme, servers: Sequence[str]) -> dict[str, str]:
    """Return clone label -> server, round robin; the source A goes only to a server of its own.

    >>> assign(Canonical(2), ["s1", "s2", "s3"]), assign(Canonical(2), ["s1", "s2"])
    ({'S1': 's1', 'S2': 's2', 'A': 's3'}, {'S1': 's1', 'S2': 's2'})
    """
    if not servers:
        raise NotRecoverableError(
            "No server is up to take a clone.", "Bring servers back with: qclone server heal NAME"
        )
    labels = [label for label in scheme.clones if label != SOURCE]
    if SOURCE in scheme.clones and len(labels) < len(servers):
        labels.append(SOURCE)
    return {label: servers[i % len(servers)] for i, label in enumerate(labels)}


def leak_notices(manifest: Manifest) -> list[str]:
    """Return what one should know about who could learn the register without its key."""
    scheme = from_spec(manifest.scheme)
    assert isinstance(scheme, Parallel)
    canonical = _innermost(scheme.base)
    if not isinstance(canonical, Canonical):
        return _leaks_by_ranks(scheme.base, manifest)
    n = canonical.num_clones
    if n == 1:
        return [
            "With n = 1 the clone is not encrypted: its server can read the Bloch Y component of every qubit."
        ]
    if n % 2:
        return [
            f"With n = {n} all servers together learn the Bloch Y component of every qubit; "
            "an even number leaks nothing."
        ]
    fresh = {i for i, wire in enumerate(scheme.wires) if wire.role is not Role.NOISE}
    given = (label for label, holder in manifest.clones.items() if holder != CLIENT)
    if fresh <= {wire for label in given for wire in clone_wires(scheme, label)}:
        return [
            "All servers together hold A and every S: together they can undo the encryption without the key. "
            "One fewer, and they learn nothing."
        ]
    return []


def _innermost(scheme: Scheme) -> Scheme:
    """Return what is cloned again and again."""
    return _innermost(scheme.base) if isinstance(scheme, Iterated) else scheme


def _leaks_by_ranks(base: Scheme, manifest: Manifest) -> list[str]:
    given = [label for label, holder in manifest.clones.items() if holder != CLIENT]
    together = classify(base, {wire for label in given for wire in base.clone(label).wires})
    if together.recovers:
        return ["All servers together can undo the encryption without the key: keep one of them honest."]
    if together.leaks:
        return [f"All servers together learn {', '.join(together.leaks)} of what is cloned, without the key."]
    return []
