"""Syntheses of the gates for Qiskit's transpiler: plugins of `HighLevelSynthesis`.

========== ==================================================================================
method     how
========== ==================================================================================
default    `pair_tree` where its couplings fit the coupling map, otherwise `tree`
ladder     a CX chain, as in arXiv:2602.10695
pair_tree  logarithmic depth, any two qubits coupled
tree       along a tree of the coupling map, without a SWAP for the gate by itself
========== ==================================================================================

Choose one with ``HLSConfig(encrypt=["tree"], decrypt=["tree"])``. Before layout the tree is one that the
coupling map holds somewhere; where physical qubits are known (``use_qubit_indices=True``) it is one on the
gate's own qubits.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal

import rustworkx
import stim
from qiskit import QuantumCircuit
from qiskit.transpiler import CouplingMap
from qiskit.transpiler.passes.synthesis.plugin import HighLevelSynthesisPlugin

from qclone.circuits._gates import DecryptGate, EncryptGate, StageGate
from qclone.circuits._to_qiskit import to_qiskit
from qclone.circuits._tree import decrypt_on, decrypt_tree, encrypt_on, encrypt_tree
from qclone.scheme import Canonical, place

Named = Literal["ladder", "pair_tree"]
# Steps of the search for a place; beyond them the answer is no.
_CALL_LIMIT = 100_000


class _Synthesis(HighLevelSynthesisPlugin):
    def run(
        self,
        high_level_object: Any,
        coupling_map: CouplingMap | None = None,
        target: Any = None,
        qubits: list[int] | None = None,
        **options: Any,
    ) -> QuantumCircuit | None:
        """Return the circuit of an encrypt or decrypt gate, or None for an operation of another kind."""
        gate = high_level_object
        if not isinstance(gate, EncryptGate | DecryptGate):
            return None
        if gate.name.endswith("_dg"):
            circuit = self.run(gate.inverse(), coupling_map, target, qubits)
            return None if circuit is None else circuit.inverse()
        graph = None if coupling_map is None else _graph(coupling_map, qubits)
        return self.synthesize(gate, graph, qubits is not None)

    @abstractmethod
    def synthesize(
        self, gate: StageGate, graph: rustworkx.PyGraph | None, placed: bool
    ) -> QuantumCircuit | None:
        """Return the circuit of a gate that is no inverse, or None to leave it to another plugin."""


class LadderSynthesis(_Synthesis):
    """A CX chain, as in arXiv:2602.10695."""

    def synthesize(self, gate: StageGate, graph: rustworkx.PyGraph | None, placed: bool) -> QuantumCircuit:
        """Return the ladder, whatever the coupling map."""
        return _named(gate, "ladder")


class PairTreeSynthesis(_Synthesis):
    """CX on pairs: logarithmic depth where any two qubits are coupled."""

    def synthesize(self, gate: StageGate, graph: rustworkx.PyGraph | None, placed: bool) -> QuantumCircuit:
        """Return the pair tree, whatever the coupling map."""
        return _named(gate, "pair_tree")


class TreeSynthesis(_Synthesis):
    """Along a tree of the coupling map: every two-qubit gate is on a coupler."""

    def synthesize(
        self, gate: StageGate, graph: rustworkx.PyGraph | None, placed: bool
    ) -> QuantumCircuit | None:
        """Return the circuit on the best tree; None without a coupling map or if it holds none."""
        return None if graph is None else _on_tree(gate, graph, placed)


class DefaultSynthesis(_Synthesis):
    """The pair tree where its couplings fit the coupling map, otherwise along a tree of it."""

    def synthesize(self, gate: StageGate, graph: rustworkx.PyGraph | None, placed: bool) -> QuantumCircuit:
        """Return the circuit with the fewest layers that needs no SWAP, or else the pair tree."""
        pair_tree = _named(gate, "pair_tree")
        if graph is None or _fits(pair_tree, graph, placed):
            return pair_tree
        return _on_tree(gate, graph, placed) or pair_tree


def _named(gate: StageGate, synthesis: Named) -> QuantumCircuit:
    scheme = gate.scheme.synthesized(synthesis)
    rebuilt = DecryptGate(scheme, gate.clone) if isinstance(gate, DecryptGate) else EncryptGate(scheme)
    definition: QuantumCircuit = rebuilt.definition
    return definition


def _graph(coupling_map: CouplingMap, qubits: list[int] | None) -> rustworkx.PyGraph:
    """Return the couplers, on all qubits or on those of the gate, renumbered in its order."""
    graph = coupling_map.graph.to_undirected(multigraph=False)
    if qubits is None:
        return graph
    own = rustworkx.PyGraph(multigraph=False)
    own.add_nodes_from(qubits)
    place_of = {qubit: i for i, qubit in enumerate(qubits)}
    for a, b in graph.edge_list():
        if a in place_of and b in place_of:
            own.add_edge(place_of[a], place_of[b], None)
    return own


def _fits(circuit: QuantumCircuit, graph: rustworkx.PyGraph, placed: bool) -> bool:
    couplings = {
        tuple(sorted(circuit.find_bit(q).index for q in i.qubits)) for i in circuit.data if len(i.qubits) == 2
    }
    if placed:
        return all(graph.has_edge(a, b) for a, b in couplings)
    pattern = rustworkx.PyGraph(multigraph=False)
    pattern.add_nodes_from(range(circuit.num_qubits))
    pattern.add_edges_from_no_data(sorted(couplings))
    return rustworkx.is_subgraph_isomorphic(graph, pattern, induced=False, call_limit=_CALL_LIMIT)


def _on_tree(gate: StageGate, graph: rustworkx.PyGraph, placed: bool) -> QuantumCircuit | None:
    alike = gate.scheme.alike
    if alike is None or gate.scheme.synthesized("definition") != Canonical(alike.num_pairs, "definition"):
        return None  # trees are known for the canonical scheme alone
    neighbours = {node: list(graph.neighbors(node)) for node in graph.node_indices()}
    wires = list(gate.wires)
    if isinstance(gate, EncryptGate) or gate.clone == "A":
        tree = encrypt_tree(neighbours, gate.num_qubits)
        if tree is None:
            return None
        stage, nodes = encrypt_on(tree), list(tree.nodes)
    else:
        # The noise qubit of clone S_j is N_j.
        ends = wires.index(gate.clone), wires.index(f"N{gate.clone[1:]}")
        found = decrypt_tree(neighbours, gate.num_qubits, ends if placed else None)
        if found is None:
            return None
        signal, tree = found
        stage = decrypt_on(signal, tree)
        others = [i for i in range(gate.num_qubits) if i not in ends]
        nodes = [0] * gate.num_qubits
        nodes[ends[0]], nodes[ends[1]] = signal, tree.nodes[0]
        for i, node in zip(others, tree.nodes[1:], strict=True):
            nodes[i] = node
    return _circuit(gate, stage, list(range(gate.num_qubits)) if placed else nodes)


def _circuit(gate: StageGate, stage: stim.Circuit, nodes: list[int]) -> QuantumCircuit:
    """Return the stage with qubit i of the gate in the place of the i-th of these nodes."""
    row = [0] * (1 + max(nodes))
    for i, node in enumerate(nodes):
        row[node] = i
    circuit = to_qiskit(place(stage, row), gate.num_qubits)
    if isinstance(gate, EncryptGate):
        circuit.global_phase += gate.scheme.missing_phase()
    elif isinstance(gate, DecryptGate) and gate.clone == "A":
        circuit = circuit.inverse()
        circuit.global_phase += gate.scheme.missing_phase("A")
    return circuit
