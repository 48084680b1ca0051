"""Compare ways of storing a qubit under given losses and noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qclone.cli._duration import duration
from qclone.cli._figure_file import FigureFile
from qclone.cli._numbers import COUNT, NATURAL, PROBABILITY, Real
from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._refuse import refuse
from qclone.cli._table import table
from qclone.errors import InvalidInputError

RANK = 210

if TYPE_CHECKING:
    from qclone.plan import EncodedPlan, KeyOutcome


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
@click.option("--qubits", type=COUNT, help="Encoded: physical qubits in all, ancillas included.")
@click.option("--noise", help="Encoded: physical error rate such as 1e-3, or atoms, device:NAME.")
@click.option("--rounds", type=NATURAL, help="Encoded: T, rounds of storage (default 0).")
@click.option(
    "--shots", type=click.IntRange(1, 10**8), help="Encoded: shots of every circuit (default 5000)."
)
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
    qubits: int | None,
    noise: str | None,
    rounds: int | None,
    shots: int | None,
    as_json: bool,
) -> None:
    """Compare ways of storing one qubit: encrypted cloning and the honest alternatives.

    Fidelity is the entanglement fidelity averaged over all losses; a lost state counts 1/4.
    """
    from qclone.plan import Scenario, advice, draw_plan, encoded_plan, key_outcomes, learnt, outcomes
    from qclone.store import Memory

    refuse(("t1_s", "t2_s"), "without --time or --chart", unless=time_s > 0 or chart is not None)
    refuse(("time_s",), "without --t1 or --t2", unless=t1_s is not None or t2_s is not None)
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
    encoded = any(value is not None for value in (qubits, noise, rounds, shots))
    if encoded and (qubits is None or noise is None):
        raise InvalidInputError("Encoded ways take --qubits and --noise.", "Give both, or neither.")
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
            learnt(o.server_bits),
            o.meaning,
        ]
        for o in found
    ]
    headings = ["WAY", "QUBITS", "RECOVERED", "FIDELITY", "SERVERS LEARN", "WHAT IT IS"]
    keys = key_outcomes(scenario) if scenario.servers > 1 and any(scenario.memories.channel(time_s)) else []
    document: dict[str, Any] = {
        "outcomes": [asdict(o) for o in found],
        "advice": advice(found),
        "keys": [asdict(key) for key in keys],
    }
    text = "\n\n".join([table(headings, rows), *([_keys(keys)] if keys else []), advice(found)])
    if encoded:
        with progress_bar("encoded") as progress:
            plan = encoded_plan(
                scenario, qubits or 0, noise or "", rounds or 0, shots or 5000, progress=progress
            )
        document["encoded"] = asdict(plan)
        text += f"\n\n{_encoded(plan)}"
    emit(as_json, document, text)


def _encoded(plan: EncodedPlan) -> str:
    from qclone.plan import learnt

    rows = [
        [
            o.strategy,
            o.num_qubits,
            o.distance,
            f"{o.infidelity:.2e}",
            f"{o.error:.0e}",
            learnt(o.server_bits),
        ]
        for o in plan.outcomes
    ]
    headings = ["ENCODED", "QUBITS", "D", "INFIDELITY", "ERROR", "SERVERS LEARN"]
    return f"{table(headings, rows)}\n\n{plan.advice}"


def _keys(keys: Sequence[KeyOutcome]) -> str:
    rows = [[key.name, key.key_qubits, key.num_clones, f"{1 - key.fidelity:.6f}"] for key in keys]
    return table(["KEY", "NOISE QUBITS", "CLONES LEFT", "INFIDELITY OF MEMORY"], rows)
