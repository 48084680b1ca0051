"""Run an experiment over a grid, on any number of workers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse

RANK = 200


@click.command("sweep")
@click.argument("spec", type=click.Path(path_type=Path))
@click.option("--scheduler", metavar="ADDRESS", help="A running dask scheduler, such as tcp://10.0.0.1:8786.")
@click.option("--workers", type=click.IntRange(1), help="Local processes; by default one a core.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the results; by default beside SPEC.")
@json_option
def command(spec: Path, scheduler: str | None, workers: int | None, out: Path | None, as_json: bool) -> int:
    """Run the experiment that SPEC describes over its grid; finished points are never repeated.

    Exit status: 0 every point is there, 1 some points failed, 2 the spec makes no sense.
    """
    from qclone.sweep import read_sweep, run_sweep

    refuse(("workers",), "with --scheduler, which has its own", unless=scheduler is None)
    sweep = read_sweep(spec)
    folder = out or spec.with_suffix(".results")
    with progress_bar(f"{sweep.experiment}, {sweep.num_points} points") as progress:
        summary = run_sweep(sweep, folder, scheduler, workers, progress)
    text = (
        f"{summary.computed} points computed in {summary.seconds:.1f} s, {summary.resumed} were there, "
        f"{summary.failed} failed: {folder}"
    )
    first = f"The first that failed: {summary.first_failure}" if summary.failed else ""
    text += f"\n{first}" if first else ""
    emit(as_json, {"out": str(folder), **asdict(summary)}, text, quiet=first)
    return 1 if summary.failed else 0
