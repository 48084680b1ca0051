"""What to do, in plain words: it follows from the numbers, and from all of them."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.plan._strategies import ALIKE, Outcome


def advice(outcomes: Sequence[Outcome]) -> str:
    """Return which way to store a qubit does best, and whether encrypted cloning is it.

    Two questions are asked apart, for they have different answers: the best fidelity when the servers are
    trusted, and when they must learn nothing even together.
    """
    best, private = _best(outcomes), _best([o for o in outcomes if o.server_bits == 0])
    if best.recovery_probability == 0:
        return "Nothing survives these losses, whatever is done."
    said = [f"If the servers are trusted: {best.strategy} (fidelity {best.fidelity:.6f})."]
    said.append(f"If they must learn nothing, even together: {private.strategy} ({private.fidelity:.6f}).")
    clones = [outcome for outcome in outcomes if outcome.is_cloning]
    if not clones:
        said.append("Encrypted cloning needs at least two servers.")
    elif best.is_cloning and private.is_cloning:
        said.append("Of these ways encrypted cloning is the best either way.")
    elif best.is_cloning:
        said.append("Encrypted cloning is the best of these ways if the servers are trusted.")
    elif private.is_cloning:
        cost = best.fidelity - private.fidelity
        said.append(f"Encrypted cloning is the better choice only for its privacy, which costs {cost:.2g}.")
    else:
        clone = _best(clones)
        said.append(
            f"Encrypted cloning is not the better choice here: {clone.strategy} reaches {clone.fidelity:.6f}."
        )
    return "\n".join(said)


def _best(outcomes: Sequence[Outcome]) -> Outcome:
    """Of ways that are alike the one with fewer qubits; a code as good as clones of as many is the same."""
    highest = max(outcome.fidelity for outcome in outcomes)
    return min(
        (outcome for outcome in outcomes if outcome.fidelity >= highest - ALIKE),
        key=lambda outcome: (outcome.num_qubits, not outcome.is_cloning, -outcome.fidelity),
    )
