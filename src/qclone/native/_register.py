"""Registers in a GHZ state, each qubit cloned by n = 2: the circuit of blocks and the tree that joins them.

A block is five qubits: an input A, then x (S2), y (S1, the clone), d and e (N1, N2). Three layers prepare
it, four encrypt, four decrypt. The GHZ state of all A grows along a tree: each gate copies a member onto a
neighbour; what is on the way to an A and not one itself is undone once it has served.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import stim

from qclone.device import Device, NoiseRules
from qclone.estimate import Mechanisms, no_flip_probability
from qclone.native._assemble import Draft, assemble, followed_by
from qclone.native._graph import Edge, neighbours, reached_from
from qclone.native._native import NativeCircuit
from qclone.native._pairs import Pair, conjugated, in_layers, third
from qclone.scheme import Scheme
from qclone.simulate import error_mechanisms, noisy

Shape = Literal["line", "star"]
Step = tuple[Literal["copy", "undo"], int, int]


@dataclass(frozen=True)
class Block:
    """Five qubits A, x, y, d, e: in a row, or with d and e both beside y."""

    shape: Shape
    qubits: tuple[int, ...]


def ghz_inputs(scheme: Scheme) -> stim.Circuit:
    """Return the circuit that puts the inputs of a scheme into a GHZ state.

    Example
    -------
    >>> from qclone.scheme import Canonical, Parallel
    >>> print(ghz_inputs(Parallel(Canonical(2), 3)))
    H 0
    CX 0 5 5 10
    """
    inputs = scheme.indices(scheme.inputs)
    circuit = stim.Circuit()
    circuit.append("H", inputs[:1])
    for a, b in itertools.pairwise(inputs):
        circuit.append("CX", [a, b])
    return circuit


def grown(tree: Sequence[Edge], root: int, kept: Iterable[int]) -> list[list[Step]] | None:
    """Return, layer by layer, how a GHZ state grows from a root over a tree and leaves the kept nodes only.

    The longest branch goes first. A node is undone by a neighbour that is still a member, as long as
    all that are left hang together with a kept one; None if that cannot be.
    """
    kept = set(kept)
    near = {root: [], **neighbours(tree)}
    children, height = _rooted(near, root)
    members, served, layers = {root}, {root}, list[list[Step]]()
    while len(served) < len(near) or members - kept:
        busy: set[int] = set()
        layer: list[Step] = []
        for v in sorted(members, key=lambda v: -height[v]):
            waiting = [c for c in children[v] if c not in served]
            if waiting and v not in busy:
                child = max(waiting, key=height.__getitem__)
                layer.append(("copy", v, child))
                busy |= {v, child}
        for v in sorted(members - kept, key=lambda v: -height[v]):
            by = [u for u in near[v] if u in members and u not in busy]
            done = all(c in served for c in children[v])
            if v not in busy and done and by and _anchored(near, members - {v}, kept):
                u = min(by, key=lambda u: u not in kept)
                layer.append(("undo", u, v))
                busy |= {u, v}
                members.discard(v)
        new = {b for what, _, b in layer if what == "copy"}
        if not layer:
            return None
        members |= new
        served |= new
        layers.append(layer)
    return layers


def register_draft(
    blocks: Sequence[Block], tree: Sequence[Edge], templates: Mapping[Shape, Draft]
) -> Draft | None:
    """Return the circuit of some blocks joined by a tree: of all roots, one with the fewest layers.

    Parameters
    ----------
    tree : joins the inputs A of the blocks over qubits outside of blocks.
    templates : for each shape a draft of `Canonical(2)` on qubits 0 to 4 = A, x, y, d, e; the reference
        is left out.
    """
    inputs = [block.qubits[0] for block in blocks]
    roots = sorted({q for edge in tree for q in edge} | set(inputs[:1]))
    drafts = [
        _draft(blocks, layers, root, templates)
        for root in roots
        for layers in [grown(tree, root, inputs)]
        if layers is not None
    ]
    return min(drafts, key=lambda d: (len(in_layers(d.prepare)), len(d.prepare)), default=None)


def assemble_register(draft: Draft, device: Device, clone: str) -> NativeCircuit:
    """Return the draft as a placed circuit whose outputs are (|0...0> + |1...1>)/sqrt2, signs settled."""
    native = assemble(draft, device, clone)
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(device.num_qubits)
    simulator.do(native.circuit)
    *pairs, coherence = (simulator.peek_observable_expectation(p) for p in _generators(native))
    decrypt, sign = native.decrypt, 1
    for value, output in zip(pairs, native.outputs[1:], strict=True):
        sign *= value
        if sign < 0:
            decrypt = followed_by(decrypt, output, "X")
    if coherence < 0:
        decrypt = followed_by(decrypt, native.outputs[0], "Z")
    return replace(native, decrypt=decrypt)


def ghz_fidelity(native: NativeCircuit, rules: NoiseRules | None = None) -> float:
    """Return the fidelity of the outputs with the GHZ state on the twin, exact, readout errors included.

    F = (P + chi)/2: P, the probability of all zeros or all ones, and chi, the coherence from parity
    oscillations, which a readout error q of a qubit damps by 1 - 2q.

    Parameters
    ----------
    rules : which of the device's noise rules are on; all of them by default.
    """
    rules = NoiseRules() if rules is None else rules
    mechanisms = error_mechanisms(noisy(native.circuit, native.device, rules), _generators(native))
    last = len(native.outputs) - 1
    flips = [
        min(rules.scale * native.device.qubit(q).readout_error, 0.5) if rules.readout else 0.0
        for q in native.outputs
    ]
    populations = {m - {last}: 0.0 for m in mechanisms}
    for m, p in mechanisms.items():
        populations[m - {last}] = _either(populations[m - {last}], p)
    clean = _no_flip(populations, last)
    coherence = 2 * _no_flip(mechanisms, last + 1) - clean
    for k, flip in enumerate(flips):
        touched = frozenset({k - 1, k} & set(range(last)))
        populations[touched] = _either(populations.get(touched, 0.0), flip)
        coherence *= 1 - 2 * flip
    return (_no_flip(populations, last) + coherence) / 2


def _no_flip(mechanisms: Mapping[frozenset[int], float], count: int) -> float:
    return no_flip_probability(Mechanisms(tuple(mechanisms), tuple(mechanisms.values()), count))


def _either(p: float, q: float) -> float:
    """The probability that one of two independent flips happens, and not both."""
    return p + q - 2 * p * q


def _generators(native: NativeCircuit) -> list[stim.PauliString]:
    """Z Z of neighbouring outputs, then X of all."""
    strings = [stim.PauliString(native.device.num_qubits) for _ in native.outputs]
    for string, a, b in zip(strings, native.outputs, native.outputs[1:], strict=False):
        string[a] = string[b] = "Z"
    for q in native.outputs:
        strings[-1][q] = "X"
    return strings


def _draft(
    blocks: Sequence[Block], layers: Sequence[Sequence[Step]], root: int, templates: Mapping[Shape, Draft]
) -> Draft:
    """Put together blocks and the growth of their inputs' state; an axis of each member plays Z.

    A copy exp(-i pi/4 Z_a P_b) asks that b starts from an eigenstate of neither; X on a turns into Y, and
    only the parity of these turns over all inputs matters: the root's start makes up for an odd one.
    """
    roles: dict[str, int] = {}
    outputs: list[tuple[int, str]] = []
    start: dict[int, str] = {}
    stages: dict[str, list[Pair]] = {"prepare": [], "encrypt": [], "decrypt": []}
    z_of: dict[int, str] = {}
    x_of: dict[int, str] = {}
    for k, block in enumerate(blocks):
        template = templates[block.shape]
        placed = template.placed(dict(enumerate(block.qubits)) | {template.roles["R"]: -1})
        source = block.qubits[0]
        roles |= {f"q{k}.{label}": q for label, q in placed.roles.items() if label != "R"}
        outputs += placed.outputs
        start |= {q: axis for q, axis in placed.start.items() if q >= 0}
        for stage, pairs in stages.items():
            pairs += [pair for pair in getattr(placed, stage) if -1 not in pair]
        x_of[source], z_of[source] = axes_of_source(template)
    for q in sorted({q for layer in layers for _, a, b in layer for q in (a, b)} - set(z_of)):
        start[q], x_of[q], z_of[q] = "X", "Y", "Z"
    copies = [step for layer in layers for step in layer]
    growth = [(a, b, z_of[a] + x_of[b]) for _, a, b in copies]
    start |= {q: third(x_of[q], z) for q, z in z_of.items()}
    first = _first_start(growth, root, x_of, [b.qubits[0] for b in blocks])
    stages["prepare"] = [*growth, *stages["prepare"]]
    return Draft(
        roles,
        tuple(outputs),
        start | {root: first},
        *(tuple(stages[s]) for s in ("prepare", "encrypt", "decrypt")),
    )


def axes_of_source(template: Draft) -> tuple[str, str]:
    """Return the axes that hold X and Z of the input in a draft with one reference."""
    reference, source = template.roles["R"], template.roles["A"]
    a, _b, paulis = next(pair for pair in template.prepare if reference in pair[:2])
    paulis = paulis if a == reference else paulis[::-1]
    on_reference, on_source = paulis[0], paulis[1]
    # exp(-i pi/4 P_R Q_A) on eigenstates of p and q: the stabilisers are (P p)_R Q_A and P_R (Q q)_A.
    images = {
        third(on_reference, template.start[reference]): on_source,
        on_reference: third(on_source, template.start[source]),
    }
    axes = {p: images.get(p) or third(*images.values()) for p in "XZ"}
    return axes["X"], axes["Z"]


def _first_start(growth: Sequence[Pair], root: int, x_of: Mapping[int, str], inputs: Sequence[int]) -> str:
    """Return the axis to start the root from, so that X of all inputs is a stabiliser, up to Z Z of pairs."""
    # Carry X of all inputs back through the growth: on the root it ends as X or Y, elsewhere as the start.
    string = {q: x_of[q] for q in inputs}
    for a, b, paulis in reversed(growth):
        string[a], string[b] = conjugated(paulis, string.get(a, "I"), string.get(b, "I"))
    return string[root]


def _rooted(near: Mapping[int, Sequence[int]], root: int) -> tuple[dict[int, list[int]], dict[int, int]]:
    """Children and height of every node."""
    before = reached_from(near, root)
    children = {v: [u for u in near[v] if before[u] == v != u] for v in before}
    height: dict[int, int] = {}
    for v in reversed(before):
        height[v] = max((height[c] + 1 for c in children[v]), default=0)
    return children, height


def _anchored(near: Mapping[int, Sequence[int]], members: set[int], kept: set[int]) -> bool:
    """Whether every member hangs together with a kept one over members."""
    inside = {v: [u for u in near[v] if u in members] for v in members}
    return reached_from(inside, *(members & kept)).keys() == members
