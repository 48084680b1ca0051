"""Settings that are not Clifford: cloned GHZ states along an angle, sampled in bloqade-tsim and in Aer.

python benchmarks/non_clifford.py --sizes 3,4,5 --shots 2000 --aer-shots 20

Both sample the same placed circuit with the same noise of kingston, in one run; processor time, which other
programs leave alone. What tsim compiles is in its first figure; the second is the same circuit once more. Aer
is timed for few shots and the rest is in proportion: each is a trajectory of the state vector.
"""

from __future__ import annotations

import time
from math import sqrt

import click

from qclone.device import load_device
from qclone.experiments import ParallelGhz, Setup
from qclone.experiments._direction import in_directions
from qclone.experiments._exact import Exact
from qclone.simulate import TwinSampler


@click.command()
@click.option("--sizes", default="3,4,5", show_default=True, help="Numbers of qubits r.")
@click.option("--shots", default=2000, show_default=True)
@click.option("--aer-shots", default=20, show_default=True, help="0 leaves Aer out.")
def main(sizes: str, shots: int, aer_shots: int) -> None:
    kingston = load_device("kingston")
    for r in map(int, sizes.split(",")):
        (row,) = ParallelGhz(sizes=(r,)).rows()
        setup = Setup(kingston)
        placed, settings = setup.place(row), row.measurement.settings()
        circuit = in_directions(placed, dict(enumerate(settings["M1"])))
        qubits = len({q for i in placed.data for q in i.qubits if i.operation.name != "barrier"})
        exact = Exact(placed, settings, kingston, setup.rules, shots).parities("M1", [range(r)])[0].value
        click.echo(f"r = {r}: {qubits} qubits, parity along M1 exactly {exact:.4f}")
        for name, count, times in (("tsim", shots, 2), ("aer", aer_shots, 1)):
            for _ in range(times if count else 0):
                start = time.process_time()
                sampler = TwinSampler(kingston, seed=1, beyond=name)
                counts = sampler.run([circuit], shots=count).result()[0].data.c.get_counts()
                seconds = time.process_time() - start
                found = sum((-1) ** key.count("1") * n for key, n in counts.items()) / count
                error = sqrt(max(1 - found**2, 1 / count) / count)
                each = f"{seconds / count * shots:.1f} s for {shots}"
                click.echo(
                    f"  {name}: {seconds:.2f} s for {count} shots ({each}), {found:.3f} +- {error:.3f}"
                )


if __name__ == "__main__":
    main()
