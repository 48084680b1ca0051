"""Search the drafts that ship: python -m qclone.search DEVICE --clones 2-18 --seconds 120 --seed 1.

Iterated schemes and registers: --family virtual (or physical, register) --clones 2 --sizes 0-6.
A whole chip: --family chip --sizes 3,9,24, so many clones of each generation cloned again.
What is better than the file has is put into it, so searches add up; `--fresh` starts from nothing.
Steps instead of seconds repeat exactly for a seed; every entry says how many it took.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any, cast, get_args

import click

from qclone.device import Device, load_device
from qclone.errors import QcloneError
from qclone.native import assemble, fidelity, verify
from qclone.native._catalog import section_of, to_json
from qclone.native._placer import Found
from qclone.scheme import Canonical
from qclone.search._budget import Budget
from qclone.search._families_search import Entries, Family, Member, search_chip, search_member
from qclone.search._find import searched

DATA = Path(str(resources.files("qclone.native.data")))


@click.command()
@click.argument("device")
@click.option("--clones", default="2-18", help="A number of clones, or a range.")
@click.option("--clone", default="S1", type=click.Choice(["S1", "A"]), help="Which one to decrypt.")
@click.option("--seconds", default=120.0, help="For each number of clones.")
@click.option("--steps", type=click.IntRange(0), help="Instead of seconds; finds the same for a seed.")
@click.option("--seed", default=1)
@click.option("--fresh", is_flag=True, help="Start from nothing, not from what the file has.")
@click.option("--family", default="canonical", type=click.Choice(["canonical", *get_args(Family), "chip"]))
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
    *,
    family: str,
    sizes: str,
    decrypt: str,
) -> None:
    """Search native circuits of a family of schemes and write them to the package's data."""
    first, _, last = clones.partition("-")
    budget, length = (Budget(seconds), round(seconds)) if steps is None else (Budget(steps=steps), steps)
    if family == "chip":
        if not all(size.isdigit() for size in sizes.split(",")):
            raise click.BadParameter(f"{sizes!r} is no list of numbers, such as 3,9,24.")
        recloned = tuple(map(int, sizes.split(",")))
        with click.progressbar(length=length, label=sizes, file=sys.stderr) as bar:
            kept = search_chip(
                device,
                recloned,
                decrypt,
                budget,
                seed,
                lambda done, _: bar.update(done - bar.pos),
                fresh=fresh,
            )
        _show(sizes, kept)
        return
    if family in get_args(Family):
        low, _, high = sizes.partition("-")
        for size in range(int(low), int(high or low) + 1):
            member = Member(cast("Family", family), int(first), size, device)
            with click.progressbar(length=length, label=str(member.scheme), file=sys.stderr) as bar:
                kept = search_member(member, budget, seed, lambda done, _: bar.update(done - bar.pos))
            _show(str(member.scheme), kept)
        return
    path = DATA / f"{device}.json"
    for n in range(int(first), int(last or first) + 1):
        processor = load_device(device)
        with click.progressbar(length=length, label=f"n = {n}", file=sys.stderr) as bar:
            search, taken = searched(
                Canonical(n),
                processor,
                clone,
                budget,
                seed,
                progress=lambda done, _: bar.update(done - bar.pos),
            )
        # Read late: searches of other numbers may have written meanwhile.
        document = json.loads(path.read_text()) if path.exists() and not fresh else {}
        document |= {"generator": "python -m qclone.search", "device": device}
        section = document.setdefault(section_of(clone), {})
        if search.kept.best is None:
            click.echo(f"n = {n}: nothing found")
        for aim, found in search.kept:
            options = f"--clones {n} --clone {clone} --steps {taken} --seed {seed}"
            entry = _entry(found, n, clone, processor, options)
            kept = section.setdefault(str(n), {})
            if aim not in kept or _rank(aim, entry) > _rank(aim, kept[aim]):
                kept[aim] = entry
            click.echo(
                f"n = {n}, {aim}: {entry['fidelity']:.4f}, {entry['layers']} layers; kept "
                f"{kept[aim]['fidelity']:.4f}, {kept[aim]['layers']}"
            )
        document[section_of(clone)] = dict(sorted(section.items(), key=lambda item: int(item[0])))
        path.write_text(_written(document))
        fresh = False


def _show(name: str, kept: Entries) -> None:
    for aim, entry in kept.items():
        click.echo(f"{name}, {aim}: kept {entry['fidelity']:.4f}, {entry['layers']} layers")


def _entry(found: Found, n: int, clone: str, device: Device, options: str) -> dict[str, Any]:
    native = assemble(found.draft, device, clone)
    verify(native, Canonical(n))
    return {
        "options": options,
        "layers": native.cost.layers,
        "gates": native.cost.gates,
        "fidelity": round(fidelity(native), 6),
        **to_json(found.draft),
    }


def _rank(aim: str, entry: dict[str, Any]) -> tuple[float, ...]:
    return (entry["fidelity"],) if aim == "fidelity" else (-entry["layers"], entry["fidelity"])


def _written(document: dict[str, Any]) -> str:
    """JSON with one line for each list, so that a change shows as what it is."""
    return json.dumps(document, indent=1).replace("\n     ", " ").replace("\n    ]", " ]") + "\n"


if __name__ == "__main__":
    try:
        main()
    except QcloneError as error:
        sys.exit(str(error))
