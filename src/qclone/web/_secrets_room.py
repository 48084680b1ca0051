"""The second room: click wires in and out of a coalition, and read what it can do."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any

from qclone.access import (
    classify,
    closed_form,
    code_distance,
    count_sets,
    decoder,
    leak_notices,
    minimal_sets,
    recovery_probability,
    symmetry_classes,
)
from qclone.circuits import crumble_link, quirk_link
from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.scheme import AnyScheme, Role, Scheme
from qclone.web._choices import EXAMPLES, chosen
from qclone.web._cloud_room import learned
from qclone.web._drawn import drawn
from qclone.web._questions import JSON, Question, Said
from qclone.web._rooms import Rooms
from qclone.web._shell import quoted

MAX_MAP = 60
"""Pairs of a scheme whose classes are drawn as a map."""
MAX_SETS = 200
MAX_DRAWN = 600
CURVE = 41
_ROLES = {Role.INPUT: "A", Role.SIGNAL: "S", Role.NOISE: "N"}


def choices(rooms: Rooms, body: Any) -> JSON:
    """Return schemes to begin with."""
    return {"examples": [{"title": title, "choice": choice} for title, choice in EXAMPLES]}


def scheme(rooms: Rooms, body: Any) -> JSON:
    """Return a scheme's wires and what is to be said of it as a whole."""
    one, options = chosen(Said(body))
    symmetric = one.alike is not None
    counts = count_sets(one) if symmetric else None
    return {
        "name": str(one)[:1].upper() + str(one)[1:],
        "dimension": one.dimension,
        "inputs": len(one.inputs),
        "wires": [{"label": wire.label, "role": _role(one, wire.label)} for wire in one.wires],
        "columns": _columns(one),
        "clones": [
            {"label": label, "wires": list(one.clone(label).wires), "key": list(one.clone(label).key)}
            for label in one.clones
        ],
        "notices": leak_notices(one),
        "counts": counts and {kind: _count(sets) for kind, sets in counts.items()},
        "distance": _distance(one),
        "mapped": symmetric and one.num_qubits <= 2 * MAX_MAP + 1,
        "decodes": isinstance(one, Scheme),
        "command": f"qclone access {options}",
    }


def _role(one: AnyScheme, label: str) -> str:
    """A, S or N. Wires of a code that are the key are noise, and all others are clones."""
    role = _ROLES[one.wires[one.index(label)].role]
    if role == "A" and label.rpartition(".")[2].rpartition("/")[2] != "A":
        return "N" if any(label in one.clone(clone).key for clone in one.clones[:1]) else "S"
    return role


def _columns(one: AnyScheme) -> list[JSON]:
    """Return the wires as they stand on the screen: pairs above one another, copies of a scheme apart."""
    groups: dict[str, dict[str, list[str]]] = {}
    pairs = one.core.alike is not None
    for wire in one.wires:
        group, name = "", wire.label
        for mark in "/.":  # a clone that was cloned again, a copy of the whole
            if not group and pairs:
                group, _, name = wire.label.rpartition(mark)
        number = name[1:] if pairs and name != "A" else wire.label
        groups.setdefault(group, {}).setdefault(number, []).append(wire.label)
    return [{"title": title, "columns": list(columns.values())} for title, columns in groups.items()]


def _count(sets: int) -> str:
    return f"{sets:,}" if sets < 10**9 else f"{sets:.2e}" if sets < 10**300 else "over 10^300"


def _distance(one: AnyScheme) -> int | None:
    try:
        return code_distance(one) if one.num_qubits <= 20 or one.alike is not None else None
    except InvalidInputError:
        return None


def verdict(rooms: Rooms, body: Any) -> JSON:
    """Return what the holder of some wires can do."""
    said = Said(body)
    one, options = chosen(said)
    held = said.texts("held", ())
    found = classify(one, held)
    sayable = not any(c.isspace() or c == "," for label in found.held for c in label)
    hold = f" --hold {quoted(' '.join(found.held))}"
    document = {
        "held": list(found.held),
        **learned(found),
        "dimension": one.dimension,
        "command": f"qclone access {options}{hold}" if sayable else None,
    }
    if one.alike is not None:
        alike = closed_form(one, held)
        document["alike"] = {
            "complete": alike.complete,
            "signals": alike.signals,
            "noise": alike.noise,
            "absent": alike.absent,
            "with_input": alike.with_input,
            "sets": _count(alike.num_sets),
        }
    return document


def decoding(rooms: Rooms, body: Any) -> JSON:
    """Return a circuit that recovers the input on the wires held, and links that open it elsewhere."""
    said = Said(body)
    one, _ = chosen(said)
    if not isinstance(one, Scheme):
        raise InvalidInputError(f"{one} is not one of qubits.", "Decoders are circuits on qubits.")
    found = decoder(one, said.texts("held", ()))
    try:
        quirk = quirk_link(found.circuit)
    except UnsupportedCircuitError:
        quirk = None
    small = sum(len(gate.target_groups()) for gate in found.circuit) <= MAX_DRAWN
    return {
        "outputs": list(found.outputs),
        "gates": found.num_two_qubit_gates,
        "circuit": drawn(found.circuit, [wire.label for wire in one.wires]) if small else None,
        "crumble": crumble_link(found.circuit),
        "quirk": quirk,
        "stim": str(found.circuit),
    }


def classes(rooms: Rooms, body: Any) -> JSON:
    """Return every symmetry class as cells of a map: by pairs held whole and missed; where every pair is held
    by one wire, by the number of signal wires among them."""
    one, options = chosen(Said(body))
    if one.num_qubits > 2 * MAX_MAP + 1:
        raise InvalidInputError("The map would have more cells than are seen.", "Take at most 60 clones.")
    return {**_map(one), "command": f"qclone access {options} --table"}


@lru_cache(maxsize=16)
def _map(one: AnyScheme) -> JSON:
    cells: dict[tuple[bool, int, int], list[Any]] = {}
    aligned = []
    for found in symmetry_classes(one):
        if found.complete or found.absent:
            cell = cells.setdefault((found.with_input, found.complete, found.absent), [found.bits, 0])
            cell[1] += found.num_sets
        else:
            aligned.append(
                {
                    "a": found.with_input,
                    "p": found.signals,
                    "bits": found.bits,
                    "sets": _count(found.num_sets),
                }
            )
    return {
        "n": (one.num_qubits - 1) // 2,
        "cells": [
            {"a": a, "c": c, "e": e, "bits": bits, "sets": _count(sets)}
            for (a, c, e), (bits, sets) in cells.items()
        ],
        "aligned": aligned,
    }


def smallest(rooms: Rooms, body: Any) -> JSON:
    """Return the smallest sets that recover, at most some of them."""
    said = Said(body)
    one, options = chosen(said)
    limit = said.whole("limit", 24, low=1, high=MAX_SETS)
    found = list(islice(minimal_sets(one), limit + 1))
    return {
        "sets": [list(wires) for wires in found[:limit]],
        "more": len(found) > limit,
        "command": f"qclone access {options}",
    }


def loss(rooms: Rooms, body: Any) -> JSON:
    """Return the probability that what survives recovers, if wires are lost with these probabilities."""
    said = Said(body)
    one, options = chosen(said)
    rates = {role: said.number(role, 0.0) for role in "ASN"}
    by_wire = {wire.label: rates[_role(one, wire.label)] for wire in one.wires}
    alike = len(set(rates.values())) == 1
    return {
        "probability": recovery_probability(one, by_wire),
        "command": f"qclone access {options} --loss {rates['S']:g}" if alike else None,
    }


def curve(rooms: Rooms, body: Any) -> JSON:
    """Return the same for every probability from 0 to 1, alike for all wires."""
    one, _ = chosen(Said(body))
    return {"probabilities": list(_curve(one))}


@lru_cache(maxsize=16)
def _curve(one: AnyScheme) -> tuple[float, ...]:
    return tuple(recovery_probability(one, i / (CURVE - 1)) for i in range(CURVE))


QUESTIONS: dict[str, Question] = {
    "secrets/choices": choices,
    "secrets/scheme": scheme,
    "secrets/verdict": verdict,
    "secrets/decoder": decoding,
    "secrets/classes": classes,
    "secrets/minimal": smallest,
    "secrets/loss": loss,
    "secrets/curve": curve,
}
