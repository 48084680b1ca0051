"""The triangular colour code on the honeycomb lattice: every Clifford gate is transversal."""

from __future__ import annotations

from dataclasses import replace

from qclone.logical._code import Code
from qclone.logical.codes._registry import odd, register

_AROUND = ((-1, -1), (0, -1), (1, 0), (1, 1), (0, 1), (-1, 0))


@register("colour")
def colour(distance: int | None) -> Code:
    """[[(3 d^2 + 1)/4, 1, d]], d odd (Bombin and Martin-Delgado, quant-ph/0605138), with flags.

    Sites of a triangular lattice with x + y = 1 mod 3 are faces, the others qubits. S on those with 0 and
    S_DAG on those with 2 is the logical S. X and Z checks share their faces, so H moves nothing.
    """
    d = odd("colour", distance, 13)
    last = 3 * (d - 1) // 2
    sites = [(x, y) for y in range(last + 1) for x in range(y + 1)]
    qubits = {site: i for i, site in enumerate(s for s in sites if sum(s) % 3 != 1)}
    faces = tuple(
        tuple(qubits[x + dx, y + dy] for dx, dy in _AROUND if (x + dx, y + dy) in qubits)
        for x, y in sites
        if (x + y) % 3 == 1
    )
    edge = tuple(qubits[x, last] for x in range(last + 1) if (x, last) in qubits)
    return Code(
        name="colour",
        distance=d,
        num_qubits=len(qubits),
        x_checks=faces,
        z_checks=faces,
        logical_x=(edge,),
        logical_z=(edge,),
        duality=tuple(range(len(qubits))),
        s_signs=tuple(1 if sum(site) % 3 == 0 else -1 for site in qubits),
        flagged=True,
        positions=tuple((x - y / 2, float(y)) for x, y in qubits),
    )


@register("colour-bare")
def colour_bare(distance: int | None) -> Code:
    """The colour code with bare ancillas, which are not fault tolerant: to see what flags are for."""
    return replace(colour(distance), name="colour-bare", flagged=False)
