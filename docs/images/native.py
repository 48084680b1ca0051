"""Draw native.png from native.csv, which `python benchmarks/native.py --seeds 20` writes; print the table."""

import csv
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from qclone.estimate import CLASSICAL_CHSH, WITNESS, noise_floor
from qclone.experiments import table

HERE = Path(__file__).parent
KINDS = {
    "native": ("o", "tab:blue", "native"),
    "routed": ("s", "tab:orange", "ladder routed by Qiskit"),
    "published": ("x", "black", "published, on ibm_kingston"),
}
Record = dict[str, str]


def points(records: list[Record], column: str, x: str = "size") -> Iterator[tuple[float, float]]:
    for record in records:
        if record.get(column):
            yield float(record[x]), float(record[column])


def curves(axes: Axes, records: list[Record], what: str, style: str = "-") -> None:
    for kind, (marker, colour, label) in KINDS.items():
        if found := sorted(points(records, f"{kind}_{what}")):
            line = "none" if kind == "published" else style
            axes.plot(*zip(*found, strict=True), marker=marker, ms=5, ls=line, color=colour, label=label)


def bound(axes: Axes, at: float, name: str, side: str = "left") -> None:
    axes.axhline(at, color="0.5", lw=0.8, ls="--")
    axes.annotate(
        name, (0.01 if side == "left" else 0.99, at), (0, 2), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha=side, fontsize=8, color="0.35",
    )  # fmt: skip


def draw() -> None:
    with (HERE / "native.csv").open() as file:
        records = list(csv.DictReader(file))
    canonical = [r for r in records if r["row"] == "canonical"]
    measured = {r["n"]: r["s_scenario2"] for r in table("experiment2_interleaving")}
    for record in canonical:
        record["published_chsh"] = measured.get(record["size"], "")
    figure, ((fidelity, chsh, layers), (virtual, physical, ghz)) = plt.subplots(
        2, 3, figsize=(14, 7.4), layout="constrained"
    )
    curves(fidelity, canonical, "fidelity")
    bound(fidelity, WITNESS, "entangled above")
    bound(fidelity, noise_floor(2), "noise")
    fidelity.set(xlabel="number of clones n", ylabel="entanglement fidelity", ylim=(0.2, 1))
    curves(chsh, canonical, "chsh")
    first = sorted(points(canonical, "native_chsh_first"))
    chsh.plot(*zip(*first, strict=True), "o:", ms=3, color="tab:blue", label="reference measured first")
    chsh.legend(handles=chsh.lines[-1:], frameon=False)
    bound(chsh, CLASSICAL_CHSH, "no local hidden variables above", "right")
    chsh.set(xlabel="number of clones n", ylabel="CHSH parameter S")
    curves(layers, canonical, "layers")
    layers.set(xlabel="number of clones n", ylabel="two-qubit layers", ylim=(0, None))
    for n, style, at in ((2, "-", -2), (4, ":", -1)):
        iterated = [r for r in records if r["row"].startswith(f"virtual n={n}")]
        curves(virtual, iterated, "fidelity", style)
        named = iterated[at]
        virtual.annotate(
            f"n = {n}",
            (float(named["size"]), float(named["native_fidelity"])),
            (6, 2),
            textcoords="offset points",
        )
    bound(virtual, WITNESS, "entangled above")
    virtual.set(xlabel="virtual clones", ylabel="entanglement fidelity", xscale="log", ylim=(0.2, 1))
    curves(physical, [r for r in records if r["row"].startswith("physical")], "fidelity")
    bound(physical, WITNESS, "entangled above")
    physical.set(xlabel="clones of clones on the chip", ylabel="entanglement fidelity", ylim=(0.2, 1))
    curves(ghz, [r for r in records if r["row"] == "register"], "fidelity")
    bound(ghz, WITNESS, "entangled above")
    ghz.set(xlabel="qubits of the register r", ylabel="GHZ fidelity", ylim=(0, 1))
    fidelity.legend(frameon=False)
    for axes in (fidelity, chsh, layers, virtual, physical, ghz):
        axes.spines[["top", "right"]].set_visible(False)
        if axes is not virtual:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.savefig(HERE / "native.png", dpi=120)


def show() -> None:
    """Print the table of docs/native.md."""
    print(
        "| row | native: layers, gates, F | routed ladder: layers, gates, F | published: layers, gates, F |"
    )
    print("|---|---|---|---|")
    with (HERE / "native.csv").open() as file:
        for r in csv.DictReader(file):
            name = f"{r['row']} {'r' if r['row'] == 'register' else 'n'}={r['size']}"
            name = name if r["row"] in ("canonical", "register") else r["row"]
            cells = [
                ", ".join(filter(None, (r[f"{k}_layers"], r[f"{k}_gates"], r[f"{k}_fidelity"] and three)))
                for k in KINDS
                for three in [f"{float(r[f'{k}_fidelity'] or 0):.3f}"]
            ]
            print(f"| {name} | {' | '.join(cells)} |")


draw()
show()
