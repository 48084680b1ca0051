"""What the choice of a routing does to the twin's distance from the published values.

python benchmarks/routing.py --seeds 7

Every published fidelity is routed with several seeds, by level 3 on a device whose couplers all look
alike; then rules that choose one of them are compared: rms and mean of twin less published, and the
geometric mean of our layers over the published ones. After that, layouts that know the calibration, the
CHSH values if a measurement took 3 us, as the paper says, and what a routing costs beside Qiskit's own
level 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from math import log
from statistics import fmean, geometric_mean
from time import process_time

import click
import rustworkx
from qiskit import transpile

from qclone.device import load_device, target_of
from qclone.experiments import (
    Interleaving,
    ParallelGhz,
    Result,
    Row,
    Sensitivity,
    Series,
    Setup,
    deviation,
    run,
)
from qclone.simulate import route

DEVICE = load_device("kingston")
WAIT_S = 3e-6
Rule = Callable[[Sequence[Result]], Result]


def median_value(tries: Sequence[Result]) -> Result:
    """The try with the median value, as experiments take it."""
    return sorted(tries, key=lambda r: r.estimate.value)[len(tries) // 2]


def fewest_layers(tries: Sequence[Result]) -> Result:
    """The shallowest."""
    return min(tries, key=lambda r: r.layers)


def nearest_layers(tries: Sequence[Result]) -> Result:
    """The one whose depth is most like the published one."""
    return min(tries, key=lambda r: abs(log(r.layers / _published_layers(r))))


def measured(rows: Sequence[Row], setup: Setup, label: str) -> list[Result]:
    """Run rows, with a progress bar."""
    with click.progressbar(length=len(rows), label=label) as bar:
        return run(rows, setup, progress=lambda done, _: bar.update(done - bar.pos))


def beside_qiskit(rows: Sequence[Row]) -> float:
    """Processor time of our routing over that of Qiskit's level 3, for the same circuits, in turns."""
    ours = theirs = 0.0
    for row in rows:
        circuit = row.body()
        started = process_time()
        route(circuit, DEVICE, 0)
        between = process_time()
        transpile(circuit, target=target_of(DEVICE), optimization_level=3, seed_transpiler=0)
        ours, theirs = ours + between - started, theirs + process_time() - between
    return ours / theirs


def told(name: str, results: Sequence[Result], table: str = "fidelities") -> str:
    """A line of the table."""
    found = deviation(results)[table]
    return f"| {name} | {found['rms']:.3f} | {found['mean']:+.3f} | {_depth(results)} |"


def _depth(results: Iterable[Result]) -> str:
    ratios = [r.layers / _published_layers(r) for r in results if _published_layers(r)]
    return f"{geometric_mean(ratios):.2f}" if ratios else ""


def _published_layers(result: Result) -> int:
    return (result.published and result.published.layers) or 0


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=7, show_default=True, help="Routings of every row.")
def main(seeds: int) -> None:
    """Print the tables."""
    connected = max(map(len, rustworkx.connected_components(DEVICE.graph)))
    experiments = (Sensitivity(), Series(capacity=connected), ParallelGhz())
    rows = [row for e in experiments for row in e.rows() if row.published and row.published.table != "text"]
    plain = Setup(DEVICE, layout="topology")
    runs = [measured(rows, replace(plain, seed=seed), f"seed {seed}") for seed in range(seeds)]
    tries = list(zip(*runs, strict=True))
    rules: list[tuple[str, Rule, int]] = [
        *((f"median value of {k}", median_value, k) for k in range(3, seeds + 1, 2)),
        *((f"fewest layers of {k}", fewest_layers, k) for k in range(3, seeds + 1, 2)),
        ("layers nearest to the published", nearest_layers, seeds),
    ]
    click.echo("| rule | rms | mean | layers |\n|---|---|---|---|")
    each = [deviation(one)["fidelities"] for one in runs]
    click.echo(
        f"| one routing, mean of {seeds} | {fmean(e['rms'] for e in each):.3f} "
        f"| {fmean(e['mean'] for e in each):+.3f} | {_depth(chain(*runs))} |"
    )
    for name, rule, k in rules:
        click.echo(told(name, [rule(row[:k]) for row in tries]))
    click.echo(told("calibrated layout, one routing", measured(rows, Setup(DEVICE), "calibrated")))
    chsh, several = Interleaving().rows(), replace(plain, tries=5)
    longer = replace(several, device=replace(DEVICE, measurement_duration_s=WAIT_S))
    for name, setup in (
        ("CHSH", several),
        ("CHSH, 3 us", longer),
        ("CHSH, calibrated layout, one routing", Setup(DEVICE)),
    ):
        click.echo(told(name, measured(chsh, setup, name), "II"))
    click.echo(f"\nA routing takes {beside_qiskit(rows):.2f} of the processor time of Qiskit's level 3.")


if __name__ == "__main__":
    main()
