"""Servers that compute, keys that are narrowed and committed, under faults: what must be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import stim
from qiskit import QuantumCircuit

from qclone.compute import Program, ServerPart
from qclone.scheme import Parallel, Role
from qclone.store import CLIENT, Manifest


@cache
def programs(qubits: int) -> tuple[Program, ...]:
    """Programs that servers run: Clifford, with a tail, with a late one, with three."""
    clifford, turned, late, mixed = (QuantumCircuit(qubits) for _ in range(4))
    for circuit in (clifford, turned, late, mixed):
        circuit.h(0)
        circuit.s(qubits - 1)
        if qubits > 1:
            circuit.cx(0, 1)
    turned.t(0)
    late.rz(0.7, 0)
    for angle in (0.3, -1.1, 2.0):
        mixed.ry(angle, 0)
    return (
        Program.of(clifford),
        Program.of(turned),
        Program.of(late, late=True),
        Program.of(mixed),
    )


def after(program: Program | None, circuit: QuantumCircuit) -> QuantumCircuit:
    """Return what prepares what a program makes of a state."""
    return circuit if program is None else circuit.compose(program.circuit)


class ComputedBooks:
    """Which server has run what on a register, and which key qubits are bits; kept from what took effect."""

    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], ServerPart] = {}
        self.read: dict[str, set[int]] = {}

    def compute(self, register: str, site: str, part: ServerPart) -> bool:
        """Whether this is new. Raises ValueError for another program at the same site."""
        before = self.parts.setdefault((register, site), part)
        if before != part:
            raise ValueError(f"{site} ran two programs on {register}")
        return before is part

    def ran(self, register: str, server: str) -> bool:
        """Whether a server's program has taken effect."""
        return (register, server) in self.parts

    def recoverable(
        self,
        register: str,
        manifest: Manifest,
        scheme: Parallel,
        places: Mapping[int, str],
        up: Sequence[str],
    ) -> bool:
        """Whether some clone that was not given up can be brought home, with its tails and its key."""
        uses, read = manifest.uses, self.read.get(register, set())
        noise = {i for i, wire in enumerate(scheme.wires) if wire.role is Role.NOISE}
        pairs = {
            q * scheme.base.num_qubits + wire
            for q in range(scheme.copies)
            for pair in uses.pairs
            for wire in pair
        }
        for label, server in manifest.clones.items():
            if manifest.committed_to is not None and label != _committed(manifest):
                continue  # the bits are those of one clone
            clone = set(scheme.indices(scheme.clone(label).wires))
            key = {scheme.index(name) for name in scheme.clone(label).key} & noise
            own = {wire - wire % scheme.base.num_qubits + _noise_of(scheme, wire) for wire in clone}
            if label != "A" and own & read & pairs:
                continue  # it was given up
            part = self.parts.get((register, server))
            run = uses.run_at(server)
            if run is not None and (part is None or not run.done or run.clone != label):
                continue
            needed = clone | set(part.tails if part else ())
            there = all(places.get(wire) in (CLIENT, *((server,) if server in up else ())) for wire in needed)
            if there and all(wire in read or places.get(wire) == CLIENT for wire in key):
                return True
        return False


def _committed(manifest: Manifest) -> str | None:
    """The clone whose bits the key was turned into."""
    at = (label for label, server in manifest.clones.items() if server == manifest.committed_to)
    return next((label for label in at if manifest.uses.keeps(label)), None)


def _noise_of(scheme: Parallel, wire: int) -> int:
    """The noise wire, in the base, that is paired with a signal wire; the wire itself for A."""
    base = scheme.base
    local = wire % base.num_qubits
    label = base.wires[local].label
    return base.index("N" + label[1:]) if label.startswith("S") else local


def targets_of(circuit: str) -> set[int]:
    """The wires that a circuit acts on."""
    return {t.value for gate in stim.Circuit(circuit) for t in gate.targets_copy() if not t.is_combiner}
