"""What the key of a clone is: two commuting Paulis on the noise qubits, and a public Clifford."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import NotRecoverableError
from qclone.scheme import Scheme, place

Bits = tuple[int, ...]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class KeyPaulis:
    """A clone holds F X^a Z^b |psi>; the key holds a and b, coherently.

    Parameters
    ----------
    scheme, clone : whose clone.
    wires : indices of the clone's wires, one an input.
    public : F, a Clifford circuit on these wires that everyone may know.
    a, b : one Pauli an input on the key, with its sign; its eigenvalue is (-1)^a_i, (-1)^b_i. All commute.
    """

    scheme: Scheme
    clone: str
    wires: tuple[int, ...]
    public: stim.Circuit
    a: tuple[stim.PauliString, ...]
    b: tuple[stim.PauliString, ...]


def key_paulis(scheme: Scheme, clone: str) -> KeyPaulis:
    """Return in which Paulis of the key the pad of a clone is recorded, and the public Clifford on top.

    Decryption carries X_i and Z_i of its outputs back to P (x) Q, P on the clone, Q on the key. If all Q
    commute, the P obey the relations of X and Z, so P = F X_i F^dag for a Clifford F: measuring the Q's
    leaves F X^a Z^b |psi> on the clone, Q of Z_i being (-1)^a_i and Q of X_i (-1)^b_i. For the canonical
    scheme that is (products over i != j):

    ==============  ======  ====================  =========================
    clone           F       (-1)^a                (-1)^b
    ==============  ======  ====================  =========================
    S_j, n even     C_XYZ   + Y_Nj prod Z_Ni      - Z_Nj prod X_Ni
    A, n even       C_ZYX   - prod X_N            (-1)^(n/2) prod Y_N
    S_j, n odd      H       + Y_Nj prod Z_Ni      - Y_Nj prod X_Ni
    ==============  ======  ====================  =========================

    Raises
    ------
    NotRecoverableError : the clone has more wires than inputs, or the parts of the logical operators on the
        key do not commute: then no measurement of the key alone turns it into bits.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> found = key_paulis(Canonical(2), "S1")
    >>> found.public, found.a[0], found.b[0]
    (stim.Circuit('''
        C_XYZ 1
    '''), stim.PauliString("+___YZ"), stim.PauliString("-___ZX"))
    """
    made_of = scheme.composition
    if made_of is not None and (rows := made_of.side_by_side) is not None:
        return _copies(scheme, rows, key_paulis(made_of.base, clone))
    return by_decryption(scheme, clone)


def by_decryption(scheme: Scheme, clone: str) -> KeyPaulis:
    """Return the same for any scheme, from what its decryption does to the logical operators."""
    one = scheme.clone(clone)
    wires = scheme.indices(one.wires)
    if len(wires) != len(scheme.inputs):
        raise _not_a_pad(scheme, clone, f"it has {len(wires)} wires for {len(scheme.inputs)} inputs")
    decrypt, own = scheme.decrypt(clone), np.array(wires)
    held: dict[str, list[stim.PauliString]] = {"X": [], "Z": []}
    kept: dict[str, list[stim.PauliString]] = {"X": [], "Z": []}
    for pauli in "XZ":
        for output in scheme.indices(one.outputs):
            at_output = stim.PauliString(scheme.num_qubits)
            at_output[output] = pauli
            whole = at_output.before(decrypt)
            xs, zs = whole.to_numpy()
            held[pauli].append(stim.PauliString.from_numpy(xs=xs[own], zs=zs[own]))
            xs[own] = zs[own] = False
            kept[pauli].append(stim.PauliString.from_numpy(xs=xs, zs=zs, sign=whole.sign))
    every = kept["X"] + kept["Z"]
    if any(not p.commutes(q) for i, p in enumerate(every) for q in every[:i]):
        raise _not_a_pad(scheme, clone, "the parts of its logical operators on the key do not commute")
    public = _named(held["X"], held["Z"], wires)
    return KeyPaulis(scheme, clone, wires, public, a=tuple(kept["Z"]), b=tuple(kept["X"]))


def _copies(scheme: Scheme, rows: Integers, one: KeyPaulis) -> KeyPaulis:
    def each(paulis: tuple[stim.PauliString, ...]) -> tuple[stim.PauliString, ...]:
        return tuple(_moved(p, row, scheme.num_qubits) for row in rows for p in paulis)

    wires = tuple(int(w) for w in rows[:, list(one.wires)].ravel())
    return KeyPaulis(scheme, one.clone, wires, place(one.public, rows), each(one.a), each(one.b))


def _moved(pauli: stim.PauliString, row: Integers, size: int) -> stim.PauliString:
    xs, zs = np.zeros((2, size), dtype=np.bool_)
    xs[row], zs[row] = pauli.to_numpy()
    return stim.PauliString.from_numpy(xs=xs, zs=zs, sign=pauli.sign)


def _named(xs: list[stim.PauliString], zs: list[stim.PauliString], wires: tuple[int, ...]) -> stim.Circuit:
    """The Clifford that turns X_i and Z_i into these; on one wire, as one named gate."""
    if len(wires) == 1:
        return stim.Circuit(f"{_one_qubit_gates()[str(xs[0]), str(zs[0])]} {wires[0]}")
    circuit = stim.Circuit()
    for gate in stim.Tableau.from_conjugated_generators(xs=xs, zs=zs).to_circuit():
        circuit.append(gate.name, [wires[t.value] for t in gate.targets_copy()])
    return circuit


@cache
def _one_qubit_gates() -> dict[tuple[str, str], str]:
    gates = {}
    for name, data in stim.gate_data().items():
        if data.is_unitary and data.is_single_qubit_gate:
            tableau = stim.Tableau.from_named_gate(name)
            gates[str(tableau.x_output(0)), str(tableau.z_output(0))] = name
    return gates


def _not_a_pad(scheme: Scheme, clone: str, why: str) -> NotRecoverableError:
    return NotRecoverableError(
        f"The key of clone {clone} of {scheme} is no pad: {why}.",
        "Decrypt it with the key qubits themselves; it cannot be measured, narrowed or computed on.",
    )
