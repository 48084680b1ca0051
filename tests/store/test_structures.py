"""Arrays and stacks against dicts and lists, and against processes that are killed between any two steps."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qclone.errors import InvalidInputError, KeyConsumedError, NoSuchObjectError, NotRecoverableError
from qclone.store import Cloud, QArray, QStack


def register(number, qubits=1):
    """A state that no other number has: an angle, and entangled from two qubits on."""
    circuit = QuantumCircuit(qubits)
    circuit.ry(0.1 + number * 0.37, 0)
    for i in range(1, qubits):
        circuit.cx(0, i)
    return circuit


def is_register(circuit, number, qubits=1):
    """By Qiskit's state vectors."""
    return abs(Statevector(register(number, qubits)).inner(Statevector(circuit))) ** 2 > 1 - 1e-9


@pytest.fixture
def cloud(tmp_path):
    cloud = Cloud.create(tmp_path / "cloud", servers=2)
    yield cloud
    cloud.close()


class Machine(RuleBasedStateMachine):
    """A cloud with an array and a stack beside a dict and a list; it is opened anew now and then."""

    @initialize(folder=st.builds(lambda: __import__("tempfile").mkdtemp()))
    def start(self, folder):
        self.where, self.made = f"{folder}/cloud", 0
        self.cloud = Cloud.create(self.where, servers=2)
        self.list, self.dict, self.used = [], {}, set()
        self.open()

    def open(self):
        self.stack, self.array = QStack(self.cloud, "s"), QArray(self.cloud, "s")

    def fresh(self, qubits):
        self.made += 1
        return self.made, qubits

    @rule()
    def reopen(self):
        self.cloud.close()
        self.cloud = Cloud(self.where)
        self.open()

    @rule(qubits=st.integers(1, 3))
    def push(self, qubits):
        item = self.fresh(qubits)
        self.stack.push(register(*item))
        self.list.append(item)

    @rule(fails=st.booleans())
    def pop(self, fails):
        if not self.list:
            with pytest.raises(NoSuchObjectError, match="is empty"):
                self.stack.pop()
            return
        if fails:

            def trouble(circuit):
                raise OSError("the disk is full")

            with pytest.raises(OSError, match="full"):
                self.stack.pop(trouble)
            assert self.stack.peek().qubits == self.list[-1][1]
        assert is_register(self.stack.pop().circuit, *self.list.pop())

    @rule(index=st.integers(0, 3), qubits=st.integers(1, 2))
    def put(self, index, qubits):
        if index in self.dict:
            with pytest.raises(InvalidInputError, match="holds a register"):
                self.array.put(index, register(0))
            return
        item = self.fresh(qubits)
        self.array.put(index, register(*item))
        self.dict[index] = item

    @rule(index=st.integers(0, 3))
    def get(self, index):
        if index in self.dict:
            assert is_register(self.array.get(index).circuit, *self.dict.pop(index))
            self.used.add(index)
        else:
            with pytest.raises(KeyConsumedError if index in self.used else NoSuchObjectError):
                self.array.get(index)

    @precondition(lambda self: self.dict)
    @rule(data=st.data())
    def remove(self, data):
        index = data.draw(st.sampled_from(sorted(self.dict)))
        self.array.remove(index)
        del self.dict[index]
        self.used.discard(index)

    @invariant()
    def is_as_the_model(self):
        if hasattr(self, "stack"):
            assert [one.qubits for one in self.stack] == [qubits for _, qubits in reversed(self.list)]
            assert self.array.indices() == sorted(self.dict)
            assert (len(self.stack), len(self.array)) == (len(self.list), len(self.dict))

    def teardown(self):
        if hasattr(self, "cloud"):
            self.cloud.close()


Machine.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestAgainstPython = Machine.TestCase


def killed(cloud_at, act, where, after):
    """Do something in a process that is killed before or after one step; returns whether it came there."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    try:
        cloud = Cloud(cloud_at)
        part, step = where.split(".")
        owner = {"spool": cloud.client.keyring.spool, "keyring": cloud.client.keyring}.get(
            part, getattr(cloud, part, None)
        )
        real = getattr(owner, step)

        def stepped(*words, **named):
            if not after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = real(*words, **named)
            os.kill(os.getpid(), signal.SIGKILL)
            return found

        setattr(owner, step, stepped)
        act(cloud)
    finally:
        os._exit(0)


PUSH = ["keyring.new", "ledger.reserve", "fabric.load", "ledger.stored"]
POP = [
    "fabric.rehearse",
    "spool.begin",
    "ledger.consume",
    "fabric.deliver",
    "spool.keep",
    "spool.done",
    "fabric.acknowledge",
    "ledger.consumed",
    "spool.drop",
    "ledger.remove",
]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("where", PUSH)
def test_a_push_that_is_killed_is_there_whole_or_not_at_all(where, after, cloud, tmp_path):
    QStack(cloud, "s").push(register(1))
    cloud.close()
    at = tmp_path / "cloud"
    assert killed(at, lambda cloud: QStack(cloud, "s").push(register(2, 2)), where, after)
    again = Cloud(at)
    stack = QStack(again, "s")
    there = where == "ledger.stored" and after
    assert [one.qubits for one in stack] == ([2, 1] if there else [1])
    stack.push(register(3, 3))
    assert is_register(stack.pop().circuit, 3, 3)
    assert not there or is_register(stack.pop().circuit, 2, 2)
    assert is_register(stack.pop().circuit, 1)
    assert again.fabric.qubits_at() == {} and not stack
    again.close()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("where", POP)
def test_a_pop_that_is_killed_hands_over_again_until_it_has_ended(where, after, cloud, tmp_path):
    """What was handed over is what a file has, written before the step that says so."""
    stack = QStack(cloud, "s")
    stack.push(register(1))
    stack.push(register(2, 2))
    cloud.close()
    at, kept = tmp_path / "cloud", tmp_path / "kept"

    def pop(cloud):
        QStack(cloud, "s").pop(lambda circuit: kept.write_text(str(is_register(circuit, 2, 2))))

    assert killed(at, pop, where, after)
    again = Cloud(at)
    stack = QStack(again, "s")
    # The delivery is safe once its owner has said so, and no earlier.
    over = POP.index(where) > POP.index("spool.done") or (where == "spool.done" and after)
    assert len(stack) == (1 if over else 2)
    if over:
        assert kept.read_text() == "True"
    else:
        assert is_register(stack.pop().circuit, 2, 2)
    assert is_register(stack.pop().circuit, 1)
    with pytest.raises(NoSuchObjectError):
        stack.pop()
    assert again.fabric.qubits_at() == {}
    again.close()


@pytest.mark.parametrize("where", ["ledger.reserve", "ledger.stored", "ledger.remove"])
def test_an_array_whose_put_is_killed(where, cloud, tmp_path):
    array = QArray(cloud, "a")
    array.put(3, register(1))
    array.get(3)
    cloud.close()
    at = tmp_path / "cloud"
    assert killed(at, lambda cloud: QArray(cloud, "a").put(3, register(2)), where, after=True)
    again = Cloud(at)
    array = QArray(again, "a")
    if where == "ledger.reserve":
        with pytest.raises(KeyConsumedError, match=r"was consumed at"):
            array.get(3)
        array.put(3, register(2))
    assert is_register(array.get(3).circuit, 2)
    again.close()


def test_two_processes_pop_every_register_once(cloud, tmp_path):
    stack = QStack(cloud, "s")
    for number in range(8):
        stack.push(register(number))
    cloud.close()
    children = []
    for name in ("a", "b"):
        child = os.fork()
        if child == 0:
            try:
                mine = QStack(Cloud(tmp_path / "cloud"), "s")
                with open(tmp_path / name, "w") as file, pytest.raises(NoSuchObjectError):
                    while True:
                        found = mine.pop().circuit
                        file.write(f"{next(n for n in range(8) if is_register(found, n))}\n")
                        file.flush()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    popped = [int(n) for name in ("a", "b") for n in (tmp_path / name).read_text().split()]
    assert sorted(popped) == list(range(8))


def test_two_processes_put_one_register_in_a_place(cloud, tmp_path):
    cloud.close()
    children = []
    for number in (1, 2):
        child = os.fork()
        if child == 0:
            try:
                QArray(Cloud(tmp_path / "cloud"), "a").put(0, register(number))
                os._exit(0)
            except InvalidInputError:
                os._exit(7)
            finally:
                os._exit(1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(codes) == [0, 7]


def test_what_cannot_be_recovered_now_stays(cloud):
    stack, array = QStack(cloud, "s"), QArray(cloud, "a")
    stack.push(register(1))
    array.put(0, register(2))
    cloud.fail("server-1", "server-2")
    for get in (stack.pop, lambda: array.get(0)):
        with pytest.raises(NotRecoverableError):
            get()
    assert len(stack) == len(array) == 1
    cloud.heal("server-1", "server-2")
    assert is_register(stack.pop().circuit, 1) and is_register(array.get(0).circuit, 2)


def test_structures_of_other_names_and_kinds_are_apart(cloud):
    """Names that begin, end or differ in the case of a letter alike, and one with what SQL looks for."""
    names = ["s", "S", "ss", "s%", "s_", "xs"]
    for number, name in enumerate(names):
        QStack(cloud, name).push(register(number))
        QArray(cloud, name).put(0, register(number + 20))
    cloud.client.put(register(99), "s")
    for number, name in enumerate(names):
        stack, array = QStack(cloud, name), QArray(cloud, name)
        assert (len(stack), array.indices()) == (1, [0])
        assert is_register(stack.pop().circuit, number) and is_register(array.get(0).circuit, number + 20)


def test_the_keys_of_another_client_are_not_in_it(cloud, tmp_path):
    """A keyring that is gone takes the stack along: nobody can recover what was in it."""
    QStack(cloud, "s").push(register(1))
    cloud.close()
    (tmp_path / "cloud" / "keyring.db").rename(tmp_path / "elsewhere.db")
    other = Cloud(tmp_path / "cloud")
    assert len(QStack(other, "s")) == 0
    other.close()


@pytest.mark.parametrize("name", ["", " ", "a/b", "a[0]", "a\nb"])
@pytest.mark.parametrize("kind", [QArray, QStack])
def test_names_that_are_none(kind, name, cloud):
    with pytest.raises(InvalidInputError, match="cannot be the name"):
        kind(cloud, name)


@pytest.mark.parametrize("index", [-1, 1.0, "0", True, None])
def test_indices_that_are_none(index, cloud):
    array = QArray(cloud, "a")
    for call in (
        lambda: array.put(index, register(1)),
        lambda: array.get(index),
        lambda: array.remove(index),
    ):
        with pytest.raises(InvalidInputError, match="is no index"):
            call()
    assert index not in array
