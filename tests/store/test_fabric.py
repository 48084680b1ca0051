"""What every fabric promises: who acts where, qubits move and are never copied, loss is a random Pauli."""

import secrets

import pytest
import stim

from qclone.errors import InvalidInputError, KeyConsumedError, NoSuchObjectError, NotRecoverableError
from qclone.service import PostgresFabric
from qclone.store import (
    ADVERSARY,
    CLIENT,
    RECEIPT_KEY,
    LocalityError,
    Memory,
    Order,
    Party,
    Preparation,
    Receipts,
    SiteState,
    SqliteFabric,
    digest_of,
)

ME = Party(CLIENT, "secret")
CLAIM = digest_of("a claim")
ONE = Party("s1")
BELL = "H 1\nCX 1 2"


@pytest.fixture(params=["sqlite", "postgres"])
def open_fabric(request, tmp_path):
    """Return a function that opens a fabric, made if there is none of that name; on every database."""
    receipts, made, opened = Receipts(tmp_path / RECEIPT_KEY), set(), []
    url = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    prefix = f"fabric_{secrets.token_hex(4)}"

    def one(seed=None, name="fabric", servers=("s1", "s2")):
        what = servers, Memory(t1_s=1.0, t2_s=1.0)
        path, schema = tmp_path / f"{name}.db", f"{prefix}_{name}"
        if name not in made:
            made.add(name)
            if url:
                PostgresFabric.create(url, *what, schema=schema)
            else:
                SqliteFabric.create(path, *what)
        fabric = PostgresFabric(url, receipts, seed, schema) if url else SqliteFabric(path, seed)
        opened.append(fabric)
        return fabric

    yield one
    for fabric in opened:
        fabric.close()


@pytest.fixture
def fabric(open_fabric):
    fabric = open_fabric(seed=1)
    fabric.load(ME, "r", Preparation(b"core", 3, (0,), BELL, to={"s1": (2,)}))
    return fabric


@pytest.fixture
def receipt_for(tmp_path):
    def issue(register, claim=CLAIM):
        return Receipts(tmp_path / RECEIPT_KEY).issue(register, claim)

    return issue


def test_a_party_acts_only_on_wires_at_its_site(fabric):
    for wires, circuit in (((2,), ""), ((0,), "CX 1 2")):
        with pytest.raises(LocalityError, match="client reached for 1 qubits of r"):
            fabric.rehearse(ME, "r", Order(circuit, wires))
    with pytest.raises(LocalityError, match="s1 reached for 1 qubits"):
        fabric.run(ONE, "r", "X 1")
    fabric.run(ONE, "r", "X 2")
    assert fabric.whereabouts("r") == {CLIENT: (0, 1), "s1": (2,)}


def test_a_qubit_is_at_one_place(fabric):
    with pytest.raises(LocalityError):
        fabric.move(Party("s2"), "r", {"s2": [2]})
    with pytest.raises(LocalityError, match="two places"):
        fabric.move(ONE, "r", {"s1": [2], "s2": [2]})
    with pytest.raises(LocalityError):
        fabric.load(ME, "r", Preparation(b"another core", 3, (0,)))
    assert fabric.whereabouts("r") == {CLIENT: (0, 1), "s1": (2,)}
    assert fabric.qubits_at() == fabric.qubits_at("default") == {CLIENT: 2, "s1": 1}
    before = fabric.revision()
    fabric.load(ME, "alice:r", Preparation(b"core", 12, (0,), BELL, to={"s2": tuple(range(2, 12))}))
    assert fabric.qubits_at("alice") == {CLIENT: 2, "s2": 10} and fabric.qubits_at("al") == {}
    assert fabric.qubits_at() == {CLIENT: 4, "s1": 1, "s2": 10}
    assert fabric.revision() != before


def test_whereabouts_of_many(fabric, monkeypatch):
    fabric.load(ME, "q", Preparation(b"core", 2, (0,), to={"s2": (1,)}))
    monkeypatch.setattr("qclone.store._tables.ASKED_AT_ONCE", 2)
    many = fabric.whereabouts_of(["q", "r", "unknown"])
    assert many == {"q": {CLIENT: (0,), "s2": (1,)}, "r": {CLIENT: (0, 1), "s1": (2,)}, "unknown": {}}


def test_only_the_owner_acts_at_the_clients_site(fabric, receipt_for):
    thief = Party(CLIENT, "guess")
    for act in (
        lambda: fabric.rehearse(thief, "r", Order("", (0,))),
        lambda: fabric.deliver(thief, "r", Order("", (0,)), receipt_for("r")),
        lambda: fabric.acknowledge(thief, "r", receipt_for("r")),
        lambda: fabric.forget(thief, "r"),
        lambda: fabric.discard(thief, "r", [0]),
    ):
        with pytest.raises(LocalityError, match="another client"):
            act()


@pytest.mark.parametrize("party", [ME, Party(CLIENT, "guess")])
def test_at_the_clients_site_nothing_is_decrypted_without_a_receipt(fabric, party, receipt_for):
    """A thief with the token and the keyring goes to the fabric itself, and finds nothing that opens."""
    for act in (
        lambda: fabric.run(party, "r", "H 0"),
        lambda: fabric.measure(party, "r", (0,)),
        lambda: fabric.move(party, "r", {"s1": [0]}),
    ):
        with pytest.raises(LocalityError, match="with the ledger's receipt"):
            act()
    for receipt in ("", f"{CLAIM}.{'0' * 64}", receipt_for("another")):
        with pytest.raises(KeyConsumedError, match="no receipt of the ledger"):
            fabric.deliver(ME, "r", Order("", (0,)), receipt)
    assert not hasattr(fabric, "release")
    with pytest.raises(LocalityError, match="Only its client"):
        fabric.deliver(ONE, "r", Order("", (2,)), receipt_for("r"))
    assert fabric.whereabouts("r") == {CLIENT: (0, 1), "s1": (2,)}


def test_the_first_receipt_that_opens_a_register_opens_it_for_ever(fabric, open_fabric, receipt_for):
    fabric.advance(0.5)
    order, receipt = Order("H 1", (0,)), receipt_for("r")
    first = fabric.deliver(ME, "r", order, receipt)
    for again in (order, Order("", (1,))):  # by whichever process of whoever holds the receipt
        assert open_fabric(seed=7).deliver(ME, "r", again, receipt) == first
    with pytest.raises(KeyConsumedError, match="opened before, for another claim"):
        fabric.deliver(ME, "r", order, receipt_for("r", digest_of("another claim")))
    with pytest.raises(KeyConsumedError, match="opened before, for another claim"):
        fabric.acknowledge(ME, "r", receipt_for("r", digest_of("another claim")))
    for _ in range(2):
        fabric.acknowledge(ME, "r", receipt)
    with pytest.raises(NotRecoverableError, match="has left the fabric"):
        fabric.deliver(ME, "r", order, receipt)


def test_a_rehearsal_counts_until_something_happens(fabric, receipt_for):
    """What is delivered is what was rehearsed, unless the register has changed or aged since."""
    order = Order("", (0,))
    with fabric._database.reading() as sql:
        count = "SELECT count(*) FROM results"
        assert sql.execute(count).fetchone() == (0,)
    fabric.advance(50)
    fabric.rehearse(ME, "r", order)
    fabric._delivering._draw = None  # nothing is drawn any more
    fabric.rehearse(ME, "r", order)
    with pytest.raises(TypeError):
        fabric.rehearse(ME, "r", Order("X 0", (0,)))
    fabric.advance(1)
    with pytest.raises(TypeError):
        fabric.rehearse(ME, "r", order)
    fabric._delivering._draw = fabric._draw
    fabric.rehearse(ME, "r", order)
    fabric.run(ONE, "r", "X 2")
    assert fabric.deliver(ME, "r", order, receipt_for("r")).entanglement_fidelity < 0.3


@pytest.mark.parametrize("circuit", ["M 0", "R 0", "X_ERROR(0.1) 0", "MPP X0*X1", "REPEAT 2 {\n M 0\n}"])
def test_only_unitary_gates_run(fabric, circuit):
    with pytest.raises(InvalidInputError, match="not a unitary gate"):
        fabric.run(ONE, "r", circuit)


@pytest.mark.parametrize("circuit", ["CX sweep[0] 2", "CZ rec[-1] 2"])
def test_gates_are_controlled_by_qubits(fabric, circuit):
    with pytest.raises(InvalidInputError):
        fabric.run(ONE, "r", circuit)


def test_a_server_that_is_down_neither_acts_nor_receives(fabric):
    fabric.set_state(["s1", "s2"], SiteState.DOWN)
    with pytest.raises(NotRecoverableError, match="s1 is down"):
        fabric.move(ONE, "r", {CLIENT: [2]})
    fabric.set_state(["s1"], SiteState.UP)
    with pytest.raises(NotRecoverableError, match="s2 is down"):
        fabric.move(ONE, "r", {"s2": [2]})
    fabric.move(ONE, "r", {CLIENT: [2]})
    assert fabric.whereabouts("r") == {CLIENT: (0, 1, 2)}


def test_a_lost_wire_is_maximally_mixed_and_nowhere(fabric):
    fabric.set_state(["s1"], SiteState.LOST)
    assert fabric.whereabouts("r") == {CLIENT: (0, 1)}
    frame = fabric.frame("r")
    # The other half of the Bell pair is all that tells, and it agrees with a quarter of the Paulis.
    assert frame.entanglement_fidelity((0,)) == 1
    both = [stim.PauliString(text) for text in ("_XX", "_ZZ")]
    assert frame.damping(both) == [0, 0]


def test_an_adversary_keeps_what_it_took(fabric):
    fabric.set_state(["s1"], SiteState.COMPROMISED)
    fabric.set_state(["s1"], SiteState.UP)
    assert fabric.whereabouts("r") == {CLIENT: (0, 1), ADVERSARY + "s1": (2,)}
    with pytest.raises(LocalityError):
        fabric.run(ONE, "r", "X 2")
    fabric.run(Party(ADVERSARY + "s1"), "r", "X 2")


def test_a_change_of_several_servers_happens_to_all_or_none(fabric):
    with pytest.raises(InvalidInputError, match="no server 'nobody'"):
        fabric.set_state(["s1", "nobody"], SiteState.LOST)
    assert set(fabric.sites().values()) == {SiteState.UP}
    fabric.set_state(["s1"], SiteState.LOST)
    with pytest.raises(InvalidInputError, match="s1 is lost"):
        fabric.set_state(["s2", "s1"], SiteState.DOWN)
    assert fabric.sites()["s2"] is SiteState.UP


def test_waiting_twice_is_waiting_once_for_longer(fabric):
    def fidelity(*steps):
        register = str(steps)
        fabric.load(ME, register, Preparation(b"", 1, (0,), to={"s2": (0,)}))
        for step in steps:
            fabric.advance(step)
            fabric.run(Party("s2"), register, "I 0")
        return fabric.frame(register).entanglement_fidelity((0,))

    assert fidelity(0.1, 0.2) == pytest.approx(fidelity(0.3), abs=1e-14)
    assert fidelity(0.4) < fidelity(0.2) < fidelity(0.0) == 1
    with pytest.raises(InvalidInputError, match="Time only goes forward"):
        fabric.advance(-1)


def test_a_released_register_is_gone(fabric, receipt_for):
    delivery = fabric.deliver(ME, "r", Order("", (0,)), receipt_for("r"))
    assert (delivery.core, delivery.frame, delivery.entanglement_fidelity) == (b"core", "", 1.0)
    for act in (lambda: fabric.discard(ME, "r", [0]), lambda: fabric.run(ONE, "r", "X 2")):
        with pytest.raises(NotRecoverableError, match="has left the fabric"):
            act()
    assert fabric.whereabouts("r") == {}


def test_the_delivered_state_is_one_sample_of_the_noise(open_fabric, receipt_for):
    frames = []
    for seed in range(8):
        fabric = open_fabric(seed, f"of_{seed}", servers=("s1",))
        fabric.load(ME, "r", Preparation(b"core", 1, (0,)))
        fabric.advance(100)
        delivery = fabric.deliver(ME, "r", Order("", (0,)), receipt_for("r"))
        assert delivery.entanglement_fidelity == pytest.approx(0.25, abs=1e-12)
        frames.append(stim.Circuit(delivery.frame))
    assert all(len(frame) <= 1 for frame in frames)
    assert len(set(map(str, frames))) > 1


def test_everything_is_on_disk(open_fabric, fabric):
    fabric.advance(1.5)
    again = open_fabric()
    assert again.whereabouts("r") == fabric.whereabouts("r")
    assert again.now() == 1.5
    assert again.memory() == Memory(1.0, 1.0)
    assert again.frame("r").history == fabric.frame("r").history


def test_unknown_registers(fabric):
    with pytest.raises(NoSuchObjectError, match="no register q"):
        fabric.run(ONE, "q", "X 0")
    fabric.forget(ME, "q")
    fabric.forget(ME, "r")
    with pytest.raises(NoSuchObjectError):
        fabric.frame("r")


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": (0, 0)},
        {"inputs": (3,)},
        {"inputs": (-1,)},
        {"to": {"server-1": (1,), "server-2": (1,)}},
        {"to": {"server-1": (1,)}, "discarded": (1,)},
        {"discarded": (3,)},
    ],
)
def test_a_register_that_cannot_be_made_is_refused_at_birth(wrong):
    with pytest.raises(InvalidInputError, match="not different wires of 3"):
        Preparation(**({"core": b"", "num_wires": 3, "inputs": (0,)} | wrong))
