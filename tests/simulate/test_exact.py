"""Exact expectations against dense density matrices, stim's sampler and closed forms."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
import pytest
import stim
from hypothesis import example, given
from hypothesis import strategies as st
from qiskit.quantum_info import DensityMatrix, Pauli

from qclone.errors import UnsupportedCircuitError
from qclone.scheme import Canonical
from qclone.simulate import entanglement_fidelity, expectations, record_expectations
from qclone.simulate._layers import is_layered

NUM_QUBITS = 3
ONE = ["H", "S", "SQRT_X", "SQRT_Y_DAG", "C_XYZ", "Y", "X_ERROR(0.1)", "Y_ERROR(0.03)", "Z_ERROR(0.2)"]
ONE += ["DEPOLARIZE1(0.17)", "PAULI_CHANNEL_1(0.1,0.02,0.3)"]
TWO = ["CX", "CZ", "SQRT_XX_DAG", "ISWAP", "DEPOLARIZE2(0.23)"]
qubits = st.integers(0, NUM_QUBITS - 1)
pairs = st.tuples(qubits, qubits).filter(lambda p: p[0] != p[1])
gate = st.one_of(
    st.builds("{} {}".format, st.sampled_from(ONE), qubits),
    st.builds(lambda g, p: f"{g} {p[0]} {p[1]}", st.sampled_from(TWO), pairs),
)
collapse = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["M", "MR(0.1)", "MX !1\nMY", "R", "RX", "M(0.2)"]), qubits),
    st.builds(
        lambda g, p: f"{g} {p[0]} {p[1]}",
        st.sampled_from(["MXX", "MYY !1 2\nMZZ(0.1)", "CZ rec[-1] 1\nCX"]),
        pairs,
    ),
    st.sampled_from(["MPP X0*!Z2 Y1", "CX rec[-2] 1 0 2", "CY rec[-1] 0", "XCZ 1 rec[-1]", "MPAD 1"]),
)
labels = st.text("IXYZ", min_size=NUM_QUBITS, max_size=NUM_QUBITS)


@given(st.lists(gate, max_size=25), st.lists(labels, min_size=1, max_size=6))
def test_expectations_are_those_of_the_density_matrix(
    density_matrix: Callable[[stim.Circuit], DensityMatrix], gates: list[str], paulis: list[str]
) -> None:
    circuit = stim.Circuit("\n".join(["I 0 1 2", *gates]))
    state = density_matrix(circuit)
    wanted = [state.expectation_value(Pauli(p[::-1])).real for p in paulis]
    got = expectations(circuit, [stim.PauliString(p) for p in paulis])
    np.testing.assert_allclose(got, wanted, atol=1e-10, err_msg=str(circuit))


@given(st.lists(st.one_of(gate, collapse), max_size=15), st.data())
def test_record_parities_are_those_that_are_sampled(gates: list[str], data: st.DataObject) -> None:
    circuit = stim.Circuit("\n".join(["M 0 1", *gates, "M 0", "MX 1", "MY 2"]))
    count = circuit.num_measurements
    parity = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
    shots = 4_000
    records = circuit.compile_sampler(seed=1).sample(shots)
    sampled = np.mean(1.0 - 2.0 * np.bitwise_xor.reduce(records[:, parity], axis=1))
    exact = record_expectations(circuit, [parity])[0]
    # The variance of a mean of signs is (1 - <P>^2)/shots: nothing is random at +-1.
    assert abs(sampled - exact) <= 5 * np.sqrt((1 - exact**2) / shots) + 1e-9, str(circuit)


@pytest.mark.parametrize("num_clones", [2, 5, 40])
def test_one_fault_location_on_a_round_trip(num_clones: int) -> None:
    """Depolarising the recovered qubit with probability p leaves Fe = 1 - p; dephasing likewise."""
    scheme = Canonical(num_clones)
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} 0")
    circuit += scheme.prepare() + scheme.encrypt() + scheme.decrypt("S2")
    output = scheme.index("S2")
    assert entanglement_fidelity(circuit, reference, output) == 1
    for noise in ("DEPOLARIZE1", "Z_ERROR"):
        noisy = circuit + stim.Circuit(f"{noise}(0.06) {output}")
        assert entanglement_fidelity(noisy, reference, output) == pytest.approx(0.94)


def test_loops_and_annotations_change_nothing() -> None:
    looped = stim.Circuit(
        "REPEAT 3 {\nX_ERROR(0.1) 0\n}\nM 0\nDETECTOR rec[-1]\nOBSERVABLE_INCLUDE(0) rec[-1]"
    )
    assert expectations(looped, [stim.PauliString("Z")])[0] == pytest.approx(0.8**3)
    assert record_expectations(looped, [[0], [0, 0]]) == pytest.approx([0.8**3, 1])


def test_a_fidelity_with_a_random_outcome_in_between() -> None:
    """Teleportation with feedback, and one wrong bit in ten of the second measurement."""
    circuit = stim.Circuit("H 0\nCX 0 1\nH 2\nCX 2 3\nCX 1 2\nH 1\nM 1\nM(0.1) 2\nCX rec[-1] 3\nCZ rec[-2] 3")
    assert entanglement_fidelity(circuit, 0, 3) == pytest.approx(0.9)


def test_noise_beyond_the_maximally_mixed_state_is_refused() -> None:
    with pytest.raises(UnsupportedCircuitError, match="no exact expectation"):
        expectations(stim.Circuit("DEPOLARIZE1(0.9) 0"), [stim.PauliString("Z")])
    with pytest.raises(UnsupportedCircuitError, match="no measurement record 1"):
        record_expectations(stim.Circuit("M 0"), [[1]])


layers = st.lists(
    st.tuples(
        st.sampled_from(["H", "S", "C_XYZ", "CX", "CZ", "SQRT_YY", "ISWAP"]),
        st.sampled_from(
            ["X_ERROR(0.1)", "Y_ERROR(0.2)", "Z_ERROR(0.03)", "DEPOLARIZE1(0.1)", "DEPOLARIZE2(0.2)"]
        )
        | st.just("PAULI_CHANNEL_1(0.1,0.02,0.3)"),
        st.permutations(range(6)),
    ),
    max_size=12,
)


@given(layers, st.lists(st.text("IXYZ", min_size=6, max_size=6), min_size=1, max_size=4))
def test_long_layers_are_counted_as_the_error_analysis_says(gates, labels) -> None:
    """The same circuit on 6 of 300 qubits, where layers are counted, and of 6, where stim analyses errors."""
    lines = [f"{text} {' '.join(map(str, wires))}" for gate, noise, wires in gates for text in (gate, noise)]
    circuit = stim.Circuit("\n".join(lines))
    observables = [stim.PauliString(label) for label in labels]
    observables += [
        stim.PauliString(f"{'_' * i}Z{'_' * (5 - i)}").after(circuit.without_noise()) for i in range(6)
    ]
    wide = circuit + stim.Circuit("I 299")
    assert is_layered(wide) and not is_layered(circuit + stim.Circuit("M 0"))
    np.testing.assert_allclose(
        expectations(wide, observables), expectations(circuit, observables), atol=1e-12
    )


chains = st.lists(
    st.lists(
        st.tuples(st.floats(0, 1), st.text("IXYZ", min_size=3, max_size=3).filter(lambda p: p != "III")),
        min_size=1,
        max_size=3,
    ),
    min_size=1,
    max_size=3,
)


@given(chains, st.lists(gate, max_size=6), st.text("IXYZ", min_size=3, max_size=3))
@example([[(0.3, "XII"), (0.4, "XII")]], [], "ZII")  # was 0.176
@example([[(0.0, "IIX"), (0.5234375, "IXI")]], [], "IZI")  # stim writes six digits
def test_of_a_chain_of_errors_at_most_one_happens(chained, gates, label) -> None:
    """Against the sum over what can happen, each case without noise and by stim's tableaux."""
    rest = itertools.repeat("ELSE_CORRELATED_ERROR")
    gates = [line for line in gates if stim.gate_data(re.split(r"[ (]", line)[0]).is_unitary]
    between, lines = "\n".join(gates), []
    cases = [(1.0, stim.Circuit("I 2"))]
    for chain in chained:
        lines += [between]
        cases = [(weight, circuit + stim.Circuit(between)) for weight, circuit in cases]
        grown, left = [], 1.0
        for name, (p, pauli) in zip(itertools.chain(["E"], rest), chain, strict=False):
            words = [f"{letter}{q}" for q, letter in enumerate(pauli) if letter != "I"]
            lines.append(f"{name}({p}) {' '.join(words)}")
            hit = stim.Circuit("\n".join(f"{word[0]} {word[1:]}" for word in words))
            grown += [(weight * left * p, circuit + hit) for weight, circuit in cases]
            left *= 1 - p
        cases = grown + [(weight * left, circuit) for weight, circuit in cases]
    observable = stim.PauliString(label)

    def value(circuit):
        simulator = stim.TableauSimulator()
        simulator.do(circuit)
        return simulator.peek_observable_expectation(observable)

    expected = sum(weight * value(circuit) for weight, circuit in cases)
    noisy = stim.Circuit("I 2\n" + "\n".join(lines))
    assert expectations(noisy, [observable])[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("first", ["MX", "MY", "M", "MRX", "MRY", "MR", "MXX", "MZZ", "MPP"])
@pytest.mark.parametrize("second", ["MX", "MY", "M"])
def test_records_of_two_bases_in_a_row(first, second) -> None:
    """Against the sampler: 200 shots tell a certain parity from a random one."""
    target = {"MXX": "0 1", "MZZ": "0 1", "MPP": "X0*Z1"}.get(first, "0")
    circuit = stim.Circuit(f"{first} {target}\n{second} 0")
    sampled = circuit.compile_sampler(seed=3).sample(200)
    for parity in ([0], [1], [0, 1]):
        mean = 1 - 2 * np.mean(sampled[:, parity].sum(axis=1) % 2)
        exact = record_expectations(circuit, [parity])[0]
        assert exact == (round(mean) if abs(mean) == 1 else 0)
