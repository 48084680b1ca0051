"""Learned noise: the runtime's own classes, dense Lindblad algebra, Aer's own Pauli-Lindblad channels."""

import json

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, transpile
from qiskit.circuit.library import CZGate, SXGate
from qiskit.quantum_info import DensityMatrix, Pauli, PauliList, QubitSparsePauliList
from qiskit_aer import AerSimulator
from qiskit_aer.noise import PauliLindbladError as AerPauliLindbladError
from qiskit_ibm_runtime import RuntimeEncoder
from qiskit_ibm_runtime.results import (
    LayerError,
    NoiseLearnerResult,
    NoiseLearnerV3Result,
    NoiseLearnerV3Results,
    PauliLindbladError,
)
from samplomatic.transpiler import generate_boxing_pass_manager
from samplomatic.utils import find_unique_box_instructions
from scipy import sparse
from scipy.sparse.linalg import expm_multiply

from qclone.device import (
    Device,
    Generator,
    LearnedLayer,
    LearnedNoise,
    NoiseRules,
    learned_boxes,
    learned_noise,
    line,
    load_noise,
)
from qclone.errors import InvalidInputError
from qclone.simulate import (
    TwinEstimator,
    TwinSampler,
    duration_s,
    layers_to_learn,
    learned_coverage,
    noisy,
    record_expectations,
    stabilizer_fidelity,
)

ONLY = NoiseRules.only("learned")
# A layer of two gates and an idle neighbour, one of one gate; crosstalk, and generators on idle qubits.
QUBITS = [4, 1, 0, 2, 3]  # in the order in which a NoiseLearner's circuit has them
FIRST = {"IXIIZ": 0.02, "ZZIII": 0.01, "IIIYI": 0.03, "XIIIY": 0.015, "IIZII": 0.004}
SECOND = {"IIXYI": 0.01, "IIIIX": 0.02, "ZIZII": 0.025}


def layer_error(pairs, generators, qubits=QUBITS) -> LayerError:
    circuit = QuantumCircuit(len(qubits))
    for a, b in pairs:
        circuit.cz(qubits.index(a), qubits.index(b))
    return LayerError(
        circuit, qubits, PauliLindbladError(PauliList(list(generators)), list(generators.values()))
    )


def result() -> NoiseLearnerResult:
    layers = [layer_error([(0, 1), (2, 3)], FIRST), layer_error([(1, 2)], SECOND)]
    return NoiseLearnerResult(layers, {"backend": "ibm_somewhere"})


def device(noise: LearnedNoise | None = None) -> Device:
    return line(5).with_learned(learned_noise(result()) if noise is None else noise)


def circuit() -> QuantumCircuit:
    """Layers {01, 23}, {12}, {01, 23}, with one-qubit gates between."""
    made = QuantumCircuit(5)
    made.sx(range(5))
    for pairs in ([(0, 1), (2, 3)], [(1, 2)], [(0, 1), (2, 3)]):
        made.barrier()
        for a, b in pairs:
            made.cz(a, b)
        made.sx(range(4))
    return made


def lindblad(state: np.ndarray, generators: dict[str, float]) -> np.ndarray:
    """exp(sum r (P . P - 1)) of a density matrix, by the exponential of the generator's own matrix."""
    total = sparse.csr_matrix((state.size, state.size), dtype=complex)
    for label, rate in generators.items():
        # The channel's circuit qubit i is the physical qubit QUBITS[i].
        letters = dict(zip(QUBITS, reversed(label), strict=True))
        pauli = Pauli("".join(letters[q] for q in reversed(range(5)))).to_matrix(sparse=True)
        total += rate * (sparse.kron(pauli, pauli.conj()) - sparse.identity(state.size))
    return expm_multiply(total.tocsr(), state.reshape(-1)).reshape(state.shape)


def dense() -> DensityMatrix:
    """The state at the end of `circuit`, gate by gate, each layer followed by its channel."""
    state = DensityMatrix.from_label("00000")
    turn, entangle = SXGate(), CZGate()
    for q in range(5):
        state = state.evolve(turn, [q])
    for pairs, generators in (([(0, 1), (2, 3)], FIRST), ([(1, 2)], SECOND), ([(0, 1), (2, 3)], FIRST)):
        for pair in pairs:
            state = state.evolve(entangle, list(pair))
        state = DensityMatrix(lindblad(state.data, generators))
        for q in range(4):
            state = state.evolve(turn, [q])
    return state


def with_aer_channels(measured: bool) -> QuantumCircuit:
    """The same layers with Aer's own Pauli-Lindblad errors after them."""
    made = QuantumCircuit(5, 5)
    made.sx(range(5))
    for pairs, generators in (([(0, 1), (2, 3)], FIRST), ([(1, 2)], SECOND), ([(0, 1), (2, 3)], FIRST)):
        for a, b in pairs:
            made.cz(a, b)
        error = AerPauliLindbladError(PauliList(list(generators)), list(generators.values()))
        made.append(error, QUBITS)
        made.sx(range(4))
    if measured:
        made.measure(range(5), range(5))
    return made


def test_counts_are_those_of_aers_own_channel() -> None:
    """Every parity of every subset of bits, within five standard deviations of Aer's shots."""
    shots = 20_000
    counts = AerSimulator(seed_simulator=3).run(with_aer_channels(True), shots=shots).result().get_counts()
    measured = circuit()
    measured.add_register(ClassicalRegister(5))
    measured.measure(range(5), range(5))
    subsets = [[b for b in range(5) if mask >> b & 1] for mask in range(1, 32)]
    exact = record_expectations(noisy(measured, device(), ONLY), subsets)
    sampled = [
        sum((-1) ** sum(key[::-1][b] == "1" for b in bits) * n for key, n in counts.items()) / shots
        for bits in subsets
    ]
    for e, s in zip(exact, sampled, strict=True):
        assert abs(e - s) < 5 * ((1 - min(e**2, 0.999)) / shots) ** 0.5
    twin = TwinSampler(device(), ONLY, seed=1).run([measured], shots=shots).result()[0].join_data()
    for e, bits in zip(exact, subsets, strict=True):
        found = twin.slice_bits(bits).expectation_values("Z" * len(bits))
        assert abs(e - found) < 5 * ((1 - min(e**2, 0.999)) / shots) ** 0.5


def test_boxes_that_were_learned_are_layers() -> None:
    """NoiseLearnerV3's own results, of boxes that the runtime's own passes make of the layers to learn."""
    learning = layers_to_learn(circuit(), line(5))
    boxed = generate_boxing_pass_manager(twirling_strategy="active_circuit").run(learning)
    boxes = find_unique_box_instructions(boxed)
    at = [[boxed.find_bit(q).index for q in box.qubits] for box in boxes]
    assert any(qubits != sorted(qubits) for qubits in at), "the order of a box's qubits is not tried"
    # On the circuit's qubits 0 to 3: X0 Z3, and a pair of generators with one rate.
    terms = [QubitSparsePauliList.from_list(texts) for texts in (["ZIIX"], ["YIII", "IXII"])]
    results = NoiseLearnerV3Results(
        [NoiseLearnerV3Result.from_generators(terms, [0.01, 0.02]) for _ in boxes], {"job": "none"}
    )
    noise = learned_boxes(results, boxes, boxed)
    assert {layer.pairs for layer in noise.layers} == {((0, 1), (2, 3)), ((1, 2),)}
    wanted = {"X0 Z3": 0.01, "Y3": 0.02, "X2": 0.02}
    assert all({g.text: g.rate for g in layer.generators} == wanted for layer in noise.layers)
    made = device(noise)
    assert learned_coverage(circuit(), made).calibrated == {}
    with pytest.raises(InvalidInputError, match="1 results are not those of"):
        learned_boxes(results.data[:1], boxes, boxed)


def test_aer_has_the_same_noise_where_a_circuit_is_not_clifford() -> None:
    """The same channels in the density matrix that non-Clifford circuits go to, against Aer's own errors."""
    labels = ["XXXXX", "ZZIII", "IYZYI", "IIIIZ"]
    turned = circuit()
    turned.rz(0.3, range(5))
    found = TwinEstimator(device(), ONLY).run([(turned, labels)]).result()[0].data.evs
    made = with_aer_channels(False)
    made.rz(0.3, range(5))
    made.save_density_matrix()
    simulator = AerSimulator(method="density_matrix")
    state = DensityMatrix(simulator.run(made).result().data()["density_matrix"])
    expected = [state.expectation_value(Pauli(label)).real for label in labels]
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_file_of_the_runtime_is_the_result_itself(tmp_path) -> None:
    path = tmp_path / "noise.json"
    path.write_text(json.dumps(result(), cls=RuntimeEncoder))
    noise = load_noise(path)
    assert noise == learned_noise(result())
    assert noise.source == "NoiseLearner on ibm_somewhere"
    first = noise.layers[0]
    assert first.pairs == ((0, 1), (2, 3)) and first.qubits == (0, 1, 2, 3, 4)
    # Of the label IXIIZ the last letter is of the circuit's qubit 0, which is the physical qubit 4.
    assert Generator.of("X2 Z4", 0.02) in first.generators
    own = tmp_path / "own.json"
    own.write_text(json.dumps(noise.to_dict()))
    assert load_noise(own) == noise
    # As the service sends it.
    path.write_text(json.dumps({"data": result().data, "metadata": {"backend": "x"}}, cls=RuntimeEncoder))
    assert load_noise(path).layers == noise.layers


def test_a_device_keeps_its_learned_noise(tmp_path) -> None:
    made = device()
    made.save(tmp_path / "device.json")
    again = Device.load(tmp_path / "device.json")
    assert again == made and again.digest == made.digest
    assert made.digest != line(5).digest
    other = LearnedNoise(made.learned.layers, "somebody else")
    assert line(5).with_learned(other).digest == made.digest


PAIRS = [(0, 1), (1, 2), (2, 3), (3, 4)]
LAYERS = [((0, 1),), ((1, 2),), ((0, 1), (2, 3)), ((1, 2), (3, 4)), ((0, 1), (3, 4))]


@st.composite
def generators(draw, most=6):
    found = {}
    for _ in range(draw(st.integers(1, most))):
        letters = draw(st.lists(st.sampled_from("IXYZ"), min_size=5, max_size=5))
        text = " ".join(f"{p}{q}" for q, p in enumerate(letters) if p != "I")
        if text:
            found[text] = draw(st.floats(1e-3, 0.2))
    return tuple(Generator.of(text, rate) for text, rate in found.items())


@st.composite
def noises(draw):
    chosen = draw(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=4, unique=True))
    return LearnedNoise(tuple(LearnedLayer(p, draw(generators()), (0, 1, 2, 3, 4)) for p in chosen))


@st.composite
def cliffords(draw, measured=False):
    made = stim.Circuit()
    names = ["H", "S", "SQRT_X", "CZ", "CZ", "CZ", "TICK", *(("M", "CX rec", "R") if measured else ())]
    for _ in range(draw(st.integers(1, 30))):
        name = draw(st.sampled_from(names))
        if name == "CZ":
            made.append("CZ", draw(st.sampled_from(PAIRS)))
        elif name == "TICK":
            made.append("TICK")
        elif name == "CX rec":
            if made.num_measurements:
                back = draw(st.integers(1, made.num_measurements))
                made.append("CX", [stim.target_rec(-back), draw(st.integers(0, 4))])
        else:
            made.append(name, draw(st.integers(0, 4)))
    return made


@given(cliffords(), noises())
@settings(max_examples=60, deadline=None)
def test_layers_leave_the_circuit_what_it_is(circuit, noise) -> None:
    """By stim's tableaux; and every gate is in a learned layer or as calibrated."""
    found = noisy(circuit, device(noise), ONLY)
    whole = stim.Circuit("I 0 1 2 3 4")
    assert (whole + found.without_noise()).to_tableau() == (whole + circuit).to_tableau()
    covered = learned_coverage(circuit, device(noise))
    count = sum(len(i.target_groups()) for i in circuit.flattened() if i.name == "CZ")
    assert covered.gates == count == covered.learned + sum(covered.calibrated.values())
    assert not set(covered.calibrated) & {p for x in noise.layers if len(x.pairs) == 1 for p in x.pairs}


@given(cliffords(measured=True), noises())
@settings(max_examples=60, deadline=None)
def test_records_stay_in_order(circuit, noise) -> None:
    """All parities of up to two measured bits, as stim's reference has them without noise."""
    noise = LearnedNoise(tuple(LearnedLayer(x.pairs, (), x.qubits) for x in noise.layers))
    found = noisy(circuit, device(noise), ONLY)
    count = circuit.num_measurements
    assert found.num_measurements == count
    parities = [[i] for i in range(count)] + [[i, j] for i in range(count) for j in range(i)]
    if parities:
        np.testing.assert_array_equal(
            record_expectations(found, parities), record_expectations(circuit, parities)
        )


@given(cliffords(), generators())
@settings(max_examples=60, deadline=None)
def test_removing_a_generator_changes_the_result(prepared, channel) -> None:
    """The fidelity with the noiseless state, unless the Pauli is a stabiliser of that state."""
    prepared = stim.Circuit("H 0 1 2 3 4\nCZ 0 1 2 3") + prepared
    made = prepared + stim.Circuit("TICK\nH 0\nH 0\nCZ 0 1")
    simulator = stim.TableauSimulator()
    simulator.do(made)
    stabilisers = simulator.canonical_stabilizers()

    def fidelity(kept: tuple[Generator, ...]) -> float:
        # Of several runs of the layer only the last is noisy: before it nothing was learned.
        noise = LearnedNoise((LearnedLayer(((0, 1),), kept, (0, 1, 2, 3, 4)),))
        every = "I 0 1 2 3 4\nCZ 0 1"
        return stabilizer_fidelity(prepared + noisy(stim.Circuit(every), device(noise), ONLY), stabilisers)

    total = fidelity(channel)
    for g in channel:
        less = fidelity(tuple(other for other in channel if other != g))
        pauli = stim.PauliString(5)
        for q, letter in g.paulis:
            pauli[q] = letter
        if all(pauli.commutes(s) for s in stabilisers):
            assert less == pytest.approx(total, abs=1e-14)
        else:
            assert less > total + 1e-6


def test_what_no_layer_covers_is_as_calibrated_and_said() -> None:
    noise = LearnedNoise((LearnedLayer(((0, 1), (2, 3)), (Generator.of("Z0 Z1", 0.01),), (0, 1, 2, 3)),))
    made = stim.Circuit("CZ 0 1 2 3\nCZ 1 2\nCZ 0 1")
    covered = learned_coverage(made, device(noise))
    assert (covered.gates, covered.learned, covered.calibrated) == (4, 2, {(0, 1): 1, (1, 2): 1})
    assert str(covered) == "2 of 4 two-qubit gates are in learned layers; as calibrated: 0-1, 1-2"
    text = str(noisy(made, device(noise)))
    assert text.count("DEPOLARIZE2") == 2 and text.count("E(") == 1
    # Without the rule it is as if nothing had been learned.
    assert noisy(made, device(noise), NoiseRules().without("learned")) == noisy(made, line(5))
    assert learned_coverage(made, line(5)).learned == 0


def test_a_gate_of_no_layer_gives_way_to_one_that_is_learned() -> None:
    """Gates of no layer run first, so that layers become complete; of those that fit the largest runs."""
    noise = LearnedNoise(tuple(LearnedLayer(p, (), tuple(range(5))) for p in [((0, 1),), ((0, 1), (3, 4))]))
    covered = learned_coverage(stim.Circuit("CZ 2 3\nCZ 0 1\nCZ 3 4"), device(noise))
    assert covered.calibrated == {(2, 3): 1} and covered.learned == 2
    assert "CZ 2 3 0 1 3 4" in str(noisy(stim.Circuit("CZ 2 3\nCZ 0 1\nCZ 3 4"), device(noise), ONLY))


def test_nothing_is_counted_twice() -> None:
    """Waits while a layer lasts and pulses before it are in its channel; other waits and pulses are not."""
    noise = LearnedNoise((LearnedLayer(((0, 1),), (), (0, 1, 2)),))
    made = stim.Circuit("H 0 1 2\nCZ 1 2\nCZ 0 1\nCZ 1 2")
    waiting = NoiseRules(two_qubit=False, one_qubit=False, readout=False)
    assert "Z_ERROR" in str(noisy(made, line(5), waiting))
    # Qubit 2 idles in the layer, and nowhere else.
    assert "Z_ERROR" not in str(noisy(made, device(noise), waiting))
    pulses = NoiseRules.only("one_qubit")
    assert str(noisy(made, line(5), pulses)).count("DEPOLARIZE1") == 3
    learned = NoiseRules(two_qubit=False, readout=False, idle=False)
    text = str(noisy(made, device(noise), learned))
    assert text.count("DEPOLARIZE1") == 2 and "DEPOLARIZE1(0.0003) 0" not in text
    # Layers do not change how long a circuit takes.
    assert duration_s(made, device(noise)) == duration_s(made, line(5))


def test_scale_multiplies_rates() -> None:
    doubled = LearnedNoise(
        tuple(
            LearnedLayer(x.pairs, tuple(Generator(g.paulis, 2 * g.rate) for g in x.generators), x.qubits)
            for x in learned_noise(result()).layers
        )
    )
    twice = NoiseRules(scale=2.0, two_qubit=False, one_qubit=False, readout=False, idle=False)
    assert noisy(circuit(), device(), twice) == noisy(circuit(), device(doubled), ONLY)
    assert Generator.of("X0", 0.5).probability() == pytest.approx((1 - np.exp(-1)) / 2)


def test_what_is_learned_of_a_circuits_layers_covers_it() -> None:
    """The circuit to give to a NoiseLearner has each layer once, in the device's gates."""
    placed = circuit()
    learning = layers_to_learn(placed, line(5))
    assert learning.count_ops() == {"cz": 3, "barrier": 1}
    assert transpile(learning, basis_gates=["cz"]).num_qubits == 5
    layers, pairs = [], []
    for i in [*learning.data, None]:
        if i is None or i.operation.name == "barrier":
            layers.append(layer_error(pairs, {"IIIIX": 0.01}))
            pairs = []
        else:
            pairs.append(tuple(learning.find_bit(q).index for q in i.qubits))
    covered = learned_coverage(placed, line(5).with_learned(learned_noise(layers)))
    assert covered.learned == covered.gates == 5


def test_what_is_left_out_is_said() -> None:
    silent = layer_error([(3, 4)], {"IIIIX": 0.01})
    layers = [
        *result().data,
        LayerError(silent.circuit, silent.qubits, None),
        layer_error([(1, 2)], {"XIIII": 0.1}),
    ]
    layers.append(LayerError(QuantumCircuit(1), [0], None))
    layers.append(layer_error([(0, 4)], {"XIIII": 0.1}))
    noise = learned_noise(NoiseLearnerResult(layers))
    assert [note.removeprefix("Left out: ") for note in noise.notes] == [
        "1 layers without a learned channel.",
        "1 layers without two-qubit gates.",
        "1 layers learned again later.",
    ]
    made = line(5).with_learned(noise)
    assert "Left out: 1 learned layers with gates or qubits that it does not have." in made.notes
    # The last of several.
    (again,) = [x for x in made.learned.layers if x.pairs == ((1, 2),)]
    assert again.generators == (Generator.of("X3", 0.1),)


def layer_text(**changed) -> str:
    layer = {"pairs": [[0, 1]], "qubits": [0, 1], "gate": "cz", "generators": {"X0": 0.1}} | changed
    return json.dumps({"layers": [{k: v for k, v in layer.items() if v is not None}]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[1]", "no result of a NoiseLearner: it holds int"),
        ('{"a": 1}', "no result of a NoiseLearner: KeyError: 'data'"),
        (layer_text(generators=None), "no learned noise: KeyError 'generators'"),
        (layer_text(generators={"X7": 1}), "beyond its qubits"),
        (layer_text(generators={"X0": -1}), "rate -1.0 of X0"),
        (layer_text(generators={"A0": 1}), "no Pauli"),
        (layer_text(pairs=[[1, 0]]), "no layer of two-qubit gates"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path, text, said) -> None:
    path = tmp_path / "noise.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match=said):
        load_noise(path)


def test_noise_of_another_processor_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="None of the 2 learned layers"):
        line(2).with_learned(learned_noise(result()))
    ecr = line(5)
    mixed = QuantumCircuit(4)
    mixed.cz(0, 1)
    mixed.ecr(2, 3)
    error = PauliLindbladError(PauliList(["XIII"]), [0.1])
    with pytest.raises(InvalidInputError, match="the gates cz, ecr"):
        learned_noise([LayerError(mixed, [0, 1, 2, 3], error)])
    alone = QuantumCircuit(2)
    alone.ecr(0, 1)
    noise = learned_noise([LayerError(alone, [0, 1], PauliLindbladError(PauliList(["XI"]), [0.1]))])
    with pytest.raises(InvalidInputError, match="None of the 1 learned layers"):
        ecr.with_learned(noise)
