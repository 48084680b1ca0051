"""From Pauli pairs with roles to a placed circuit, signs settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import stim

from qclone.device import Device
from qclone.native._graph import Edge
from qclone.native._native import STAGES, NativeCircuit
from qclone.native._pairs import Frames, Pair, in_layers

_PAULI = {(1, 1): "I", (1, -1): "X", (-1, 1): "Z", (-1, -1): "Y"}


@dataclass(frozen=True)
class Draft:
    """A circuit in three stages of Pauli pairs, each qubit in the axes of the protocol, signs left open.

    Parameters
    ----------
    roles : label -> qubit, `R` (or `R1`, `R2`, ...) included.
    outputs : (qubit, "PQ") for each input: P and Q on the qubit hold the X and Z of the input at the end.
    start : qubit -> the axis of which |0> is an eigenstate, for every qubit in use.
    prepare, encrypt, decrypt : the gates exp(-i pi/4 P_a Q_b), in order.
    """

    roles: Mapping[str, int]
    outputs: tuple[tuple[int, str], ...]
    start: Mapping[int, str]
    prepare: tuple[Pair, ...]
    encrypt: tuple[Pair, ...]
    decrypt: tuple[Pair, ...]

    @property
    def couplers(self) -> frozenset[Edge]:
        """Pairs (a, b), a < b, that some gate couples."""
        return frozenset((min(a, b), max(a, b)) for s in STAGES for a, b, _ in getattr(self, s))

    def placed(self, place: Mapping[int, int]) -> Draft:
        """Return the draft with every qubit q renamed place[q]."""

        def moved(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
            return tuple((place[a], place[b], paulis) for a, b, paulis in pairs)

        return Draft(
            {label: place[q] for label, q in self.roles.items()},
            tuple((place[q], axes) for q, axes in self.outputs),
            {place[q]: axis for q, axis in self.start.items()},
            moved(self.prepare),
            moved(self.encrypt),
            moved(self.decrypt),
        )


def assemble(draft: Draft, device: Device, clone: str) -> NativeCircuit:
    """Return the draft as CZ and one-qubit gates on a device, its qubits being physical ones.

    Signs are settled by one Pauli on each output, merged into the pulse before it where there is one;
    without references they are left to the caller.
    """
    frames = Frames(draft.start)
    protocol = {q: "XZ" for q in sorted(draft.roles.values())}
    shown = {"prepare": {}, "encrypt": protocol, "decrypt": dict(draft.outputs)}
    stages = {s: frames.gates(in_layers(getattr(draft, s)), shown[s]) for s in STAGES}
    outputs = tuple(q for q, _ in draft.outputs)
    unsigned = NativeCircuit(device, clone, draft.roles, outputs, **stages)
    paulis = [
        (q, _PAULI[x, z])
        for reference, q in zip(unsigned.references, unsigned.outputs, strict=bool(unsigned.references))
        for x, z in [_signs(unsigned.circuit, reference, q)]
    ]
    for q, pauli in paulis:
        stages["decrypt"] = followed_by(stages["decrypt"], q, pauli)
    return NativeCircuit(device, clone, draft.roles, outputs, **stages)


def _signs(circuit: stim.Circuit, reference: int, output: int) -> tuple[int, int]:
    """<X X> and <Z Z> of two qubits at the end."""
    simulator = stim.TableauSimulator()
    simulator.do(circuit)
    width = max(simulator.num_qubits, reference + 1, output + 1)
    signs = []
    for pauli in "XZ":
        pair = stim.PauliString(width)
        pair[reference] = pair[output] = pauli
        signs.append(simulator.peek_observable_expectation(pair))
    return signs[0], signs[1]


def followed_by(circuit: stim.Circuit, q: int, gate: str) -> stim.Circuit:
    """Return the circuit and a one-qubit gate, merged with what the qubit has after its last CZ."""
    kept, tail = list(circuit), []
    merged = stim.gate_data(gate).tableau
    while kept and kept[-1].name not in ("CZ", "TICK"):
        last = kept.pop()
        for target in reversed(last.targets_copy()):
            if target.value == q:
                merged = stim.gate_data(last.name).tableau.then(merged)
            else:
                tail.append(stim.CircuitInstruction(last.name, [target]))
    whole = stim.Circuit()
    for instruction in [*kept, *reversed(tail)]:
        whole.append(instruction)
    if (name := name_of(merged)) != "I":
        whole.append(name, [q])
    return whole


def name_of(tableau: stim.Tableau) -> str:
    """The name of a one-qubit Clifford gate."""
    return _NAMES[str(tableau.x_output(0)) + str(tableau.z_output(0))]


_NAMES = {
    str(t.x_output(0)) + str(t.z_output(0)): data.name
    for data in stim.gate_data().values()
    if data.is_unitary and data.is_single_qubit_gate
    for t in [data.tableau]
}
