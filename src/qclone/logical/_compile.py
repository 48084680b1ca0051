"""A program on blocks of a code, as an annotated stim circuit."""

from __future__ import annotations

from dataclasses import dataclass

import stim

from qclone.errors import InvalidInputError
from qclone.logical._block import Block, qubits_a_block
from qclone.logical._code import Code, no_gate
from qclone.logical._layers import Layer, Schedule, carried_back, layered
from qclone.logical._program import Program
from qclone.logical._spread import rounds_after
from qclone.logical._syndrome import BELL, X_CHECK, Z_CHECK, compare, measure_syndrome
from qclone.logical._writer import IDEAL, Writer

MAX_QUBITS = 20_000
MAX_ROUNDS = 10_000
# Every qubit of a round is a detector or has some: what a decoder must hold.
MAX_QUBIT_ROUNDS = 300_000


@dataclass(frozen=True, eq=False)
class Compiled:
    """A noiseless circuit with detectors and observables.

    Observables are the checks (one for every check of the program and logical qubit, none if they are
    detectors) and then, for every recovered logical qubit, its X and its Z against a noiseless reference.

    Parameters
    ----------
    circuit : noiseless; what noise must leave alone carries the tag ``ideal``.
    num_checks : observables that are checks.
    num_qubits : data and ancillas of all blocks, without references.
    num_rounds : rounds of syndrome measurement.
    num_layers : layers of logical gates.
    """

    circuit: stim.Circuit
    num_checks: int
    num_qubits: int
    num_rounds: int
    num_layers: int


def compile_program(
    program: Program,
    code: Code,
    schedule: Schedule | None = None,
    joint: bool = False,
    heralds: bool = False,
) -> Compiled:
    """Return the circuit of a program in which every wire is a block of a code.

    Encoded inputs are prepared without noise, every logical qubit in a Bell pair with a reference qubit; the
    last round and the comparison of the outputs with the references are ideal: what is measured is the
    entanglement fidelity of everything in between.

    Parameters
    ----------
    program : of `round_trip_program` or `kept`. A block of k logical qubits does it k times, side by side.
    schedule : when syndromes are measured.
    joint : checks are detectors, for a decoder that sees everything, and not observables.
    heralds : data qubits may be lost in each round, and it is seen.

    Raises
    ------
    InvalidInputError : the code lacks a gate of the program, or sizes and rounds out of range.

    Example
    -------
    >>> from qclone.logical import load_code
    >>> from qclone.scheme import Canonical
    >>> from qclone.logical import round_trip_program
    >>> done = compile_program(round_trip_program(Canonical(2), "S1"), load_code("surface", 3))
    >>> done.num_qubits, done.num_rounds, done.circuit.num_observables
    (85, 5, 6)
    """
    schedule = schedule or Schedule()
    _check(program, code, schedule)
    return _Compiler(program, code, schedule, joint, heralds).run()


def _check(program: Program, code: Code, schedule: Schedule) -> None:
    if program.needs_s and code.s_signs is None:
        raise no_gate(code, "S")
    if program.needs_duality and code.duality is None:
        raise no_gate(code, "H")
    size = len(program.labels) * qubits_a_block(code)
    if size > MAX_QUBITS:
        raise InvalidInputError(
            f"{len(program.labels)} blocks of {code} are {size:,} qubits.",
            f"At most {MAX_QUBITS:,} are compiled: take fewer clones or a smaller distance.",
        )
    if not 0 <= schedule.storage <= MAX_ROUNDS:
        raise InvalidInputError(
            f"{schedule.storage} rounds of storage are out of range.", f"Take 0 to {MAX_ROUNDS:,}."
        )
    if size * schedule.storage > MAX_QUBIT_ROUNDS:
        raise InvalidInputError(
            f"{schedule.storage:,} rounds of {size:,} qubits are more than a decoder here holds.",
            f"Take at most {MAX_QUBIT_ROUNDS // size:,} rounds, or a smaller distance.",
        )
    if not 0 <= schedule.every <= MAX_ROUNDS:
        raise InvalidInputError(
            f"A round after every {schedule.every} layers makes no sense.", "0 is never, 3 a good choice."
        )


class _Compiler:
    def __init__(self, program: Program, code: Code, schedule: Schedule, joint: bool, heralds: bool) -> None:
        self.program, self.code, self.schedule = program, code, schedule
        self.joint, self.heralds = joint, heralds
        self.writer = Writer()
        self.blocks = [Block.fresh(code, i) for i in range(len(program.labels))]
        self.live = list(self.blocks)
        self.rounds = 0
        self.first_reference = len(self.blocks) * qubits_a_block(code)
        self.before, self.after = layered(program.before), layered(program.after)
        self.reach = self._reaches()
        restart = len(self.before) if schedule.storage else -1
        layers = self.before + self.after
        self.due = rounds_after(layers, schedule.every, code.duality_order, restart)
        self.done = 0

    def run(self) -> Compiled:
        self._places()
        initial = self._begin()
        for layer in self.before:
            self._layer(layer)
        for _ in range(self.schedule.storage):
            self._round()
        self.live = [b for b in self.blocks if b.index not in self.program.lost]
        for layer in self.after:
            self._layer(layer)
        num_checks = self._finish(initial)
        circuit = self.writer.circuit
        layers = len(self.before) + len(self.after)
        return Compiled(circuit, num_checks, self.first_reference, self.rounds, layers)

    def _places(self) -> None:
        """Blocks side by side, every ancilla amid the qubits that it meets."""
        code = self.code
        positions = code.positions or tuple((float(q % 3), float(q // 3)) for q in range(code.num_qubits))
        width = max(x for x, _ in positions) - min(x for x, _ in positions) + 3
        for block in self.blocks:
            left = block.index * width
            for qubit, (x, y) in zip(block.data, positions, strict=True):
                self.writer.place(qubit, left + x, y)
            for ancilla, support in zip(block.ancillas, code.x_checks + code.z_checks, strict=True):
                xs, ys = zip(*(positions[q] for q in support), strict=True)
                # Half checks lie outside, and X apart from Z where they share their qubits.
                is_x = ancilla < block.ancillas[0] + len(code.x_checks)
                shift = 0.0 if code.slots else 0.25 if is_x else -0.25
                x, y = sum(xs) / len(xs) + shift, sum(ys) / len(ys)
                if len(support) == 2 and code.slots:
                    x, y = _outwards(x, y, max(p[0] for p in positions))
                self.writer.place(ancilla, left + x, y)
                if code.flagged:
                    self.writer.place(ancilla + code.num_checks, left + x, y + 0.25)
        for i in range(len(self.program.inputs) * code.num_logical):
            self.writer.place(self.first_reference + i, i, -2)

    def _begin(self) -> list[range]:
        """Prepare all blocks; return the records of X, Z of each reference."""
        writer, code = self.writer, self.code
        inputs = [self.blocks[w] for w in self.program.inputs]
        references = range(self.first_reference, self.first_reference + len(inputs) * code.num_logical)
        writer.do(f"R{IDEAL}", [q for b in inputs for q in b.data] + list(references))
        for block in inputs:
            products = [{block.data[q]: "X" for q in support} for support in code.x_checks]
            block.x[:] = [frozenset((r,)) for r in writer.measure_products(products)]
        initial = [writer.measure_products(self._outputs(self.program.inputs, letter)) for letter in "XZ"]
        plus = [self.blocks[w] for w in self.program.plus if w not in self.program.inputs]
        zero = [b for b in self.blocks if b not in plus and b not in inputs]
        for gate, blocks, kept in (("RX", plus, "z"), ("R", zero, "x")):
            writer.do(gate, [q for b in blocks for q in b.data])
            for block in blocks:
                getattr(block, kept)[:] = [writer.random() for _ in getattr(block, kept)]
        writer.tick()
        return initial

    def _layer(self, layer: Layer) -> None:
        targets: dict[str, list[int]] = {}
        for name, wires in layer:
            self._gate(name, [self.blocks[w] for w in wires], targets)
        for name, qubits in targets.items():
            self.writer.do(name, qubits)
        busy = {w for _, wires in layer for w in wires}
        self.writer.do("I[layer]", [q for b in self.live if b.index not in busy for q in b.data])
        self.writer.tick()
        self.done += 1
        if self.done - 1 in self.due:
            self._round()

    def _gate(self, name: str, blocks: list[Block], targets: dict[str, list[int]]) -> None:
        first = blocks[0]
        if name == "CX":
            first.cnot(blocks[1])
            pairs = zip(first.data, blocks[1].data, strict=True)
            targets.setdefault("CX", []).extend(q for pair in pairs for q in pair)
        elif name == "CZ":
            first.controlled_z(blocks[1])
            assert self.code.duality is not None
            for position, partner in enumerate(self.code.duality):
                targets.setdefault("CZ", []).extend((first.data[position], blocks[1].data[partner]))
        elif name == "H":
            targets.setdefault("H", []).extend(first.data)
            first.hadamard()
        else:
            assert self.code.s_signs is not None
            sign = (1 if name == "S" else -1) * (-1 if self.code.s_is_inverse else 1)
            for qubit, own in zip(first.data, self.code.s_signs, strict=True):
                targets.setdefault("S" if own * sign > 0 else "S_DAG", []).append(qubit)
            first.phase()

    def _round(self) -> None:
        if self.live:
            measure_syndrome(self.writer, self.live, self.heralds, self._where)
        self.rounds += 1

    def _finish(self, initial: list[range]) -> int:
        writer, code = self.writer, self.code
        for block in self.live:
            supports = [("X", s) for s in code.x_checks] + [("Z", s) for s in code.z_checks]
            products = [{block.data[q]: letter for q in support} for letter, support in supports]
            for check, record in enumerate(writer.measure_products(products)):
                compare(writer, block, check, record, self._where)
        each = range(code.num_logical)
        checks = [self._product(check, which) for check in self.program.checks for which in each]
        found = writer.measure_products(checks)
        for i, record in enumerate(found):
            if self.joint:
                writer.detector([record], (i, -3, self.rounds, -1, BELL, 0))
            else:
                writer.observable(i, [record])
        num_checks = 0 if self.joint else len(found)
        final = [writer.measure_products(self._outputs(self.program.outputs, letter)) for letter in "XZ"]
        for which in range(len(initial[0])):
            for basis in range(2):
                records = initial[basis][which], final[basis][which]
                writer.observable(num_checks + 2 * which + basis, records)
        return num_checks

    def _outputs(self, wires: tuple[int, ...], letter: str) -> list[dict[int, str]]:
        """The logical operators of wires, each with that of its reference."""
        k = self.code.num_logical
        return [
            self.blocks[wire].logical(letter, which) | {self.first_reference + i * k + which: letter}
            for i, wire in enumerate(wires)
            for which in range(k)
        ]

    def _product(self, check: stim.PauliString, which: int) -> dict[int, str]:
        product: dict[int, str] = {}
        for wire in check.pauli_indices():
            product |= self.blocks[wire].logical("IXYZ"[check[wire]], which)
        return product

    def _where(self, block: Block, kind: int, index: int) -> tuple[float, ...]:
        reach = self.reach.get((self.done, block.index, kind), 0)
        return (index, block.index, self.rounds, block.index, kind, reach)

    def _reaches(self) -> dict[tuple[int, int, int], int]:
        """After how many layers a block's checks of a kind see what flips which observables, as bits.

        An observable whose operator, carried back to that time, has X there is flipped by what X checks see.
        """
        k, size = self.code.num_logical, len(self.program.labels)
        operators = [] if self.joint else [c for c in self.program.checks for _ in range(k)]
        for wire in self.program.outputs:
            for _ in range(k):
                operators += [stim.PauliString({wire: letter}) * stim.PauliString(size) for letter in "XZ"]
        reach: dict[tuple[int, int, int], int] = {}
        for done, history in enumerate(carried_back(operators, self.before + self.after)):
            for i, operator in enumerate(history):
                xs, zs = operator.to_numpy()
                for kind, bits in ((X_CHECK, xs), (Z_CHECK, zs)):
                    for block in bits.nonzero()[0].tolist():
                        reach[done, block, kind] = reach.get((done, block, kind), 0) | 1 << i
        return reach


def _outwards(x: float, y: float, last: float) -> tuple[float, float]:
    """Move the ancilla of a half check off the edge that its two qubits are on."""
    if x in (0.0, last):
        return (x - 0.5 if x == 0 else x + 0.5), y
    return x, (y - 0.5 if y == 0 else y + 0.5)
