"""The tables of docs/processors.md, from what the probes found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import hypot, sqrt
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- made by benchmarks/vendors: begin -->", "<!-- end -->"
SIZES = ("2", "3", "4", "5")
COLUMNS = {
    "twin": "twin",
    "simulated": "simulated",
    "run": "experiment",
    "own": "vendor's tools",
    "native twin": "native twin",
    "native simulated": "native simulated",
    "native run": "native experiment",
}
"""What a probe found -> the heading of its column."""
# No difference of shots is so many standard errors; what is has a reason, told on the page.
_FAR = 4.5
_HEADINGS = ("device", "n", *COLUMNS.values(), "why not")


def write_tables(rows: Sequence[dict[str, Any]], page: Path) -> None:
    """Put the tables between their marks on the page."""
    text = page.read_text()
    if BEGIN not in text:
        return
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{tables(rows)}\n{END}{after}")


def tables(rows: Sequence[dict[str, Any]]) -> str:
    """Return both tables and how well `experiment` agrees with the vendors' own tools."""
    ibm = [r for r in rows if r["vendor"] == "IBM"]
    others = [r for r in rows if r["vendor"] != "IBM"]
    return "\n".join(
        [
            agreement(rows),
            "",
            "Where the vendor's simulator shows its noise, *simulated* is the twin with what it makes of the "
            "calibration: gates are never better than T1 and T2 allow, and readout errors come twice where "
            "measurements are listed among the gates, as in IBM's calibrations of 2026. The noisiest are "
            "above it: relaxation favours 0, which a Bell measurement takes for success.",
            "",
            *table(("vendor", "backend", *_HEADINGS), map(_other, others)),
            "",
            f"All {len(ibm)} of IBM's fake backends:",
            "",
            *table(("backend", *_HEADINGS), map(_one, ibm)),
            "",
        ]
    )


def agreement(rows: Sequence[dict[str, Any]]) -> str:
    """Return how the differences between `experiment` and the vendors' own tools are spread."""
    found = {}
    for row in rows:
        for n, size in row["sizes"].items():
            if "run" in size and "own" in size:
                (a, da), (b, db) = size["run"], size["own"]
                if error := hypot(da, db):
                    name = row["backend"].rpartition(":")[2]
                    found[f"{name}, n = {n}, {a:.3f} here and {b:.3f} there"] = (a - b) / error
    inside = [z for z in found.values() if abs(z) <= _FAR]
    if not inside:
        return ""
    spread = sqrt(sum(z * z for z in inside) / len(inside))
    outside = "; ".join(told for told, z in found.items() if abs(z) > _FAR)
    return (
        f"{len(found)} noisy experiments were repeated by the vendors' own tools on the same circuits. The "
        f"differences, each over its standard error, have a root mean square of {spread:.2f} (1 where only "
        f"shots differ), the largest is {max(map(abs, inside)):.1f}, and {sum(abs(z) > 2 for z in inside)} "
        "are above 2." + (f" Left out: {outside}." if outside else "")
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table in Markdown."""
    return [_line(headings), _line(["---"] * len(headings)), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _other(row: dict[str, Any]) -> list[str]:
    made = row.get("package", "").partition(" ")[2]
    return [f"{row['vendor']} {made}".strip(), *_one(row)]


def _one(row: dict[str, Any]) -> list[str]:
    sizes = _sizes(row)
    name = row["backend"].partition(":")[2] or "AerSimulator"
    columns = [_column(sizes, key) for key in COLUMNS]
    return [name, row.get("device", ""), "<br>".join(sizes), *columns, why_not(row)]


def _sizes(row: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted((n, s) for n, s in row["sizes"].items() if any(k in s for k in COLUMNS)))


def _column(sizes: dict[str, Any], key: str) -> str:
    cells = [_cell(size.get(key)) for size in sizes.values()]
    return "<br>".join(cells) if any(c != "–" for c in cells) else ""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value[0]:.3f} ± {value[1]:.3f}" if isinstance(value, list) else f"{value:.3f}"


def why_not(row: dict[str, Any]) -> str:
    """Return the reasons of everything that did not work, each with the sizes that it is for."""
    told: dict[str, list[str]] = {}
    for n, size in row["sizes"].items():
        for key in ("no", "no own"):
            if key in size:
                said = _short(size[key])
                told.setdefault(said if key == "no" else f"the vendor's tools: {said}", []).append(n)
    parts = [_short(row["no"])] if "no" in row else []
    left = [n for n in SIZES if n not in row["sizes"]]
    if _sizes(row) and left and "no" not in row and not any("needs 2n + 2" in said for said in told):
        parts.append(f"n = {', '.join(left)}: not measured")
    parts += [f"n = {', '.join(sizes)}: {said}" for said, sizes in told.items()]
    if _sizes(row) and any(
        "The error of a two-qubit gate is not stated" in note for note in row.get("notes", [])
    ):
        parts.append("states no errors")
    return "; ".join(parts).replace("|", "\\|").replace("\n", " ")


def _short(said: str) -> str:
    """Return a reason without what Qiskit says beside it."""
    if "More virtual qubits" in said:
        return "needs 2n + 2 qubits"
    if "connected component of the DAGCircuit" in said:
        return "no 2n + 2 of its qubits are coupled"
    if found := re.search(r"target basis: \{(.*?)\}", said):
        gates = [name.strip('"') for name in found[1].split(", ")]
        flow = {"delay", "measure", "if_else", "while_loop", "for_loop", "switch_case", "barrier", "snapshot"}
        kept = ", ".join(name for name in gates if name not in flow | {"store", "box"})
        return f"nothing translates the circuit into its gates ({kept})"
    return said.strip().rstrip(".")
