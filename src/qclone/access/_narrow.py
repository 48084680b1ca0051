"""Narrowing: a part of the measured decryption done early, so that a smaller key has to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import stim

from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Scheme


@dataclass(frozen=True)
class Narrowing:
    """Which pairs of noise qubits to measure now, and what is left then.

    Parameters
    ----------
    pairs : indices (c, d) of noise wires to Bell-measure: CX c d, H c, Z of both.
    clones : labels of the clones that can be decrypted afterwards: those kept, and what comes for free.
    key : labels of the noise wires that still have to be kept as qubits.
    """

    pairs: tuple[tuple[int, int], ...]
    clones: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def circuit(self) -> stim.Circuit:
        """What to run before the wires of all pairs are measured in the Z basis."""
        circuit = stim.Circuit()
        if self.pairs:
            circuit.append("CX", [w for pair in self.pairs for w in pair])
            circuit.append("H", [c for c, _ in self.pairs])
        return circuit


def narrow(scheme: Scheme, keep: Iterable[str], measured: Iterable[int] = ()) -> Narrowing:
    """Return the smallest key, in whole pairs, from which each of some clones can still be decrypted.

    Bell-measuring (N_c, N_d) gives up S_c and S_d and nothing else: every other clone's key Paulis have the
    same letter on both. So n - m spare noise qubits are measured in floor((n - m)/2) pairs, m being the
    number of signal qubits kept; for even n clone A stays for free.

    Parameters
    ----------
    scheme : the canonical scheme, or another whose pairs are alike.
    keep : labels of the clones to keep; at least one.
    measured : indices of noise wires that were measured before; their clones are gone.

    Raises
    ------
    NotRecoverableError : a clone that was given up before.
    InvalidInputError : nothing to keep, or a scheme of another kind.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> found = narrow(Canonical(4), ["S1", "S2"])
    >>> found.pairs, found.clones, found.key
    (((7, 8),), ('S1', 'S2', 'A'), ('N1', 'N2'))
    """
    if scheme.alike is None:
        raise InvalidInputError(
            f"The key of {scheme} cannot be narrowed in pairs.", "Commit to one clone, or keep the whole key."
        )
    n, gone = scheme.alike.num_pairs, set(measured)
    wanted = {scheme.index(scheme.clone(label).label) for label in keep}
    if not wanted:
        raise InvalidInputError("Narrowing keeps at least one clone.", "Name the clones to keep.")
    lost = [scheme.wires[wire].label for wire in sorted(wanted) if wire and wire + n in gone]
    if lost:
        raise NotRecoverableError(
            f"Clone {lost[0]} was given up when the key was narrowed.", "Choose a clone that was kept."
        )
    spare = [w for w in range(n + 1, 2 * n + 1) if w - n not in wanted and w not in gone]
    pairs = tuple(zip(spare[:-1:2], spare[1::2], strict=True))
    gone.update(w for pair in pairs for w in pair)
    left = [w for w in range(n + 1, 2 * n + 1) if w not in gone]
    return Narrowing(
        pairs,
        clones=tuple(f"S{w - n}" for w in left) + (("A",) if "A" in scheme.clones else ()),
        key=tuple(f"N{w - n}" for w in left),
    )
