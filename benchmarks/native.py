"""Native circuits against the ladder routed by Qiskit's level 3: exact fidelity on the same twin, in one run.

python benchmarks/native.py --device kingston --clones 2-7 --seeds 20
"""

from __future__ import annotations

from contextlib import suppress

import click
from qiskit import ClassicalRegister

from qclone.circuits import cost_of, round_trip, to_stim
from qclone.device import Device, load_device
from qclone.errors import QcloneError
from qclone.native import build, fidelity
from qclone.scheme import Canonical
from qclone.simulate import noisy, record_expectations, route


def routed(num_clones: int, device: Device, seed: int) -> tuple[float, int, int]:
    """Fidelity, layers and gates of the ladder circuit routed with one seed."""
    scheme = Canonical(num_clones, "ladder")
    values = []
    for basis in "XYZ":
        circuit = round_trip(scheme, "S1", reference=True)
        bits = ClassicalRegister(2)
        circuit.add_register(bits)
        for qubit, bit in zip((scheme.num_qubits, scheme.index("S1")), bits, strict=True):
            if basis == "Y":
                circuit.sdg(qubit)
            if basis != "Z":
                circuit.h(qubit)
            circuit.measure(qubit, bit)
        placed = route(circuit, device, seed)
        values.append(float(record_expectations(noisy(placed, device), [[0, 1]])[0]))
    placed.remove_final_measurements()
    cost = cost_of(to_stim(placed))
    return (1 + values[0] - values[1] + values[2]) / 4, cost.layers, cost.gates


@click.command()
@click.option("--device", "name", default="kingston")
@click.option("--clones", default="2-7")
@click.option("--seeds", default=20)
def main(name: str, clones: str, seeds: int) -> None:
    """Print a table: what is native, and the best of the routed ones."""
    device = load_device(name)
    first, _, last = clones.partition("-")
    click.echo("| n | native layers | gates | fidelity | routed layers | gates | fidelity |")
    click.echo("|---" * 7 + "|")
    for n in range(int(first), int(last or first) + 1):
        with suppress(QcloneError):
            show(n, device, seeds)


def show(n: int, device: Device, seeds: int) -> None:
    """Print the row of one number of clones."""
    native = build(Canonical(n), device)
    own = f"{native.cost.layers} | {native.cost.gates} | {fidelity(native):.3f}"
    best = max(routed(n, device, seed) for seed in range(seeds))
    click.echo(f"| {n} | {own} | {best[1]} | {best[2]} | {best[0]:.3f} |")


main()
