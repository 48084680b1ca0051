"""Layers and gates against Qiskit's depth, and closed forms."""

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.circuits import Cost, cost_of, stages, to_qiskit
from qclone.errors import UnsupportedCircuitError
from qclone.scheme import SYNTHESES, Canonical


@given(seed=st.integers(0, 2**32 - 1), num_qubits=st.integers(2, 12), num_gates=st.integers(0, 60))
def test_layers_are_qiskits_depth_of_two_qubit_gates(seed, num_qubits, num_gates):
    rng = np.random.default_rng(seed)
    circuit = stim.Circuit()
    for _ in range(num_gates):
        name = rng.choice(["CX", "CZ", "SWAP", "SQRT_ZZ", "H", "S"])
        size = 2 if stim.gate_data(name).is_two_qubit_gate else 1
        pairs = rng.integers(1, num_qubits // size + 1)
        circuit.append(name, rng.permutation(num_qubits)[: size * pairs])
    theirs = to_qiskit(circuit, num_qubits)
    depth = theirs.depth(lambda i: i.operation.num_qubits == 2)
    count = sum(i.operation.num_qubits == 2 for i in theirs.data)
    assert cost_of(circuit) == Cost(depth, count)


@given(n=st.integers(3, 300))
def test_closed_forms(n):
    ladder, tree = (stages(Canonical(n, s), "S1") for s in ("ladder", "pair_tree"))
    assert cost_of(ladder["prepare"]) == Cost(1, n)
    assert cost_of(ladder["encrypt"]) == Cost(4 * n, 4 * n)
    assert cost_of(tree["encrypt"]).gates == 3 * (n + 1) - 5 - n % 2
    # Halving n + 1 wires one way and back, one layer a halving, and a few in between.
    assert cost_of(tree["encrypt"]).layers <= 2 * int(np.ceil(np.log2(n + 1))) + 3


@pytest.mark.parametrize("weight", [1, 2, 5])
def test_many_body_phases_count_as_their_ladder(weight):
    product = "*".join(f"X{i}" for i in range(weight))
    assert cost_of(stim.Circuit(f"SPP {product}")) == Cost(2 * (weight - 1), 2 * (weight - 1))


@pytest.mark.parametrize("synthesis", SYNTHESES)
def test_costs_of_stages_add_up(synthesis):
    built = stages(Canonical(4, synthesis), "S1", reference=True)
    total = sum((cost_of(s) for s in built.values()), Cost(0, 0))
    assert total.gates == cost_of(sum(built.values(), stim.Circuit())).gates
    assert total.layers >= cost_of(sum(built.values(), stim.Circuit())).layers


def test_many_gates_and_refusals():
    assert cost_of(stages(Canonical(200_000))["encrypt"]).gates == 599_998
    with pytest.raises(UnsupportedCircuitError, match="'CX' is controlled by an outcome"):
        cost_of(stim.Circuit("M 0\nCX rec[-1] 1"))
