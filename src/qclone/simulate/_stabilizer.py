"""The exact fidelity with a stabiliser state of many qubits, such as a cloned GHZ state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import stim

from qclone.errors import UnsupportedCircuitError
from qclone.estimate import Mechanisms, no_flip_probability
from qclone.simulate._exact import error_mechanisms, expectations


def stabilizer_fidelity(circuit: stim.Circuit, generators: Sequence[stim.PauliString]) -> float:
    """Return the exact fidelity of a noisy Clifford circuit with the state it ends in without noise.

    F = P(no generator is flipped) = 2^-r sum over all 2^r stabilisers, which are not listed: see
    `no_flip_probability`.

    Parameters
    ----------
    circuit : as in `error_mechanisms`.
    generators : r independent stabilisers of r qubits, each +1 without noise.

    Raises
    ------
    UnsupportedCircuitError : a generator that is not +1 without noise.
    InvalidInputError : errors that entwine more than 24 generators.

    Example
    -------
    >>> pair = stim.Circuit("H 0\\nCX 0 1\\nDEPOLARIZE1(0.12) 1")
    >>> round(stabilizer_fidelity(pair, [stim.PauliString("XX"), stim.PauliString("ZZ")]), 9)
    0.88
    """
    wrong = np.flatnonzero(expectations(circuit.without_noise(), generators) != 1)
    if wrong.size:
        raise UnsupportedCircuitError(
            f"Without noise the circuit does not end in a state with the stabiliser {generators[wrong[0]]}.",
            "Give generators of the state that it ends in, with their signs.",
        )
    return no_flips(circuit, generators)


def no_flips(circuit: stim.Circuit, generators: Sequence[stim.PauliString]) -> float:
    """Return the probability that no generator is flipped: the fidelity, of those that are +1 without noise.

    Raises
    ------
    InvalidInputError : errors that entwine more than 24 generators.
    """
    if not generators:
        return 1.0
    errors = error_mechanisms(circuit, generators)
    return no_flip_probability(Mechanisms(tuple(errors), tuple(errors.values()), len(generators)))
