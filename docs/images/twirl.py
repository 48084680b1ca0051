"""Draw twirl.png from twirl.csv; with the argument `compute`, write twirl.csv first (an hour on two cores).

Ladder circuits with a reference, routed on the kingston snapshot with seed 1; entanglement fidelity without
readout. Density matrices up to n = 5, 400 trajectories of the state vector for n = 6.
"""

import csv
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from qiskit import QuantumCircuit

from qclone.circuits import to_qiskit
from qclone.device import load_device
from qclone.scheme import Canonical
from qclone.simulate import FullNoise, entanglement_fidelity, full_fidelity, noisy, route

HERE = Path(__file__).parent
NOISES = {"damping": FullNoise(), "coherent": FullNoise(coherent=1.0)}
LABELS = {"damping": "true relaxation", "coherent": "true relaxation, all gate errors over-rotations"}


def compute() -> None:
    device = load_device("kingston")
    rows = []
    for n in range(2, 7):
        scheme = Canonical(n, synthesis="ladder")
        reference = scheme.num_qubits
        circuit = QuantumCircuit(reference + 1, 2)
        circuit.h(reference)
        circuit.cx(reference, 0)
        for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt("S1")):
            circuit.compose(to_qiskit(stage, reference + 1), inplace=True)
        placed = route(circuit, device, seed=1)
        layout = placed.layout.final_index_layout()
        pair = (layout[reference], layout[1])
        row: dict[str, float] = {"n": n, "twin": entanglement_fidelity(noisy(placed, device), *pair)}
        method = "density_matrix" if n <= 5 else "statevector"
        for name, noise in NOISES.items():
            row[name], row[f"{name}_error"] = full_fidelity(
                placed, device, pair, noise, shots=400, seed=1, method=method
            )
        rows.append({key: round(value, 4) for key, value in row.items()})
    with (HERE / "twirl.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def draw() -> None:
    with (HERE / "twirl.csv").open() as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    n = [row["n"] for row in rows]
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6.4, 5.2), sharex=True, height_ratios=[2, 1], layout="constrained"
    )
    top.plot(n, [row["twin"] for row in rows], "o-", color="black", label="twin (Pauli twirl), exact")
    for name, color, aside in (("damping", "tab:blue", -0.03), ("coherent", "tab:red", 0.03)):
        at = [x + aside for x in n]
        values, errors = ([row[key] for row in rows] for key in (name, f"{name}_error"))
        top.errorbar(at, values, errors, fmt="s", ms=5, mfc="none", color=color, label=LABELS[name])
        gaps = [row[name] - row["twin"] for row in rows]
        bottom.errorbar(at, gaps, errors, fmt="s", ms=5, mfc="none", color=color)
    bottom.axhline(0, color="black", lw=0.8)
    top.set_ylabel("entanglement fidelity")
    bottom.set_ylabel("full - twirled")
    bottom.set_xlabel("number of clones n")
    bottom.set_xticks(n)
    top.legend(frameon=False)
    for axes in (top, bottom):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "twirl.png", dpi=130)


if sys.argv[1:] == ["compute"]:
    compute()
draw()
