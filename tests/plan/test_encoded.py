"""Plans of encoded qubits: what is weighed with what, and what is said of it."""

import json

import pytest

from qclone.cli import main
from qclone.errors import InvalidInputError
from qclone.logical import Case, load_code, load_rates, rate
from qclone.plan import Scenario, encoded_plan


def test_a_large_block_wins_while_nothing_is_lost_and_clones_when_servers_are():
    safe = encoded_plan(Scenario(3), 97, "2e-3", shots=400)
    kept, clone = (next(w for w in safe.outcomes if name in w.strategy) for name in ("kept", "clones"))
    assert (kept.distance, kept.num_qubits, clone.distance, clone.num_qubits) == (7, 97, 3, 85)
    assert kept.infidelity < clone.infidelity and "one large block is the better memory" in safe.advice
    lossy = encoded_plan(Scenario(3, server_loss=0.1), 97, "1e-3", shots=300)
    place, found = (next(w for w in lossy.outcomes if n in w.strategy) for n in ("at a server", "clones"))
    assert found.infidelity < place.infidelity and place.infidelity > 0.07
    assert "clones beat one block at a server" in lossy.advice


def test_losses_are_weighed_by_their_probabilities():
    """One server of two lost with q each and A discarded: by hand from the rates of each pattern."""
    q, shots = 0.2, 400
    found = encoded_plan(Scenario(2, server_loss=q), 85, "2e-3", shots=shots)
    (clone,) = (way for way in found.outcomes if way.strategy == "clones n=2")
    code, noise = load_code("surface", 3), load_rates("2e-3")
    none, one = (
        rate(Case(code, noise, clone="S1", lost=gone).stats(shots), "corrected").infidelity
        for gone in (("A",), ("S2", "A"))
    )
    assert clone.infidelity == pytest.approx((1 - q) ** 2 * none + 2 * q * (1 - q) * one + q * q * 0.75)
    assert clone.server_bits == 0


def test_what_makes_no_sense(capsys):
    for scenario, qubits in ((Scenario(3), 16), (Scenario(3, link_loss=0.1), 97)):
        with pytest.raises(InvalidInputError):
            encoded_plan(scenario, qubits, "1e-3", shots=10)
    few = encoded_plan(Scenario(3), 40, "1e-3", shots=50)
    assert "five blocks" in few.advice
    assert main(["plan", "--servers", "3", "--qubits", "97", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "invalid_input"
    arguments = ["plan", "--servers", "3", "--qubits", "40", "--noise", "1e-3", "--shots", "50"]
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["encoded"]["outcomes"][0]["distance"] == 3
    assert main(arguments) == 0 and "ENCODED" in capsys.readouterr().out
