"""Exact expectations in Clifford circuits with Pauli noise: linear in gates, no shot noise."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import stim
from numpy.typing import NDArray

from qclone.errors import UnsupportedCircuitError
from qclone.simulate._ideal import CHAIN, Observable, chain_damping, ideal_values
from qclone.simulate._layers import is_layered, layered_expectations

# Channels whose Pauli errors exclude each other and that stim does not split into independent ones.
_DISJOINT = {"PAULI_CHANNEL_1", "PAULI_CHANNEL_2"}
_ANNOTATIONS = {"DETECTOR", "OBSERVABLE_INCLUDE", "SHIFT_COORDS", "QUBIT_COORDS"}


def expectations(circuit: stim.Circuit, observables: Sequence[stim.PauliString]) -> NDArray[np.float64]:
    """Return the exact expectation of Pauli observables at the end of a noisy Clifford circuit on |0...0>.

    <P> = s prod_m (1 - 2 p_m): s = -1, 0, +1 is the noiseless value, and m runs over the independent
    noise mechanisms that anticommute with P carried back to them.

    Parameters
    ----------
    circuit : Clifford gates, Pauli noise, measurements, resets, feedback.
    observables : Hermitian Paulis on the circuit's qubits; shorter ones act on the first qubits.

    Returns
    -------
    float64, shape (len(observables),)

    Raises
    ------
    UnsupportedCircuitError : noise too strong to be a product of independent Pauli errors
        (depolarising beyond the maximally mixed state).

    Example
    -------
    >>> bell = stim.Circuit("H 0\\nCX 0 1\\nDEPOLARIZE2(0.15) 0 1")
    >>> expectations(bell, [stim.PauliString("XX"), stim.PauliString("YY"), stim.PauliString("XI")]).round(6)
    array([ 0.84, -0.84,  0.  ])
    """
    return _values(circuit, [Observable(p) for p in observables])


def record_expectations(circuit: stim.Circuit, parities: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Return the exact expectation of (-1)^(sum of measured bits) for several sets of measurement records.

    Parameters
    ----------
    circuit : as in `expectations`; measurements may be noisy, mid-circuit and fed forward.
    parities : each a sequence of record indices, 0 for the first measurement of the circuit.

    Returns
    -------
    float64, shape (len(parities),)

    Example
    -------
    >>> record_expectations(stim.Circuit("H 0\\nM(0.1) 0\\nCX rec[-1] 1\\nM 0 1"), [[0], [0, 1], [0, 2]])
    array([0. , 0.8, 1. ])
    """
    count = circuit.num_measurements
    for index in (i for parity in parities for i in parity):
        if not 0 <= index < count:
            raise UnsupportedCircuitError(
                f"There is no measurement record {index} in a circuit with {count}.",
                "Records are numbered from 0 in the order of measurement.",
            )
    return _values(circuit, [Observable(stim.PauliString(0), _odd(parity)) for parity in parities])


def entanglement_fidelity(circuit: stim.Circuit, reference: int, output: int) -> float:
    """Return the exact fidelity of (reference, output) with the Bell state (|00> + |11>)/sqrt2.

    Fe = (1 + <XX> - <YY> + <ZZ>)/4 at the end of a noisy Clifford circuit that entangles the reference
    qubit with its input.

    Example
    -------
    >>> round(entanglement_fidelity(stim.Circuit("H 0\\nCX 0 1\\nDEPOLARIZE1(0.12) 1"), 0, 1), 9)
    0.88
    """
    width = 1 + max(reference, output)
    pairs = [stim.PauliString(width) for _ in range(3)]
    for pauli, pair in zip("XYZ", pairs, strict=True):
        pair[reference] = pair[output] = pauli
    xx, yy, zz = expectations(circuit, pairs).tolist()
    return (1 + xx - yy + zz) / 4


def _odd(parity: Sequence[int]) -> frozenset[int]:
    kept: set[int] = set()
    for index in parity:
        kept ^= {index}
    return frozenset(kept)


def _values(circuit: stim.Circuit, observables: Sequence[Observable]) -> NDArray[np.float64]:
    if is_layered(circuit):
        return layered_expectations(circuit, [observable.pauli for observable in observables])
    values = np.array(ideal_values(circuit, observables), dtype=np.float64)
    # stim refuses observables that are random already without noise: their expectation is 0 anyway.
    certain = np.flatnonzero(values).tolist()
    names = {instruction.name for instruction in circuit}
    if names & _ANNOTATIONS or "REPEAT" in names:
        circuit = _without(_ANNOTATIONS, circuit)
        names = {instruction.name for instruction in circuit}
    if "ELSE_CORRELATED_ERROR" in names:
        # To stim's error analysis such errors are independent.
        for i in certain:
            values[i] *= chain_damping(circuit, observables[i])
        circuit = _without(CHAIN, circuit)
        names -= {*CHAIN}
    if names & _DISJOINT:
        # For one observable at a time stim's treatment of exclusive errors is exact.
        for i in certain:
            values[i] *= _damping(circuit, [observables[i]])[0]
    elif certain:
        values[certain] *= _damping(circuit, [observables[i] for i in certain])
    return values


def error_mechanisms(
    circuit: stim.Circuit, observables: Sequence[stim.PauliString]
) -> dict[frozenset[int], float]:
    """Return the independent errors of a noisy Clifford circuit, by the set of observables that each flips.

    Errors that flip the same observables are one: 1 - 2p multiplies. From these follows the exact joint
    distribution of all flips, and so of syndromes and logical errors.

    Parameters
    ----------
    circuit : as in `expectations`, with noise that is a product of independent Pauli errors.
    observables : Paulis whose noiseless expectation is +1 or -1.

    Returns
    -------
    indices of the flipped observables -> probability.

    Raises
    ------
    UnsupportedCircuitError : exclusive errors or over-strong noise, which are no such product.

    Example
    -------
    >>> bell = stim.Circuit("H 0\\nCX 0 1\\nX_ERROR(0.25) 1\\nX_ERROR(0.25) 0")
    >>> error_mechanisms(bell, [stim.PauliString("XX"), stim.PauliString("ZZ")])
    {frozenset({1}): 0.375}
    """
    return _mechanisms(circuit, [Observable(p) for p in observables], exclusive=False)


def _damping(circuit: stim.Circuit, observables: Sequence[Observable]) -> NDArray[np.float64]:
    """Return prod (1 - 2p) over the mechanisms that flip each observable."""
    damping = np.ones(len(observables))
    for flipped, p in _mechanisms(circuit, observables, exclusive=True).items():
        damping[list(flipped)] *= 1 - 2 * p
    return damping


def _mechanisms(
    circuit: stim.Circuit, observables: Sequence[Observable], *, exclusive: bool
) -> dict[frozenset[int], float]:
    marked = circuit.copy()
    for i, observable in enumerate(observables):
        targets = [stim.target_rec(r - circuit.num_measurements) for r in sorted(observable.records)]
        pauli = observable.pauli
        targets += [stim.target_pauli(q, pauli[q]) for q in pauli.pauli_indices("XYZ")]
        marked.append("OBSERVABLE_INCLUDE", targets, i)
    try:
        model = marked.detector_error_model(approximate_disjoint_errors=exclusive)
    except ValueError as error:
        raise UnsupportedCircuitError(
            f"The noise of this circuit has no exact expectation: {str(error).splitlines()[0]}",
            "Depolarising probabilities must stay below 3/4 (one qubit) and 15/16 (two qubits).",
        ) from None
    return {
        frozenset(t.val for t in error.targets_copy()): error.args_copy()[0]
        for error in model
        if error.type == "error"
    }


def _without(names: Collection[str], circuit: stim.Circuit) -> stim.Circuit:
    """Return the circuit without loops and without some instructions."""
    kept = stim.Circuit()
    for instruction in circuit.flattened():
        if instruction.name not in names:
            kept.append(instruction)
    return kept
