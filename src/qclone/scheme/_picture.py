"""What a notebook shows of a scheme: its size, and a picture of its wires and of who holds them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import stim

from qclone.markup import INK, LINE, PALE, ROLE_COLOURS, facts, picture
from qclone.scheme._wires import Role

if TYPE_CHECKING:
    from qclone.scheme._scheme import AnyScheme

MAX_DRAWN = 72
"""Wires in a picture that can be read."""
_ROWS = {
    Role.INPUT: ("A", "input"),
    Role.SIGNAL: ("S", "signal: encrypted clones"),
    Role.NOISE: ("N", "noise: the key"),
}
_STEP, _HIGH, _LEFT, _RADIUS = 54, 62, 170, 19


def html_of(scheme: AnyScheme) -> str:
    """Return the size of a scheme as facts, and its picture if it is small enough to be read."""
    size, title = scheme.size, str(scheme)
    values = {
        "qubits" if scheme.dimension == 2 else f"wires of dimension {scheme.dimension}": f"{size.qubits:,}",
        "inputs": f"{size.inputs:,}",
        "encrypted clones": f"{size.clones:,}",
        "key of a clone": f"{size.key:,} of them",
    }
    drawn = svg_of_wires(scheme)
    pictures = [picture(drawn, f"The wires of {title}")] if drawn else []
    return facts(title[:1].upper() + title[1:], values, pictures=pictures)


def svg_of_wires(scheme: AnyScheme) -> str | None:
    """Return the wires in rows by role, with a line for each pair that preparation entangles.

    None for more wires than can be read. Lines are those of `prepare`, of schemes of qubits.
    """
    if scheme.size.qubits > MAX_DRAWN:
        return None
    rows = {role: [wire.label for wire in scheme.wires if wire.role is role] for role in _ROWS}
    rows = {role: labels for role, labels in rows.items() if labels}
    at = {
        label: (_LEFT + _STEP * column, _HIGH // 2 + _HIGH * row)
        for row, labels in enumerate(rows.values())
        for column, label in enumerate(labels)
    }
    wide = _LEFT + _STEP * max(map(len, rows.values()))
    high = _HIGH * len(rows)
    parts = [_line(at, a, b) for a, b in _pairs(scheme)]
    for row, (role, labels) in enumerate(rows.items()):
        kind, meaning = _ROWS[role]
        parts.append(f'<text x="0" y="{_HIGH // 2 + _HIGH * row + 4}" fill="{INK}">{meaning}</text>')
        parts += [_dot(at[label], label, kind) for label in labels]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def _pairs(scheme: AnyScheme) -> list[tuple[str, str]]:
    prepare = getattr(scheme, "prepare", None)
    circuit = prepare() if prepare else None
    if not isinstance(circuit, stim.Circuit):
        return []
    labels = [wire.label for wire in scheme.wires]
    found = dict.fromkeys(
        (labels[a.value], labels[b.value])
        for gate in circuit.flattened()
        if stim.gate_data(gate.name).is_two_qubit_gate
        for a, b in gate.target_groups()
    )
    return list(found)


def _line(at: dict[str, tuple[int, int]], a: str, b: str) -> str:
    (x, y), (u, v) = at[a], at[b]
    bend = "" if y != v else f" Q {(x + u) // 2} {y + _RADIUS + 16}"  # past the wires between them
    return f'<path d="M {x} {y}{bend or " L"} {u} {v}" fill="none" stroke="{LINE}" stroke-width="3"/>'


def _dot(place: tuple[int, int], label: str, kind: str) -> str:
    x, y = place
    size = min(12, int(54 / max(1, len(label))))
    colour = INK if kind == "N" else PALE
    return (
        f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{ROLE_COLOURS[kind]}"/>'
        f'<text x="{x}" y="{y + size / 3:.0f}" font-size="{size}" text-anchor="middle" '
        f'fill="{colour}">{escape(label)}</text>'
    )
