"""qclone bench faults, powercuts: the cloud under seeded schedules of faults, and what a power cut leaves."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._numbers import SEED
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar

if TYPE_CHECKING:
    from qclone.faults import Outcome


@click.command("faults")
@click.option(
    "--seeds", type=click.IntRange(min=1), default=1000, show_default=True, help="How many schedules."
)
@click.option("--first-seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="K")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="one a core",
    help="Processes to run them in; the result does not depend on it.",
)
@click.option("--trace", is_flag=True, help="Print every event of the schedules; meant for one.")
@json_option
@click.pass_context
def command(
    context: click.Context, seeds: int, first_seed: int, workers: int, trace: bool, as_json: bool
) -> None:
    """Simulate crashes, power cuts, bad networks, full disks, servers that lie and tamper.

    One seed is one schedule of faults.

    Exit status: 1 if an invariant was violated; the seed replays the schedule exactly.
    """
    from qclone.faults import run_schedules

    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    violating: list[Outcome] = []
    steps, done, lines = 0, 0, []
    with progress_bar("schedules") as progress:
        for outcome in run_schedules(range(first_seed, first_seed + seeds), workers, trace):
            faults.update(outcome.faults)
            outcomes.update(outcome.outcomes)
            steps += outcome.steps
            violating += [outcome] if outcome.violations else []
            if trace:
                lines += [f"seed {outcome.seed}", *outcome.trace]
            progress(done := done + 1, seeds)
    for outcome in violating:
        lines.append(f"Seed {outcome.seed} violates an invariant:")
        lines += [f"  {violation}" for violation in outcome.violations]
        lines.append(f"  qclone bench faults --seeds 1 --first-seed {outcome.seed} --trace")
    lines += _table("faults", faults) + _table("outcomes", outcomes)
    lines.append(
        f"{seeds} schedules, {steps} steps, {sum(faults.values())} faults: {len(violating)} violations."
    )
    document = {
        "schedules": seeds,
        "first_seed": first_seed,
        "steps": steps,
        "violations": len(violating),
        "violating": [
            {"seed": v.seed, "violations": list(v.violations), "trace": list(v.trace)} for v in violating
        ],
        "faults": dict(faults.most_common()),
        "outcomes": dict(outcomes.most_common()),
    }
    emit(as_json, document, "\n".join(lines))
    context.exit(1 if violating else 0)


def _table(title: str, counts: Counter[str]) -> list[str]:
    return [title, *(f"  {count:9,}  {kind.replace('_', ' ')}" for kind, count in counts.most_common())]


@click.command("powercuts")
@click.option("--cuts", type=click.IntRange(min=1), default=1000, show_default=True, help="How many.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of when, and of what is lost.")
@json_option
def powercuts(cuts: int, seed: int, as_json: bool) -> int:
    """Cut the power around `qclone get -o`: the register is in its file, or its owner recovers it.

    What the command does to files is recorded once, with strace, on Linux. After each cut what was not
    synced, names of files too, is kept or lost at random. Exit status: 1 if a register is gone.
    """
    from qclone.bench.powercuts import run_powercuts

    with tempfile.TemporaryDirectory() as folder, progress_bar("cuts") as progress:
        result = run_powercuts(Path(folder), cuts, seed, progress=progress)
    found = ", ".join(f"{kind} {times:,}" for kind, times in sorted(result.outcomes.items()))
    lines = [
        f"{cuts:,} power cuts between {result.calls:,} system calls that changed files. Registers: {found}",
        *(result.violations or ["none was gone"]),
    ]
    emit(as_json, asdict(result), "\n".join(lines))
    return 1 if result.violations else 0
