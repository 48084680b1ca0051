"""Bounds of approximate cloning against the universal cloner, and the thresholds."""

import numpy as np
import pytest
from qiskit.quantum_info import DensityMatrix, state_fidelity

from qclone.errors import InvalidInputError
from qclone.estimate import (
    CLASSICAL_CHSH,
    QUANTUM_CHSH,
    WITNESS,
    approximate_cloning_chsh,
    approximate_cloning_fidelity,
    noise_floor,
)


@pytest.mark.parametrize("copies", range(1, 9))
def test_entanglement_fidelity_of_the_universal_cloner(copies):
    """Gisin and Massar, quant-ph/9705046: j of M copies are wrong with probability 2 (M - j)/(M (M + 1))."""
    wrong = np.arange(copies)
    probabilities = 2 * (copies - wrong) / (copies * (copies + 1))
    clone_fidelity = probabilities @ (1 - wrong / copies)
    shrinking = 2 * clone_fidelity - 1
    bell = DensityMatrix(np.array([1, 0, 0, 1]) / 2**0.5)
    shared = shrinking * bell + (1 - shrinking) * DensityMatrix(np.eye(4) / 4)
    assert approximate_cloning_fidelity(copies) == pytest.approx(state_fidelity(shared, bell))
    assert approximate_cloning_chsh(copies) == pytest.approx(QUANTUM_CHSH * shrinking)


def test_thresholds():
    assert WITNESS == 0.5 and CLASSICAL_CHSH == 2
    assert [noise_floor(r) for r in (1, 2, 4)] == [0.5, 0.25, 0.0625]
    # No approximate cloner with two copies or more violates CHSH; one copy is the state itself.
    assert approximate_cloning_chsh(1) == QUANTUM_CHSH and approximate_cloning_chsh(2) < CLASSICAL_CHSH
    with pytest.raises(InvalidInputError, match="at least one copy"):
        approximate_cloning_fidelity(0)
