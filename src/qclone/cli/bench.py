"""Run the benchmarks and print ratios."""

from __future__ import annotations

from dataclasses import asdict

import click

from qclone.cli._bench_computing import command as computing
from qclone.cli._bench_faults import command as faults
from qclone.cli._bench_faults import powercuts
from qclone.cli._bench_processes import COMMANDS
from qclone.cli._numbers import COUNT, NATURAL, SEED
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse

RANK = 220


@click.group("bench", invoke_without_command=True)
@click.option("--full", is_flag=True, help="The sizes of the published claims; takes minutes.")
@json_option
@click.pass_context
def command(context: click.Context, full: bool, as_json: bool) -> None:
    """Run the benchmark suite and print ratios, or one benchmark by its name."""
    if context.invoked_subcommand is not None:
        refuse(("full", "as_json"), f"before {context.invoked_subcommand}")
        return
    from qclone.bench import machine, run_suite, suite

    ratios = []
    total = len(suite(full=full))
    with progress_bar("benchmarks") as progress:
        for ratio in run_suite(full=full):
            ratios.append(ratio)
            progress(len(ratios), total)
    here = machine()
    lines = [f"Python {here['python']}, {here['processor']}, {here['cores']} cores"]
    for r in ratios:
        lines.append(f"{r.name}: {r.speedup:.3g} times faster")
        lines.append(f"    {r.ours}: {r.our_seconds:.3g} s; {r.theirs}: {r.their_seconds:.3g} s")
    rows = [{**asdict(r), "speedup": r.speedup} for r in ratios]
    emit(as_json, {"machine": here, "ratios": rows}, "\n".join(lines))


@command.command("scale")
@click.option("--clones", type=COUNT, default=100_000, show_default=True, help="Number of encrypted clones.")
@click.option(
    "--shots", type=NATURAL, default=0, show_default=True, help="Also take this many noisy samples."
)
@click.option("--seed", type=SEED, help="Makes the samples reproducible.")
@json_option
def scale(clones: int, shots: int, seed: int | None, as_json: bool) -> None:
    """Measure one round trip with noise on every gate: building it and its exact fidelity."""
    from qclone.bench import machine, run_scale

    refuse(("seed",), "without --shots: what is not sampled is exact", unless=shots > 0)

    result = run_scale(clones, shots, seed)
    text = (
        f"{clones} clones, {result.qubits} qubits: exact fidelity {result.fidelity:.9f}\n"
        f"{result.seconds:.2f} s (building {result.build_seconds:.2f} s), {result.peak_bytes / 1e9:.2f} GB"
    )
    if result.sampled_seconds is not None:
        text += (
            f"\n{shots} samples: {result.sampled_fidelity:.5f} +- {result.sampled_error:.5f} "
            f"in {result.sampled_seconds:.2f} s"
        )
    emit(as_json, {**asdict(result), "machine": machine()}, text)


for _command in (*COMMANDS, computing, faults, powercuts):
    command.add_command(_command)
