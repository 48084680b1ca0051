"""Estimates: fidelities, CHSH and correlations, each with one standard deviation; bounds to compare with.

parity(counts, bits)                    # an Estimate from counts; `exact(value, shots)` from a known value
bell_fidelity(xx, yy, zz)               # entanglement fidelity
parity_fidelity(population, oscillation)   # parity oscillations
"""

from qclone.estimate._bounds import (
    CLASSICAL_CHSH,
    QUANTUM_CHSH,
    WITNESS,
    approximate_cloning_chsh,
    approximate_cloning_fidelity,
    noise_floor,
)
from qclone.estimate._counts import parity, population
from qclone.estimate._estimate import Estimate, average, binomial_error, exact
from qclone.estimate._fidelity import (
    bell_fidelity,
    chsh,
    coherence,
    correlation_matrix,
    parity_fidelity,
)
from qclone.estimate._mechanisms import Mechanisms, no_flip_probability

__all__ = [
    "binomial_error",
    "CLASSICAL_CHSH",
    "QUANTUM_CHSH",
    "WITNESS",
    "Estimate",
    "Mechanisms",
    "approximate_cloning_chsh",
    "approximate_cloning_fidelity",
    "average",
    "bell_fidelity",
    "chsh",
    "coherence",
    "correlation_matrix",
    "exact",
    "parity_fidelity",
    "no_flip_probability",
    "noise_floor",
    "parity",
    "population",
]
