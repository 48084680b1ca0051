"""What happens to logical qubits: a scheme's round trip, or a block that is simply kept, in layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
import stim

from qclone.access import classify, decoder
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.logical._eliminate import real_recovery, real_state
from qclone.logical._frames import Bits, find_frames, in_frames, turn
from qclone.logical._real import real_circuit
from qclone.scheme import Scheme

MAX_BLOCKS = 64


@dataclass(frozen=True, eq=False)
class Program:
    """Gates on logical qubits, one wire each, in the order in which they are done.

    Paulis are left to the Pauli frame, and signs with them.

    Parameters
    ----------
    labels : names of the wires.
    inputs, outputs : wires that hold the input before, and the recovered input after.
    plus : wires that begin in |+>; those that are neither these nor inputs begin in |0>.
    before, after : the gates before and after storage: CX, CZ, H and, where codes have it, S and S_DAG.
    lost : wires that are gone once stored.
    checks : Pauli operators on wires, independent, that are known after ``after``.
    """

    labels: tuple[str, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    plus: tuple[int, ...]
    before: stim.Circuit
    after: stim.Circuit
    lost: frozenset[int] = frozenset()
    checks: tuple[stim.PauliString, ...] = ()

    @property
    def needs_s(self) -> bool:
        """Whether some gate is S."""
        return any(gate.name in ("S", "S_DAG") for gate in chain(self.before, self.after))

    @property
    def needs_duality(self) -> bool:
        """Whether some gate is H or CZ."""
        return any(gate.name in ("H", "CZ") for gate in chain(self.before, self.after))

    @property
    def num_two_qubit_gates(self) -> int:
        """Logical two-qubit gates, Bell pairs included."""
        return sum(len(g.target_groups()) for g in chain(self.before, self.after) if g.name in ("CX", "CZ"))


def kept() -> Program:
    """Return the program of one logical qubit that nothing is done to."""
    return Program(("A",), (0,), (0,), (), stim.Circuit(), stim.Circuit())


@lru_cache(maxsize=32)
def round_trip_program(
    scheme: Scheme,
    clone: str | None = None,
    lost: frozenset[str] = frozenset(),
    real: bool = True,
) -> Program:
    """Return preparation, encryption and decryption of a scheme as a program.

    Parameters
    ----------
    scheme : any scheme of qubits with at most 64 wires.
    clone : which is decrypted; by default the first that is there with its whole key, else whatever
        recovery the wires that are left allow.
    lost : wires that do not come back from storage.
    real : gates are CX, CZ and H only, in local frames; else the scheme's own gates, S among them.

    Raises
    ------
    InvalidInputError : too many wires, or real in no local frame.
    NotRecoverableError : what is left is no authorized set, or lacks a part of the clone or its key.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> program = round_trip_program(Canonical(2), "S1")
    >>> program.num_two_qubit_gates, len(program.checks), program.needs_s
    (12, 4, False)
    """
    if scheme.num_qubits > MAX_BLOCKS:
        raise InvalidInputError(
            f"{scheme} has {scheme.num_qubits:,} wires, each a block of a code.",
            f"Take a scheme of at most {MAX_BLOCKS}.",
        )
    gone = frozenset(scheme.indices(lost))
    held = [w.label for i, w in enumerate(scheme.wires) if i not in gone]
    recovery, outputs = _recovery(scheme, clone, held)
    inputs = scheme.indices(scheme.inputs)
    if real:
        before, after = _real_stages(scheme, recovery, outputs, held)
    else:
        before = _plain(scheme.prepare() + scheme.encrypt())
        after = _plain(recovery)
    before, plus = _absorbed(before, set(range(scheme.num_qubits)) - set(inputs))
    bare = Program(tuple(w.label for w in scheme.wires), inputs, outputs, plus, before, after, gone)
    return Program(**{**bare.__dict__, "checks": _checks(bare)})


def _recovery(scheme: Scheme, clone: str | None, held: list[str]) -> tuple[stim.Circuit, tuple[int, ...]]:
    there = set(held)
    whole = [c for c in scheme.clones if {*scheme.clone(c).wires, *scheme.clone(c).key} <= there]
    if clone is None and whole:
        clone = whole[0]
    if clone is not None:
        one = scheme.clone(clone)
        if clone not in whole:
            missing = ", ".join(w for w in (*one.wires, *one.key) if w not in there)
            raise NotRecoverableError(
                f"Clone {clone} cannot be decrypted: lost are {missing} of it and its key.",
                "Decrypt another clone, or name none to use whatever is left.",
            )
        return scheme.decrypt(clone), scheme.indices(one.outputs)
    if classify(scheme, held).bits != 2 * len(scheme.inputs):
        raise NotRecoverableError(
            f"What is left, {', '.join(held) or 'nothing'}, is not an authorized set.",
            "Lose less: `qclone access` lists the sets that recover.",
        )
    found = decoder(scheme, held)
    return found.circuit, scheme.indices(found.outputs)


def _real_stages(
    scheme: Scheme, recovery: stim.Circuit, outputs: tuple[int, ...], held: list[str]
) -> tuple[stim.Circuit, stim.Circuit]:
    frames = find_frames(scheme, recovery)
    size, inputs = scheme.num_qubits, scheme.indices(scheme.inputs)
    encrypt = None
    if frames.before is not None:
        encrypt = real_circuit(in_frames(scheme.encrypt(), frames.before, frames.between))
    if encrypt is not None and frames.before is not None:
        prepare = _state(scheme.prepare(), size, inputs, frames.before)
        before = prepare + encrypt
    else:
        before = _isometry(scheme, frames.between)
    after = None
    if frames.after is not None:
        after = real_circuit(in_frames(recovery, frames.between, frames.after))
    if after is None:
        # Any other recovery on the same wires: move the logical operators that it would move.
        back = recovery.inverse()
        back.append("I", [size - 1])
        pairs = [stim.PauliString({o: letter}) for letter in "XZ" for o in outputs]
        rows = _rows([turn(_sized(p, size).after(back), frames.between) for p in pairs])
        after = real_recovery(rows, outputs)
    return before, after


def _state(prepare: stim.Circuit, size: int, inputs: tuple[int, ...], frames: Bits) -> stim.Circuit:
    """H on all wires that begin in |0>, then a real circuit."""
    fresh = [w for w in range(size) if w not in inputs]
    circuit = stim.Circuit()
    if not fresh:
        return circuit
    images = [_sized(stim.PauliString({w: "Z"}), size).after(prepare) for w in fresh]
    circuit.append("H", fresh)
    return circuit + real_state(_rows([turn(p, frames) for p in images]))


def _isometry(scheme: Scheme, frames: Bits) -> stim.Circuit:
    """Preparation and encryption at once: what recovers on the inputs, and the state left, backwards."""
    size, inputs = scheme.num_qubits, scheme.indices(scheme.inputs)
    whole = scheme.prepare() + scheme.encrypt()
    logical = [stim.PauliString({w: letter}) for letter in "XZ" for w in inputs]
    fresh = [w for w in range(size) if w not in inputs]
    images = [_sized(p, size).after(whole) for p in (*logical, *(stim.PauliString({w: "Z"}) for w in fresh))]
    rows = _rows([turn(p, frames) for p in images])
    recovery = real_recovery(rows[: len(logical)], inputs)
    circuit = stim.Circuit()
    if fresh:
        left = [p.after(recovery) if len(recovery) else p for p in _paulis(rows[len(logical) :])]
        stabilizers = _rows(left)
        # Multiplied by logical operators where they still touch the inputs: they commute with them.
        circuit.append("H", fresh)
        circuit += real_state(stabilizers)
    return circuit + recovery.inverse()


def _absorbed(circuit: stim.Circuit, fresh: set[int]) -> tuple[stim.Circuit, tuple[int, ...]]:
    """Take the H that comes first on a wire into how it begins."""
    plus: set[int] = set()
    begun: set[int] = set()
    kept_gates = stim.Circuit()
    for gate in circuit:
        for group in gate.target_groups():
            wires = [t.value for t in group]
            if gate.name == "H" and wires[0] in fresh - begun:
                plus ^= {wires[0]}
            else:
                begun.update(wires)
                kept_gates.append(gate.name, wires)
    return kept_gates, tuple(sorted(plus))


def _plain(circuit: stim.Circuit) -> stim.Circuit:
    """The circuit in H, S, CX and CZ; Paulis are left out."""
    plain = stim.Circuit()
    for gate in circuit:
        if gate.name in ("I", "X", "Y", "Z"):
            continue
        if gate.name in ("H", "S", "S_DAG", "CX", "CZ"):
            plain.append(gate)
        else:
            one = stim.Circuit()
            one.append(gate)
            plain += one.decomposed()
    return plain


def _checks(program: Program) -> tuple[stim.PauliString, ...]:
    """What is known of the wires that are left, without the references, in reduced form.

    Also the proof that the program gives its inputs back: raises AssertionError if it does not.
    """
    size, k = len(program.labels), len(program.inputs)
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(size + k)
    for wire in program.plus:
        simulator.h(wire)
    for i, wire in enumerate(program.inputs):
        simulator.h(size + i)
        simulator.cx(size + i, wire)
    simulator.do(program.before + program.after)
    for i, wire in enumerate(program.outputs):
        for letter in "XZ":
            pair = stim.PauliString({size + i: letter, wire: letter})
            if simulator.peek_observable_expectation(pair) == 0:
                raise AssertionError("the program does not give its inputs back")
    rows = _rows(simulator.canonical_stabilizers())
    gone = [*program.lost, *range(size, size + k)]
    columns = [c for w in gone for c in (w, w + size + k)]
    left = rows[_reduce(rows, columns) :]
    _reduce(left, range(left.shape[1]))
    return tuple(p[:size] for p in _paulis(left))


def _reduce(rows: Bits, columns: Iterable[int]) -> int:
    """Bring rows into reduced echelon form in some columns, in place; return the rank there."""
    rank = 0
    for column in columns:
        holders = np.flatnonzero(rows[rank:, column]) + rank
        if holders.size:
            rows[[rank, holders[0]]] = rows[[holders[0], rank]]
            others = np.flatnonzero(rows[:, column])
            rows[others[others != rank]] ^= rows[rank]
            rank += 1
    return rank


def _sized(pauli: stim.PauliString, size: int) -> stim.PauliString:
    return pauli * stim.PauliString(size)


def _rows(paulis: Iterable[stim.PauliString]) -> Bits:
    return np.array([np.concatenate(p.to_numpy()) for p in paulis], dtype=np.uint8)


def _paulis(rows: Bits) -> list[stim.PauliString]:
    half = rows.shape[1] // 2
    return [stim.PauliString.from_numpy(xs=r[:half] == 1, zs=r[half:] == 1) for r in rows]
