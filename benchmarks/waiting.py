"""What it would take: phase errors that make the twin's CHSH values the published ones.

python benchmarks/waiting.py --seeds 7

Scenario 2-1 lets all qubits wait until the ancilla is measured. The published S of 2-1 over that of 2-2,
times the twin's 2-2, is what the twin would have to give. Printed is the probability of one more Z error
on every qubit at that moment that does it, then S if only the qubits coupled to
the ancilla lost their phase, but altogether: medians over routings, and extremes.
"""

from __future__ import annotations

from math import exp, sqrt
from statistics import median

import click
import stim
from qiskit import QuantumCircuit

from qclone.device import load_device
from qclone.experiments import Direction, Interleaving, Setup, in_directions, run_row
from qclone.simulate import noisy, record_expectations

DEVICE = load_device("kingston")
ROUNDS = 12


def chsh(placed: QuantumCircuit, flips: float, near: bool = False) -> float:
    """Return S = sqrt2 (<ZZ> + <XX>), with a Z error on every qubit that waits for the first measurement.

    Parameters
    ----------
    flips : probability of the error.
    near : only on qubits that are coupled to the measured one.
    """
    total = 0.0
    for direction in (Direction.Z, Direction.X):
        circuit = noisy(in_directions(placed, {0: direction, 1: direction}), DEVICE)
        first = next(i for i, instruction in enumerate(circuit) if instruction.name == "M")
        (measured,) = circuit[first].targets_copy()
        struck = {placed.find_bit(q).index for i in placed.get_instructions("cz") for q in i.qubits}
        struck &= set(DEVICE.graph.neighbors(measured.value)) if near else struck - {measured.value}
        errors = stim.Circuit()
        errors.append("Z_ERROR", sorted(struck), flips)
        total += record_expectations(circuit[:first] + errors + circuit[first:], [[0, 1]])[0]
    return sqrt(2) * total


def needed(placed: QuantumCircuit, wanted: float) -> float:
    """Return the probability, by bisection."""
    low, high = 0.0, 0.5
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if chsh(placed, middle) > wanted else (low, middle)
    return low


@click.command()
@click.option("--seeds", default=7, show_default=True, help="Number of routings.")
def main(seeds: int) -> None:
    """Print, for each n, the extra phase error a qubit."""
    t2_s = median(DEVICE.qubit(q).t2_s for q in DEVICE.working_qubits)
    usual = (1 - exp(-DEVICE.measurement_duration_s / t2_s)) / 2
    click.echo(f"T2 gives {usual:.4f} in {DEVICE.measurement_duration_s * 1e6:.2f} us; needed on top of it:")
    for n in range(2, 7):
        first, together, *_ = Interleaving(clones=(n,)).rows()
        assert first.published and together.published
        ratio = first.published.value / together.published.value
        found, dephased = [], []
        for seed in range(seeds):
            setup = Setup(DEVICE, seed=seed, layout="topology")
            reference = run_row(together, setup)[0].estimate.value
            placed = setup.place(first)
            found.append(needed(placed, ratio * reference))
            dephased.append(chsh(placed, 0.5, near=True))
        click.echo(
            f"n = {n}: {_told(found)}; neighbours without phase: S = {_told(dephased)}, "
            f"published {first.published.value}"
        )


def _told(values: list[float]) -> str:
    return f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
