"""Programs on encrypted clones, against dense simulation of every qubit and every tail."""

import math

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Operator, Statevector, random_statevector, random_unitary

from qclone.access import key_measurement
from qclone.bench.computing import known_programs, random_program
from qclone.circuits import to_qiskit
from qclone.compute import MAX_TAILS, Noise, Program, ServerPart, append_gates, enact, pad_of, parse
from qclone.errors import InvalidInputError, UnsupportedCircuitError
from qclone.scheme import Canonical, Parallel


def server_circuit(part: ServerPart, num_qubits):
    """The server's text read once more, by the words of its docstring."""
    circuit = QuantumCircuit(num_qubits)
    circuit.compose(to_qiskit(stim.Circuit(part.public), num_qubits), inplace=True)
    for gate in stim.Circuit(part.text):
        targets = [t.value for t in gate.targets_copy()]
        if not gate.tag:
            circuit.compose(to_qiskit(stim.Circuit(str(gate)), num_qubits), inplace=True)
            continue
        if gate.tag == "ccz":
            circuit.ccz(*targets[::2])
        elif gate.tag != "late":
            circuit.p(float(gate.tag.removeprefix("rotate:")), targets[0])
        for w, d in zip(targets[::2], targets[1::2], strict=True):
            circuit.cx(w, d)
    return circuit


def dense(n, clone, programs, psi, seed, bound=None):
    """Encrypt, let servers compute, measure key and tails qubit by qubit, undo the pad."""
    k = int(math.log2(len(psi)))
    scheme = Parallel(Canonical(n), k)
    parts = {label: program.server(scheme, label) for label, program in programs.items()}
    first, moved = scheme.num_qubits, {}
    for label, part in parts.items():
        moved[label] = list(range(first, first + len(part.tails)))
        first += len(part.tails)
    circuit = QuantumCircuit(first)
    circuit.initialize(psi, list(scheme.indices(scheme.inputs)))
    circuit.compose(
        to_qiskit(scheme.prepare() + scheme.encrypt(), scheme.num_qubits),
        range(scheme.num_qubits),
        inplace=True,
    )
    for label, part in parts.items():
        own = server_circuit(part, scheme.num_qubits + len(part.tails))
        circuit.compose(own, [*range(scheme.num_qubits), *moved[label]], inplace=True)
    key = key_measurement(scheme, clone)
    circuit.compose(to_qiskit(key.circuit, scheme.num_qubits), range(scheme.num_qubits), inplace=True)
    state = Statevector(_without_reset(circuit))
    state.seed(seed)
    state = _State(state, first)
    a, b = key.pad([state.measure(w) for w in key.measured])

    def measure(reading):
        tails = [moved[clone][t] for t in reading.tails]
        for i, j in reading.pairs:
            state.do("cz", tails[i], tails[j])
        outcomes = []
        for tail, beta in zip(tails, reading.angles, strict=True):
            state.do("p", -beta, tail)
            state.do("h", tail)
            outcomes.append(state.measure(tail))
        return outcomes

    program = bound or programs[clone]
    pad = program.finish(pad_of(a, b), measure)
    for i, wire in enumerate(parts[clone].wires):
        if pad[i]:
            state.do("ixyz"[pad[i]], wire)
    return state, parts[clone].wires


def _without_reset(circuit):
    plain = QuantumCircuit(circuit.num_qubits)
    for item in circuit.data:
        if item.operation.name == "initialize":
            plain.prepare_state(item.operation.params, [circuit.find_bit(q).index for q in item.qubits])
        else:
            plain.append(item.operation, [circuit.find_bit(q).index for q in item.qubits])
    return plain


class _State:
    def __init__(self, state, size):
        self.state, self.size = state, size

    def do(self, gate, *args):
        circuit = QuantumCircuit(self.size)
        getattr(circuit, gate)(*args)
        self.state = self.state.evolve(circuit)

    def measure(self, wire):
        outcome, self.state = self.state.measure([wire])
        return int(outcome)

    def project(self, wire, outcome):
        table = self.state.data.reshape((2,) * self.size).copy()
        table[(slice(None),) * (self.size - 1 - wire) + (1 - outcome,)] = 0
        kept = np.linalg.norm(table)
        assert abs(kept**2 - 0.5) < 1e-9  # what `enact` builds on: every outcome is a fair coin
        self.state = Statevector(table.ravel() / kept)

    def fidelity(self, wires, psi):
        rest = [w for w in range(self.size) if w not in wires]
        amplitudes = self.state.data.reshape((2,) * self.size)
        axes = [self.size - 1 - w for w in (*reversed(wires), *rest)]
        table = amplitudes.transpose(axes).reshape(len(psi), -1)
        return float(np.sum(np.abs(psi.conj() @ table) ** 2))


@pytest.mark.parametrize("seed", range(12))
def test_random_programs_on_all_servers(seed):
    rng = np.random.default_rng(seed)
    n, k, slots = ((2, 2, 3), (3, 2, 2), (2, 1, 6), (4, 1, 4))[seed % 4]
    if seed == 11:
        n, k, slots = 2, 3, 2
    programs = {c: Program.of(random_program(rng, k, slots if c == "S1" else 1)) for c in ("S1", "S2")}
    psi = random_statevector(2**k, seed=seed).data
    state, wires = dense(n, "S1", programs, psi, seed)
    expected = Statevector(psi).evolve(programs["S1"].circuit).data
    assert 1 - state.fidelity(wires, expected) < 1e-12


@pytest.mark.parametrize("clone", ["S1", "S2", "A"])
@pytest.mark.parametrize("seed", range(3))
def test_late_angles_are_chosen_at_the_end(clone, seed):
    rng = np.random.default_rng(seed)
    theta, phi = Parameter("theta"), Parameter("phi")
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.rx(2 * theta + 1, 0)
    circuit.cx(0, 1)
    circuit.ry(phi, 1)
    program = Program.of(circuit)
    assert program.parameters == ("phi", "theta") and program.num_late == 2
    values = {"theta": rng.uniform(-3, 3), "phi": rng.uniform(-3, 3)}
    psi = random_statevector(4, seed=seed).data
    state, wires = dense(2, clone, {clone: program}, psi, seed, bound=program.bind(values))
    ideal = circuit.assign_parameters({theta: values["theta"], phi: values["phi"]})
    assert 1 - state.fidelity(wires, Statevector(psi).evolve(ideal).data) < 1e-12
    assert "rotate" not in program.server(Parallel(Canonical(2), 2), clone).text


@pytest.mark.parametrize("late", [False, True])
def test_toffoli_with_three_and_with_seven_tails(late):
    three = QuantumCircuit(3)
    three.ccx(0, 1, 2)
    seven = three.decompose()
    for circuit, tails in ((three, 3), (seven, 7)):
        program = Program.of(circuit, late=late)
        assert program.num_tails == tails
        if tails == 3 and not late:
            psi = random_statevector(8, seed=1).data
            state, wires = dense(2, "S2", {"S2": program}, psi, 5)
            assert 1 - state.fidelity(wires, Statevector(psi).evolve(three).data) < 1e-12


def _ran(found, k):
    circuit = QuantumCircuit(k)
    append_gates(circuit, found.text)
    return circuit


def _enacted(program, pad, seed, k, noise=None, part=None):
    nothing = stim.PauliString(k)
    noise = noise or Noise(nothing, nothing, stim.PauliString(program.num_tails), nothing)
    part = part or program.server(Parallel(Canonical(2), k), "S1")
    return enact(part, program, pad, noise, np.random.default_rng(seed))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(0, 6), st.integers(0, 2**32 - 1), st.booleans())
def test_programs_are_written_and_read(k, slots, seed, late):
    program = Program.of(random_program(np.random.default_rng(seed), k, slots), late=late)
    assert Program.from_text(program.text, k).text == program.text
    again = Program.from_bytes(program.to_bytes())
    assert again.text == program.text and again.num_late == program.num_late


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(0, 6), st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_enacted_without_noise_is_the_program(k, slots, seed, late):
    rng = np.random.default_rng(seed)
    program = Program.of(random_program(rng, k, slots), late=late)
    pad = stim.PauliString(rng.integers(0, 4, size=k).tolist())
    found = _enacted(program, pad, seed, k)
    assert Operator(_ran(found, k)).equiv(Operator(program.circuit), atol=1e-11, rtol=0)


def noisy_dense(program, pad, noise, k, outcomes, psi):
    """The clone and its tails as a state vector, every drawn Pauli where it happened, the outcomes given."""
    size = k + program.num_tails
    part = program.server(Parallel(Canonical(2), k), "S1")
    shift = {w: i for i, w in enumerate((*part.wires, *part.tails))}
    circuit = QuantumCircuit(size)
    circuit.prepare_state(psi, range(k))
    for p in (pad, noise.before):
        for w in p.pauli_indices():
            getattr(circuit, "ixyz"[p[w]])(w)
    placed = stim.Circuit()
    for gate in stim.Circuit(part.text):
        targets = [shift[t.value] for t in gate.targets_copy()]
        placed.append(stim.CircuitInstruction(gate.name, targets, tag=gate.tag))
    circuit.compose(server_circuit(ServerPart((), (), "", str(placed)), size), inplace=True)
    # What was there before has been carried along: `after` and `tails` say what there is in the end.
    carried = noise.before + stim.PauliString(program.num_tails)
    extra = (carried.after(placed) if len(placed) else carried) * (noise.after + noise.tails)
    for w in extra.pauli_indices():
        getattr(circuit, "ixyz"[extra[w]])(w)
    state = _State(Statevector(circuit), size)
    left = iter(outcomes)

    def measure(reading):
        tails = [k + t for t in reading.tails]
        for i, j in reading.pairs:
            state.do("cz", tails[i], tails[j])
        read = []
        for tail, beta in zip(tails, reading.angles, strict=True):
            state.do("p", -beta, tail)
            state.do("h", tail)
            read.append(next(left))
            state.project(tail, read[-1])
        return read

    known = program.finish(stim.PauliString(list(pad * noise.key)), measure)
    for w in known.pauli_indices():
        state.do("ixyz"[known[w]], w)
    return state


class _Outcomes:
    """In the place of a random generator: outcomes such that the client reads the given ones."""

    def __init__(self, outcomes, tails):
        self.left = iter([m ^ (tails[i] in (2, 3)) for i, m in enumerate(outcomes)])

    def integers(self, low, high, size):
        return np.array([next(self.left) for _ in range(size)])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_enacted_with_noise_is_what_the_qubits_do(k, slots, seed, late):
    rng = np.random.default_rng(seed)
    program = Program.of(random_program(rng, k, slots, gates=8), late=late)

    def pauli(size):
        return stim.PauliString(np.where(rng.random(size) < 0.5, rng.integers(0, 4, size=size), 0).tolist())

    pad = stim.PauliString(rng.integers(0, 4, size=k).tolist())
    noise = Noise(pauli(k), pauli(k), pauli(program.num_tails), pauli(k))
    psi = random_statevector(2**k, seed=seed % 1000).data
    outcomes = rng.integers(0, 2, size=program.num_tails).tolist()
    state = noisy_dense(program, pad, noise, k, outcomes, psi)
    part = program.server(Parallel(Canonical(2), k), "S1")
    found = enact(part, program, pad, noise, _Outcomes(outcomes, noise.tails))
    assert 1 - state.fidelity(range(k), Statevector(psi).evolve(_ran(found, k)).data) < 1e-12


def test_the_pad_of_a_hundred_qubits():
    rng = np.random.default_rng(0)
    circuit = stim.Circuit()
    for _ in range(1000):
        a, b = rng.permutation(100)[:2].tolist()
        circuit.append("CX", [a, b])
        circuit.append("H", [a])
    program = Program(100, (circuit,))
    pad = stim.PauliString.random(100)
    assert (
        program.finish(pad, None)
        == stim.PauliString(list(pad.after(circuit))) * program.finish(pad, None).sign
    )


def _unitary(k):
    circuit = QuantumCircuit(k)
    circuit.append(UnitaryGate(random_unitary(2**k, seed=k)), range(k))
    return circuit


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_whatever_qiskit_takes_apart(qubits):
    circuit = _unitary(qubits)
    assert Operator(Program.of(circuit).circuit).equiv(Operator(circuit), atol=1e-8)


@pytest.mark.parametrize("name", known_programs())
def test_what_everybody_knows(name):
    """The tails are those of the T counts in the literature: 7 a Toffoli, 3 as CCZ."""
    circuit, tails = known_programs()[name]
    program = Program.of(circuit)
    assert program.num_tails == tails
    assert Operator(program.circuit).equiv(Operator(circuit), atol=1e-11, rtol=0)


def _with(add, size=2, clbits=1):
    circuit = QuantumCircuit(size, clbits)
    add(circuit)
    return circuit


@pytest.mark.parametrize(
    ("circuit", "sentence"),
    [
        (_with(lambda c: (c.measure(0, 0), c.h(0))), "follows a measurement of the same qubit"),
        (_with(lambda c: c.reset(0)), "is not unitary"),
        (_with(lambda c: c.initialize([0, 1], 0)), "is not unitary"),
        (_with(lambda c: c.if_test((c.clbits[0], 1), QuantumCircuit(1), [0], [])), "is not unitary"),
    ],
)
def test_what_is_no_program(circuit, sentence):
    with pytest.raises(UnsupportedCircuitError, match=sentence):
        Program.of(circuit)


def test_other_bad_input_is_one_sentence():
    scheme = Parallel(Canonical(2), 3)
    two = Program.of(_with(lambda c: c.t(0)))
    with pytest.raises(InvalidInputError, match="takes 2 qubits and the register has 3"):
        two.server(scheme, "S1")
    many = _with(lambda c: [c.t(0) for _ in range(MAX_TAILS + 1)])
    with pytest.raises(InvalidInputError, match=r"more than 10,000 qubits back.*limit is 10,000"):
        Program.of(many)
    with pytest.raises(InvalidInputError, match=r"no parameter 'x'.*It has none"):
        two.bind({"x": 1.0})
    theta = Parameter("theta")
    late = Program.of(_with(lambda c: c.rz(theta, 0)))
    with pytest.raises(InvalidInputError, match="The parameter theta has no value"):
        late.finish(pad_of((0, 0), (0, 0)), None)
    with pytest.raises(InvalidInputError, match="finite number"):
        late.bind({"theta": math.nan})
    with pytest.raises(InvalidInputError, match=r"no parameter 'thita'.*theta"):
        late.bind({"thita": 0.1})


@pytest.mark.parametrize("angle", [1e308, -1e17, 1.1e9])
@pytest.mark.parametrize("gate", ["rz", "rx", "p"])
def test_angles_that_double_precision_cannot_reduce_are_refused(gate, angle):
    """1e17 + 4 pi is another number, and their remainders after whole turns have nothing in common."""
    with pytest.raises(InvalidInputError, match="is too large"):
        Program.of(_with(lambda c: getattr(c, gate)(angle, 0)))
    theta = Parameter("theta")
    with pytest.raises(InvalidInputError, match=r"is too large|is no number"):
        Program.of(_with(lambda c: getattr(c, gate)(theta * 1e9, 0))).bind({"theta": angle})
    with pytest.raises(InvalidInputError, match="is no number"):
        Program.of(_with(lambda c: getattr(c, gate)(1 / theta, 0))).bind({"theta": 0.0})


@pytest.mark.parametrize("angle", [1e9, -0.999e9])
def test_large_angles_in_reach_are_what_qiskit_makes_of_them(angle):
    """Spaced by 1.2e-7 there: an infidelity of at most 1e-15."""
    circuit = _with(lambda c: (c.h(0), c.rz(angle, 0)), size=1)
    one, other = (Statevector(c).data for c in (circuit, Program.of(circuit).circuit))
    assert 1 - abs(np.vdot(one, other)) ** 2 < 1e-14


@pytest.mark.parametrize(
    "text",
    [
        "M 1",
        "CX[late] 1 12",
        "CX[rotate:inf] 1 11",
        "CX[rotate:1e999] 1 11",
        "CX[no] 1 11",
        "H 0",
        "CX 1 11",
        "CX[late] 3 11",
        "REPEAT 5 {\nH 1\n}",
        "SPP X1",
        "CX[late] 1 11\nCX[late] 1 11",
        "DEPOLARIZE1(0.1) 1",
        "CX rec[-1] 1",
        "nonsense",
    ],
)
def test_a_server_part_that_is_none(text):
    with pytest.raises(InvalidInputError, match="no program for a server"):
        parse(ServerPart((1, 2), (11,), "", text))
