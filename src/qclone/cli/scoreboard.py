"""Say how many clones each machine makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qclone.cli._output import emit, json_option
from qclone.cli._progress import progress_bar
from qclone.cli._table import table

RANK = 180

if TYPE_CHECKING:
    from qclone.experiments import Reach, Score


@click.command()
@click.argument("devices", nargs=-1)
@click.option("--figure", type=click.Path(path_type=Path), help="Draw it into this file (png, svg or pdf).")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of routing.")
@json_option
def command(*, devices: tuple[str, ...], figure: Path | None, seed: int, as_json: bool) -> None:
    """Say how many clones machines make: all shipped snapshots and presets, or the DEVICES named.

    Each entry is the largest size above its threshold on the machine's twin, with its exact value and the
    shots a setting that would show it on the machine by three standard deviations.
    """
    from qclone.device import DEVICES, PRESETS, load_device
    from qclone.experiments import draw_scoreboard, scoreboard

    chosen = [load_device(name) for name in devices or (*DEVICES, *PRESETS)]
    with progress_bar("scoreboard") as update:
        scores = scoreboard(chosen, update, seed)
    if figure is not None:
        draw_scoreboard(scores).savefig(figure, dpi=150)
    document = {"scores": [s.to_row() for s in scores], "figure": None if figure is None else str(figure)}
    emit(as_json, document, lambda: _text(scores), folded=False)


def _text(scores: Sequence[Score]) -> str:
    rows = [
        (
            s.device,
            s.qubits,
            _told(s.clones),
            _told(s.chsh),
            _told(s.register),
            _told(s.on_chip),
            _told(s.levels),
            "" if s.chip_77 is None else f"{s.chip_77:.2f}",
        )
        for s in scores
    ]
    headings = ("MACHINE", "QUBITS", "CLONES", "CHSH", "REGISTER", "ON CHIP", "LEVELS", "77 CLONES")
    return "\n".join(
        [
            table(headings, rows),
            "",
            "Largest size above 1/2 (CHSH: 2) on the twin, its value, and the shots a setting that show it; "
            "r: routed ladder, n: native.",
        ]
    )


def _told(reach: Reach) -> str:
    if not reach.size:
        return "none"
    return f"{reach.size} {reach.value:.3f} {reach.shots:,}{reach.circuits[:1].replace('l', 'r')}"
