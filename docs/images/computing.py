"""Who holds what when a server computes on a clone: python docs/images/computing.py"""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

BLUE, RED, GREEN, GREY = "#0b6fb8", "#d1495b", "#3a7d44", "#8a8a8a"
STEPS = ("put", "run", "commit", "get", "release")
LANES = ("owner", "server-2", "server-1", "ledger")
CELLS = {
    ("owner", "put"): ("key: n k qubits\n(a, b) coherent", BLUE),
    ("owner", "run"): ("key; secret\nlate angles", BLUE),
    ("owner", "commit"): ("2 k bits (a, b)\nand the tails", BLUE),
    ("owner", "get"): ("C psi", GREEN),
    ("owner", "release"): ("nothing", GREY),
    ("server-1", "put"): ("F X^a Z^b psi\n(noise to it)", RED),
    ("server-1", "run"): ("C' on noise", RED),
    ("server-1", "commit"): ("noise for ever", GREY),
    ("server-1", "get"): ("noise for ever", GREY),
    ("server-1", "release"): ("noise for ever", GREY),
    ("server-2", "put"): ("F X^a Z^b psi\n(noise to it)", RED),
    ("server-2", "run"): ("C on noise,\ntails", RED),
    ("server-2", "commit"): ("X^a' Z^b' C psi", RED),
    ("server-2", "get"): ("nothing", GREY),
    ("server-2", "release"): ("C psi, in the clear;\nwith C, psi", GREEN),
    ("ledger", "put"): ("sealed", GREY),
    ("ledger", "run"): ("who ran what\n(sealed)", GREY),
    ("ledger", "commit"): ("consumed\nfor one claim", GREY),
    ("ledger", "get"): ("consumed", GREY),
    ("ledger", "release"): ("consumed", GREY),
}


def main() -> None:
    figure, axes = plt.subplots(figsize=(9.6, 3.9), constrained_layout=True)
    for x, step in enumerate(STEPS):
        axes.text(x, -0.75, step, ha="center", fontsize=11, weight="bold")
        for y, lane in enumerate(LANES):
            text, color = CELLS[lane, step]
            box = plt.Rectangle((x - 0.45, y - 0.36), 0.9, 0.72, fc=color, alpha=0.14, ec=color)
            axes.add_patch(box)
            axes.text(x, y, text, ha="center", va="center", fontsize=8.5, color="#1a1a1a")
    for y, lane in enumerate(LANES):
        axes.text(-0.62, y, lane, ha="right", va="center", fontsize=10)
    arrow = {"arrowstyle": "->", "color": "#1a1a1a", "lw": 1.2}
    for x, what, style in ((1.5, "tails", "-"), (2.5, "clone", "-")):
        axes.annotate("", (x + 0.2, 0.36), (x - 0.2, 0.64), arrowprops=arrow | {"linestyle": style})
        axes.text(x + 0.05, 0.56, what, fontsize=8, ha="left", va="center")
    axes.annotate("", (4.0, 0.64), (4.0, 0.36), arrowprops=arrow | {"linestyle": "--"})
    axes.text(4.04, 0.5, "2 k bits", fontsize=8, ha="left", va="center")
    axes.text(3.5, -0.75, "or", ha="center", fontsize=11)
    axes.set(xlim=(-1.3, 4.6), ylim=(3.5, -1.0))
    axes.axis("off")
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=140)


if __name__ == "__main__":
    main()
