"""Servers that tamper where a key is narrowed or read, or a program ran: against dense algebra."""

import itertools

import numpy as np
import pytest
import stim
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, partial_trace

from qclone.circuits import to_bytes
from qclone.compute import MAX_TAILS, Program, ServerPart
from qclone.errors import InvalidInputError, NotRecoverableError, TailsTakenError
from qclone.scheme import from_spec
from qclone.store import Cloud, KeyState, Party, Severity, fsck
from qclone.store._computed import computed_plan
from qclone.store._computing import computed_of
from qclone.store._core import with_frame
from qclone.store._finishing import RUN, finish
from qclone.store._tables import raw_history_of

PAULI = {"X": Operator.from_label("X"), "Z": Operator.from_label("Z"), "I": Operator.from_label("I")}
DRAWS = 80


@pytest.fixture
def cloud(tmp_path):
    with_two = Cloud.create(tmp_path / "cloud", servers=2)
    yield with_two
    with_two.close()


def tamper(cloud, object_id, server, rng, alone=False, looks=True):
    wires = list(cloud.fabric.whereabouts(object_id)[server])
    for _ in range(int(rng.integers(1, 4))):
        if looks and not alone and rng.random() < 0.3:
            cloud.fabric.measure(Party(server), object_id, [int(rng.choice(wires))])
        elif not alone and rng.random() < 0.4 and len(wires) > 1:
            a, b = rng.choice(wires, 2, replace=False)
            cloud.fabric.run(Party(server), object_id, f"CX {a} {b}")
        else:
            gate = rng.choice(["H", "S", "X", "C_XYZ"])
            cloud.fabric.run(Party(server), object_id, f"{gate} {wires[0] if alone else rng.choice(wires)}")


def dense(circuit, state):
    """Apply gates; what was drawn in the history is gates already."""
    for gate in circuit.without_noise().decomposed():
        if gate.name in ("TICK", "I", "R", "M"):
            continue
        for group in gate.target_groups():
            state = state.evolve(
                Operator(np.array(stim.gate_data(gate.name).unitary_matrix)),
                [target.value for target in group],
            )
    return state


def physics(history, num_wires, order, early, psi, program, extra):
    """The mean state at the owner: of all outcomes of key and tail, each with its pad."""
    amplitudes = np.zeros(2**num_wires, dtype=complex)
    amplitudes[0], amplitudes[1] = psi.data  # the input is wire 0
    state = dense(history + stim.Circuit(order.circuit), Statevector(amplitudes))
    (clone,) = order.finish.wires
    key = sorted({*order.measured, *early})
    total = np.zeros((2, 2), dtype=complex)
    for bits in itertools.product((0, 1), repeat=len(key)):
        projected = state
        for wire, bit in zip(key, bits, strict=True):
            projected = projected.evolve(Operator(np.diag([1 - bit, bit])), [wire])
        if np.linalg.norm(projected.data) < 1e-9:
            continue
        said = dict(zip(key, bits, strict=True))
        a, b = ((constant + sum(said[w] for w in wires)) % 2 for constant, wires in order.finish.rules)
        pad = PAULI["X" if a else "I"] @ PAULI["Z" if b else "I"]
        rho = partial_trace(projected, [w for w in range(num_wires) if w != clone]).data
        for m in (0, 1):
            known = pad @ (PAULI["Z" if m else "I"])
            made = known.adjoint() @ extra @ known @ program @ pad.adjoint()
            total += made.data @ rho @ made.adjoint().data / 2
    return total


@pytest.mark.parametrize("what", ["nothing ran", "T"])
@pytest.mark.parametrize("seed", range(4))
def test_what_comes_out_is_what_physics_gives(cloud, what, seed):
    rng = np.random.default_rng(seed)
    put = QuantumCircuit(1)
    put.u(*rng.uniform(0, 6, 3), 0)
    stored = cloud.client.put(put, num_clones=4)
    object_id = stored.object_id
    # What a server saw is not correlated with the pad: the mean is the owner's, not that of both together.
    tamper(cloud, object_id, "server-1", rng, looks=what != "T")
    turned = QuantumCircuit(1)
    extra = QuantumCircuit(1)
    if what == "T":
        turned.t(0)
        cloud.client.run(object_id, Program.of(turned), "server-1")
    if seed % 2:
        cloud.client.narrow(object_id, ["server-1"])
    if what != "T":
        tamper(cloud, object_id, "server-1", rng)
    else:
        wire = cloud.fabric.whereabouts(object_id)["server-1"][0]
        cloud.fabric.run(Party("server-1"), object_id, f"H {wire}")
        extra.h(0)
    holdings = cloud.client.holdings(cloud.ledger.find(object_id))
    kept = cloud.client.keyring.programs.find(object_id, "server-1") or Program(1, ())
    _, order, _ = computed_plan(holdings, "server-1", kept, stays=False)
    with cloud.fabric._database.reading() as sql:
        history, computed = raw_history_of(sql, object_id), computed_of(sql, object_id)
    inputs = holdings.scheme.indices(holdings.scheme.inputs)
    assert inputs == (0,)
    wires = holdings.scheme.num_qubits
    there = [i for i, gate in enumerate(history) if gate.tag.startswith(RUN)]
    before = history[: there[0]] if there else history
    expected = physics(
        before, wires, order, computed.bits, Statevector(put), Operator(turned), Operator(extra)
    )
    mean = np.zeros((2, 2), dtype=complex)
    for _ in range(DRAWS):
        drawn = finish(history, wires + len(there), inputs, order, computed, rng)
        state = DensityMatrix.from_label("0").evolve(with_frame(to_bytes(put), drawn.frame))
        mean += state.data / DRAWS
    assert np.abs(mean - expected).max() < 5 * 0.5 / np.sqrt(DRAWS)


@pytest.mark.parametrize("how", ["get", "commit", "release"])
def test_nobody_is_kept_from_what_is_left(cloud, how):
    """Tampering before and after narrowing and after commitment refuses nothing."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        put = QuantumCircuit(2)
        put.ry(0.7, 0)
        put.cx(0, 1)
        stored = cloud.client.put(put, num_clones=4)
        tamper(cloud, stored.object_id, "server-1", rng, alone=True)
        cloud.client.narrow(stored.object_id, ["server-1"])
        tamper(cloud, stored.object_id, "server-1", rng, alone=True)
        if how == "commit":
            cloud.client.commit(stored.object_id, "server-1")
            tamper(cloud, stored.object_id, "server-1", rng, alone=True)
        recover = cloud.client.release if how == "release" else cloud.client.get
        back = recover(stored.object_id, "server-1")
        assert back.manifest.key.state is KeyState.CONSUMED
        if back.entanglement_fidelity == 1:
            assert abs(np.vdot(Statevector(put).data, Statevector(back.circuit).data)) > 1 - 1e-9


def test_what_cannot_be_followed_is_refused_to_the_server(cloud):
    """After T a server may not entangle or look; a Z on its tail is followed: it flips an outcome."""
    put = QuantumCircuit(1)
    put.h(0)
    turned = QuantumCircuit(1)
    turned.t(0)
    stored = cloud.client.put(put, num_clones=4)
    cloud.client.run(stored.object_id, Program.of(turned), "server-1")
    clone, other, tail = sorted(cloud.fabric.whereabouts(stored.object_id)["server-1"])
    for circuit in (f"CX {clone} {other}", f"H {tail}", f"CX {tail} {clone}"):
        with pytest.raises(InvalidInputError, match="cannot be followed"):
            cloud.fabric.run(Party("server-1"), stored.object_id, circuit)
    with pytest.raises(InvalidInputError, match="cannot be followed"):
        cloud.fabric.measure(Party("server-1"), stored.object_id, [clone])
    cloud.fabric.run(Party("server-1"), stored.object_id, f"Z {tail}")
    back = cloud.client.get(stored.object_id, "server-1")
    assert back.entanglement_fidelity is None
    minus = Statevector(put).evolve(turned).evolve(Operator.from_label("Z"))
    assert abs(np.vdot(minus.data, Statevector(back.circuit).data)) > 1 - 1e-9


def test_a_clifford_program_that_was_tampered_with_is_not_called_perfect(cloud):
    put = QuantumCircuit(1)
    put.ry(0.4, 0)
    stored = cloud.client.put(put, num_clones=2)
    flip = QuantumCircuit(1)
    flip.s(0)
    cloud.client.run(stored.object_id, Program.of(flip), "server-1")
    wire = cloud.fabric.whereabouts(stored.object_id)["server-1"][0]
    cloud.fabric.run(Party("server-1"), stored.object_id, f"X {wire}")
    assert cloud.client.get(stored.object_id, "server-1").entanglement_fidelity == 0


def rogue_part(cloud, object_id, server, tails):
    """What a server may compute of its own accord: a T on a wire of its clone, with tails as it likes."""
    wire = min(cloud.fabric.whereabouts(object_id)[server])
    text = f"CX[rotate:0.5] {' '.join(f'{wire} {tail}' for tail in tails)}" if len(tails) else f"H {wire}"
    return ServerPart((wire,), tuple(tails), "", text)


@pytest.mark.parametrize("size", [1, MAX_TAILS])
@pytest.mark.parametrize("far", [0, 1, 3 * MAX_TAILS])
def test_a_server_that_computes_first_takes_no_numbers_from_another(cloud, size, far):
    program = QuantumCircuit(2)
    program.h(0)
    program.t([0, 1])
    prepared = QuantumCircuit(2)
    prepared.ry(0.3, 0)
    prepared.cx(0, 1)
    object_id = cloud.client.put(prepared).object_id
    first = from_spec(cloud.ledger.find(object_id).scheme).num_qubits + far
    mine = rogue_part(cloud, object_id, "server-2", range(first, first + size))
    cloud.fabric.compute(Party("server-2"), object_id, mine)
    cloud.fabric.discard(Party("server-2"), object_id, mine.tails)
    run = cloud.client.run(object_id, Program.of(program), "server-1")
    assert run.done and set(run.tail_wires).isdisjoint(mine.tails)
    assert [f.severity for f in fsck(cloud.directory)] in ([], [Severity.TROUBLE])
    back = cloud.client.get(object_id, "server-1")
    assert Statevector(back.circuit).equiv(Statevector(prepared.compose(program)))


def test_numbers_that_are_no_tails_are_refused(cloud):
    object_id = cloud.client.put(QuantumCircuit(1)).object_id
    first = from_spec(cloud.ledger.find(object_id).scheme).num_qubits
    for tails in ([first - 1], [first, first + 2], [3_999_999], range(first, first + MAX_TAILS + 1)):
        with pytest.raises(InvalidInputError):
            cloud.fabric.compute(
                Party("server-2"), object_id, rogue_part(cloud, object_id, "server-2", tails)
            )
    assert fsck(cloud.directory) == []


def test_a_server_that_calls_all_numbers_taken_costs_its_own_clone(cloud, monkeypatch):
    object_id, asked = cloud.client.put(QuantumCircuit(1)).object_id, []
    program = QuantumCircuit(1)
    program.t(0)

    def refuses(register, part):
        asked.append(part.tails)
        raise TailsTakenError("There are qubits of these numbers already.")

    monkeypatch.setattr(cloud.client.servers["server-1"], "compute", refuses)
    with pytest.raises(NotRecoverableError, match="says that all numbers"):
        cloud.client.run(object_id, Program.of(program), "server-1")
    assert len(asked) == len(set(asked)) < 20
    assert cloud.client.get(object_id, "server-2").entanglement_fidelity == 1
