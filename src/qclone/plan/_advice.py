"""What to do, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from qclone.plan._strategies import Outcome


def advice(outcomes: Sequence[Outcome]) -> str:
    """Return which way to store a qubit does best, and whether encrypted cloning is it.

    Two questions are asked apart, for they have different answers: the best fidelity when the servers are
    trusted, and when they must learn nothing even together.
    """
    best = max(outcomes, key=lambda outcome: outcome.fidelity)
    private = max((o for o in outcomes if o.server_bits == 0), key=lambda outcome: outcome.fidelity)
    if best.recovery_probability == 0:
        return "Nothing survives these losses, whatever is done."
    said = [f"If the servers are trusted: {best.strategy} (fidelity {best.fidelity:.6f})."]
    said.append(f"If they must learn nothing, even together: {private.strategy} ({private.fidelity:.6f}).")
    clones = [outcome for outcome in outcomes if outcome.is_cloning]
    if not clones:
        said.append("Encrypted cloning needs at least two servers.")
    elif best.is_cloning and private.is_cloning:
        said.append("Encrypted cloning is the better choice either way.")
    elif best.is_cloning:
        said.append("Encrypted cloning is the better choice if the servers are trusted not to act together.")
    elif private.is_cloning:
        cost = best.fidelity - private.fidelity
        said.append(f"Encrypted cloning is the better choice only for its privacy, which costs {cost:.2g}.")
    else:
        clone = max(clones, key=lambda outcome: outcome.fidelity)
        said.append(
            f"Encrypted cloning is not the better choice here: {clone.strategy} reaches {clone.fidelity:.6f}."
        )
    return "\n".join(said)
