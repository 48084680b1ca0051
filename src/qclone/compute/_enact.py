"""What a program on a padded and noisy clone does to the input: exact, in the space of the k qubits alone.

The state of a clone is X^p Z^q (whatever the steps so far have made of |psi>) with a definite pad once the
key has been read, and noise that is drawn is a pad as well. diag(1, e^{it}) X^p = X^p diag(1, e^{(-1)^p i t})
up to a phase, so each slot becomes one rotation of the input, its sign and the client's correction included,
and the pad is carried along. Nothing ever costs more than the circuit has gates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import stim

from qclone.compute._program import TIMES_Z, Pad, Program
from qclone.compute._server_part import ServerPart, parse
from qclone.compute._steps import CCZ, Reading, Rotation, Step
from qclone.errors import InvalidInputError


@dataclass(frozen=True)
class Noise:
    """What was drawn, as Paulis on top of what would be there without.

    Parameters
    ----------
    before : on the clone's wires when the server began, after F^-1.
    after : on the clone's wires in the end; what was there before has been carried along.
    tails : on the tails in the end, likewise.
    key : on the bits of the pad as the client reads them.
    """

    before: Pad
    after: Pad
    tails: Pad
    key: Pad


@dataclass(frozen=True)
class Enacted:
    """What came out.

    Parameters
    ----------
    text : acts on |psi>: the program as it really ran, then what the client's corrections have left; see
        `append_gates`.
    pad : what the client thinks the clone's pad is, and corrects.
    """

    text: str
    pad: Pad


def enact(
    part: ServerPart,
    program: Program,
    pad: Pad,
    noise: Noise,
    random: np.random.Generator,
    afterwards: stim.Circuit | None = None,
) -> Enacted:
    """Let the client finish a program that a server has run.

    Parameters
    ----------
    part : what the server did.
    program : what the client thinks it did; all parameters bound.
    pad : of the clone, as it would be without noise: uniformly random, whatever the input is.
    random : draws the outcomes of the tails, each uniform by itself.
    afterwards : Clifford gates on qubits 0 .. k - 1 that the server did besides, when it was done.

    Raises
    ------
    InvalidInputError : program and part do not belong together.
    """
    state = _Enactment(iter(parse(part)), pad_only(noise.before * pad), pad, noise, random)
    known = program.finish(pad_only(pad * noise.key), state.measure)
    state.rest(afterwards)
    left = pad_only(state.clean * noise.after * known)
    state.lines += [f"{'IXYZ'[left[wire]]} {wire}" for wire in left.pauli_indices()]
    return Enacted("\n".join(state.lines), known)


@dataclass
class _Enactment:
    """The clone while the client finishes: `real` is its pad with noise, `clean` the same without."""

    steps: Iterator[Step]
    real: Pad
    clean: Pad
    noise: Noise
    random: np.random.Generator
    lines: list[str] = field(default_factory=list)

    def gates(self, clifford: stim.Circuit) -> None:
        self.real, self.clean = self.real.after(clifford), self.clean.after(clifford)
        self.lines.append(str(clifford))

    def slot(self) -> Rotation | CCZ | None:
        """The next step that is no Clifford gate; those before it are done."""
        for step in self.steps:
            if not isinstance(step, stim.Circuit):
                return step
            self.gates(step)
        return None

    def rest(self, afterwards: stim.Circuit | None) -> None:
        if self.slot() is not None:
            raise _another()
        if afterwards is not None and len(afterwards):
            self.gates(afterwards)

    def measure(self, reading: Reading) -> tuple[int, ...]:
        step = self.slot()
        if step is None or len(step.wires) != len(reading.tails):
            raise _another()
        drawn = [self.noise.tails[t] for t in reading.tails]
        p = [self.real[w] in (1, 2) for w in step.wires]
        # A tail is a copy of the clean wire, flipped by what is on it in the end.
        q = [(self.clean[w] in (1, 2)) ^ (e in (1, 2)) for w, e in zip(step.wires, drawn, strict=True)]
        outcomes = self.random.integers(0, 2, size=len(drawn)).astype(bool).tolist()
        if isinstance(step, Rotation):
            server, client = float(step.angle), -reading.angles[0]
            angle = (-server if p[0] else server) + (-client if q[0] else client)
            self.lines.append(f"I[rotate:{angle!r}] {step.wire}")
            flips = outcomes
        else:
            flips = [m ^ extra for m, extra in zip(outcomes, self._ccz(step, p, q, reading), strict=True)]
        for wire, flip in zip(step.wires, flips, strict=True):
            if flip:
                self.real[wire], self.clean[wire] = TIMES_Z[self.real[wire]], TIMES_Z[self.clean[wire]]
        return tuple(int(m ^ (e in (2, 3))) for m, e in zip(outcomes, drawn, strict=True))

    def _ccz(self, step: CCZ, p: list[bool], q: list[bool], reading: Reading) -> list[bool]:
        """Append CCZ with what pad and corrections make of it; return which wires get a Z besides.

        The phase (-1)^f with f = v1 v2 v3 + sum over the client's pairs of u_i u_j, v = x + p, u = x + q,
        is expanded in x.
        """
        self.lines.append(f"I[ccz] {' '.join(map(str, step.wires))}")
        left = [p[1] & p[2], p[0] & p[2], p[0] & p[1]]
        for i, j, other in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
            corrected = (i, j) in reading.pairs
            if p[other] ^ corrected:
                self.lines.append(f"CZ {step.wires[i]} {step.wires[j]}")
            if corrected:
                left[i] ^= q[j]
                left[j] ^= q[i]
        return left


def _another() -> InvalidInputError:
    return InvalidInputError(
        "The server ran another program than this.", "Name the program that it was asked to run."
    )


def pad_only(pauli: Pad) -> Pad:
    """Return the Pauli without its sign or phase."""
    return stim.PauliString(list(pauli))
