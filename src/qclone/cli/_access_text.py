"""What `qclone access` says in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qclone.access import SymmetryClass

SHOWN_SETS = 12


def unit(dimension: int) -> str:
    """Return in what is told how much is learned: as an input of that dimension has two of.

    >>> unit(2), unit(3)
    ('bits', 'units of log2 3 bits')
    """
    return "bits" if dimension == 2 else f"units of log2 {dimension} bits"


def sentence(found: dict[str, Any]) -> str:
    """Return what the holder of some wires can do."""
    held = found["held"]
    who = (" ".join(held) if len(held) <= SHOWN_SETS else f"{len(held)} wires") or "No wire"
    amount = f"{found['bits']:g} of {found['of']} {found['unit']}"
    if found["verdict"] == "nothing":
        return f"{who} of {found['scheme']}: learns nothing."
    what = "recovers the input" if found["verdict"] == "recovers" else "learns something"
    shown = list(zip(found["leaks"], found["operators"], strict=False))[:SHOWN_SETS]
    read = "".join(f"\n  logical {leak} is {operator}" for leak, operator in shown if len(operator) <= 200)
    return f"{who} of {found['scheme']}: {what}, {amount}.{read}"


def class_table(classes: list[SymmetryClass]) -> str:
    """Return every symmetry class, one a line."""
    legend = (
        "Of n pairs (S_i, N_i), C are held whole, P by their signal wire only, Q by their noise wire only, "
        "E not at all;\nA says whether the input wire is held, BITS what each such set learns, SETS how many "
        "there are."
    )
    # By hand: there are 353,702 lines for n = 100.
    digits = max(2, len(str(max(one.complete for one in classes))))
    width = max(4, *(len(str(one.num_sets)) for one in classes))
    head = "".join(f"{name:>{digits}} " for name in "CPQE")
    lines = [
        f"{one.complete:{digits}} {one.signals:{digits}} {one.noise:{digits}} {one.absent:{digits}} "
        f"{'yes' if one.with_input else 'no':3} {one.bits:<8.6g} {one.verdict:8} {one.num_sets:{width}}"
        for one in classes
    ]
    return "\n".join([legend, f"{head}{'A':3} {'BITS':8} {'VERDICT':8} {'SETS':>{width}}", *lines])


def _amount(amount: float, unit: str) -> str:
    return "1 bit" if (amount, unit) == (1, "bits") else f"{amount:g} {unit}"


def overview(found: dict[str, Any]) -> str:
    """Return the scheme as a whole."""
    together = found["all_clones_together"]
    some, bits = ", ".join(together["leaks"][:SHOWN_SETS]), together["bits"]
    leaked = f" ({_amount(bits, found['unit'])}: {some})" if bits else ""
    lines = [
        f"{_capital(found['scheme'])}: {found['wires']} wires, {found['clones']} clones.",
        f"All clones together, without any key: {together['verdict']}{leaked}.",
    ]
    if together["verdict"] == "recovers":
        lines.append("Together they can undo encryption: keep one of them back if they may conspire.")
    if "sets" in found:
        lines.append(
            "Sets: " + ", ".join(f"{_big(count)} {name}" for name, count in found["sets"].items()) + "."
        )
    if "distance" in found:
        lines.append(f"Code distance {found['distance']}: fewer wires than that never learn anything.")
    if "minimal_sets" in found:
        lines.append("Smallest sets that recover:")
        lines += [f"  {' '.join(one)}" for one in found["minimal_sets"] if len(one) <= 2 * SHOWN_SETS]
    return "\n".join(lines)


def _big(count: int) -> str:
    """Return a number that people can read: 256, or 1.234e+601."""
    return str(count) if count < 10**15 else f"{Decimal(count):.3e}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
