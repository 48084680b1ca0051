"""What a server does to its wires that nobody asked for: gates, a T, entanglement, a look."""

from __future__ import annotations

import math

from qclone.compute import ServerPart
from qclone.errors import InvalidInputError
from qclone.faults._world import World
from qclone.store import Party

ONE, TWO = ("H", "S", "X", "C_XYZ", "SQRT_Y"), ("CX", "CZ")
"""H and S make every Clifford gate on one wire, with CX on all wires of a server; T makes every gate."""


def tamper(world: World, server: str) -> None:
    """Let a server act on what it has of some registers."""
    random, books = world.schedule.random, world.witness.books
    for register, places in list(books.places.items()):
        wires = [wire for wire, site in places.items() if site == server]
        if wires and random.random() < 0.7:
            world.witness.tampered.add(register)
            try:
                for _ in range(random.choice([1, 1, 2, 3])):
                    _act(world, server, register, wires)
            except InvalidInputError as error:
                world.schedule.note(f"{server} does no more: {error}")


def _act(world: World, server: str, register: str, wires: list[int]) -> None:
    random, witness = world.schedule.random, world.witness
    kinds = ["one", "look", *(["two"] if len(wires) > 1 else []), "T"]
    what = random.choices(kinds, [4, 3, 3, 2][: len(kinds)])[0]
    fabric, party = world.fabric(), Party(server)
    world.schedule.faults[f"tampered: {what}"] += 1
    if what == "look":
        fabric.measure(party, register, wires[:1])
    elif what == "one":
        fabric.run(party, register, f"{random.choice(ONE)} {random.choice(wires)}")
    elif what == "two":
        a, b = random.sample(wires, 2)
        fabric.run(party, register, f"{random.choice(TWO)} {a} {b}")
    else:
        wire, tail = random.choice(wires), witness.books.first_tail(register)
        text = f"CX[rotate:{math.pi / 4!r}] {wire} {tail}"
        witness.books.nobody_asked = True
        try:
            fabric.compute(party, register, ServerPart((wire,), (tail,), "", text))
        finally:
            witness.books.nobody_asked = False
