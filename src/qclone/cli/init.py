"""Make a cloud of servers."""

from __future__ import annotations

import math
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._duration import duration
from qclone.cli._numbers import COUNT, PROBABILITY
from qclone.cli._output import counted, emit, json_option

RANK = 20


@click.command("init")
@cloud_option
@click.option("--servers", type=COUNT, default=5, show_default=True, metavar="N", help="How many servers.")
@click.option("--t1", type=duration, metavar="TIME", help="Relaxation time of every qubit; none by default.")
@click.option("--t2", type=duration, metavar="TIME", help="Dephasing time; at most, and by default, 2 T1.")
@click.option(
    "--link-fidelity",
    type=PROBABILITY,
    default=1.0,
    show_default=True,
    metavar="F",
    help="Of a qubit's journey.",
)
@click.option(
    "--link-loss",
    type=PROBABILITY,
    default=0.0,
    show_default=True,
    metavar="P",
    help="Qubits lost a journey.",
)
@json_option
def command(
    *,
    directory: Path,
    servers: int,
    t1: float | None,
    t2: float | None,
    link_fidelity: float,
    link_loss: float,
    as_json: bool,
) -> None:
    """Make a cloud of N servers in an empty directory."""
    from qclone.store import Cloud, Links, Memory

    t1_s = math.inf if t1 is None else t1
    memory = Memory(t1_s, 2 * t1_s if t2 is None else t2)
    cloud = Cloud.create(directory, servers, memory, Links(link_fidelity, link_loss))
    names = list(cloud.fabric.sites())
    cloud.close()
    document = {
        "cloud": str(directory),
        "servers": names,
        "t1_s": t1,
        "t2_s": memory.t2_s if math.isfinite(memory.t2_s) else None,
        "link_fidelity": link_fidelity,
        "link_loss": link_loss,
    }
    each = names[0] if servers == 1 else f"{names[0]} to {names[-1]}"
    emit(as_json, document, f"A cloud of {counted(servers, 'server')} ({each}) is in {directory}.", quiet="")
