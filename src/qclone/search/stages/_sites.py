"""What the stages of a protocol make of a pair of Paulis, site by site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import stim

from qclone.native._pairs import Pair
from qclone.scheme import Role, Scheme
from qclone.search.stages._concentrate import EMPTY, Site, applied


def pauli_at(qubit: int, pauli: str, width: int) -> stim.PauliString:
    """Return one Pauli on one of so many qubits."""
    string = stim.PauliString(width)
    string[qubit] = pauli
    return string


def site_of(pair: Sequence[stim.PauliString], qubit: int) -> Site:
    """Return what two strings are on a qubit."""
    p, q = pair
    return "IXYZ"[p[qubit]], "IXYZ"[q[qubit]]


def encryption_sites(scheme: Scheme, roles: Mapping[str, int]) -> dict[int, Site]:
    """Return what encryption makes of the input's X and Z, by the qubits of all wires but noise."""
    source, circuit = scheme.index(scheme.inputs[0]), scheme.encrypt()
    pair = [pauli_at(source, p, scheme.num_qubits).after(circuit) for p in "XZ"]
    wires = [(i, w) for i, w in enumerate(scheme.wires) if w.role is not Role.NOISE]
    return {roles[w.label]: site_of(pair, i) for i, w in wires}


def decryption_sites(scheme: Scheme, clone: str, roles: Mapping[str, int]) -> dict[int, Site]:
    """Return what decryption makes X and Z of a clone's output, by the qubits of the clone and its key."""
    whole, circuit = scheme.clone(clone), scheme.decrypt(clone)
    (output,) = scheme.indices(whole.outputs)
    pair = [pauli_at(output, p, scheme.num_qubits).before(circuit) for p in "XZ"]
    return {roles[label]: site_of(pair, scheme.index(label)) for label in (*whole.wires, *whole.key)}


def ended(sites: Mapping[int, Site], gates: Iterable[Pair]) -> tuple[int, str]:
    """Return the one qubit on which gates concentrate a pair, and its axes there."""
    moved = dict(sites)
    for a, b, paulis in gates:
        moved[a], moved[b] = applied(paulis, moved[a], moved[b])
    ((q, axes),) = ((q, site) for q, site in moved.items() if site != EMPTY)
    return q, "".join(axes)
