"""Recovery with every check: the exact joint distribution of syndrome and logical error, and the best guess.

Some of the stored wires are lost; the rest is decrypted by the inverse of encryption. All wires but the
input should then be |0>: measuring them is the syndrome (after the canonical decryption the same checks are
the Bell pairs that remain). Correction picks the most likely logical error for each syndrome.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import numpy as np
import stim
from numpy.typing import NDArray
from scipy.linalg import hadamard

from qclone.errors import InvalidInputError
from qclone.plan._scenario import Scenario
from qclone.scheme import Scheme
from qclone.simulate import error_mechanisms

# 2n checks and two logical bits: n = 4 has 10. The cost is 2^(checks + wires at risk).
MAX_BITS = 10


def corrected_recovery(
    scheme: Scheme,
    at_servers: Collection[str] | Mapping[str, int],
    scenario: Scenario,
    *,
    shares: int | None = None,
    discarded: Collection[str] = (),
) -> tuple[float, float]:
    """Return the exact probability that the losses are recoverable, and the entanglement fidelity.

    The distribution of (syndrome s, logical error L) is the Walsh transform of prod_m (1 - 2 p_m), the
    product over the independent errors m that flip a combination of checks; a lost wire makes every
    combination that acts on it vanish. F = sum_losses P(losses) sum_s max_L P(s, L).

    Parameters
    ----------
    scheme : one input; its wires are the shares.
    at_servers : labels of the wires that travel to servers; the others stay with the client. Each has a
        server of its own, unless a mapping says which.
    discarded : labels of the wires that are thrown away at once.
    shares : use only that many of the wires that are left, the first ones; by default all.

    Raises
    ------
    InvalidInputError : more than `MAX_BITS` checks.
    """
    if scheme.num_qubits + 1 > MAX_BITS:
        raise InvalidInputError(
            f"Exact correction of {scheme.num_qubits} wires is out of reach.", "Use n <= 4 with correction."
        )
    lost, weights = _losses(scheme, at_servers, discarded, scenario)
    if shares is not None:
        lost |= np.cumsum(~lost, axis=1) > shares
    eigenvalues, touched = _checks(scheme, at_servers, scenario)
    alive = lost.astype(np.float64) @ touched == 0
    noisy, noiseless = (_best_guess(alive * values) for values in (eigenvalues, np.ones_like(eigenvalues)))
    recoverable = np.isclose(noiseless, 1.0)
    return float(weights[recoverable].sum()), float(weights @ noisy)


def _losses(
    scheme: Scheme,
    at_servers: Collection[str] | Mapping[str, int],
    discarded: Collection[str],
    scenario: Scenario,
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Every set of lost wires that can occur, shape (patterns, wires), and its probability."""
    server = at_servers if isinstance(at_servers, Mapping) else {w: i for i, w in enumerate(at_servers)}
    sharing = Counter(server.values())
    events: list[tuple[float, list[int]]] = []  # independent: with what probability which wires are lost
    for i, wire in enumerate(scheme.wires):
        if wire.label in discarded:
            events.append((1.0, [i]))
        elif wire.label not in server:
            events.append((scenario.client_loss, [i]))
        elif sharing[server[wire.label]] == 1:
            events.append((scenario.wire_loss, [i]))
        else:
            events.append((scenario.journey_loss, [i]))
    events += [
        (scenario.server_loss, [scheme.index(w) for w, at in server.items() if at == shared])
        for shared, count in sharing.items()
        if count > 1
    ]
    rates = np.array([p for p, _ in events])
    hits = np.array([[i in wires for i in range(scheme.num_qubits)] for _, wires in events])
    choices = [[False, True] if 0 < p < 1 else [p == 1] for p in rates.tolist()]
    happened = np.array(list(itertools.product(*choices)), bool)
    weights = np.where(happened, rates, 1 - rates).prod(axis=1)
    lost, which = np.unique(happened.astype(np.int64) @ hits > 0, axis=0, return_inverse=True)
    chances: NDArray[np.float64] = np.bincount(which.ravel(), weights, len(lost)).astype(np.float64)
    return lost, chances


def _checks(
    scheme: Scheme, at_servers: Collection[str] | Mapping[str, int], scenario: Scenario
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each combination of checks: prod_m (1 - 2 p_m); the wires it acts on, shape (wires, 2^bits)."""
    build = scheme.prepare() + scheme.encrypt()
    undo = build.inverse()
    wires, servers = range(scheme.num_qubits), scheme.indices(at_servers)
    reference, source = scheme.num_qubits, scheme.index(scheme.inputs[0])
    circuit = stim.Circuit(f"H {reference}\nCX {reference} {source}")
    circuit += scenario.gates.apply(build) + scenario.link(servers) + scenario.memory(wires)
    circuit += scenario.link(servers) + scenario.gates.apply(undo)
    checks = [stim.PauliString({wire: "Z"}) for wire in wires if wire != source]
    logical = [stim.PauliString({source: pauli, reference: pauli}) for pauli in "XZ"]
    observables = [stim.PauliString(reference + 1) * check for check in [*checks, *logical]]
    combinations = np.arange(2 ** len(observables))
    eigenvalues = np.ones(len(combinations))
    for flipped, p in error_mechanisms(circuit, observables).items():
        mask = sum(1 << i for i in flipped)
        eigenvalues[np.bitwise_count(combinations & mask) % 2 == 1] *= 1 - 2 * p
    return eigenvalues, _acts_on(observables, undo, scheme.num_qubits)


def _acts_on(
    observables: Sequence[stim.PauliString], undo: stim.Circuit, num_wires: int
) -> NDArray[np.int64]:
    """1 where a combination of observables, carried back before `undo`, acts on a wire: (wires, 2^bits)."""
    xs, zs = zip(*(observable.before(undo).to_numpy() for observable in observables), strict=True)
    combinations = (np.arange(2 ** len(observables))[:, None] >> np.arange(len(observables))) & 1
    x, z = (combinations @ np.array(bits, np.int64) % 2 for bits in (xs, zs))
    return (x | z)[:, :num_wires].T


@cache
def _signs(length: int) -> NDArray[np.float64]:
    signs: NDArray[np.float64] = hadamard(length, dtype=np.float64)
    return signs


def _best_guess(eigenvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    """sum_s max_L P(s, L) for each row; the logical bits are the highest two.

    The Walsh transform of b bits is that of the first half of them times that of the others.
    """
    length = eigenvalues.shape[1]
    half = 1 << (length.bit_length() - 1) // 2
    halves = eigenvalues.reshape(len(eigenvalues), length // half, half)
    joint = (_signs(length // half) @ (halves @ _signs(half))) / length
    return joint.reshape(len(eigenvalues), 4, length // 4).max(axis=1).sum(axis=1)
