"""`qclone plan`: which way to store a qubit, computed for the hardware at hand."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import click

from qclone.cli._duration import duration
from qclone.cli._figure_file import FigureFile
from qclone.cli._numbers import COUNT, PROBABILITY, Real
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._table import table


@click.command("plan")
@click.option("--servers", type=COUNT, required=True, help="Number of servers.")
@click.option("--time", "time_s", type=duration, default="0s", help="Storage time, such as 100us.")
@click.option("--loss", type=PROBABILITY, default=0.0, help="Probability that a server is lost.")
@click.option("--client-loss", type=PROBABILITY, default=0.0, help="The same for each qubit at the client.")
@click.option("--link-loss", type=PROBABILITY, default=0.0, help="The same for each passage of a link.")
@click.option("--t1", "t1_s", type=duration, help="Relaxation time of the memories; none by default.")
@click.option("--t2", "t2_s", type=duration, help="Dephasing time of the memories; none by default.")
@click.option(
    "--link-fidelity", type=Real(1 / 4, 1), default=1.0, help="Entanglement fidelity of one passage."
)
@click.option(
    "--gate-error", type=Real(0, 3 / 4), default=0.0, help="Average infidelity of a two-qubit gate."
)
@click.option("--chart", type=FigureFile(), help="Draw infidelity against time, as PNG, SVG or PDF.")
@json_option
def command(
    servers: int,
    time_s: float,
    loss: float,
    client_loss: float,
    link_loss: float,
    t1_s: float | None,
    t2_s: float | None,
    link_fidelity: float,
    gate_error: float,
    chart: Path | None,
    as_json: bool,
) -> None:
    """Compare ways of storing one qubit: encrypted cloning and the honest alternatives.

    Fidelity is the entanglement fidelity averaged over all losses; a lost state counts 1/4.
    """
    from qclone.plan import Scenario, advice, draw_plan, outcomes
    from qclone.store import Memory

    t1 = math.inf if t1_s is None else t1_s
    scenario = Scenario(
        servers,
        server_loss=loss,
        client_loss=client_loss,
        link_loss=link_loss,
        memories=Memory(t1, 2 * t1 if t2_s is None else t2_s),
        time_s=time_s,
        link_fidelity=link_fidelity,
        gate_error=gate_error,
    )
    with progress_bar("plan"):
        found = outcomes(scenario)
    if chart is not None:
        with progress_bar("chart") as progress:
            draw_plan(scenario, chart, progress)
    rows = [
        [
            o.strategy,
            o.num_qubits,
            f"{o.recovery_probability:.6f}",
            f"{o.fidelity:.6f}",
            _learnt(o.server_bits),
            o.meaning,
        ]
        for o in found
    ]
    headings = ["WAY", "QUBITS", "RECOVERED", "FIDELITY", "SERVERS LEARN", "WHAT IT IS"]
    document = {"outcomes": [asdict(o) for o in found], "advice": advice(found)}
    emit(as_json, document, f"{table(headings, rows)}\n\n{advice(found)}")


def _learnt(bits: float) -> str:
    return "nothing" if bits == 0 else "everything" if bits == 2 else f"{bits:g} of 2 bits"
