"""Uniform noise against the same circuit written one gate at a time, and against closed forms."""

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.scheme import SYNTHESES, Canonical
from qclone.simulate import (
    UniformNoise,
    clone_fidelities,
    expectations,
    noisy_round_trip,
    round_trip_fidelity,
)


def gate_by_gate(circuit: stim.Circuit, p1: float, p2: float) -> stim.Circuit:
    """The definition: every single gate is followed by its own channel."""
    noisy = stim.Circuit()
    for instruction in circuit:
        for group in instruction.target_groups():
            noisy.append(instruction.name, group)
            noisy.append(
                "DEPOLARIZE1" if len(group) == 1 else "DEPOLARIZE2", group, p1 if len(group) == 1 else p2
            )
    return noisy


@given(
    gates=st.lists(
        st.tuples(st.sampled_from(["H", "S", "CX", "CZ"]), st.permutations(range(6))), min_size=1, max_size=30
    )
)
def test_equals_noise_added_gate_by_gate(gates):
    clean = stim.Circuit()
    for name, wires in gates:
        clean.append(name, wires[: 2 if name in ("CX", "CZ") else 3])
    observables = [stim.PauliString.random(6) for _ in range(8)]
    for observable in observables:
        observable.sign = 1
    # Carried forward from stabilisers of |0...0>, so that most expectations are not 0.
    observables += [stim.PauliString(f"{'_' * i}Z{'_' * (5 - i)}").after(clean) for i in range(6)]
    noisy = UniformNoise(p1=0.01, p2=0.03).apply(clean)
    assert noisy.without_noise() == clean
    assert expectations(noisy, observables) == pytest.approx(
        expectations(gate_by_gate(clean, 0.01, 0.03), observables), abs=1e-12
    )


def test_a_chain_of_gates_has_noise_between_its_links():
    noisy = UniformNoise(p2=0.1).apply(stim.Circuit("CX 0 1 1 2 3 4"))
    assert noisy == stim.Circuit("CX 0 1\nDEPOLARIZE2(0.1) 0 1\nCX 1 2 3 4\nDEPOLARIZE2(0.1) 1 2 3 4")


@pytest.mark.parametrize("synthesis", SYNTHESES[1:])
def test_fidelity_agrees_with_samples(synthesis):
    scheme, noise = Canonical(4, synthesis), UniformNoise(p1=1e-3, p2=5e-3)
    exact = round_trip_fidelity(scheme, "S2", noise)
    reference, output = scheme.num_qubits, scheme.index("S2")
    check = stim.Circuit(f"CX {reference} {output}\nH {reference}\nM {reference} {output}")
    shots = 200_000
    is_bell = ~(noisy_round_trip(scheme, "S2", noise) + check).compile_sampler(seed=7).sample(shots).any(
        axis=1
    )
    assert exact < 0.95
    assert abs(is_bell.mean() - exact) < 5 * np.sqrt(exact * (1 - exact) / shots)


@given(n=st.integers(1, 40), data=st.data())
def test_without_noise_every_clone_is_perfect(n, data):
    scheme = Canonical(n)
    assert round_trip_fidelity(scheme, data.draw(st.sampled_from(scheme.clones)), UniformNoise()) == 1


@pytest.mark.parametrize("bad", [{"p1": -0.1}, {"p2": 0.95}, {"readout": 0.6}])
def test_refuses_probabilities_that_are_none(bad):
    with pytest.raises(InvalidInputError, match="must be between 0 and"):
        UniformNoise(**bad)


def test_the_definition_is_no_gate():
    with pytest.raises(UnsupportedCircuitError, match="many qubits at once"):
        noisy_round_trip(Canonical(2, "definition"), "S1", UniformNoise(p2=0.1))


def test_every_clone_at_once():
    scheme, noise = Canonical(6), UniformNoise(p2=1e-3)
    found = clone_fidelities(scheme, noise)
    assert list(found) == list(scheme.clones)
    assert all(found[clone] == round_trip_fidelity(scheme, clone, noise) < 1 for clone in scheme.clones)
