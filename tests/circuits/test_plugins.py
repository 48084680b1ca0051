"""Syntheses inside Qiskit's transpiler: the operator is kept, couplers are kept to, layers are saved."""

from importlib.metadata import entry_points

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, generate_preset_pass_manager
from qiskit.circuit import Gate
from qiskit.quantum_info import Operator
from qiskit.transpiler import CouplingMap, PassManager
from qiskit.transpiler.passes import HighLevelSynthesis
from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig

from qclone.circuits import DecryptGate, EncryptGate, PrepareGate, to_stim
from qclone.circuits._plugins import DefaultSynthesis, LadderSynthesis, PairTreeSynthesis, TreeSynthesis
from qclone.scheme import Canonical, Iterated, Parallel

METHODS = {
    "default": DefaultSynthesis,
    "ladder": LadderSynthesis,
    "pair_tree": PairTreeSynthesis,
    "tree": TreeSynthesis,
}
MAPS = {
    "line": CouplingMap.from_line(24),
    "heavy-hex": CouplingMap.from_heavy_hex(5),
    "grid": CouplingMap.from_grid(6, 6),
    "full": CouplingMap.from_full(24),
}


def gates_of(n: int) -> list[Gate]:
    return [EncryptGate(n), *(DecryptGate(n, clone) for clone in Canonical(n).clones)]


def on(gate: Gate) -> QuantumCircuit:
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, circuit.qubits)
    return circuit


def depth(circuit: QuantumCircuit) -> int:
    return circuit.depth(lambda i: i.operation.num_qubits == 2)


@pytest.mark.parametrize("operation", ["encrypt", "decrypt", "encrypt_dg", "decrypt_dg"])
def test_qiskit_finds_the_plugins(operation):
    listed = (e for e in entry_points(group="qiskit.synthesis") if e.name.startswith(f"{operation}."))
    found = {e.name: e.load() for e in listed}
    assert found == {f"{operation}.{method}": plugin for method, plugin in METHODS.items()}


@pytest.mark.parametrize("coupling", MAPS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_every_method_is_the_gate_with_its_phase(n, method, coupling):
    for gate in gates_of(n):
        for each in (gate, gate.inverse()):
            circuit = METHODS[method]().run(each, coupling_map=MAPS[coupling])
            assert np.allclose(Operator(circuit).data, Operator(each).data)


@given(n=st.integers(1, 20), data=st.data())
def test_the_tree_is_the_gate_by_tableau(n, data):
    gate = data.draw(st.sampled_from(gates_of(n)))
    coupling = MAPS[data.draw(st.sampled_from(["line", "heavy-hex", "grid"]))]
    circuit = TreeSynthesis().run(gate, coupling_map=coupling)
    assert to_stim(circuit).to_tableau() == to_stim(on(gate)).to_tableau()
    count = sum(i.operation.num_qubits == 2 for i in circuit.data)
    if isinstance(gate, EncryptGate) or gate.clone == "A":
        assert count == 4 * n
    else:
        assert count <= 4 * n


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 12), data=st.data())
def test_with_physical_qubits_every_gate_is_on_a_coupler(seed, n, data):
    gate = data.draw(st.sampled_from(gates_of(n)))
    coupling = MAPS["heavy-hex"]
    rng = np.random.default_rng(seed)
    # Grow a connected patch: first the signal and its noise qubit, side by side.
    patch = list(coupling.get_edges()[rng.integers(len(coupling.get_edges()))])
    while len(patch) < gate.num_qubits:
        # The signal qubit may be a leaf only, so that the noise qubits are connected without it.
        border = {b for a in patch[1:] for b in coupling.neighbors(a)} - set(patch)
        if not border:
            return
        patch.append(int(rng.choice(sorted(border))))
    if isinstance(gate, DecryptGate) and gate.clone != "A":
        j = int(gate.clone[1:])
        patch = [patch[0], *patch[2 : j + 1], patch[1], *patch[j + 1 :]]
    circuit = TreeSynthesis().run(gate, coupling_map=coupling, qubits=patch)
    edges = {tuple(sorted(edge)) for edge in coupling.get_edges()}
    for i in circuit.data:
        if i.operation.num_qubits == 2:
            assert tuple(sorted(patch[circuit.find_bit(q).index] for q in i.qubits)) in edges
    assert to_stim(circuit).to_tableau() == to_stim(on(gate)).to_tableau()


def test_the_pass_sees_physical_qubits():
    coupling = CouplingMap.from_line(5)
    circuit = QuantumCircuit(5)
    circuit.append(EncryptGate(3), [3, 1, 2, 4])
    config = HLSConfig(encrypt=[TreeSynthesis()])
    kept = PassManager([HighLevelSynthesis(config, coupling_map=coupling, use_qubit_indices=True)]).run(
        circuit
    )
    two_qubit = [[kept.find_bit(q).index for q in i.qubits] for i in kept.data if len(i.qubits) == 2]
    assert all(abs(a - b) == 1 for a, b in two_qubit)
    assert Operator(kept) == Operator(circuit)


def transpiled(circuit: QuantumCircuit, coupling: CouplingMap, **options) -> QuantumCircuit:
    basis = ["cz", "rz", "sx", "x"]
    manager = generate_preset_pass_manager(
        1, coupling_map=coupling, basis_gates=basis, seed_transpiler=5, **options
    )
    return manager.run(circuit)


SMALL = {
    "line": CouplingMap.from_line(6),
    "grid": CouplingMap.from_grid(2, 3),
    "full": CouplingMap.from_full(6),
}


@pytest.mark.parametrize("coupling", SMALL)
def test_the_whole_transpiler_keeps_the_operator(coupling):
    circuit = QuantumCircuit(6)
    circuit.append(PrepareGate(2), [1, 2, 3, 4])
    circuit.append(EncryptGate(2), [0, 1, 2])
    circuit.append(DecryptGate(2, "S2"), [2, 3, 4])
    # By entry point: nothing but the package need be installed.
    assert Operator.from_circuit(transpiled(circuit, SMALL[coupling])).equiv(Operator(circuit))


@pytest.mark.parametrize("coupling", ["line", "heavy-hex", "grid"])
@pytest.mark.parametrize("n", [4, 12])
def test_fewer_layers_than_qiskits_own_way(n, coupling):
    """Qiskit by itself takes the definition's many-body rotations apart into ladders and routes those."""
    for make in (EncryptGate, lambda scheme: DecryptGate(scheme, "S1")):
        theirs = transpiled(on(make(Canonical(n, "definition"))).decompose(), MAPS[coupling])
        ours = transpiled(on(make(Canonical(n))), MAPS[coupling])
        assert depth(ours) < depth(theirs)


def test_default_takes_the_pair_tree_where_it_fits():
    gate = EncryptGate(7)
    for coupling, method in (
        ("full", "pair_tree"),
        ("grid", "pair_tree"),
        ("line", "tree"),
        ("heavy-hex", "tree"),
    ):
        chosen = DefaultSynthesis().run(gate, coupling_map=MAPS[coupling])
        assert chosen == METHODS[method]().run(gate, coupling_map=MAPS[coupling])
    assert DefaultSynthesis().run(gate) == PairTreeSynthesis().run(gate)


def test_other_schemes_and_other_gates():
    for scheme in (Parallel(Canonical(2), 2), Iterated.virtual(Canonical(2), 1)):
        gate = EncryptGate(scheme)
        assert TreeSynthesis().run(gate, coupling_map=MAPS["line"]) is None
        for plugin in (DefaultSynthesis, LadderSynthesis):
            circuit = plugin().run(gate, coupling_map=MAPS["line"])
            assert to_stim(circuit).to_tableau() == to_stim(on(gate)).to_tableau()
    assert DefaultSynthesis().run(Gate("encrypt", 3, [])) is None
    assert TreeSynthesis().run(EncryptGate(30), coupling_map=MAPS["line"]) is None
    assert DefaultSynthesis().run(EncryptGate(30), coupling_map=MAPS["line"]).num_qubits == 31
