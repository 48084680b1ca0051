"""T counts after reduction; that it is the same program is checked against Qiskit's operators."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator

from qclone.compute import Program, fewer_tails
from tests.compute.test_programs import random_program


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_same_program_with_no_more_tails(k, seed):
    program = Program.of(random_program(np.random.default_rng(seed), k, 8, gates=24))
    reduced = fewer_tails(program)
    assert reduced.num_tails <= program.num_tails
    assert Operator(reduced.circuit).equiv(Operator(program.circuit), atol=1e-8)


@pytest.mark.parametrize(("written", "kept"), [(1, 3), (2, 6)])
def test_toffolis_written_with_t_gates_and_with_ccz(written, kept):
    circuit = QuantumCircuit(3)
    for _ in range(written):
        circuit.ccx(0, 1, 2)
        circuit.h(1)
    assert Program.of(circuit.decompose()).num_tails == 7 * written
    assert fewer_tails(Program.of(circuit)).num_tails == kept


def test_an_adder_of_two_bits():
    """Two Toffolis that share their controls, written with T: 14 become 8."""
    circuit = QuantumCircuit(4)
    circuit.ccx(0, 1, 2)
    circuit.cx(0, 1)
    circuit.ccx(1, 2, 3)
    plain = Program.of(circuit.decompose())
    assert plain.num_tails == 14
    assert fewer_tails(plain).num_tails < 14


def test_late_programs_stay_as_they_are():
    circuit = QuantumCircuit(1)
    circuit.rz(Parameter("theta"), 0)
    circuit.t(0)
    circuit.t(0)
    program = Program.of(circuit)
    assert fewer_tails(program) is program


def test_a_large_program_is_left_as_it_is():
    circuit = QuantumCircuit(1)
    for _ in range(501):
        for gate, *angle in (("t",), ("h",), ("rz", 0.1), ("h",)):
            getattr(circuit, gate)(*angle, 0)
    program = Program.of(circuit)
    assert program.num_tails == 1002
    assert fewer_tails(program) is program
