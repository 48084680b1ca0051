"""How likely a register is recovered when wires are lost independently of each other: exact."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qclone.access._ranks import information
from qclone.errors import InvalidInputError
from qclone.scheme import AlikePairs, AnyScheme, Composition, Scheme

Rates = NDArray[np.float64]
_MAX_AT_RISK = 20


def recovery_probability(scheme: AnyScheme, loss: float | Mapping[str, float]) -> float:
    """Return the probability that the wires which survive are an authorized set.

    Canonical schemes take time of order n^2 at most, iterations of those that leak nothing (a clone is then
    either recovered or gone) and registers the same for each part; other schemes of qubits are enumerated.

    Parameters
    ----------
    scheme : any scheme of qubits, or the qudit scheme.
    loss : probability that a wire is lost: one for all, or by label; wires left out are safe.

    Raises
    ------
    InvalidInputError : a probability outside of 0 to 1, or a scheme without structure of more than 20 wires
        at risk.

    Example
    -------
    >>> from qclone.scheme import Canonical
    >>> round(recovery_probability(Canonical(4), 0.1), 6)
    0.995727
    >>> round(recovery_probability(Canonical(4), {"A": 1, "S1": 0.5, "S2": 0.5, "S3": 0.5, "S4": 0.5}), 6)
    0.9375
    """
    labels = [w.label for w in scheme.wires]
    if isinstance(loss, Mapping):
        scheme.indices(loss)  # Raises for wires that are not there.
        rates = np.array([float(loss.get(label, 0)) for label in labels])
    else:
        rates = np.full(len(labels), float(loss))
    if not ((rates >= 0) & (rates <= 1)).all():
        raise InvalidInputError("A loss is a probability between 0 and 1.", "Give for example 0.1.")
    return _probability(scheme, rates)


def iid_recovery_probability(num_clones: int, loss: float) -> float:
    """Return the closed form for the canonical scheme of qubits, every wire lost with the same probability.

    With x = (1 - p)^2, y = 2 p (1 - p) for a pair held whole and by half, w = 1 for even n and 1/2 for odd n,
    P = p [(x + y)^n - y^n] + (1 - p) [1 - (1 - x)^n + w y^n].

    >>> round(iid_recovery_probability(4, 0.1), 6)
    0.995727
    """
    n, p = num_clones, loss
    whole, half = (1 - p) ** 2, 2 * p * (1 - p)
    weight = 1 if n % 2 == 0 else 0.5
    return p * ((whole + half) ** n - half**n) + (1 - p) * (1 - (1 - whole) ** n + weight * half**n)


def _probability(scheme: AnyScheme, rates: Rates) -> float:
    if scheme.alike is not None:
        return _of_pairs(scheme.alike, rates)
    made_of = scheme.composition
    if made_of is not None and (made_of.side_by_side is not None or _whole_or_nothing(made_of.base)):
        return _composed(made_of, rates)
    if isinstance(scheme, Scheme):
        return _enumerated(scheme, rates)
    raise InvalidInputError(f"There is no way to weigh the losses of {scheme}.", "Use a scheme of qubits.")


def _of_pairs(alike: AlikePairs, rates: Rates) -> float:
    n = alike.num_pairs
    a_kept, signal, noise = 1 - rates[0], 1 - rates[1 : n + 1], 1 - rates[n + 1 :]
    whole, only_s, only_n = signal * noise, signal * (1 - noise), noise * (1 - signal)
    some_whole = 1 - np.prod(1 - whole)
    all_met_some_whole = np.prod(whole + only_s + only_n) - np.prod(only_s + only_n)
    # Coefficient q: one wire of each pair, q of them noise wires.
    aligned = np.ones(1)
    for s, t in zip(only_s, only_n, strict=True):
        aligned = np.convolve(aligned, [s, t])
    enough = np.array([alike.aligned_bits(n - q, q, with_input=True) == 2 for q in range(n + 1)])
    return float(a_kept * (some_whole + aligned @ enough) + (1 - a_kept) * all_met_some_whole)


def _whole_or_nothing(scheme: AnyScheme) -> bool:
    """Whether it is known that every set of wires either recovers or learns nothing."""
    return scheme.alike is not None and not scheme.alike.leaks


def _composed(made_of: Composition, rates: Rates) -> float:
    """A clone that was cloned again is lost with the probability that its own scheme fails."""
    base, rates = made_of.base, rates.copy()
    inputs = list(base.indices(base.inputs))
    for rows in reversed(made_of.levels):
        distinct, where = np.unique(rates[rows], axis=0, return_inverse=True)
        recovered = np.array([_probability(base, one) for one in distinct])[where.ravel()]
        rates[rows[:, inputs]] = 1 - recovered[:, None]
    return float(np.prod(recovered))


def _enumerated(scheme: Scheme, rates: Rates) -> float:
    at_risk = np.flatnonzero((rates > 0) & (rates < 1))
    if len(at_risk) > _MAX_AT_RISK:
        raise InvalidInputError(
            f"{len(at_risk)} wires of {scheme} are at risk, too many to try every set of them.",
            f"Give losses to at most {_MAX_AT_RISK} wires.",
        )
    patterns = (np.arange(2 ** len(at_risk))[:, None] >> np.arange(len(at_risk)) & 1).astype(np.bool_)
    held = np.tile(rates == 0, (len(patterns), 1))
    held[:, at_risk] = patterns
    weights = np.where(patterns, 1 - rates[at_risk], rates[at_risk]).prod(axis=1)
    return float(weights[information(scheme, held) == 2 * len(scheme.inputs)].sum())
