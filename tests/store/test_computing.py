"""Servers that compute on clones, against Qiskit's state vectors; narrowing, commitment, release."""

import itertools
import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector, random_clifford

from qclone.bench.computing import infidelity, random_program
from qclone.bench.computing import random_register as prepared
from qclone.cli._programs import values_of
from qclone.compute import Program
from qclone.errors import InvalidInputError, KeyConsumedError, NotRecoverableError
from qclone.scheme import FIVE_QUBIT, GraphState, SecretSharing
from qclone.store import Cloud, KeyState, Links, Memory, Party
from qclone.store._computed import computed_plan
from qclone.store._computing import computed_of
from qclone.store._finishing import finish
from qclone.store._tables import raw_history_of


@pytest.fixture
def cloud(tmp_path):
    with_four = Cloud.create(tmp_path / "cloud", servers=4)
    yield with_four
    with_four.close()


HOW = ("get", "correct", "narrowed", "committed", "narrowed, committed", "released")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("seed", range(4))
def test_a_different_program_on_every_server(cloud, how, seed):
    """Whichever is kept, it is C psi, whatever the others did and whatever became of them."""
    rng = np.random.default_rng(100 * seed + HOW.index(how))
    k = int(rng.integers(1, 4))
    put = prepared(rng, k)
    stored = cloud.client.put(put)
    programs = {}
    for server in stored.servers:
        clifford = how == "correct"
        programs[server] = (
            Program.of(random_clifford(k, seed=rng.integers(2**31)).to_circuit())
            if clifford
            else Program.of(random_program(rng, k, int(rng.integers(0, 5))), late=bool(rng.integers(2)))
        )
        cloud.client.run(stored.object_id, programs[server], server)
    kept = str(rng.choice(stored.servers))
    lost = [s for s in stored.servers if s != kept][: int(rng.integers(0, 3))]
    if lost and how != "correct":
        cloud.lose(*lost)
    if "narrowed" in how:
        cloud.client.narrow(stored.object_id, [kept])
    if "committed" in how:
        cloud.client.commit(stored.object_id, kept)
    if how == "released":
        back = cloud.client.release(stored.object_id, kept)
    else:
        back = cloud.client.get(stored.object_id, kept, correct=how == "correct")
    assert infidelity(put, programs[kept], back.circuit) < 1e-12
    assert back.entanglement_fidelity == 1.0 and sum(back.outcomes) >= 0
    assert back.manifest.key.state is KeyState.CONSUMED and back.manifest.key.server == kept
    with pytest.raises(KeyConsumedError):
        cloud.client.get(stored.object_id)


@pytest.mark.parametrize(
    "base",
    [
        GraphState(tuple((i, (i + 1) % 4) for i in range(4)), sectors=((0, 1),)),
        SecretSharing.of(FIVE_QUBIT, key=(0, 1), remainders=((2,), (3,), (4,))),
    ],
    ids=["ring", "five-qubit"],
)
@pytest.mark.parametrize("how", ["get", "committed"])
def test_other_schemes(cloud, base, how):
    rng = np.random.default_rng(5)
    put = prepared(rng, 2)
    stored = cloud.client.put(put, base=base)
    program = Program.of(random_program(rng, 2, 3))
    cloud.client.run(stored.object_id, program, stored.servers[1])
    if how == "committed":
        cloud.client.commit(stored.object_id, stored.servers[1])
    assert infidelity(put, program, cloud.client.get(stored.object_id, stored.servers[1]).circuit) < 1e-12


@pytest.mark.parametrize("late", [False, True])
def test_slots_alike_that_follow_each_other(cloud, late):
    """stim joins instructions alike into one: a seven-T Toffoli, T on every qubit, CCZ twice."""
    rng = np.random.default_rng(7)
    put = prepared(rng, 3)
    toffoli = QuantumCircuit(3)
    toffoli.ccx(0, 1, 2)
    program = toffoli.decompose()
    program.t([0, 1, 2])
    program.t([0, 1, 2])
    program.ccz(0, 1, 2)
    program.ccz(0, 1, 2)
    program.rz(0.3, [0, 1])
    stored = cloud.client.put(put)
    cloud.client.run(stored.object_id, Program.of(program, late=late), "server-3")
    back = cloud.client.get(stored.object_id, "server-3")
    assert infidelity(put, Program.of(program), back.circuit) < 1e-12


def test_a_server_that_ran_nothing_gives_psi(cloud):
    rng = np.random.default_rng(1)
    put = prepared(rng, 2)
    stored = cloud.client.put(put)
    cloud.client.run(stored.object_id, Program.of(random_program(rng, 2, 2)), "server-2")
    with pytest.raises(InvalidInputError, match="Say whose: --from server-2"):
        cloud.client.get(stored.object_id)
    back = cloud.client.get(stored.object_id, "server-1", correct=True)
    assert infidelity(put, Program(2, ()), back.circuit) < 1e-12


def test_narrowed_without_programs(cloud):
    rng = np.random.default_rng(2)
    put = prepared(rng, 2)
    stored = cloud.client.put(put)
    cloud.client.narrow(stored.object_id, ["server-1", "server-4"])
    cloud.client.narrow(stored.object_id, ["server-4"])  # nothing more to gain: the key is two qubits
    cloud.lose("server-1")
    assert infidelity(put, Program(2, ()), cloud.client.get(stored.object_id).circuit) < 1e-12


@pytest.mark.parametrize("narrowing", [False, True])
def test_memory_noise_is_the_closed_form(tmp_path, narrowing):
    """Fe = (1 + 3 l_S l_N^m)/4 with m noise qubits in memory; depolarising for T1 = T2."""
    cloud = Cloud.create(tmp_path / "cloud", servers=4, memory=Memory(t1_s=1.0, t2_s=1.0))
    stored = cloud.client.put(QuantumCircuit(1))
    clifford = QuantumCircuit(1)
    clifford.h(0)
    cloud.client.run(stored.object_id, Program.of(clifford), "server-2")
    if narrowing:
        cloud.client.narrow(stored.object_id, ["server-2", "server-1"])
    cloud.fabric.advance(0.1)
    back = cloud.client.get(stored.object_id, "server-2")
    shrink = math.exp(-0.1)
    assert back.entanglement_fidelity == pytest.approx(
        (1 + 3 * shrink ** (3 if narrowing else 5)) / 4, abs=1e-12
    )
    cloud.close()


def test_noise_before_and_after_a_commitment(tmp_path):
    """The key ages until it is read and not any more; the clone ages on."""
    cloud = Cloud.create(tmp_path / "cloud", servers=2, memory=Memory(t1_s=1.0, t2_s=1.0))
    stored = cloud.client.put(QuantumCircuit(1))
    cloud.fabric.advance(0.1)
    cloud.client.commit(stored.object_id, "server-1")
    cloud.fabric.advance(0.3)
    back = cloud.client.get(stored.object_id)
    expected = (1 + 3 * math.exp(-0.4) * math.exp(-0.2)) / 4
    assert back.entanglement_fidelity == pytest.approx(expected, abs=1e-12)
    cloud.close()


@pytest.mark.parametrize("late", [False, True])
def test_statistics_with_noise_are_those_of_the_physics(tmp_path, late):
    """<X> of T H |0> when all noise comes before the program: l_S l_N^n cos(pi/4).

    Depolarising noise of clone or key before T is depolarising noise of psi before T.
    """
    cloud = Cloud.create(tmp_path / "cloud", servers=2, memory=Memory(t1_s=1.0, t2_s=1.0))
    put = QuantumCircuit(1)
    put.h(0)
    program = QuantumCircuit(1)
    program.t(0)
    stored = cloud.client.put(put)
    cloud.fabric.advance(0.1)
    cloud.client.run(stored.object_id, Program.of(program, late=late), "server-1")
    manifest = cloud.ledger.find(stored.object_id)
    holdings = cloud.client.holdings(manifest)
    kept = cloud.client.keyring.programs.find(stored.object_id, "server-1")
    _, order, _ = computed_plan(holdings, "server-1", kept, stays=False)
    with cloud.fabric._database.reading() as sql:
        history, computed = raw_history_of(sql, stored.object_id), computed_of(sql, stored.object_id)
    rng, values, runs = np.random.default_rng(0), [], 600
    num_wires = holdings.scheme.num_qubits + 1
    for _ in range(runs):
        drawn = finish(
            history, num_wires, holdings.scheme.indices(holdings.scheme.inputs), order, computed, rng
        )
        assert drawn.fidelity is None
        state = Statevector(put).evolve(Program.from_text(drawn.frame, 1).circuit)
        values.append(2 * abs((state.data[0] + state.data[1]) / math.sqrt(2)) ** 2 - 1)
    expected = math.exp(-0.3) * math.cos(math.pi / 4)
    # What one run gives is cos(pi/4) or another value between -1 and 1.
    assert abs(np.mean(values) - expected) < 5 * np.std(values) / math.sqrt(runs)
    cloud.close()


def test_a_server_that_does_more_to_its_clone_is_followed(cloud):
    """An attack after the program: the exact Pauli channel of the attack, here a certain Y."""
    rng = np.random.default_rng(8)
    put = prepared(rng, 1)
    stored = cloud.client.put(put)
    program = Program.of(random_program(rng, 1, 3))
    cloud.client.run(stored.object_id, program, "server-1")
    wire = cloud.fabric.whereabouts(stored.object_id)["server-1"][0]
    cloud.fabric.run(Party("server-1"), stored.object_id, f"Y {wire}")
    back = cloud.client.get(stored.object_id, "server-1")
    attacked = program.circuit.copy()
    attacked.y(0)
    expected = Statevector(put).evolve(attacked).data
    assert 1 - abs(np.vdot(expected, Statevector(back.circuit).data)) ** 2 < 1e-12


@pytest.mark.parametrize("pauli", "XYZ")
@pytest.mark.parametrize("server", ["server-1", "server-3"])
def test_the_bell_checks_see_any_pauli_of_one_server(cloud, pauli, server):
    rng = np.random.default_rng(9)
    put = prepared(rng, 2)
    stored = cloud.client.put(put)
    program = Program.of(random_clifford(2, seed=4).to_circuit())
    cloud.client.run(stored.object_id, program, server)
    mine = [
        w
        for w in cloud.fabric.whereabouts(stored.object_id)[server]
        if w < cloud.client.holdings(stored).scheme.num_qubits
    ]
    cloud.fabric.run(Party(server), stored.object_id, f"{pauli} {mine[0]}")
    back = cloud.client.get(stored.object_id, server, correct=True)
    assert sum(back.outcomes) > 0


class Dies(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, 14))
def test_whoever_dies_between_two_calls_goes_on(tmp_path, call, after):
    """Run, narrow, commit, release, dying once at the n-th call: it comes out right."""
    rng = np.random.default_rng(call)
    put = prepared(rng, 2)
    cloud = Cloud.create(tmp_path / "cloud", servers=4)
    stored = cloud.client.put(put)
    program = Program.of(random_program(rng, 2, 3), late=True)
    steps = [
        lambda c: c.client.run(stored.object_id, program, "server-2"),
        lambda c: c.client.narrow(stored.object_id, ["server-2"]),
        lambda c: c.client.commit(stored.object_id, "server-2"),
        lambda c: c.client.release(stored.object_id, "server-2"),
    ]
    counter = itertools.count(1)

    def dying(target, name):
        real = getattr(target, name)

        def call_(*args, **kwargs):
            if next(counter) == call:
                if after:
                    real(*args, **kwargs)
                raise Dies
            return real(*args, **kwargs)

        setattr(target, name, call_)

    for target, names in (
        (cloud.fabric, ("read_key", "rehearse", "deliver", "move")),
        (cloud.ledger, ("note", "consume")),
        (cloud.client.servers["server-2"], ("compute", "surrender")),
    ):
        for name in names:
            dying(target, name)
    back = None
    for step in steps:
        try:
            back = step(cloud)
        except Dies:
            cloud.close()
            cloud = Cloud(tmp_path / "cloud")
            try:
                back = step(cloud)
            except InvalidInputError as error:  # it died when all was done
                assert "has run this program" in error.message
    assert infidelity(put, program, back.circuit) < 1e-12
    cloud.close()


def test_another_client_gets_nothing_of_a_committed_register(cloud, tmp_path):
    stored = cloud.client.put(QuantumCircuit(1))
    cloud.client.commit(stored.object_id, "server-2")
    shown = cloud.ledger.find(stored.object_id)
    assert shown.committed_to == "server-2"
    with pytest.raises(KeyConsumedError, match="committed to server-2"):
        cloud.client.commit(stored.object_id, "server-1")
    with pytest.raises(InvalidInputError, match="committed to server-2"):
        cloud.client.get(stored.object_id, "server-1")
    with pytest.raises(KeyConsumedError, match="committed to server-2"):
        cloud.client.narrow(stored.object_id, ["server-2"])
    with pytest.raises(KeyConsumedError, match="committed to server-2"):
        cloud.client.run(stored.object_id, Program.of(QuantumCircuit(1)), "server-2")
    cloud.client.keyring.spool.drop(stored.object_id)  # as another keyring of the same tenant would see it
    with pytest.raises(KeyConsumedError, match="committed to server-2"):
        cloud.client.get(stored.object_id)


def test_bad_input_is_one_sentence(cloud):
    client = cloud.client
    stored = client.put(QuantumCircuit(2))
    name = stored.object_id
    one, two = QuantumCircuit(1), QuantumCircuit(2)
    two.rz(Parameter("theta"), 0)
    two.t(1)
    with pytest.raises(InvalidInputError, match="takes 1 qubit and the register has 2"):
        client.run(name, Program.of(one), "server-1")
    with pytest.raises(InvalidInputError, match="server-9 was given no clone"):
        client.run(name, Program.of(two), "server-9")
    client.run(name, Program.of(two), "server-1")
    with pytest.raises(InvalidInputError, match="has run this program"):
        client.run(name, Program.of(two), "server-1")
    with pytest.raises(InvalidInputError, match="has run another program"):
        client.run(name, Program.of(QuantumCircuit(2)), "server-1")
    with pytest.raises(InvalidInputError, match="has free parameters: theta"):
        client.get(name, "server-1")
    with pytest.raises(InvalidInputError, match="no parameter 'phi'"):
        client.get(name, "server-1", values={"phi": 1.0})
    with pytest.raises(InvalidInputError, match="without --correct") as error:
        client.get(name, "server-1", values={"theta": 1.0}, correct=True)
    assert "Bell checks" in error.value.message
    with pytest.raises(InvalidInputError, match="not committed"):
        client.release(name)
    cloud.fail("server-2")
    with pytest.raises(NotRecoverableError, match="server-2 is down"):
        client.run(name, Program.of(two), "server-2")
    with pytest.raises(NotRecoverableError, match="server-2 is down"):
        client.commit(name, "server-2")
    client.narrow(name, ["server-1", "server-4"])
    for call in (
        lambda: client.run(name, Program.of(two), "server-3"),
        lambda: client.get(name, "server-3"),
        lambda: client.commit(name, "server-3"),
        lambda: client.narrow(name, ["server-3"]),
    ):
        with pytest.raises(NotRecoverableError, match="Clone S3 at server-3 was given up"):
            call()
    assert client.get(name, "server-1", values={"theta": 0.5}).entanglement_fidelity == 1.0


def test_a_program_with_too_many_tails_is_refused_before_anything_is_done(cloud, monkeypatch):
    stored = cloud.client.put(QuantumCircuit(1))
    monkeypatch.setattr("qclone.store._computations.MAX_TAILS", 3)
    program = QuantumCircuit(1)
    for _ in range(2):
        program.t(0)
        program.h(0)
    cloud.client.run(stored.object_id, Program.of(program), "server-1")
    with pytest.raises(InvalidInputError, match="more than 3 qubits back"):
        cloud.client.run(stored.object_id, Program.of(program), "server-2")
    assert len(cloud.ledger.find(stored.object_id).uses.runs) == 1


def test_tails_that_are_lost_are_said_to_be(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=2, links=Links(loss=0.3))
    program = QuantumCircuit(1)
    for _ in range(20):
        program.t(0)
        program.h(0)
    while True:
        try:
            stored = cloud.client.put(QuantumCircuit(1))
            server = next(s for s in stored.servers if cloud.fabric.whereabouts(stored.object_id).get(s))
            cloud.client.run(stored.object_id, Program.of(program), server)
            break
        except (NotRecoverableError, StopIteration):
            continue
    with pytest.raises(NotRecoverableError, match=r"lost|out of reach"):
        cloud.client.get(stored.object_id, server)
    assert cloud.ledger.find(stored.object_id).key.state is KeyState.SEALED
    cloud.close()


def test_what_was_consumed_says_so_before_anything_about_programs(cloud):
    turn = QuantumCircuit(1)
    turn.rz(Parameter("t"), 0)
    object_id = cloud.client.put(QuantumCircuit(1)).object_id
    for server in ("server-1", "server-2"):
        cloud.client.run(object_id, Program.of(turn), server)
    cloud.client.commit(object_id, "server-1")
    with pytest.raises(KeyConsumedError, match="committed to server-1"):
        cloud.client.program(object_id, "server-2")
    cloud.client.get(object_id, values={"t": 0.3})
    for server in (None, "server-1", "server-2"):
        with pytest.raises(KeyConsumedError, match="decrypting the clone from server-1"):
            cloud.client.program(object_id, server)
    with pytest.raises(KeyConsumedError):
        cloud.client.release(object_id)


def test_a_parameter_set_twice_is_refused():
    with pytest.raises(InvalidInputError, match="twice"):
        values_of(("t=1", "t=2"))


def test_what_was_put_in_comes_back_from_clones_of_several_where_one_is_not_enough(cloud):
    """N3 is lost and server-1 computed: S3 stands for N3, as the access structure says."""
    put = prepared(np.random.default_rng(3), 1)
    stored = cloud.client.put(put)
    cloud.client.run(stored.object_id, Program.of(QuantumCircuit(1)), "server-1")
    cloud.client.lose_key(stored.object_id, "N3")
    with pytest.raises(NotRecoverableError, match=r"missing is q0\.N3"):
        cloud.client.get(stored.object_id, "server-1")
    back = cloud.client.get(stored.object_id, "server-2")
    assert infidelity(put, Program(1, ()), back.circuit) < 1e-12
