"""Reading key qubits: outcomes as they would be without noise, the state that they leave, and the noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import stim

from qclone.store._algebra import Bits
from qclone.store._measured import _collapse, _Kind, _kind_of, _parts, _values
from qclone.store._order import Order


def draw_ideal(
    circuit: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    wires: Sequence[int],
    random: np.random.Generator,
) -> Bits:
    """Draw the outcomes of wires at the end of a circuit as they are without noise."""
    _, outcomes = collapsed(circuit, num_wires, inputs, wires, random)
    return outcomes


def collapsed(
    circuit: stim.Circuit,
    num_wires: int,
    inputs: Sequence[int],
    wires: Sequence[int],
    random: np.random.Generator,
    blind: bool = False,
) -> tuple[stim.Circuit, Bits]:
    """Draw outcomes, and return the gates that bring about what they leave, for the very start.

    The random product m P of outcomes, carried back to the start, anticommutes with Z of some wire that was
    |0>: the Clifford (Z + m P)/sqrt2 there projects onto m P here. Whatever is done to other wires in
    between, Clifford or not, commutes with P.

    Parameters
    ----------
    blind : see `carry_out`; what depends on the state is drawn and leaves it as it is.

    Raises
    ------
    InvalidInputError : an outcome depends on the state that was put in.
    """
    plain = circuit.without_noise()
    order = Order("", (), tuple(wires))
    outcomes = np.zeros(len(wires), dtype=bool)
    kinds: dict[tuple[object, ...], _Kind] = {}
    first = stim.Circuit()
    for part in _parts(plain, num_wires, inputs, order) if wires else []:
        if not part.looks:
            continue
        kind = _kind_of(part, inputs, order, kinds, blind)
        ideal = kind.draw(random)
        outcomes[list(part.looks)] = ideal
        own, names = stim.Circuit(part.block.circuit), part.block.wires.tolist()
        for (stabiliser, turned), value in zip(
            kind.algebra.branches, _values(kind.algebra, ideal), strict=True
        ):
            start, product = (p.before(own) if len(own) else p for p in (stabiliser, turned))
            first += _collapse(start, -product if value else product, names)
    return first, outcomes


def draw_noise(
    circuit: stim.Circuit, then: stim.Circuit, num_wires: int, random: np.random.Generator
) -> tuple[tuple[Bits, Bits], tuple[Bits, Bits]]:
    """Draw all noise of two circuits in a row; return its X and Z parts after the first and in the end."""
    simulator = stim.FlipSimulator(
        batch_size=1,
        disable_stabilizer_randomization=True,
        num_qubits=num_wires,
        seed=int(random.integers(2**63)),
    )
    found = []
    for part in (circuit, then):
        simulator.do(part)
        found.append(simulator.peek_pauli_flips(instance_index=0).to_numpy())
    return found[0], found[1]
