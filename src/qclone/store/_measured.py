"""What an order brings out: outcomes drawn as physics draws them, what the outputs hold, how good that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import numpy as np
import stim

from qclone.errors import InvalidInputError
from qclone.store._algebra import Algebra, Bits, algebra, solve
from qclone.store._blocks import Block, blocks
from qclone.store._image import mixed_image, pauli_of_outcomes, pure_image
from qclone.store._likelihood import Likelihood
from qclone.store._order import Order

MAX_WORK = 200_000_000
"""Gates, times the operators that are carried back through them, in one order."""
_work: ContextVar[float | None] = ContextVar("work", default=None)


@dataclass(frozen=True)
class Outcome:
    """What an order brings out of a history; drawn once.

    Parameters
    ----------
    frame : gates on the outputs, after the circuit of the state that was put in; stim text.
    outcomes : of what was measured, in the order asked for.
    fidelity : entanglement fidelity of the channel, given the outcomes; None where out of reach.
    """

    frame: str
    outcomes: tuple[int, ...]
    fidelity: float | None


@dataclass(frozen=True)
class _Part:
    """A block with what is asked of it: positions among all inputs (and outputs) and all measured wires."""

    block: Block
    ports: tuple[int, ...]
    looks: tuple[int, ...]


class _Kind:
    """What all blocks with one circuit have in common."""

    def __init__(
        self, block: Block, inputs: Sequence[int], outputs: Sequence[int], measured: Sequence[int]
    ) -> None:
        circuit, size = stim.Circuit(block.circuit), len(block.wires)
        ports = tuple(inputs), tuple(outputs), tuple(measured)
        self.algebra: Algebra = algebra(circuit.without_noise(), size, *ports)
        checks = tuple(one for one in self.algebra.certain if not one.image.weight)
        self.likelihood = Likelihood(circuit, size, *ports, replace(self.algebra, certain=checks))
        self.image = pure_image(self.algebra.known) if self.algebra.is_pure else None

    def draw(self, random: np.random.Generator) -> Bits:
        """Return outcomes without noise; what depends on the state is to whoever looks as good as random."""
        outcomes = self.algebra.reference.copy()
        if self.algebra.reveals:
            certain = self.algebra.certain
            masks = np.array([*(one.measured for one in certain), *self.algebra.turned], dtype=bool)
            values = [
                bool(random.random() < 0.5) if one.image.weight else one.image.sign == -1 for one in certain
            ]
            outcomes = solve(masks, np.array([*values, *(False for _ in self.algebra.turned)], dtype=bool))
        for row in self.algebra.random:
            if random.random() < 0.5:
                outcomes ^= row
        return outcomes


def carry_out(
    history: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    order: Order,
    random: np.random.Generator,
    limit: int | None = None,
    blind: bool = False,
) -> Outcome:
    """Return what an order brings out of a register with this history.

    Near-linear: blocks that never met are looked at one by one, and equal ones once.

    Parameters
    ----------
    limit : of gates times the operators that are carried back through them; by default MAX_WORK.
    blind : whether what is measured are bits of a pad that gates have undone already. Such a bit can depend
        on the state only together with what a server saw, which its owner does not know: it is random.

    Raises
    ------
    InvalidInputError : outputs for another number of inputs, too much work, or a measurement that would
        show the state that was put in.
    """
    whole = history + stim.Circuit(order.circuit)
    if len(order.outputs) != len(inputs):
        raise InvalidInputError(
            f"A register of {len(inputs)} qubits does not come out on {len(order.outputs)} wires.",
            "Name a wire for every qubit.",
        )
    parts = _parts(whole, num_wires, inputs, order, limit)
    error_x, error_z = _draw_noise(whole, num_wires, random)
    kinds: dict[tuple[object, ...], _Kind] = {}
    outcomes = np.zeros(len(order.measured), dtype=bool)
    drawn: list[tuple[_Part, _Kind, Bits]] = []
    for part in parts:
        kind = _kind_of(part, inputs, order, kinds, blind)
        ideal = kind.draw(random)
        wires = [order.measured[i] for i in part.looks]
        outcomes[list(part.looks)] = ideal ^ error_x[wires]
        drawn.append((part, kind, ideal))
    undo_x, undo_z = order.undo(outcomes)
    outputs = np.asarray(order.outputs, dtype=np.int64)
    pauli_x, pauli_z = error_x[outputs] ^ undo_x, error_z[outputs] ^ undo_z
    lines: list[str] = []
    fidelity: float | None = 1.0
    for part, kind, ideal in drawn:
        ports = list(part.ports)
        if not ports:
            continue
        if kind.image is None:
            lines += _on(mixed_image(kind.algebra.known, len(ports), ideal, random), ports)
        else:
            lines += _on(kind.image, ports)
            x, z = pauli_of_outcomes(kind.algebra.known, ideal)
            pauli_x[ports] ^= x
            pauli_z[ports] ^= z
        one = kind.likelihood.fidelity(outcomes[list(part.looks)], undo_x[ports], undo_z[ports])
        fidelity = None if one is None or fidelity is None else fidelity * one
    lines += [f"X {_numbers(pauli_x & ~pauli_z)}", f"Y {_numbers(pauli_x & pauli_z)}"]
    lines += [f"Z {_numbers(pauli_z & ~pauli_x)}"]
    frame = "\n".join(line for line in lines if not line.endswith(" "))
    return Outcome(frame, tuple(outcomes.astype(int).tolist()), fidelity)


def look(
    history: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    wires: Sequence[int],
    random: np.random.Generator,
) -> tuple[tuple[int, ...], stim.Circuit]:
    """Measure wires in the Z basis in the middle of things; return outcomes and the history from then on.

    Looking settles the noise so far: it becomes a definite Pauli. A random outcome m of P turns a
    stabiliser Q that anticommutes with it into mP: the Clifford (Q + mP)/sqrt2 does.

    Raises
    ------
    InvalidInputError : an outcome depends on the state that was put in.
    """
    order = Order("", (), tuple(wires))
    error_x, error_z = _draw_noise(history, num_wires, random)
    settled = history.without_noise()
    settled += _paulis(error_x, error_z)
    outcomes = np.zeros(len(wires), dtype=bool)
    kinds: dict[tuple[object, ...], _Kind] = {}
    for part in _parts(settled, num_wires, inputs, order):
        if not part.looks:
            continue
        kind = _kind_of(part, inputs, order, kinds)
        ideal = kind.draw(random)
        outcomes[list(part.looks)] = ideal
        for (stabiliser, turned), value in zip(
            kind.algebra.branches, _values(kind.algebra, ideal), strict=True
        ):
            settled += _collapse(stabiliser, -turned if value else turned, part.block.wires.tolist())
    return tuple(outcomes.astype(int).tolist()), settled


def _values(found: Algebra, outcomes: Bits) -> list[bool]:
    """Return for each branch whether the product that it turned came out as -1."""
    return [bool(sum(outcomes[_places(found, i)]) % 2) for i in range(len(found.branches))]


def _places(found: Algebra, branch: int) -> list[int]:
    return np.flatnonzero(found.turned[branch]).tolist()


def _collapse(stabiliser: stim.PauliString, value: stim.PauliString, wires: Sequence[int]) -> stim.Circuit:
    """Return the gates of (Q + P)/sqrt2 = Q exp(i pi/4 R) with i R = Q P, for anticommuting Q and P."""
    product = (stabiliser * value) / 1j
    circuit = stim.Circuit()
    targets = [stim.target_pauli(wires[i], "IXYZ"[product[i]]) for i in product.pauli_indices()]
    gate = "SPP_DAG" if product.sign == 1 else "SPP"
    circuit.append(gate, stim.target_combined_paulis(targets))
    for i in stabiliser.pauli_indices():
        circuit.append("IXYZ"[stabiliser[i]], [wires[i]])
    return circuit


@contextmanager
def without_limit() -> Iterator[None]:
    """Do whatever it takes: a key was consumed, and what it opened is owed to its owner."""
    before = _work.set(float("inf"))
    try:
        yield
    finally:
        _work.reset(before)


def _parts(
    circuit: stim.Circuit, num_wires: int, inputs: Sequence[int], order: Order, limit: int | None = None
) -> list[_Part]:
    ends = order.outputs or inputs
    together = [*zip(inputs, ends, strict=True), *((wire,) for wire in order.measured)]
    found, block_of = blocks(circuit, num_wires, together)
    ports: list[list[int]] = [[] for _ in found]
    looks: list[list[int]] = [[] for _ in found]
    for i, wire in enumerate(inputs):
        ports[block_of[wire]].append(i)
    for i, wire in enumerate(order.measured):
        looks[block_of[wire]].append(i)
    parts = [
        _Part(block, tuple(p), tuple(m)) for block, p, m in zip(found, ports, looks, strict=True) if p or m
    ]
    carried = (2 * len(p.ports) * bool(order.outputs) + len(p.looks) for p in parts)
    work = sum(len(p.block.circuit) // 4 * n for p, n in zip(parts, carried, strict=True))
    if work > next(one for one in (limit, _work.get(), MAX_WORK) if one is not None):
        raise InvalidInputError(
            f"To follow {len(order.measured):,} measurements through this register is too much work at once.",
            "Ask for less: get without --correct, and of what ran no long program.",
        )
    return parts


def _kind_of(
    part: _Part,
    inputs: Sequence[int],
    order: Order,
    kinds: dict[tuple[object, ...], _Kind],
    blind: bool = False,
) -> _Kind:
    block = part.block
    ins = block.local([inputs[i] for i in part.ports])
    outs = block.local([order.outputs[i] for i in part.ports]) if order.outputs else ()
    looks = block.local([order.measured[i] for i in part.looks])
    key = block.circuit, len(block.wires), ins, outs, looks
    if key not in kinds:
        kinds[key] = _Kind(block, ins, outs, looks)
        if kinds[key].algebra.reveals and not blind:
            raise InvalidInputError(
                "What is to be measured depends on the state that was put in; looking would change it.",
                "Recover without --correct, or from another server.",
            )
    return kinds[key]


def _draw_noise(circuit: stim.Circuit, num_wires: int, random: np.random.Generator) -> tuple[Bits, Bits]:
    simulator = stim.FlipSimulator(
        batch_size=1,
        disable_stabilizer_randomization=True,
        num_qubits=num_wires,
        seed=int(random.integers(2**63)),
    )
    simulator.do(circuit)
    x, z = simulator.peek_pauli_flips(instance_index=0).to_numpy()
    return x, z


def _on(circuit: stim.Circuit, places: Sequence[int]) -> list[str]:
    """Return the circuit's lines with qubit i at `places[i]`."""
    if not len(circuit):
        return []
    return [f"{gate.name} {' '.join(str(places[t.value]) for t in gate.targets_copy())}" for gate in circuit]


def _paulis(x: Bits, z: Bits) -> stim.Circuit:
    circuit = stim.Circuit()
    for gate, where in (("X", x & ~z), ("Y", x & z), ("Z", z & ~x)):
        if where.any():
            circuit.append(gate, np.flatnonzero(where))
    return circuit


def _numbers(where: Bits) -> str:
    return " ".join(map(str, np.flatnonzero(where).tolist()))
