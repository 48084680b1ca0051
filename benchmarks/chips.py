"""What ships for every chip, as a table: layers and exact fidelity of the best circuit of every family; and
the fewest layers of canonical circuits on a square lattice and on heavy-hex ones.

python benchmarks/chips.py

Where a search on the chip itself found it there is a star; the others are moved from another chip.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress

import click

from qclone.device import load_device
from qclone.errors import InvalidInputError, QcloneError
from qclone.native import build, fidelity, ghz_fidelity
from qclone.native._families import entries, family_key
from qclone.scheme import Canonical, Iterated, Parallel, Scheme

CHIPS = ("kingston", "boston", "pittsburgh", "aachen", "marrakesh", "fez", "nighthawk")
TWO = Canonical(2)
SCHEMES: dict[str, Scheme] = {
    **{f"canonical n={n}": Canonical(n) for n in range(2, 20)},
    **{f"virtual n=2 l={level}": Iterated.virtual(TWO, level) for level in range(1, 7)},
    **{f"virtual n=4 l={level}": Iterated.virtual(Canonical(4), level) for level in range(1, 4)},
    **{f"physical n=2 l={level}": Iterated.full(TWO, level) for level in (1, 2)},
    **{f"{27 + 2 * last} clones": Iterated(TWO, (3, 9, last)) for last in (11, 24, 25)},
    **{f"register r={r}": Parallel(TWO, r) for r in range(1, 16)},
}


def cell(scheme: Scheme, chip: str) -> str:
    """Layers and fidelity; empty where no circuit is known."""
    try:
        native = build(scheme, chip)
    except InvalidInputError:
        return ""
    value = fidelity(native) if native.references else ghz_fidelity(native)
    own = any("fidelity" in entry.aims for entry in entries(chip, str(family_key(scheme))))
    return f"{native.cost.layers}, {value:.3f}" + ("\\*" if own else "")


def least_layers(num_clones: int, chips: Iterable[str]) -> int:
    """The fewest layers of a canonical circuit on any of some chips."""
    found = []
    for chip in chips:
        with suppress(InvalidInputError):
            found.append(build(Canonical(num_clones), chip, aim="layers").cost.layers)
    return min(found)


@click.command()
@click.option("--only", default="", help="Rows whose names begin like this.")
def main(only: str) -> None:
    """Print the table."""
    head = [f"{chip}, {load_device(chip).snapshot_date}" for chip in CHIPS]
    click.echo(f"| row | {' | '.join(head)} |\n|{'---|' * (len(CHIPS) + 1)}")
    for name, scheme in SCHEMES.items():
        if name.startswith(only):
            click.echo(f"| {name} | {' | '.join(cell(scheme, chip) for chip in CHIPS)} |")
    if not only:
        for kind, chips in (("square", CHIPS[-1:]), ("heavy-hex", CHIPS[:-1])):
            least = ", ".join(str(least_layers(n, chips)) for n in range(2, 20))
            click.echo(f"Fewest layers on {kind} lattices, n = 2 to 19: {least}")


if __name__ == "__main__":
    try:
        main()
    except QcloneError as error:
        sys.exit(str(error))
