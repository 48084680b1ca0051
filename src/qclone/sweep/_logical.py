"""Points of encoded clones, and their statistics as sinter keeps them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from qclone.scheme import Canonical

Row = dict[str, Any]
PARAMETERS: dict[str, type] = {
    "code": str,
    "d": int,
    "p": float,
    "noise": str,
    "n": int,
    "clone": str,
    "lost": str,
    "loss": float,
    "T": int,
    "every": int,
    "outer": str,
    "decoder": str,
    "shots": int,
    "seed": int,
}


def logical(
    *,
    code: str = "surface",
    d: int | None = None,
    p: float = 1e-3,
    noise: str | None = None,
    n: int = 2,
    clone: str | None = None,
    lost: str = "",
    loss: float | None = None,
    T: int = 0,
    every: int = 3,
    outer: str = "corrected",
    decoder: str = "tesseract",
    shots: int = 10_000,
    seed: int = 0,
) -> Row:
    """Return the infidelity of one case; `noise`, a name, is instead of `p`, and `lost` wires with commas."""
    from qclone.logical import Case, load_code, load_rates, rate

    case = Case(
        load_code(code, d),
        load_rates(p if noise is None else noise, loss),
        Canonical(n),
        clone,
        tuple(wire for wire in lost.split(",") if wire),
        T,
        every,
        decoder,
    )
    stats = case.stats(shots, seed, joint=outer == "joint")
    found = rate(stats, outer)
    bare = case.bare()
    return {
        "infidelity": found.infidelity,
        "error": found.error,
        "low": found.interval[0],
        "high": found.interval[1],
        "accepted": found.accepted,
        "failures": found.failures,
        "bare": bare.of("corrected" if outer == "joint" else outer),
        "rounds": stats.json_metadata["rounds"],
        "qubits": stats.json_metadata["qubits"],
        "seconds": stats.seconds,
        "strong_id": stats.strong_id,
        "sampled": f"{stats.strong_id} {seed}",
        "statistics": stats.to_csv_line(),
    }


def write_statistics(rows: list[Row], path: Path) -> None:
    """Write what was sampled as one CSV file of sinter's: for `sinter combine` and `sinter plot`.

    Uses of the checks share their shots, and so do fewer and more shots of one seed: of these the most count.
    """
    import sinter

    most: dict[str, Row] = {}
    for row in rows:
        if row.get("statistics"):
            known = most.get(row["sampled"])
            shots = int(row["statistics"].split(",")[0])
            if known is None or shots > int(known["statistics"].split(",")[0]):
                most[row["sampled"]] = row
    if most:
        partial = path.with_suffix(f".{os.getpid()}.partial")
        lines = [sinter.CSV_HEADER, *(row["statistics"] for row in most.values())]
        partial.write_text("\n".join(lines) + "\n")
        os.replace(partial, path)
