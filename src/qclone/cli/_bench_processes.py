"""`qclone bench service`, `race` and `kills`: the cloud of processes, measured and tried hard."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._numbers import SEED, Real
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar


@click.command("service")
@click.option("--qubits", type=click.IntRange(1, 100), default=5, show_default=True)
@click.option("--servers", type=click.IntRange(1, 100), default=8, show_default=True)
@click.option("--clients", type=click.IntRange(1, 64), default=4, show_default=True, help="That put at once.")
@click.option("--seconds", type=Real(0.1, 3600), default=10.0, show_default=True, help="A cloud.")
@json_option
def service(qubits: int, servers: int, clients: int, seconds: float, as_json: bool) -> None:
    """Measure puts of a register to a service and, in the same run, to an embedded cloud."""
    from qclone.bench import machine
    from qclone.bench.processes import measure_puts

    with tempfile.TemporaryDirectory() as folder:
        puts = measure_puts(Path(folder), qubits, servers, clients, seconds)
    lines = [f"Puts of {qubits} qubits on {servers} servers; load average before: {puts.load_average:.1f}"]
    for kind, rate in (("embedded", puts.embedded), ("service", puts.service)):
        cpu = "" if rate.cpu_ms_per_put is None else f"; {rate.cpu_ms_per_put:.1f} ms of processor time a put"
        lines.append(
            f"{kind}: median {rate.median_ms:.1f} ms, 95% within {rate.p95_ms:.1f} ms; "
            f"{clients} clients: {rate.puts_per_s:.0f} puts/s{cpu}"
        )
    emit(as_json, {**asdict(puts), "machine": machine()}, "\n".join(lines))


@click.command("race")
@click.option("--clients", type=click.IntRange(2, 1000), default=64, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=1000, show_default=True)
@json_option
def race(clients: int, rounds: int, as_json: bool) -> int:
    """Let clients race for one key a round. Exit status 1 unless one wins and the others hear the same."""
    from qclone.bench.processes import run_races
    from qclone.service import down, up

    with tempfile.TemporaryDirectory() as folder, progress_bar("races") as progress:
        up(Path(folder) / "cloud", servers=2)
        try:
            races = run_races(Path(folder) / "cloud", clients, rounds, progress)
        finally:
            down(Path(folder) / "cloud")
    good = races.is_as_promised
    verdict = "one won, the others were told the same" if good else f"NOT as promised: {asdict(races)}"
    text = f"{rounds} rounds of {clients} clients in {races.seconds:.0f} s: {verdict}."
    emit(as_json, {**asdict(races), "as_promised": good}, text)
    return 0 if good else 1


@click.command("kills")
@click.option("--rounds", type=click.IntRange(1), default=500, show_default=True)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of who is killed when.")
@json_option
def kills(rounds: int, seed: int, as_json: bool) -> int:
    """Kill a process of a working cloud a round and check the cloud. Exit status 1 if a promise is broken."""
    from qclone.bench.processes import run_kills

    with tempfile.TemporaryDirectory() as folder, progress_bar("kills") as progress:
        result = run_kills(Path(folder) / "cloud", rounds, seed, progress)
    victims = ", ".join(f"{name} {times}" for name, times in sorted(result.victims.items()))
    lines = [
        f"{rounds} kills ({victims})",
        f"{result.acknowledged} puts acknowledged, {result.recovered} registers recovered, "
        f"{result.interrupted} of them after a kill between consumption and delivery",
        *(result.violations or ["no promise was broken"]),
    ]
    emit(as_json, asdict(result), "\n".join(lines))
    return 1 if result.violations else 0


@click.command("fuzz")
@click.option("--bodies", type=click.IntRange(0), default=10_000, show_default=True, help="To a service.")
@click.option("--files", type=click.IntRange(0), default=1000, show_default=True, help="For commands.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of what is sent and written.")
@json_option
def fuzz(bodies: int, files: int, seed: int, as_json: bool) -> int:
    """Send what nobody should send. Exit status 1 unless each is answered, in time, in little memory."""
    from qclone.bench.fuzz import fuzz_bodies, fuzz_files
    from qclone.cli._main import main
    from qclone.service import down, up

    with tempfile.TemporaryDirectory() as folder, progress_bar("fuzz") as progress:
        directory = Path(folder) / "service"
        up(directory, servers=2)
        try:
            assault = fuzz_bodies(directory, bodies, seed, progress)
        finally:
            down(directory)
        (Path(folder) / "files").mkdir()
        readings = fuzz_files(Path(folder) / "files", files, main, seed, progress)
    good = assault.is_as_promised and readings.is_as_promised
    lines = [
        f"{bodies:,} bodies in {assault.seconds:.0f} s, answered {assault.statuses}: slowest health check "
        f"{assault.slowest_health_s * 1000:.0f} ms, no part above {assault.peak_bytes / 1e6:.0f} MB, "
        f"{assault.tracebacks} tracebacks.",
        f"{files:,} files in {readings.seconds:.0f} s, exit statuses {readings.exits}: slowest "
        f"{readings.slowest_s:.1f} s, at most {readings.peak_bytes / 1e6:.0f} MB.",
        *readings.surprises,
    ]
    emit(
        as_json, {"bodies": asdict(assault), "files": asdict(readings), "as_promised": good}, "\n".join(lines)
    )
    return 0 if good else 1


COMMANDS = (service, race, kills, fuzz)
