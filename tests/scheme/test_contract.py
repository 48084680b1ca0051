"""One suite for every scheme: its contract, and that the other rooms work with it unchanged."""

import json

import pytest
import stim
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli, StabilizerState

from qclone.access import classify
from qclone.circuits import round_trip
from qclone.errors import InvalidInputError, UnknownWireError
from qclone.scheme import (
    FIVE_QUBIT,
    STEANE,
    Canonical,
    Clone,
    GraphState,
    Iterated,
    Parallel,
    QuditScheme,
    SecretSharing,
    any_from_spec,
    check_scheme,
    find_families,
    to_spec,
)
from qclone.scheme._registry import SCHEMES
from qclone.simulate import entanglement_fidelity
from qclone.store import Cloud

RING = tuple((i, (i + 1) % 8) for i in range(8))
QUBIT_SCHEMES = {
    "n = 1": Canonical(1),
    "n = 2": Canonical(2),
    "n = 3": Canonical(3, "ladder"),
    "n = 4": Canonical(4, "definition"),
    "register": Parallel(Canonical(2), 3),
    "iterated": Iterated.full(Canonical(2), 1),
    "virtual": Iterated.virtual(Canonical(2), 3),
    "register of clones of clones": Parallel(Iterated(Canonical(2), (("A",),)), 2),
    "graph state": GraphState(RING, ((0, 1, 4, 5),)),
    "graph state, two inputs": GraphState(RING, ((0, 1), (4, 5)), "YZ"),
    "clones of graph-state clones": Iterated(GraphState(((0, 2), (1, 3), (0, 1)), ((0, 1),)), (2,)),
    "five-qubit code": next(find_families(FIVE_QUBIT, 2)),
    "Steane code": next(find_families(STEANE, 1, 2)),
    "access structure": SecretSharing.of_access_structure([("key", "east"), ("key", "west", "north")]),
}
QUDIT_SCHEMES = {"qutrits": QuditScheme(4, 3), "d = 6": QuditScheme(2, 6), "d = 4": QuditScheme(3, 4)}
every_qubit_scheme = pytest.mark.parametrize("scheme", QUBIT_SCHEMES.values(), ids=QUBIT_SCHEMES)
every_scheme = pytest.mark.parametrize(
    "scheme", [*QUBIT_SCHEMES.values(), *QUDIT_SCHEMES.values()], ids=[*QUBIT_SCHEMES, *QUDIT_SCHEMES]
)


def test_no_kind_of_scheme_is_left_out():
    ours = {kind for kind in SCHEMES.values() if kind.__module__.startswith("qclone.")}  # tests name others
    assert {type(s) for s in (*QUBIT_SCHEMES.values(), *QUDIT_SCHEMES.values())} == ours


@every_scheme
def test_contract(scheme):
    check_scheme(scheme)
    with pytest.raises(UnknownWireError, match="no clone"):
        scheme.clone("nobody")
    with pytest.raises(UnknownWireError, match="no clone"):
        scheme.decrypt("nobody")


@every_scheme
def test_description(scheme):
    assert any_from_spec(json.loads(json.dumps(to_spec(scheme)))) == scheme
    assert hash(scheme) == hash(any_from_spec(to_spec(scheme)))
    assert str(scheme)[0].islower() or str(scheme)[0].isdigit()


@every_scheme
def test_clone_and_key_are_authorized_and_a_clone_alone_is_not(scheme):
    for label in scheme.clones:
        clone = scheme.clone(label)
        assert classify(scheme, clone.wires + clone.key).recovers
        alone = classify(scheme, clone.wires).verdict
        assert alone == ("leaks" if scheme == Canonical(1) else "nothing")


@every_qubit_scheme
def test_as_qiskit_circuit(scheme):
    label = scheme.clones[-1]
    state = StabilizerState(round_trip(scheme, label, reference=True))
    outputs = scheme.indices(scheme.clone(label).outputs)
    for reference, output in enumerate(outputs, start=scheme.num_qubits):
        for pauli, sign in (("X", 1), ("Y", -1), ("Z", 1)):
            text = ["I"] * (scheme.num_qubits + len(outputs))
            text[reference] = text[output] = pauli
            assert state.expectation_value(Pauli("".join(reversed(text)))) == sign


@every_qubit_scheme
def test_under_noise(scheme):
    """Depolarising noise on the first output, after decryption: the fidelity it has by definition."""
    label, p = scheme.clones[0], 0.12
    inputs, outputs = scheme.indices(scheme.inputs), scheme.indices(scheme.clone(label).outputs)
    reference = scheme.num_qubits
    circuit = stim.Circuit(f"H {reference}\nCX {reference} {inputs[0]}")
    circuit += scheme.prepare() + scheme.encrypt() + scheme.decrypt(label)
    assert entanglement_fidelity(circuit, reference, outputs[0]) == pytest.approx(1, abs=1e-12)
    circuit.append("DEPOLARIZE1", outputs[0], p)
    assert entanglement_fidelity(circuit, reference, outputs[0]) == pytest.approx(1 - p, abs=1e-12)


@every_qubit_scheme
def test_in_the_cloud(scheme, tmp_path):
    """Put with this scheme, lose all servers but one, get back a state that is no stabiliser state."""
    user = QuantumCircuit(len(scheme.inputs))
    for qubit in range(user.num_qubits):
        user.ry(0.3 + qubit, qubit)
        user.cx(0, qubit) if qubit else user.t(0)
    cloud = Cloud.create(tmp_path / "cloud", servers=len(scheme.clones))
    stored = cloud.client.put(user, base=scheme)
    survivor = sorted(set(stored.clones.values()))[-1]
    cloud.fail(*(set(stored.clones.values()) - {survivor}))
    back = cloud.client.get(stored.object_id)
    assert back.manifest.key.server == survivor
    assert cloud.client.fidelity(stored.object_id, back.circuit) == pytest.approx(1, abs=1e-9)
    cloud.close()


def broken(**overrides):
    return type("Broken", (Canonical,), overrides)(2)


@pytest.mark.parametrize(
    "overrides, why",
    [
        ({"prepare": lambda self: stim.Circuit("H 0")}, "prepare touches an input"),
        ({"prepare": lambda self: stim.Circuit("H 1 2")}, "does not give the input back"),
        ({"decrypt": lambda self, c: Canonical(2).decrypt("S2")}, "touches more than"),
        (
            {"decrypt": lambda self, c: Canonical(2).decrypt(c) + stim.Circuit(f"X {self.index(c)}")},
            "give the input",
        ),
        ({"clones": ("S1", "S1")}, "two clones have the same label"),
        ({"inputs": ()}, "no input"),
        ({"wires": (*Canonical(2).wires[:4], Canonical(2).wires[0])}, "two wires have the same label"),
        ({"clone": lambda self, c: Clone(c, (c,), (c, "N1", "N2"), (c,))}, "part of its own key"),
        ({"clone": lambda self, c: Clone(c, (c,), ("N1", "N2"), ())}, "lacks an output"),
        ({"clone": lambda self, c: Clone(c, (c,), ("N1", "N2"), ("A",))}, "output elsewhere"),
    ],
)
def test_the_check_finds_what_is_broken(overrides, why):
    with pytest.raises(InvalidInputError, match=why):
        check_scheme(broken(**overrides), ["S1"])


@pytest.mark.parametrize(
    ("hook", "said"),
    [("alike", "neither AlikePairs"), ("composition", "neither a Comp"), ("core", "no scheme")],
)
def test_hooks_that_are_something_else_are_refused(hook: str, said: str) -> None:
    odd = type("Odd", (Canonical,), {hook: "nonsense"})
    with pytest.raises(InvalidInputError, match=said):
        check_scheme(odd(2))
