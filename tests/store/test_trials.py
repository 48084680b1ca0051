"""Test registers: honest servers pass, every Pauli of a dishonest one is seen as often as is said."""

import itertools
import math

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.bench.computing import infidelity, known_programs, random_program, random_register
from qclone.compute import Noise, Program, append_gates, enact
from qclone.errors import InvalidInputError
from qclone.scheme import Canonical, Parallel
from qclone.store import Cloud, KeyState, Party, Trials
from qclone.store._trials import EIGENSTATES, SEEN_CLIFFORD, SEEN_TAILS, _prepared


@pytest.fixture
def cloud(tmp_path):
    with_two = Cloud.create(tmp_path / "cloud", servers=2)
    yield with_two
    with_two.close()


@pytest.mark.parametrize("name", ["Clifford", "tails", "Toffoli"])
def test_honest_servers_pass_and_the_real_register_comes_out(cloud, tmp_path, name):
    random = np.random.default_rng(4)
    k = 3 if name == "Toffoli" else 2
    circuit = known_programs()[name][0] if k == 3 else random_program(random, k, 3 * (name == "tails"))
    put, trials = random_register(random, k), Trials(tmp_path / "record", random)
    real = trials.put(cloud.client, put, 3, "mine")
    assert (tmp_path / "record").stat().st_mode & 0o777 == 0o600
    ran = trials.run(cloud.client, Program.of(circuit), "server-1")
    trials.run(cloud.client, Program.of(circuit), "server-1")  # again: all is done
    parts = {m.uses.run_at("server-1").tails for m in cloud.ledger.manifests()}
    assert parts == {ran.num_tails} and len(cloud.ledger.manifests()) == 4
    verdict = trials.read(cloud.client, "server-1")
    assert verdict.failed == 0 and verdict.registers == 4
    assert verdict.bound == pytest.approx(1 / 4 if name == "Clifford" else 1 / 3)
    assert verdict.proved_for_all is (name == "Clifford")
    assert trials.read(cloud.client, "server-1") == verdict
    assert cloud.ledger.find(real).key.state is KeyState.SEALED
    assert infidelity(put, circuit, cloud.client.get(real, "server-1").circuit) < 1e-12


def test_a_server_that_turns_everything_is_seen(cloud, tmp_path):
    trials = Trials(tmp_path / "record", np.random.default_rng(1))
    trials.put(cloud.client, QuantumCircuit(1), 12)
    circuit = QuantumCircuit(1)
    circuit.h(0)
    trials.run(cloud.client, Program.of(circuit), "server-2")
    for manifest in cloud.ledger.manifests():
        wire = cloud.fabric.whereabouts(manifest.object_id)["server-2"][0]
        cloud.fabric.run(Party("server-2"), manifest.object_id, f"Y {wire}")
    # Each is seen with 2/3: 12 tests pass with 2e-6.
    assert trials.read(cloud.client, "server-2").failed > 0


def test_what_is_refused(cloud, tmp_path):
    trials = Trials(tmp_path / "record")
    with pytest.raises(InvalidInputError, match="no record"):
        trials.run(cloud.client, Program.of(QuantumCircuit(1)), "server-1")
    with pytest.raises(InvalidInputError, match="a test register at least"):
        trials.put(cloud.client, QuantumCircuit(1), 0)
    trials.put(cloud.client, QuantumCircuit(1), 1)
    with pytest.raises(InvalidInputError, match="there already"):
        trials.put(cloud.client, QuantumCircuit(1), 1)
    with pytest.raises(InvalidInputError, match="has not run the program"):
        trials.read(cloud.client, "server-1")


def test_another_program_on_the_registers_of_a_trial_is_refused(cloud, tmp_path):
    """Registers on which different programs ran tell which of them is real."""
    trials = Trials(tmp_path / "record", np.random.default_rng(1))
    trials.put(cloud.client, QuantumCircuit(2), 3)
    first, second, wide = QuantumCircuit(2), QuantumCircuit(2), QuantumCircuit(3)
    first.h(0)
    second.cx(0, 1)
    trials.run(cloud.client, Program.of(first), "server-1")
    for other in second, wide:
        with pytest.raises(InvalidInputError):
            trials.run(cloud.client, Program.of(other), "server-1")
    trials.run(cloud.client, Program.of(first), "server-1")
    assert trials.read(cloud.client, "server-1").failed == 0


def _seen(program, pauli, state, wires):
    """The probability that a Pauli of the server, on its clone and its tails, shows on a test register."""
    k = program.num_qubits
    nothing = stim.PauliString(k)
    noise = Noise(nothing, stim.PauliString(pauli[:k]), stim.PauliString(pauli[k:]), nothing)
    part = program.server(Parallel(Canonical(2), k), "S1")
    found = enact(part, program, stim.PauliString(wires), noise, np.random.default_rng(0))
    did = QuantumCircuit(k)
    append_gates(did, found.text)
    one, other = (Statevector(state.compose(c)).data for c in (did, program.circuit))
    return 1 - abs(np.vdot(one, other)) ** 2


@pytest.mark.parametrize("slots", [0, 2])
def test_every_pauli_is_seen_as_often_as_is_said_or_does_nothing(slots):
    """All Paulis on a clone and its tails; the mean over all test states and angles, none of it sampled."""

    def late(angles):
        circuit = QuantumCircuit(1)
        circuit.sx(0)
        for angle in angles:
            circuit.p(angle, 0)
            circuit.h(0)
        return Program.of(circuit, late=True)

    states = [_prepared(letter) for letter in EIGENSTATES]
    quarters = list(itertools.product((0, math.pi / 2), repeat=slots))  # the others add Z, known to the owner
    for pauli in itertools.product(range(4), repeat=1 + slots):
        mean = np.mean([_seen(late(a), list(pauli), s, "Y") for a in quarters for s in states])
        real = max(_seen(late((0.4, 1.1)[:slots]), list(pauli), s, "Y") for s in states)
        if real > 1e-9:
            assert mean > (SEEN_TAILS if slots else SEEN_CLIFFORD) - 1e-9, pauli
        else:
            assert not any(pauli) or slots


class Dies(Exception):
    """The process ends here."""


def _dying(monkeypatch, target, name, at):
    """The n-th call of a method ends the process when it is done."""
    real, calls = getattr(target, name), itertools.count(1)

    def call(*args, **kwargs):
        result = real(*args, **kwargs)
        if next(calls) == at:
            raise Dies
        return result

    monkeypatch.setattr(target, name, call)


@pytest.mark.parametrize("call", ["new", "load", "stored"])
def test_whoever_dies_while_putting_goes_on(tmp_path, monkeypatch, call):
    """Before the register is there, before it is acknowledged, after it: all are in at last, each once."""
    put, record = random_register(np.random.default_rng(2), 1), tmp_path / "record"
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    where = {"new": cloud.client.keyring, "load": cloud.fabric, "stored": cloud.ledger}[call]
    _dying(monkeypatch, where, call, at=2)
    with pytest.raises(Dies):
        Trials(record).put(cloud.client, put, 2, "mine")
    cloud.close()
    cloud = Cloud(tmp_path / "cloud")
    with pytest.raises(InvalidInputError, match="Not all registers of record are in this cloud"):
        Trials(record).run(cloud.client, Program(1, ()), "server-1")
    for others in ((random_register(np.random.default_rng(3), 1), 2), (put, 3)):
        with pytest.raises(InvalidInputError, match="there already"):
            Trials(record).put(cloud.client, *others)
    real = Trials(record).put(cloud.client, put, 2, "mine")
    assert len(cloud.ledger.manifests()) == 3 and not cloud.ledger.unfinished()
    trials = Trials(record)
    trials.run(cloud.client, Program(1, ()), "server-1")
    assert trials.read(cloud.client, "server-1").failed == 0
    assert infidelity(put, Program(1, ()), cloud.client.get(real, "server-1").circuit) < 1e-12
    cloud.close()


@pytest.mark.parametrize("call", ["consume", "deliver", "done"])
def test_whoever_dies_while_reading_goes_on(tmp_path, monkeypatch, call):
    """One test is read, the second was being read: the verdict is the same, the real one is sealed."""
    put = random_register(np.random.default_rng(2), 1)
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    trials = Trials(tmp_path / "record")
    real = trials.put(cloud.client, put, 3)
    trials.run(cloud.client, Program(1, ()), "server-1")
    spool = cloud.client.keyring.spool
    where = {"consume": cloud.ledger, "deliver": cloud.fabric, "done": spool}[call]
    _dying(monkeypatch, where, call, at=2)
    with pytest.raises(Dies):
        trials.read(cloud.client, "server-1")
    cloud.close()
    cloud = Cloud(tmp_path / "cloud")
    assert trials.read(cloud.client, "server-1").failed == 0
    assert not cloud.client.keyring.begun()
    assert infidelity(put, Program(1, ()), cloud.client.get(real, "server-1").circuit) < 1e-12
    cloud.close()
