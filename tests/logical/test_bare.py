"""The bare protocol against the study of fault-tolerant cloning: its circuit, gate by gate."""

from __future__ import annotations

import pytest
import stim

from qclone.logical import Case, Rates, bare_rates, load_code

# Wires A, S1, N1, S2, N2, and R the reference. Bell pairs; W1 H W1 and W2 H W2; decryption of S1: in all
# 16 two-qubit gates in 15 layers, and a round, in which every qubit waits, after every third.
LAYERS = [
    ["CX 1 2 3 4"],
    ["CZ 0 1"],
    ["CZ 3 1", "H 1"],
    ["CZ 0 1"],
    ["CZ 3 1"],
    ["CX 3 0"],
    ["CX 3 1", "H 3"],
    ["CX 3 0"],
    ["CX 3 1"],
    ["CX 1 2", "H 1"],
    ["CX 1 4"],
    ["CX 2 4"],
    ["CZ 2 4"],
    ["CX 1 2", "H 1"],
    ["CX 1 2"],
]


def study(rounds: bool) -> stim.Circuit:
    text = "R[ideal] 0 5\nH[ideal] 5\nCX[ideal] 5 0\nRX 1 3\nR 2 4\n"
    for i, layer in enumerate(LAYERS):
        text += "\n".join(layer) + "\n"
        if rounds and i % 3 == 2:
            text += "I[round] 0 1 2 3 4\n"
    text += "MPP[ideal] X0*X2 Z0*Z2 X3*X4 Z3*Z4 X1*X5 Z1*Z5\n"
    return stim.Circuit(text + "".join(f"OBSERVABLE_INCLUDE({i}) rec[{i - 6}]\n" for i in range(6)))


@pytest.mark.parametrize(("p", "published"), [(5e-4, 1.01e-2), (1e-3, 2.01e-2), (2e-3, 4.01e-2)])
def test_the_published_rates_are_those_of_qubits_that_wait(p: float, published: float) -> None:
    """Within 4 % (they were sampled): half of the published rate is from waiting in five rounds."""
    waiting, plain = (bare_rates(Rates.uniform(p).apply(study(rounds)), 4) for rounds in (True, False))
    assert waiting.corrected == pytest.approx(published, rel=0.04)
    assert plain.corrected == pytest.approx(published / 2, rel=0.04)
    # What reports print: fewer gates, so less; it does not wait for rounds that it has not.
    case = Case(load_code("surface", 3), Rates.uniform(p))
    assert 0.8 * plain.corrected < case.bare().corrected < plain.corrected
    assert 0.7 * waiting.corrected < case.bare(waiting=True).corrected < waiting.corrected
