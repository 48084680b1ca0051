"""Links lose qubits or depolarise them: closed forms; what was lost on the way is not acknowledged."""

import itertools

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qclone.cli import main
from qclone.errors import InvalidInputError, NotRecoverableError
from qclone.store import CLIENT, Cloud, Links, Memory, Party, Preparation, SqliteFabric
from qclone.store._links import together

ME = Party(CLIENT, "secret")


def cloud_with(path, links, servers=2, seed=1):
    cloud = Cloud.create(path, servers, links=links)
    cloud.fabric._random = np.random.default_rng(seed)
    return cloud


def shrink(links):
    """By how much one journey shrinks every Pauli expectation: depolarising of entanglement fidelity F."""
    return (4 * links.fidelity - 1) / 3


@pytest.mark.parametrize("qubits", [1, 3])
def test_two_journeys_cost_what_the_closed_form_says(tmp_path, qubits):
    links = Links(fidelity=0.97)
    cloud = cloud_with(tmp_path / "cloud", links)
    stored = cloud.client.put(QuantumCircuit(qubits))
    # A Pauli error of a clone becomes one of what is decrypted: there and back, every qubit on its own.
    expected = ((1 + 3 * shrink(links) ** 2) / 4) ** qubits
    assert cloud.client.get(stored.object_id).entanglement_fidelity == pytest.approx(expected, abs=1e-12)
    cloud.close()


def test_checks_know_which_wires_travelled(tmp_path):
    links = Links(fidelity=0.97)
    cloud = cloud_with(tmp_path / "cloud", links, servers=3)
    plain, checked = (cloud.client.put(QuantumCircuit(1), source="server") for _ in range(2))
    noise = cloud.client.noise(checked)
    away = pytest.approx([(1 - shrink(links) ** 2) / 4] * 3, abs=1e-15)
    assert noise == {"A": away, "S1": away, "S2": away, "N1": (0, 0, 0), "N2": (0, 0, 0)}
    uncorrected = cloud.client.get(plain.object_id).entanglement_fidelity
    # With A and the other clone any single error is found and undone: what is left is of second order.
    left = 1 - cloud.client.get(checked.object_id, correct=True).entanglement_fidelity
    assert left < 3 * (1 - uncorrected) ** 2
    cloud.close()


def test_a_lost_qubit_is_erased_and_is_nowhere(tmp_path):
    wires, loss = 20_000, 0.3
    SqliteFabric.create(tmp_path / "fabric.db", ["s1", "s2"], Memory(), Links(loss=loss))
    fabric = SqliteFabric(tmp_path / "fabric.db", seed=7)
    fabric.load(
        ME, "r", Preparation(b"", wires, (0, 1), to={"s1": range(0, wires, 2), "s2": range(1, wires, 2)})
    )
    where = fabric.whereabouts("r")
    assert all(wire % 2 == 0 for wire in where["s1"])
    arrived = len(where["s1"]) + len(where["s2"])
    assert abs(arrived - (1 - loss) * wires) < 5 * (wires * loss * (1 - loss)) ** 0.5
    fabric.load(ME, "few", Preparation(b"", 8, range(8), to={"s1": range(8)}))
    kept, frame = fabric.whereabouts("few")["s1"], fabric.frame("few")
    assert 0 < len(kept) < 8
    for wire in range(8):
        fidelity = frame.entanglement_fidelity([wire])
        assert fidelity == pytest.approx(1 if wire in kept else 1 / 4, abs=1e-15)
    fabric.close()


def test_what_is_acknowledged_arrived_and_what_is_lost_on_the_way_back_consumes_no_key(tmp_path):
    loss, puts = 0.5, 60
    cloud = cloud_with(tmp_path / "cloud", Links(loss=loss))
    outcomes = {"refused": 0, "recovered": 0, "lost": 0}
    for _ in range(puts):
        try:
            stored = cloud.client.put(QuantumCircuit(1))
        except NotRecoverableError as error:
            assert "lost on the way" in error.message
            outcomes["refused"] += 1
            continue
        holdings = cloud.client.holdings(stored)
        assert "up" in {holdings.clone_state(label) for label in stored.clones}
        try:
            back = cloud.client.get(stored.object_id)
        except NotRecoverableError:
            assert cloud.ledger.find(stored.object_id).key.state == "sealed"
            outcomes["lost"] += 1
        else:
            assert back.entanglement_fidelity == 1
            outcomes["recovered"] += 1
    assert cloud.ledger.unfinished() == []
    # A put needs one of two clones to arrive; a recovery needs one to come back of those that did.
    for outcome, p in (("refused", loss**2), ("recovered", 1 - (1 - (1 - loss) ** 2) ** 2)):
        sigma = (puts * p * (1 - p)) ** 0.5
        assert abs(outcomes[outcome] - puts * p) < 5 * sigma, outcomes
    cloud.close()


def test_channels_in_a_row_multiply_their_eigenvalues():
    def eigenvalues(x, y, z):
        return np.array([1 - 2 * (y + z), 1 - 2 * (x + z), 1 - 2 * (x + y)])

    some = [(0.0, 0.0, 0.0), (0.1, 0.02, 0.3), (0.25, 0.25, 0.25), Links(0.9).channel(1)]
    for a, b in itertools.product(some, repeat=2):
        assert np.allclose(eigenvalues(*together(a, b)), eigenvalues(*a) * eigenvalues(*b), atol=1e-15)
    assert np.allclose(Links(0.9).channel(2), together(Links(0.9).channel(1), Links(0.9).channel(1)))


@pytest.mark.parametrize("links", [{"fidelity": 0.2}, {"fidelity": 1.1}, {"loss": 1.0}, {"loss": -0.1}])
def test_links_that_cannot_be(tmp_path, capsys, links):
    with pytest.raises(InvalidInputError):
        Links(**links)
    (name, value), *_ = links.items()
    assert main(["init", "--cloud", str(tmp_path / "cloud"), f"--link-{name}", str(value)]) == 2
    said = capsys.readouterr().err
    assert "link cannot" in said or f"{value} is not in the range" in said
    assert not (tmp_path / "cloud").exists()
