"""What is printed of a case: its rows, and the honest alternatives beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sinter

from qclone.logical._case import Case, KeptCase, rate
from qclone.logical._collect import Progress, collect
from qclone.logical._outer import Rate
from qclone.logical.codes import load_code

Row = dict[str, Any]
_LARGEST_KEPT = 15


@dataclass(frozen=True)
class Report:
    """One case beside the alternatives.

    Parameters
    ----------
    rows : the clone under each use of the checks that was asked for.
    baselines : the bare protocol (exact; it waits in storage, ``waiting`` is its infidelity if it also waits
        wherever the encoded one has a round), a kept block of the same code and rounds, and a kept surface
        code block of about as many qubits.
    conclusion : what they say, in plain words.
    """

    rows: list[Row]
    baselines: list[Row]
    conclusion: str


def report(
    case: Case,
    outers: Sequence[str],
    shots: int,
    seed: int = 0,
    path: Path | None = None,
    progress: Progress | None = None,
    baselines: bool = True,
) -> Report:
    """Run a case, and what it must be compared with, and say what came out.

    Parameters
    ----------
    outers : of `OUTERS`.
    shots : of every circuit. path : statistics are kept in this CSV file and counted in.
    baselines : False leaves the sampled alternatives out (for many cases that share them).
    """
    rows, rates = [], {}
    for joint in sorted({outer == "joint" for outer in outers}):
        stats = case.stats(shots, seed, path, joint, progress)
        for outer in outers:
            if (outer == "joint") == joint:
                rates[outer] = rate(stats, outer)
                rows.append(_row(case, outer, rates[outer], stats))
    rows.sort(key=lambda row: list(outers).index(row["outer"]))
    bare, waiting = case.bare(), case.bare(waiting=True)
    shown = [
        {
            "what": "bare",
            "outer": outer,
            "infidelity": bare.of(use),
            "waiting": waiting.of(use),
            "error": 0.0,
            "accepted": bare.accepted if use == "selected" else 1.0,
            "qubits": len(case.scheme.wires),
            "rounds": case.storage,
        }
        for outer in dict.fromkeys(outers)
        for use in ["corrected" if outer == "joint" else outer]
    ]
    kept: dict[str, Rate] = {}
    if baselines:
        equal = load_code("surface", _distance_of_as_many(case.compiled().num_qubits))
        for what, code in (("kept", case.code), ("equal_qubits", equal)):
            stats = _kept_stats(case, code, shots, seed, path, progress)
            kept[what] = rate(stats, "none")
            shown.append(_kept_row(what, stats, kept[what]))
    # Which case a baseline belongs to, for tables and figures of many.
    of = {"d": case.code.distance, "p": case.rates.two_qubit, "T": case.storage, "lost": list(case.lost)}
    shown = [row | {"of": of} for row in shown]
    return Report(rows, shown, conclusion(case, rates, bare.corrected, kept))


def _kept_stats(
    case: Case, code: Any, shots: int, seed: int, path: Path | None, progress: Progress | None
) -> sinter.TaskStats:
    # Nothing acts between blocks: matching is good here, and large blocks are quick with it.
    decoder = case.decoder if code.distance <= 7 else "matching"
    return collect(KeptCase(code, case.rates, case.num_rounds, decoder).task(), shots, seed, path, progress)


def _distance_of_as_many(qubits: int) -> int:
    """The distance of the surface code block, 2 d^2 - 1 qubits with ancillas, nearest to a number of them."""
    return min(range(3, _LARGEST_KEPT + 1, 2), key=lambda d: abs(2 * d * d - 1 - qubits))


def _row(case: Case, outer: str, found: Rate, stats: sinter.TaskStats) -> Row:
    metadata = stats.json_metadata
    return {
        "code": case.code.name,
        "d": case.code.distance,
        "p": case.rates.two_qubit,
        "noise": case.rates.name,
        "outer": outer,
        "infidelity": found.infidelity,
        "error": found.error,
        "interval": list(found.interval),
        "accepted": found.accepted,
        "shots": stats.shots,
        "failures": found.failures,
        "T": case.storage,
        "rounds": metadata["rounds"],
        "lost": list(case.lost),
        "clone": case.clone,
        "every": case.every,
        "decoder": case.decoder,
        "qubits": metadata["qubits"],
        "ms_a_shot": 1e3 * stats.seconds / stats.shots,
        "strong_id": stats.strong_id,
    }


def _kept_row(what: str, stats: sinter.TaskStats, found: Rate) -> Row:
    metadata = stats.json_metadata
    return {
        "what": what,
        "code": metadata["code"],
        "d": metadata["d"],
        "infidelity": found.infidelity,
        "error": found.error,
        "interval": list(found.interval),
        "accepted": 1.0,
        "qubits": metadata["qubits"],
        "rounds": metadata["rounds"],
        "decoder": stats.decoder,
    }


def conclusion(case: Case, rates: dict[str, Rate], bare: float, kept: dict[str, Rate]) -> str:
    """Say what beats what, with intervals of 95 %, and what clones are for."""
    best_name = min((o for o in rates if o != "selected"), key=lambda o: rates[o].infidelity, default=None)
    if best_name is None:
        best_name = next(iter(rates))
    best = rates[best_name]
    said = [
        f"Encoded, checks {best_name}: {best.infidelity:.2e}, "
        f"{'below' if best.interval[1] < bare else 'not shown to be below'} the bare protocol ({bare:.2e})."
    ]
    names = {
        "kept": "a block that is simply kept for as many rounds",
        "equal_qubits": "one larger block of about as many qubits",
    }
    for what, other in kept.items():
        if best.interval[1] < other.interval[0]:
            verdict = "The clone beats"
        elif best.interval[0] > other.interval[1]:
            verdict = "The clone loses to"
        else:
            verdict = "The clone is not told apart from"
        said.append(f"{verdict} {names[what]} ({_told(other)}).")
    if "equal_qubits" in kept:
        larger = kept["equal_qubits"]
        worse = max(best.infidelity - larger.infidelity, 0.0)
        most = max(best.interval[1] - larger.interval[0], 0.0)
        said.append(
            "A kept block neither survives the loss of where it is kept nor hides the state: lost with "
            f"probability q it has .75 q more, so the clone wins for q above {worse / 0.75:.2g} "
            f"(above {most / 0.75:.2g} for sure, at 95 %), "
            "or where nobody may hold the state."
        )
    return " ".join(said)


def _told(found: Rate) -> str:
    if found.failures == 0:
        return f"0 of {found.shots:,}, below {found.interval[1]:.1e} at 95 %"
    return f"{found.infidelity:.2e} +- {found.error:.1e}"
