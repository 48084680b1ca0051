"""Recovery with Bell checks: fetch more than decryption needs, measure what should be certain, correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access import Correction, PauliChannel, bell_checks
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Role, place
from qclone.store._protocols import CLIENT
from qclone.store._recovery import Holdings, Recovery, plan

MAX_EXTRA_WIRES = 7
"""Each adds two checks to a qubit, and all 2^checks outcomes are weighed."""


@dataclass(frozen=True)
class Checked:
    """A recovery whose circuit ends with checks, the same for every qubit of the register.

    Parameters
    ----------
    recovery : what to fetch and run.
    correction : what each outcome says about one qubit.
    rows : shape (qubits, wires of one), where the wires of each qubit are.
    """

    recovery: Recovery
    correction: Correction
    rows: NDArray[np.int64]

    @property
    def measured(self) -> tuple[int, ...]:
        """The wires to measure, qubit by qubit."""
        checks = self.correction.checks
        return tuple(self.rows[:, list(checks.scheme.indices(checks.measured))].ravel().tolist())

    @property
    def entanglement_fidelity(self) -> float:
        """Of the whole channel, storage, checks and correction, exact: qubits fail independently."""
        return (1 - self.correction.infidelity) ** len(self.rows)

    def correct(self, outcomes: Sequence[int]) -> stim.Circuit:
        """Return the Pauli gates that undo the most likely error."""
        circuit = stim.Circuit()
        for row, syndrome in zip(self.rows, np.reshape(outcomes, (len(self.rows), -1)), strict=True):
            error = self.correction.correct(syndrome.tolist())
            for wire in error.pauli_indices():
                circuit.append("_XYZ"[error[wire]], [int(row[wire])])
        return circuit


def plan_with_checks(holdings: Holdings, server: str | None, noise: Mapping[str, PauliChannel]) -> Checked:
    """Return a recovery that uses every reachable wire it can for checks.

    Parameters
    ----------
    noise : what every wire of the base scheme went through, for the likelihood of errors.

    Raises
    ------
    NotRecoverableError : the wires within reach are not an authorized set.
    """
    scheme = holdings.scheme
    base, rows = scheme.base, np.arange(scheme.num_qubits).reshape(scheme.copies, -1)
    plain = plan(holdings, server)
    clone = next(holdings.whole_clones(server), None)
    reachable = holdings.reachable
    common = [w.label for w, column in zip(base.wires, rows.T, strict=True) if reachable.issuperset(column)]
    if clone is None:
        needed = {base.wires[wire % base.num_qubits].label for wire in _used(plain)}
    else:
        needed = {*base.clone(clone).wires, *base.clone(clone).key}
    # A first: alone it detects every single error.
    extra = sorted(
        set(common) - needed, key=lambda label: (base.wires[base.index(label)].role is not Role.INPUT, label)
    )
    for count in range(min(len(extra), MAX_EXTRA_WIRES), -1, -1):
        try:
            checks = bell_checks(base, clone, [*needed, *extra[:count]])
            correction = Correction(checks, {label: noise[label] for label in checks.held})
        except InvalidInputError:
            continue
        used = rows[:, list(base.indices(checks.held))].ravel().tolist()
        fetch = {
            site: tuple(sorted(holdings.reachable_at(site).intersection(used)))
            for site in holdings.whereabouts
        }
        fetch = {site: wires for site, wires in fetch.items() if wires}
        outputs = tuple(rows[:, list(base.indices(checks.outputs))].ravel().tolist())
        who = plain.server if clone is not None else ", ".join(fetch) or CLIENT
        return Checked(Recovery(who, fetch, place(checks.circuit, rows), outputs), correction, rows)
    raise NotRecoverableError("No check can be made with what is left.", "Recover without --correct.")


def _used(recovery: Recovery) -> set[int]:
    return {t.value for gate in recovery.circuit for t in gate.targets_copy()}.union(recovery.outputs)
