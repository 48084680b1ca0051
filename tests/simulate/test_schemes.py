"""Every kind of scheme: exact values against samples, and registers of a hundred qubits."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st

from qclone.errors import UnsupportedCircuitError
from qclone.scheme import SYNTHESES, Canonical, Iterated, Parallel, Scheme
from qclone.simulate import (
    UniformNoise,
    expectations,
    noisy_round_trip,
    round_trip_fidelity,
    sampled_fidelity,
    stabilizer_fidelity,
)

gates = st.sampled_from(SYNTHESES[1:])  # all but the definition
canonical = st.builds(Canonical, st.integers(1, 12), gates)
small = st.builds(Canonical, st.just(2), gates)
schemes = st.one_of(
    canonical,
    st.builds(Parallel, canonical, st.integers(1, 3)),
    st.builds(Iterated.full, small, st.integers(1, 2)),
)


@given(schemes, st.floats(0, 0.05), st.floats(0, 0.05), st.data())
def test_exact_and_sampled_fidelity_agree(scheme: Scheme, p1: float, p2: float, data: st.DataObject) -> None:
    clone = data.draw(st.sampled_from(scheme.clones))
    noise = UniformNoise(p1=p1, p2=p2)
    output = scheme.index(scheme.clone(clone).outputs[0])
    circuit = noisy_round_trip(scheme, clone, noise)
    sampled, error = sampled_fidelity(circuit, scheme.num_qubits, output, shots=4_000, seed=3)
    assert abs(sampled - round_trip_fidelity(scheme, clone, noise)) < 5.5 * error


def ghz_round_trip(
    num_qubits: int, noise: UniformNoise
) -> tuple[stim.Circuit, list[stim.PauliString], list[int]]:
    """A GHZ state, every qubit cloned and recovered from S1: the circuit, its generators, the outputs."""
    scheme = Parallel(Canonical(2), num_qubits)
    inputs, outputs = scheme.indices(scheme.inputs), list(scheme.indices(scheme.clone("S1").outputs))
    chain = "".join(f"\nCX {a} {b}" for a, b in pairwise(inputs))
    circuit = stim.Circuit(f"H {inputs[0]}{chain}")
    for stage in (scheme.prepare(), scheme.encrypt(), scheme.decrypt("S1")):
        circuit += noise.apply(stage)
    supports = [*(("Z", pair) for pair in pairwise(outputs)), ("X", outputs)]
    generators = []
    for letter, wires in supports:
        generator = stim.PauliString(scheme.num_qubits)
        for wire in wires:
            generator[wire] = letter
        generators.append(generator)
    return circuit, generators, outputs


@pytest.mark.parametrize("num_qubits", [2, 3, 7])
def test_ghz_fidelity_is_the_mean_of_all_stabilisers(num_qubits: int) -> None:
    circuit, generators, _ = ghz_round_trip(num_qubits, UniformNoise(p1=0.002, p2=0.01))
    identity = stim.PauliString(len(generators[0]))
    stabilisers = []
    for chosen in product([False, True], repeat=num_qubits):
        stabiliser = identity.copy()
        for generator in (g for g, wanted in zip(generators, chosen, strict=True) if wanted):
            stabiliser *= generator
        stabilisers.append(stabiliser)
    mean = expectations(circuit, stabilisers).mean()
    assert stabilizer_fidelity(circuit, generators) == pytest.approx(mean, abs=1e-12)


def test_ghz_fidelity_of_a_hundred_qubits() -> None:
    """2^100 stabilisers; against samples of the circuit with the GHZ state undone at its end."""
    circuit, generators, outputs = ghz_round_trip(100, UniformNoise(p1=1e-5, p2=1e-4))
    exact = stabilizer_fidelity(circuit, generators)
    undo = "".join(f"CX {a} {b}\n" for a, b in reversed(list(pairwise(outputs))))
    circuit += stim.Circuit(f"{undo}H {outputs[0]}\nM {' '.join(map(str, outputs))}")
    shots = 20_000
    flips = circuit.compile_sampler(skip_reference_sample=True, seed=5).sample(shots)
    assert 0.5 < exact < 0.95
    assert abs((~flips.any(axis=1)).mean() - exact) < 5 * np.sqrt(exact * (1 - exact) / shots)


def test_generators_of_another_state_are_refused() -> None:
    with pytest.raises(UnsupportedCircuitError, match="stabiliser"):
        stabilizer_fidelity(stim.Circuit("H 0\nCX 0 1"), [stim.PauliString("ZZ"), stim.PauliString("-XX")])
