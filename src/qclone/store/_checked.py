"""Recovery with Bell checks: fetch more than decryption needs, measure what should be certain, correct."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.access import Correction, PauliChannel, bell_checks
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.scheme import Role, place
from qclone.store._order import Feedback, Order
from qclone.store._protocols import CLIENT
from qclone.store._recovery import Alike, Holdings, Recovery, alike, fetching, plan_recovery, whole_clone

MAX_EXTRA_WIRES = 7
"""Each adds two checks to a qubit, and all 2^checks outcomes are weighed."""


@dataclass(frozen=True)
class CheckedCopies:
    """Copies of the base scheme that are checked alike.

    Parameters
    ----------
    correction : what each outcome says about one copy.
    rows : shape (copies, wires of one), where the wires of each are.
    clone : the clone that is decrypted with its own key; None for another authorized set.
    """

    correction: Correction
    rows: NDArray[np.int64]
    clone: str | None

    @property
    def measured(self) -> NDArray[np.int64]:
        """The wires to measure, shape (copies, checks)."""
        checks = self.correction.checks
        return self.rows[:, list(checks.scheme.indices(checks.measured))]

    @property
    def outputs(self) -> NDArray[np.int64]:
        """The wires that hold the register afterwards, shape (copies, inputs)."""
        checks = self.correction.checks
        return self.rows[:, list(checks.scheme.indices(checks.outputs))]

    @property
    def used(self) -> list[int]:
        """Every wire that it takes."""
        checks = self.correction.checks
        wires: list[int] = self.rows[:, list(checks.scheme.indices(checks.held))].ravel().tolist()
        return wires

    @property
    def feedback(self) -> Feedback:
        """How the most likely error of every outcome is undone."""
        table = tuple(self.correction.table.tolist())
        return Feedback(_tuples(self.measured), _tuples(self.outputs), table)


@dataclass(frozen=True)
class Checked:
    """A recovery whose circuit ends with checks.

    Parameters
    ----------
    recovery : what to fetch and run.
    groups : copies that are checked alike.
    """

    recovery: Recovery
    groups: tuple[CheckedCopies, ...]

    @property
    def order(self) -> Order:
        """What the fabric is to do; outcomes come qubit by qubit within each group."""
        measured = tuple(wire for group in self.groups for wire in group.measured.ravel().tolist())
        feedback = tuple(group.feedback for group in self.groups)
        return Order(str(self.recovery.circuit), self.recovery.outputs, measured, feedback)


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
    used = _used(plan_recovery(holdings, server))
    groups = tuple(
        _checked(holdings, group, server, used, noise) for group in alike(holdings, holdings.whereabouts)
    )
    fetch = fetching(holdings, (wire for group in groups for wire in group.used), holdings.whereabouts)
    clones = {group.clone for group in groups}
    (clone,) = clones if len(clones) == 1 else (None,)
    outputs = np.empty((scheme.copies, len(scheme.base.inputs)), dtype=np.int64)
    circuit = stim.Circuit()
    for group in groups:
        outputs[group.rows[:, 0] // scheme.base.num_qubits] = group.outputs
        circuit += place(group.correction.checks.circuit, group.rows)
    who = holdings.manifest.clones[clone] if clone is not None else ", ".join(fetch) or CLIENT
    return Checked(Recovery(who, fetch, circuit, tuple(outputs.ravel().tolist())), groups)


def _checked(
    holdings: Holdings,
    group: Alike,
    server: str | None,
    used: frozenset[int],
    noise: Mapping[str, PauliChannel],
) -> CheckedCopies:
    """Return the checks of copies that are alike: as many as can be weighed."""
    base = holdings.scheme.base
    clone = whole_clone(holdings, group, server)
    if clone is None:
        columns = zip(base.wires, group.rows.T, strict=True)
        needed = {wire.label for wire, column in columns if not used.isdisjoint(column.tolist())}
    else:
        needed = {*base.clone(clone).wires, *base.clone(clone).key}
    # A first: alone it detects every single error.
    extra = sorted(
        set(group.labels) - needed,
        key=lambda label: (base.wires[base.index(label)].role is not Role.INPUT, label),
    )
    for count in range(min(len(extra), MAX_EXTRA_WIRES), -1, -1):
        try:
            checks = bell_checks(base, clone, [*needed, *extra[:count]])
            correction = Correction(checks, {label: noise[label] for label in checks.held})
            _ = correction.table
        except InvalidInputError:
            continue
        return CheckedCopies(correction, group.rows, clone)
    raise NotRecoverableError("No check can be made with what is left.", "Recover without --correct.")


def _used(recovery: Recovery) -> frozenset[int]:
    targets = (t for gate in recovery.circuit for t in gate.targets_copy())
    return frozenset(t.value for t in targets if not t.is_combiner).union(recovery.outputs)


def _tuples(rows: Iterable[NDArray[np.int64]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row.tolist()) for row in rows)
