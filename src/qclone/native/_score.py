"""How good a draft is on a device: its exact entanglement fidelity for many placements at once.

The same rules as `simulate.noisy`, on Pauli pairs: X X, Y Y and Z Z of reference and output are carried
back through the gates; every noise location damps those that it may flip. Between two gates a qubit
waits with the axis of the earlier gate along the physical Z, so T1 damps that axis and T2 the others.
`simulate` has the last word; this is for comparing thousands of candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qclone.device import Device, depolarizing
from qclone.native._assemble import Draft
from qclone.native._native import STAGES

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_AXIS = {"X": 0, "Y": 1, "Z": 2}
_NOTHING = 1e-300
"""What survives where nothing does; it has a logarithm."""


@dataclass(frozen=True)
class Calibration:
    """A device as arrays.

    Parameters
    ----------
    pair : shape (qubits, qubits), survival 1 - 16 p / 15 of a Pauli under the coupler's depolarising.
    duration_s : shape (qubits, qubits), of a two-qubit gate.
    single : shape (qubits, 5): survival under a pulse, its duration, 1/T1, 1/T2 and 1 - 2 x readout error.
        As on the twin, what is wrong more often than right counts as noise.
    """

    pair: Floats
    duration_s: Floats
    single: Floats

    @classmethod
    def of(cls, device: Device) -> Calibration:
        count = device.num_qubits
        pair, duration_s = np.zeros((count, count)), np.zeros((count, count))
        for c in device.couplers:
            pair[c.a, c.b] = pair[c.b, c.a] = max(_NOTHING, 1 - 16 / 15 * depolarizing(c.error, 2))
            duration_s[c.a, c.b] = duration_s[c.b, c.a] = c.duration_s
        single = np.zeros((count, 5))
        for i in device.working_qubits:
            q = device.qubit(i)
            survival = max(_NOTHING, 1 - 4 / 3 * depolarizing(q.gate_error, 1))
            read = max(0.0, 1 - 2 * q.readout_error)
            single[i] = survival, q.gate_duration_s, 1 / q.t1_s, 1 / q.t2_s, read
        return cls(pair, duration_s, single)


@dataclass(frozen=True)
class Score:
    """A draft as arrays, ready to be scored.

    Parameters
    ----------
    nodes : the draft's qubits, in the order of the arrays.
    gates : shape (gates, 5): stage, a, b, P, Q.
    start : shape (qubits,), the axis of which |0> is an eigenstate.
    data : qubits with a role.
    ends : reference, output, and the output's axes that hold X and Z.
    """

    nodes: tuple[int, ...]
    gates: Integers
    start: Integers
    data: NDArray[np.bool_]
    ends: Integers

    @classmethod
    def of(cls, draft: Draft) -> Score:
        nodes = tuple(sorted(draft.start))
        at = {q: i for i, q in enumerate(nodes)}
        rows = [
            (s, at[a], at[b], _AXIS[pq[0]], _AXIS[pq[1]])
            for s, stage in enumerate(STAGES)
            for a, b, pq in getattr(draft, stage)
        ]
        held = set(draft.roles.values())
        ((output, axes),) = draft.outputs
        ends = [at[draft.roles["R"]], at[output], _AXIS[axes[0]], _AXIS[axes[1]]]
        return cls(
            nodes,
            np.array(rows, np.int64),
            np.array([_AXIS[draft.start[q]] for q in nodes]),
            np.array([q in held for q in nodes]),
            np.array(ends),
        )

    def fidelities(self, calibration: Calibration, places: Integers) -> Floats:
        """Return the entanglement fidelity, measurement included, of many placements.

        Parameters
        ----------
        places : shape (placements, qubits): the physical qubit of each node.

        Returns
        -------
        shape (placements,)
        """
        back = _Back(self, calibration, np.asarray(places, np.int64).T)
        reference, output, _, _ = self.ends.tolist()
        pending = {int(row[j]): k for k, row in reversed(list(enumerate(self.gates))) for j in (1, 2)}
        stage = len(STAGES) - 1
        for k in range(len(self.gates) - 1, -1, -1):
            s, a, b, p, r = self.gates[k].tolist()
            for ended in range(stage, s, -1):
                back.barrier(show=ended == stage)
            stage = s
            back.gate(a, p, b, r)
            for q, axis in ((a, p), (b, r)):
                if pending[q] == k and axis != self.start[q]:
                    back.pulse(q)
        read = back.single[4][reference] * back.single[4][output]
        return (1 + read * np.exp(back.log).sum(axis=0)) / 4


class _Back:
    """X X, Y Y, Z Z of reference and output on their way back, on many placements at once."""

    def __init__(self, score: Score, calibration: Calibration, at: Integers) -> None:
        reference, output, x_axis, z_axis = score.ends.tolist()
        qubits = len(score.nodes)
        self.at, self.data = at, score.data
        self.pair, self.duration_s = calibration.pair, calibration.duration_s
        self.single = [calibration.single[at, k] for k in range(5)]
        # An axis for each observable and qubit, or -1 for nothing.
        self.pauli = [[-1] * qubits for _ in range(3)]
        for o, axis in enumerate((x_axis, 3 - x_axis - z_axis, z_axis)):
            self.pauli[o][reference], self.pauli[o][output] = o, axis
        self.log = np.zeros((3, at.shape[1]))
        self.needed = np.zeros(at.shape)  # seconds before the end at which the qubit is next needed
        self.after = np.zeros(at.shape[1])  # the last barrier on the way
        self.axis = [-1] * qubits  # what is along Z from here on; -1 after the last operation
        for q in (reference, output):
            self.axis[q] = 0

    def pulse(self, q: int) -> None:
        survival = np.log(self.single[0][q])
        for o in range(3):
            if self.pauli[o][q] >= 0:
                self.log[o] += survival
        self.needed[q] += self.single[1][q]

    def wait(self, q: int, z_axis: int, until: Floats) -> None:
        seconds = until - self.needed[q]
        for o in range(3):
            if self.pauli[o][q] >= 0:
                self.log[o] -= seconds * self.single[2 if self.pauli[o][q] == z_axis else 3][q]

    def barrier(self, show: bool) -> None:
        """Pass a barrier; before the last one the state is shown in the protocol's axes."""
        self.after = self.needed.max(axis=0)
        for q, axis in enumerate(self.axis):
            if show and self.data[q] and axis >= 0:
                if axis != 2:
                    self.pulse(q)
                self.wait(q, 2, self.after)
                self.needed[q] = self.after
                self.axis[q] = 2

    def gate(self, a: int, p: int, b: int, r: int) -> None:
        """Pass exp(-i pi/4 P_a R_b) and what is between it and the next gates."""
        for q, axis in ((a, p), (b, r)):
            if self.axis[q] not in (-1, axis):
                self.pulse(q)
        end = np.maximum(np.maximum(self.needed[a], self.needed[b]), self.after)
        for q, axis in ((a, p), (b, r)):
            if self.axis[q] >= 0:
                self.wait(q, axis, end)
            self.axis[q] = axis
        survival = np.log(self.pair[self.at[a], self.at[b]])
        for o in range(3):
            x, y = self.pauli[o][a], self.pauli[o][b]
            if x >= 0 or y >= 0:
                self.log[o] += survival
            if (x not in (-1, p)) != (y not in (-1, r)):
                self.pauli[o][a], self.pauli[o][b] = _times(x, p), _times(y, r)
        self.needed[a] = self.needed[b] = end + self.duration_s[self.at[a], self.at[b]]


def _times(x: int, p: int) -> int:
    """The product of two Paulis, axes or -1 for nothing, up to a sign."""
    return p if x < 0 else -1 if x == p else 3 - x - p
