"""Sampling without a reference tableau: memory linear in qubits, where the noiseless outcome is known."""

from __future__ import annotations

import math

import numpy as np
import stim

from qclone.errors import InvalidInputError

# A frame of 2 bits a qubit and shot is held at once: 10^6 qubits take 0.5 GB at this many shots.
SHOTS_AT_ONCE = 2048


def sampled_fidelity(
    circuit: stim.Circuit, reference: int, output: int, shots: int, seed: int | None = None
) -> tuple[float, float]:
    """Return the entanglement fidelity of (reference, output) from Bell measurements, and its standard error.

    Without noise the Bell measurement of (|00> + |11>)/sqrt2 always gives 00, so no reference sample
    is needed to tell what noise flipped.

    Parameters
    ----------
    circuit : a noisy Clifford circuit that ends, without noise, in that Bell state.
    shots : number of samples, at least 1. seed : makes the samples reproducible.

    Raises
    ------
    InvalidInputError : fewer than one shot.

    Example
    -------
    >>> noisy_pair = stim.Circuit("H 0\\nCX 0 1\\nDEPOLARIZE1(0.12) 1")
    >>> value, error = sampled_fidelity(noisy_pair, 0, 1, shots=100_000, seed=1)
    >>> abs(value - 0.88) < 5 * error
    True
    """
    if shots < 1:
        raise InvalidInputError(f"Sampling needs at least one shot, not {shots}.")
    measured = circuit + stim.Circuit(f"CX {reference} {output}\nH {reference}\nM {reference} {output}")
    first = circuit.num_measurements
    sampler = measured.compile_sampler(skip_reference_sample=True, seed=seed)
    good = 0
    for start in range(0, shots, SHOTS_AT_ONCE):
        flips = sampler.sample(min(SHOTS_AT_ONCE, shots - start))[:, first:]
        good += int(np.count_nonzero(~flips.any(axis=1)))
    rate = good / shots
    return rate, math.sqrt(max(rate * (1 - rate), 1 / shots) / shots)
