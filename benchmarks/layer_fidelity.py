"""Gates side by side: the layer fidelity that IBM measured, against the twin, whose gates know no neighbours.

python benchmarks/layer_fidelity.py --device kingston --length 50

A layer fidelity (D. McKay et al., arXiv:2311.05933) is measured on a chain of qubits with all gates of a
layer at once and a random one-qubit Clifford on every qubit in between; calibration snapshots carry it for
the best chain of each length. The twin's is the product over couplers of (1 - 5/4 e), and over their ends of
(1 - 3/2 e) a pulse, on the best chain that a beam search finds. A Clifford is 5/6 of a pulse on average, 2 if
all are compiled alike.
"""

from __future__ import annotations

from math import exp, log

import click

from qclone.device import Device, depolarizing, fake_backend, load_device

BEAM = 1500


def chain(device: Device, length: int, pulses: float) -> float:
    """Return -log of the layer fidelity of the best chain of that many qubits."""

    def cost(a: int, b: int) -> float:
        ends = (depolarizing(device.qubit(q).gate_error, 1) for q in (a, b))
        gate = depolarizing(device.coupler(a, b).error, 2)
        return -log(1 - gate) - pulses * sum(log(1 - strikes) for strikes in ends)

    paths = [((q,), 0.0) for q in device.working_qubits]
    for _ in range(length - 1):
        longer: dict[tuple[int, frozenset[int]], tuple[tuple[int, ...], float]] = {}
        for path, so_far in paths:
            for q in device.graph.neighbors(path[-1]):
                if q not in path:
                    total = so_far + cost(path[-1], q)
                    key = q, frozenset(path[-12:])
                    if key not in longer or total < longer[key][1]:
                        longer[key] = (*path, q), total
        paths = sorted(longer.values(), key=lambda found: found[1])[:BEAM]
    if not paths:
        raise click.ClickException(f"The search found no chain of {length} qubits on {device.name}.")
    return paths[0][1]


@click.command()
@click.option("--device", "name", default="kingston", show_default=True)
@click.option("--length", default=50, show_default=True, help="Number of qubits in the chain.")
def main(name: str, length: int) -> None:
    """Print the measured layer fidelity, the twin's, and the ratio of their logarithms."""
    general = fake_backend(name).properties().general
    measured = {entry.name: entry.value for entry in general}[f"lf_{length}"]
    click.echo(f"{name}, best chain of {length} qubits: measured {measured:.3f}")
    for pulses in (5 / 6, 2):
        found = chain(load_device(name), length, pulses)
        click.echo(
            f"twin, {pulses:.2f} pulses a Clifford: {exp(-found):.3f}; "
            f"errors measured / twin {-log(measured) / found:.2f}"
        )


if __name__ == "__main__":
    main()
