"""Start a whole cloud of processes on this machine."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._cloud import cloud_option
from qclone.cli._duration import duration
from qclone.cli._numbers import COUNT, PROBABILITY
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse
from qclone.cli._secret import postgres_option

RANK = 240


@click.command("up")
@click.option("--servers", type=COUNT, default=5, show_default=True, help="Servers of a new cloud.")
@click.option("--t1", "t1_s", type=duration, help="Relaxation time of a new cloud's memories.")
@click.option("--t2", "t2_s", type=duration, help="Dephasing time of a new cloud's memories.")
@click.option(
    "--link-fidelity", type=PROBABILITY, default=1.0, show_default=True, help="Of a journey, in a new cloud."
)
@click.option(
    "--link-loss",
    type=PROBABILITY,
    default=0.0,
    show_default=True,
    help="Qubits lost a journey, in a new cloud.",
)
@postgres_option("Fabric and ledger in a PostgreSQL database, not in files.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes for the fabric, and as many for the ledger.",
)
@click.option("--web", "as_page", is_flag=True, help="Then serve its page, until Ctrl-C; the cloud stays up.")
@cloud_option
@json_option
def command(
    *,
    servers: int,
    t1_s: float | None,
    t2_s: float | None,
    link_fidelity: float,
    link_loss: float,
    postgres: str | None,
    workers: int,
    as_page: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Start the fabric, the ledger and every server of a cloud, supervised, with logs.

    From then on every command that is given this cloud works across the network.
    """
    from qclone.service import up
    from qclone.store import Links, Memory

    refuse(
        ("servers", "t1_s", "t2_s", "link_fidelity", "link_loss"),
        f"for the cloud that is in {directory} already",
        unless=not (directory / "ledger.db").exists(),
    )
    t1_s = math.inf if t1_s is None else t1_s
    memory = Memory(t1_s, 2 * t1_s if t2_s is None else t2_s)
    links = Links(link_fidelity, link_loss)
    with progress_bar("starting") as progress:
        parts = up(directory, servers, memory, links, progress, postgres=postgres, workers=workers)
    text = f"{len(parts) - 2} servers, the fabric and the ledger serve. Logs: {directory / 'logs'}"
    if not (as_page and as_json):  # then the one document is the page's address
        emit(as_json, {"cloud": str(directory), "parts": [asdict(part) for part in parts]}, text, quiet="")
    if as_page:
        from qclone.cli._page import page

        page(directory, port=0, open_browser=True, as_json=as_json)
