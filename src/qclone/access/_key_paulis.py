"""What the key of a clone is: two commuting Paulis on the noise qubits, and a public Clifford."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import stim

from qclone.errors import NotRecoverableError
from qclone.scheme import Canonical, Parallel, Scheme

Bits = tuple[int, ...]


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
    scheme this is known in closed form (products over i != j):

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
    >>> found = key_paulis(Canonical(2), "S1")
    >>> found.public, found.a[0], found.b[0]
    (stim.Circuit('''
        C_XYZ 1
    '''), stim.PauliString("+___YZ"), stim.PauliString("-___ZX"))
    """
    if isinstance(scheme, Canonical):
        return _closed_form(scheme, clone)
    if isinstance(scheme, Parallel):
        return _copies(scheme, key_paulis(scheme.base, clone))
    return by_decryption(scheme, clone)


def by_decryption(scheme: Scheme, clone: str) -> KeyPaulis:
    """Return the same for any scheme, from what its decryption does to the logical operators."""
    one = scheme.clone(clone)
    wires = scheme.indices(one.wires)
    if len(wires) != len(scheme.inputs):
        raise _not_a_pad(scheme, clone, f"it has {len(wires)} wires for {len(scheme.inputs)} inputs")
    decrypt, own = scheme.decrypt(clone), set(wires)
    held: dict[str, list[stim.PauliString]] = {"X": [], "Z": []}
    kept: dict[str, list[stim.PauliString]] = {"X": [], "Z": []}
    for pauli in "XZ":
        for output in scheme.indices(one.outputs):
            at_output = stim.PauliString(scheme.num_qubits)
            at_output[output] = pauli
            whole = at_output.before(decrypt)
            held[pauli].append(stim.PauliString([whole[w] for w in wires]))
            key = stim.PauliString([0 if w in own else whole[w] for w in range(scheme.num_qubits)])
            kept[pauli].append(key * whole.sign)
    every = kept["X"] + kept["Z"]
    if any(not p.commutes(q) for i, p in enumerate(every) for q in every[:i]):
        raise _not_a_pad(scheme, clone, "the parts of its logical operators on the key do not commute")
    public = _named(held["X"], held["Z"], wires)
    return KeyPaulis(scheme, clone, wires, public, a=tuple(kept["Z"]), b=tuple(kept["X"]))


def _closed_form(scheme: Canonical, clone: str) -> KeyPaulis:
    n, wire = scheme.num_clones, scheme.index(scheme.clone(clone).label)
    xs, zs = np.zeros((2, 2 * n + 1), np.bool_), np.zeros((2, 2 * n + 1), np.bool_)
    noise = slice(n + 1, 2 * n + 1)
    if clone == "A":
        xs[:, noise], zs[1, noise] = True, True
        gate, signs = "C_ZYX", (-1, (-1) ** (n // 2))
    else:
        own = wire + n
        zs[0, noise], xs[1, noise] = True, True
        xs[0, own], zs[1, own], xs[1, own] = True, True, n % 2 == 1
        gate, signs = ("H" if n % 2 else "C_XYZ"), (1, -1)
    a, b = (
        stim.PauliString.from_numpy(xs=x, zs=z, sign=sign) for x, z, sign in zip(xs, zs, signs, strict=True)
    )
    return KeyPaulis(scheme, clone, (wire,), stim.Circuit(f"{gate} {wire}"), (a,), (b,))


def _copies(scheme: Parallel, one: KeyPaulis) -> KeyPaulis:
    from qclone.scheme import place

    size, copies = scheme.base.num_qubits, range(scheme.copies)

    def each(paulis: tuple[stim.PauliString, ...]) -> tuple[stim.PauliString, ...]:
        before = (stim.PauliString(q * size) for q in copies)
        return tuple(_padded(blank, p, scheme.num_qubits) for blank in before for p in paulis)

    rows = np.arange(scheme.num_qubits).reshape(scheme.copies, size)
    wires = tuple(int(w) for w in rows[:, list(one.wires)].ravel())
    return KeyPaulis(scheme, one.clone, wires, place(one.public, rows), each(one.a), each(one.b))


def _padded(before: stim.PauliString, pauli: stim.PauliString, size: int) -> stim.PauliString:
    return before + pauli + stim.PauliString(size - len(before) - len(pauli))


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
