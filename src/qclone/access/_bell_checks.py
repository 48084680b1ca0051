"""After decryption the other pairs are Bell pairs again: checks that cost nothing but their readout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import stim

from qclone.access._decoder import decoder
from qclone.access._ranks import supported
from qclone.access._verdict import pauli_strings
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import BitRows, Frame, Scheme


@dataclass(frozen=True, eq=False)
class Checks:
    """A recovery with checks: what to run, what to measure, and what every error does to the outcomes.

    Run ``circuit`` on the wires held, measure ``measured`` in the Z basis: without errors all outcomes are 0
    and the input is on ``outputs``. The outcomes are the syndrome; see `Correction` for what to do about it.

    Parameters
    ----------
    scheme : the scheme of the encrypted state.
    held : labels of the wires used, in the order of the scheme.
    circuit : a unitary Clifford circuit on the indices of the scheme, decryption first.
    outputs : labels of the wires with the recovered inputs, in the order of ``scheme.inputs``.
    measured : labels of the wires to measure, one a check.
    flips : shape (2 held, checks + 2 inputs). Row i tells what X on held wire i flips when it happens
        between encryption and ``circuit``, row held + i the same of Z: first the outcomes of the checks, then
        for every output whether it leaves an X, then whether it leaves a Z.
    """

    scheme: Scheme
    held: tuple[str, ...]
    circuit: stim.Circuit
    outputs: tuple[str, ...]
    measured: tuple[str, ...]
    flips: BitRows

    @property
    def num_checks(self) -> int:
        """Number of checks, s."""
        return len(self.measured)

    @property
    def num_logical_bits(self) -> int:
        """2k: which of X and Z the recovered inputs may carry."""
        return 2 * len(self.outputs)


def bell_checks(scheme: Scheme, clone: str | None = None, held: Iterable[str] | None = None) -> Checks:
    """Return decryption followed by every check that the wires at hand allow.

    For the canonical scheme: U_dec(j), then a Bell measurement of each pair (A, N_j), (S_i, N_i) that is
    held whole. With all wires these 2n checks identify any single Pauli error, for the encrypted state is a
    [[2n+1, 1, 3]] code (n = 2: the five-qubit code); S_j and all N alone make none, and each further wire
    adds two. For any other scheme, and for sets without a whole key, the checks are the stabilisers on the
    wires held, each moved onto one wire.

    Parameters
    ----------
    scheme : a scheme of one register; of schemes side by side take the checks of one and place them.
    clone : the clone to decrypt; by default `decoder` finds a recovery from the wires held.
    held : labels of the wires at hand; all by default.

    Raises
    ------
    NotRecoverableError : the wires held are not an authorized set, or lack a part of the clone or its key.
    InvalidInputError : a register of copies.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> checks = bell_checks(Canonical(2), "S1")
    >>> checks.outputs, checks.measured
    (('S1',), ('A', 'S2', 'N1', 'N2'))
    >>> bell_checks(Canonical(2), "S1", held=["S1", "N1", "N2"]).num_checks
    0
    """
    if scheme.composition is not None and scheme.composition.side_by_side is not None:
        raise InvalidInputError(
            "Copies in parallel are checked one by one.",
            "Take the checks of one copy, and `place` its circuit.",
        )
    labels = [w.label for w in scheme.wires]
    indices = sorted(range(len(labels)) if held is None else set(scheme.indices(held)))
    circuit, outputs = _recovery(scheme, clone, [labels[i] for i in indices])
    frame = Frame(_stabilizers_after(scheme, indices, circuit))
    measured = _diagonalise(frame)
    circuit += frame.circuit
    circuit = _fix_signs(scheme, circuit, measured)
    order = sorted(range(len(measured)), key=measured.__getitem__)
    measured = [measured[i] for i in order]
    return Checks(
        scheme=scheme,
        held=tuple(labels[i] for i in indices),
        circuit=circuit,
        outputs=outputs,
        measured=tuple(labels[i] for i in measured),
        flips=_flips(circuit, len(labels), indices, measured, list(scheme.indices(outputs))),
    )


def _recovery(scheme: Scheme, clone: str | None, held: list[str]) -> tuple[stim.Circuit, tuple[str, ...]]:
    if clone is None:
        found = decoder(scheme, held)
        return found.circuit.copy(), found.outputs
    one = scheme.clone(clone)
    missing = [label for label in one.wires + one.key if label not in set(held)]
    if missing:
        shown = ", ".join(missing[:6]) + (" ..." if len(missing) > 6 else "")
        raise NotRecoverableError(
            f"Clone {clone} cannot be decrypted with its key: missing are {shown}.",
            "Leave out the clone to recover from any authorized set.",
        )
    return scheme.decrypt(clone).copy(), one.outputs


def _stabilizers_after(scheme: Scheme, held: list[int], circuit: stim.Circuit) -> BitRows:
    """Return generators of what stabilises the wires held once the circuit has run, in echelon form."""
    rows = supported(scheme, held).stabilizers
    images = [p.after(circuit) if len(circuit) else p for p in pauli_strings(rows)]
    if not images:
        return np.zeros((0, rows.shape[1]), np.uint8)
    table = np.array([np.concatenate(image.to_numpy()) for image in images], dtype=np.uint8)
    # Of a product of Bell pairs the reduced echelon form consists of X X and Z Z of single pairs.
    rank = 0
    for column in range(table.shape[1]):
        holders = np.flatnonzero(table[rank:, column]) + rank
        if holders.size:
            table[[rank, holders[0]]] = table[[holders[0], rank]]
            others = np.flatnonzero(table[:, column])
            table[others[others != rank]] ^= table[rank]
            rank += 1
    return table


def _diagonalise(frame: Frame) -> list[int]:
    """Turn every operator into Z of a wire of its own; return these wires."""
    measured: list[int] = []
    for i in range(len(frame.x)):
        # On wires that are done an operator has Z if anything: multiply by the check there.
        for done, wire in enumerate(measured):
            if frame.z[i, wire]:
                frame.x[i] ^= frame.x[done]
                frame.z[i] ^= frame.z[done]
        (letters,) = frame.letters([i])
        wires = np.flatnonzero(letters)
        goal = Frame.X if (letters == Frame.X).sum() > (letters == Frame.Z).sum() else Frame.Z
        last = frame.fold(wires, letters[wires], goal)
        if goal == Frame.X:
            frame.do("H", last)
        measured.append(int(last[0]))
    return measured


def _fix_signs(scheme: Scheme, circuit: stim.Circuit, measured: list[int]) -> stim.Circuit:
    """Flip the wires on which a state without errors would give the outcome 1."""
    whole = scheme.prepare() + scheme.encrypt() + circuit
    negative = []
    for wire in measured:
        outcome = stim.PauliString(scheme.num_qubits)
        outcome[wire] = "Z"
        if outcome.before(whole).sign == -1:
            negative.append(wire)
    if negative:
        circuit.append("X", negative)
    return circuit


def _flips(
    circuit: stim.Circuit, num_wires: int, held: list[int], measured: list[int], outputs: list[int]
) -> BitRows:
    sized = circuit.copy()
    sized.append("I", [num_wires - 1])
    x2x, x2z, z2x, z2z, _, _ = sized.to_tableau().to_numpy()
    xs, zs = np.vstack([x2x[held], z2x[held]]), np.vstack([x2z[held], z2z[held]])
    return np.hstack([xs[:, measured], xs[:, outputs], zs[:, outputs]]).astype(np.uint8)
