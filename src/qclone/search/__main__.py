"""Search the drafts that ship: python -m qclone.search DEVICE --clones 2-18 --seconds 120 --seed 1.

Iterated schemes and registers: --family virtual (or physical, register) --clones 2 --sizes 0-6.
A whole chip: --family chip --sizes 3,9,24, so many clones of each generation cloned again.
`--polish` begins with circuits that ship, and makes one stage after the other anew (no registers, no chips).
Unless `--fresh`, a search begins with what ships, for this device or moved from others. What is better than
that is put into the device's file, so searches add up; what moving gives is not put there.
Steps instead of seconds repeat exactly for a seed; every entry says how many it took.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import cast, get_args

import click

from qclone.errors import QcloneError
from qclone.search._budget import Budget, Progress
from qclone.search._by_family import Family, Task, member, search_chip, search_member, search_polished
from qclone.search._shelf import Entries


@click.command()
@click.argument("device")
@click.option("--clones", default="2-18", help="A number of clones, or a range.")
@click.option("--clone", default="S1", type=click.Choice(["S1", "A"]), help="Which one to decrypt.")
@click.option("--seconds", default=120.0, help="For each scheme.")
@click.option("--steps", type=click.IntRange(0), help="Instead of seconds; finds the same for a seed.")
@click.option("--seed", default=1)
@click.option("--fresh", is_flag=True, help="Do not begin with what ships.")
@click.option("--polish", is_flag=True, help="Make one stage after the other of what ships anew.")
@click.option("--family", default="canonical", type=click.Choice([*get_args(Family), "chip"]))
@click.option(
    "--sizes", default="1-6", help="Levels of iteration, qubits of a register, or recloned a level."
)
@click.option("--decrypt", default="S1/S1/S1/S1", help="With --family chip: which clone.")
def main(
    device: str,
    clones: str,
    clone: str,
    seconds: float,
    steps: int | None,
    seed: int,
    fresh: bool,
    polish: bool,
    *,
    family: str,
    sizes: str,
    decrypt: str,
) -> None:
    """Search native circuits of a family of schemes and write them to the package's data."""
    budget = Budget(seconds) if steps is None else Budget(steps=steps)

    def shown(name: str, search: Callable[[Progress], Entries]) -> None:
        length = round(seconds) if steps is None else steps
        with click.progressbar(length=length, label=name, file=sys.stderr) as bar:
            kept = search(lambda done, _: bar.update(done - bar.pos))
        for aim, entry in kept.items():
            click.echo(f"{name}, {aim}: kept {entry.fidelity:.4f}, {entry.layers} layers")
        if not kept:
            click.echo(f"{name}: nothing found")

    if family == "chip":
        if not all(size.isdigit() for size in sizes.split(",")):
            raise click.BadParameter(f"{sizes!r} is no list of numbers, such as 3,9,24.")
        recloned = tuple(map(int, sizes.split(",")))
        shown(sizes, partial(search_chip, recloned, Task(device, decrypt, budget, seed, fresh)))
    else:
        numbers = _range(clones) if family == "canonical" else _range(clones)[:1]
        for n, size in product(numbers, [0] if family == "canonical" else _range(sizes)):
            scheme = member(cast("Family", family), n, size)
            # Of the others one of the last generation.
            own = clone if family == "canonical" else max(scheme.clones, key=lambda c: c.count("/"))
            search = search_polished if polish else search_member
            shown(str(scheme), partial(search, scheme, Task(device, own, budget, seed, fresh)))


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise click.BadParameter(f"{text!r} is no number and no range, such as 2-5.")
    return range(int(first), int(last) + 1)


if __name__ == "__main__":
    try:
        main()
    except QcloneError as error:
        sys.exit(str(error))
