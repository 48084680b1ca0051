"""A program: what a server does to its clone, and what the client makes of the tails that come back."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import stim

from qclone.compute._gates_text import steps_of
from qclone.compute._limits import MAX_TAILS, in_reach, too_many_tails
from qclone.compute._server_part import ServerPart, server_part
from qclone.compute._steps import Reading, Rotation, Step
from qclone.errors import InvalidInputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qclone.scheme import Scheme

Pad: TypeAlias = "stim.PauliString"
"""X^a Z^b on the k qubits, signs without meaning: X where a = 1 and b = 0, Y where both are."""
Measure: TypeAlias = Callable[[Reading], Sequence[int]]


@dataclass(frozen=True)
class Program:
    """A Clifford + T + Rz + CCZ circuit on the k qubits of a register.

    Parameters
    ----------
    num_qubits : k.
    steps : Clifford gates, rotations and CCZ in order; see `Program.of`.

    Raises
    ------
    InvalidInputError : more than 10,000 tails.

    Example
    -------
    >>> from qiskit import QuantumCircuit
    >>> toffoli = QuantumCircuit(3)
    >>> _ = toffoli.ccx(0, 1, 2)
    >>> program = Program.of(toffoli)
    >>> program.num_tails, program.is_clifford, program.parameters
    (3, False, ())
    """

    num_qubits: int
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if self.num_tails > MAX_TAILS:
            raise too_many_tails(f"{self.num_tails:,}")

    @classmethod
    def of(cls, circuit: QuantumCircuit, *, late: bool = False) -> Program:
        """Take a circuit apart; a global phase is dropped, final measurements are left out.

        Rotations by multiples of pi/2 become Clifford gates. A rotation with a free parameter is a late slot.

        Parameters
        ----------
        circuit : any gates that Qiskit can take apart into these.
        late : leave all angles out of the server's part, so that it learns the skeleton only.

        Raises
        ------
        UnsupportedCircuitError : it measures, resets or branches on the way, or cannot be taken apart.
        InvalidInputError : more than 10,000 tails, or an angle beyond 10^9.
        """
        from qclone.compute._take_apart import take_apart

        return cls(circuit.num_qubits, take_apart(circuit, late))

    @cached_property
    def num_tails(self) -> int:
        """Number of qubits that come back: one a rotation, three a CCZ."""
        return sum(len(step.wires) for step in self.steps if not isinstance(step, stim.Circuit))

    @property
    def is_clifford(self) -> bool:
        """Whether nothing comes back: only the pad is updated."""
        return self.num_tails == 0

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the free parameters, sorted."""
        return tuple(sorted({p.name for step in self._slots for p in getattr(step.angle, "parameters", ())}))

    @property
    def num_late(self) -> int:
        """Number of slots whose angle the server is not told."""
        return sum(step.late for step in self._slots)

    @property
    def _slots(self) -> list[Rotation]:
        return [step for step in self.steps if isinstance(step, Rotation)]

    def bind(self, values: Mapping[str, float]) -> Program:
        """Return the program with these parameters set.

        Raises
        ------
        InvalidInputError : a parameter that it does not have, a value that is no finite number, or one that
            makes an angle beyond 10^9.
        """
        unknown = [name for name in values if name not in self.parameters]
        if unknown:
            known = f"Its parameters are {', '.join(self.parameters)}." if self.parameters else "It has none."
            raise InvalidInputError(f"The program has no parameter {unknown[0]!r}.", known)
        if bad := [name for name, value in values.items() if not math.isfinite(value)]:
            raise InvalidInputError(f"{bad[0]} must be a finite number.", "Angles are in radians.")

        def bound(step: Step) -> Step:
            if not isinstance(step, Rotation) or isinstance(step.angle, float):
                return step
            given = {p: values[p.name] for p in step.angle.parameters if p.name in values}
            if not given:
                return step
            try:
                angle = step.angle.bind(given)
                return replace(step, angle=angle if angle.parameters else _real(angle))
            except (ArithmeticError, TypeError, ValueError):  # as 1/theta makes them where theta is 0
                raise _no_number() from None

        return replace(self, steps=tuple(map(bound, self.steps)))

    def server(self, scheme: Scheme, clone: str, first_tail: int | None = None) -> ServerPart:
        """Return what the server does to its clone: F^-1, then the program, each slot with its tails.

        Parameters
        ----------
        first_tail : number of the first tail; by default the one after the scheme's last wire.

        Raises
        ------
        NotRecoverableError : the clone's key is no pad.
        InvalidInputError : the register has another number of qubits.
        """
        return server_part(self.num_qubits, self.steps, scheme, clone, first_tail)

    def finish(self, pad: Pad, measure: Measure) -> Pad:
        """Measure the tails, each in the basis that the pad so far tells, and return the pad of C |psi>.

        T X^a Z^b = X^a Z^b (S^dag)^a T up to a phase, and the tail of a T on w is a copy of w in the Z basis:
        measuring it in |0> +- e^{i beta}|1> does diag(1, e^{-i beta}) Z^outcome to w. diag(1, e^{i t}) by the
        server takes beta = 2 t a; a late angle t takes beta = -(-1)^a t. For CCZ the tails d_i get CZ d_i d_j
        if a_k, and are measured in X. In all cases b of the wire flips with the outcome (and, for CCZ, with
        a_j a_k). Clifford gates change the pad by their symplectic matrix and cost nothing.

        Parameters
        ----------
        pad : of the clone before F^-1 C.
        measure : acts on tails, see `Reading`, and returns their outcomes.

        Raises
        ------
        InvalidInputError : free parameters, or a pad of another size.
        """
        if len(pad) != self.num_qubits:
            raise InvalidInputError(
                f"The program takes {self.num_qubits} qubits, not {len(pad)}.", "Give one pad a qubit."
            )
        if self.parameters:
            raise no_value(self.parameters[0])
        pad, tail = pad * pad.sign, 0
        for step in self.steps:
            if isinstance(step, stim.Circuit):
                pad = pad.after(step)
                continue
            a = [pad[w] in (1, 2) for w in step.wires]
            tails = tuple(range(tail, tail + len(a)))
            tail += len(a)
            if isinstance(step, Rotation):
                angle = float(step.angle)
                beta = (angle if a[0] else -angle) if step.late else (2 * angle if a[0] else 0.0)
                flips = [int(measure(Reading(tails, (beta,)))[0])]
            else:
                pairs = tuple(pair for pair, k in (((0, 1), 2), ((0, 2), 1), ((1, 2), 0)) if a[k])
                outcomes = measure(Reading(tails, (0.0,) * 3, pairs))
                flips = [int(m) ^ (a[i - 2] & a[i - 1]) for i, m in enumerate(outcomes)]
            for wire, flip in zip(step.wires, flips, strict=True):
                if flip:
                    pad[wire] = TIMES_Z[pad[wire]]
        return pad

    @property
    def text(self) -> str:
        """The steps; see `append_gates`. Raises InvalidInputError for free parameters."""
        lines = []
        for step in self.steps:
            if isinstance(step, stim.Circuit):
                lines.append(str(step))
            elif isinstance(step, Rotation):
                if not isinstance(step.angle, float):
                    raise no_value(self.parameters[0])
                lines.append(f"I[{'late' if step.late else 'rotate'}:{step.angle!r}] {step.wire}")
            else:
                lines.append(f"I[ccz] {' '.join(map(str, step.wires))}")
        return "\n".join(lines)

    @classmethod
    def from_text(cls, text: str, num_qubits: int) -> Program:
        """Return the program in a text. Raises InvalidInputError for anything else."""
        return cls(num_qubits, steps_of(text, num_qubits))

    def to_bytes(self) -> bytes:
        """Return the program as QPY; free parameters stay free."""
        from qclone.circuits import to_bytes

        circuit = self.circuit.copy()
        circuit.metadata = {"late": [step.late for step in self._slots]}
        return to_bytes(circuit)

    @classmethod
    def from_bytes(cls, data: bytes) -> Program:
        """Return the program in its own QPY."""
        from qiskit import qpy

        circuit = qpy.load(io.BytesIO(data))[0]
        late = iter(circuit.metadata["late"])
        program = cls.of(circuit, late=True)
        return replace(
            program,
            steps=tuple(
                replace(step, late=next(late)) if isinstance(step, Rotation) else step
                for step in program.steps
            ),
        )

    @cached_property
    def circuit(self) -> QuantumCircuit:
        """The same program in Qiskit, up to a global phase."""
        from qiskit import QuantumCircuit
        from qiskit.circuit.library import CCZGate

        from qclone.circuits import to_qiskit

        circuit = QuantumCircuit(self.num_qubits)
        for step in self.steps:
            if isinstance(step, stim.Circuit):
                circuit.compose(to_qiskit(step, self.num_qubits), inplace=True)
            elif isinstance(step, Rotation):
                circuit.p(step.angle, step.wire)
            else:
                circuit.append(CCZGate(), step.wires)
        return circuit

    def __str__(self) -> str:
        gates = sum(len(step) for step in self.steps if isinstance(step, stim.Circuit))
        return f"a program of {gates} Clifford instructions and {self.num_tails} tails"


TIMES_Z = (3, 2, 1, 0)


def pad_of(a: Sequence[int], b: Sequence[int]) -> Pad:
    """Return X^a Z^b.

    >>> pad_of((1, 0, 1), (0, 1, 1))
    stim.PauliString("+XZY")
    """
    return stim.PauliString("".join("IXZY"[x + 2 * z] for x, z in zip(a, b, strict=True)))


def no_value(name: str) -> InvalidInputError:
    return InvalidInputError(f"The parameter {name} has no value.", f"Set it: --set {name}=0.3")


def _real(angle: object) -> float:
    value = complex(angle)  # type: ignore[call-overload]
    if abs(value.imag) > 1e-12 or not math.isfinite(value.real):
        raise _no_number()
    return in_reach(value.real)


def _no_number() -> InvalidInputError:
    return InvalidInputError("A parameter makes an angle that is no number.", "Give other values.")
