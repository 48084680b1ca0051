"""Every circuit that ships, checked against the definition by tableaux written here alone."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
import stim

from qclone.device import load_device, square_grid
from qclone.native import NativeCircuit, build, draw_native, fidelity, verify
from qclone.native._catalog import read, written
from qclone.scheme import Canonical, Iterated, Parallel, from_spec

FILES = {
    f.name.removesuffix(".json"): json.loads(f.read_text())
    for f in resources.files("qclone.native.data").iterdir()
    if f.name.endswith(".json")
}
CANONICAL = {
    (device, e["clone"], e["scheme"]["num_clones"], aim): e
    for device, file in FILES.items()
    for e in file["circuits"]
    if e["scheme"]["scheme"] == "canonical"
    for aim in e["aims"]
}


def two_qubit_gates(circuit: stim.Circuit) -> list[tuple[int, int]]:
    pairs = []
    for instruction in circuit:
        assert stim.gate_data(instruction.name).is_unitary or instruction.name == "TICK"
        if stim.gate_data(instruction.name).is_two_qubit_gate:
            targets = [t.value for t in instruction.targets_copy()]
            pairs += list(zip(targets[::2], targets[1::2], strict=True))
    return pairs


def encrypted_state(n: int, roles: dict[str, int], width: int) -> list[stim.PauliString]:
    """The definition of arXiv:2602.10695, signs dropped: Bell pairs, then two exponentials."""
    circuit = stim.Circuit()
    for a, b in [("R", "A"), *((f"S{i}", f"N{i}") for i in range(1, n + 1))]:
        circuit.append("H", [roles[a]])
        circuit.append("CX", [roles[a], roles[b]])
    spread = [roles["A"], *(roles[f"S{i}"] for i in range(1, n + 1))]
    for pauli in "ZX":
        circuit += stim.Circuit(f"SPP {'*'.join(f'{pauli}{q}' for q in spread)}")
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(width)
    simulator.do(circuit)
    held = set(roles.values())
    generators = simulator.canonical_stabilizers()
    return [g for g in generators if held & set(g.pauli_indices())]


def check(native: NativeCircuit, n: int) -> None:
    roles, width = dict(native.roles), native.device.num_qubits
    couplers = {frozenset(e) for e in native.device.edges}
    for pair in two_qubit_gates(native.circuit):
        assert frozenset(pair) in couplers
    signals = {roles[f"S{i}"] for i in range(1, n + 1)}
    noise = {roles[f"N{i}"] for i in range(1, n + 1)}
    for pair in two_qubit_gates(native.prepare):
        assert roles["A"] not in pair or set(pair) == {roles["A"], roles["R"]}
    for pair in two_qubit_gates(native.encrypt):
        assert not set(pair) & (noise | {roles["R"]})
    others = {roles["R"], roles["A"], *signals} - {roles[native.clone]}
    for pair in two_qubit_gates(native.decrypt):
        assert not set(pair) & others
    simulator = stim.TableauSimulator()
    simulator.set_num_qubits(width)
    simulator.do(native.prepare + native.encrypt)
    for stabiliser in encrypted_state(n, roles, width):
        assert simulator.peek_observable_expectation(stabiliser) != 0
    simulator.do(native.decrypt)
    for pauli in "XZ":
        bell = stim.PauliString(width)
        bell[roles["R"]] = bell[native.output] = pauli
        assert simulator.peek_observable_expectation(bell) == 1


@pytest.mark.parametrize(("device", "clone", "n", "aim"), CANONICAL)
def test_shipped_circuit(device: str, clone: str, n: int, aim: str) -> None:
    native = build(Canonical(n), device, clone, aim=aim)
    check(native, n)
    written = CANONICAL[device, clone, n, aim]
    assert (native.cost.layers, native.cost.gates) == (written["layers"], written["gates"])
    assert fidelity(native) == pytest.approx(written["fidelity"], abs=1e-6)


@pytest.mark.parametrize("device", FILES)
def test_an_entry_says_what_it_is_and_no_draft_is_there_twice(device: str) -> None:
    """The aims of a scheme and of the clones that are alike are met once each, by one draft or by two."""
    entries = FILES[device]["circuits"]
    met = [
        (json.dumps(e["scheme"]), re.sub(r"\d", "", e["clone"]), aim) for e in entries for aim in e["aims"]
    ]
    drafts = [json.dumps(e["draft"]) for e in entries]
    assert len(set(met)) == len(met) and len(set(drafts)) == len(drafts)
    for e in entries:
        assert set(e["aims"]) <= {"fidelity", "layers"} and 0 < e["fidelity"] < 1
        assert e["calibration"] == load_device(device).snapshot_date
        assert {"strategy", "seed", "version"} <= set(e["found_by"])
        assert e["inputs"] == ("GHZ" if e["scheme"]["scheme"] == "parallel" else "Bell")
        native = build(from_spec(e["scheme"]), device, e["clone"], aim=e["aims"][0])
        assert dict(native.roles) == e["draft"]["roles"]
    assert written(device, read(json.dumps(FILES[device]))) == (
        resources.files("qclone.native.data").joinpath(f"{device}.json").read_text()
    )


@pytest.mark.parametrize("n", [2, 3, 5, 10, 15])
def test_every_signal_clone(n: int) -> None:
    for j in (1, 2, n):
        native = build(Canonical(n), "kingston", f"S{j}")
        assert native.clone == f"S{j}"
        check(native, n)


@pytest.mark.parametrize("device", ["aachen", "marrakesh", "nighthawk"])
def test_other_devices(device: str) -> None:
    for n in (2, 5):
        native = build(Canonical(n), device)
        assert native.device == load_device(device)
        check(native, n)


def test_a_square_lattice_takes_fewer_layers() -> None:
    """Than any heavy-hex one, for every n that ships; they lie on a smaller square one, too."""
    least: dict[tuple[bool, int], int] = {}
    for (device, clone, n, _), e in CANONICAL.items():
        if clone == "S1":
            place = device == "nighthawk", n
            least[place] = min(e["layers"], least.get(place, e["layers"]))
    searched = [n for square, n in least if square]
    assert set(searched) == set(range(2, 20))
    for n in searched:
        assert least[True, n] < least[False, n], n
    native = build(Canonical(3), square_grid(5, 5), aim="layers")
    assert native.cost.layers == least[True, 3]


CHIPS = [Iterated(Canonical(2), shape) for shape in ((3, 9, 24), (3, 9, 11))]
DEFAULT_CLONE = [
    *(Iterated.virtual(Canonical(2), levels) for levels in range(1, 7)),
    *(Iterated.full(Canonical(2), levels) for levels in (1, 2)),
    Parallel(Canonical(2), 15),
    Canonical(5),
    *CHIPS,
]


@pytest.mark.parametrize("scheme", DEFAULT_CLONE, ids=str)
@pytest.mark.parametrize("aim", ["fidelity", "layers"])
def test_what_ships_is_found_without_naming_a_clone(scheme, aim):
    native = build(scheme, "kingston", aim=aim)
    assert native.clone in scheme.clones
    verify(native, scheme)


@pytest.mark.parametrize(
    "scheme",
    [Canonical(3), Parallel(Canonical(2), 3), Parallel(Canonical(2), 15), Iterated.full(Canonical(2), 1)],
    ids=str,
)
def test_a_drawing_shows_every_gate_apart(scheme):
    native = build(scheme, "kingston")
    figure = draw_native(native)
    figure.draw_without_rendering()
    axes = figure.axes[1]
    gates = [line.get_xydata() for line in axes.lines]
    assert len(gates) == native.cost.gates
    bars = sorted((axes.transData.transform(gate) for gate in gates), key=lambda bar: bar[0][0])
    points = 72 / figure.dpi  # a line is 1.4 points wide
    for i, bar in enumerate(bars):
        for other in bars[i + 1 :]:
            if (other[0][0] - bar[0][0]) * points > 3:
                break
            (low, high), (below, above) = (sorted(ends[:, 1]) for ends in (bar, other))
            assert high < below or above < low
