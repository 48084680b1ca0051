"""Devices against IBM's own backends, Qiskit's lattices and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import rustworkx
from qiskit import QuantumCircuit, transpile

from qclone.device import (
    DEVICES,
    Coupler,
    Device,
    Qubit,
    all_to_all,
    fake_backend,
    from_backend,
    heavy_hex,
    line,
    load_device,
    runtime_sampler,
    square_grid,
    synthetic,
    target_of,
)
from qclone.errors import InvalidInputError


@pytest.mark.parametrize("name", DEVICES)
def test_shipped_snapshots_are_those_of_ibm(name: str) -> None:
    device = load_device(name)
    backend = fake_backend(name)
    assert device == from_backend(backend)
    assert device.num_qubits == backend.num_qubits
    assert device.snapshot_date == backend.properties().last_update_date.date().isoformat()
    # IBM's own getters, in seconds, on every working qubit and coupler.
    properties = backend.properties()
    for i in device.working_qubits:
        qubit = device.qubit(i)
        assert qubit.t1_s == pytest.approx(properties.t1(i))
        assert qubit.t2_s == pytest.approx(min(properties.t2(i), 2 * properties.t1(i)))
        assert qubit.readout_error == pytest.approx(properties.readout_error(i))
        assert qubit.gate_error == pytest.approx(properties.gate_error("sx", [i]))
    for c in device.couplers:
        assert c.error == pytest.approx(properties.gate_error("cz", [c.a, c.b]))
        assert c.duration_s == pytest.approx(properties.gate_length("cz", [c.a, c.b]))


def test_faulty_couplers_and_qubits_are_left_out() -> None:
    device = load_device("kingston")
    target = fake_backend("kingston").target
    broken = {tuple(sorted(pair)) for pair, entry in target["cz"].items() if entry.error >= 1}
    assert len(broken) == 7 and not broken & set(device.edges)
    assert 146 not in device.working_qubits  # no T1, no T2, sx error 1
    with pytest.raises(InvalidInputError, match="Qubit 146 of kingston does not work"):
        device.qubit(146)
    with pytest.raises(InvalidInputError, match="no qubit 200"):
        device.qubit(200)
    with pytest.raises(InvalidInputError, match="no working coupler"):
        device.coupler(145, 146)


def test_json_round_trip(tmp_path: Path) -> None:
    for device in (load_device("ibm_fez"), line(3)):
        path = tmp_path / "device.json"
        device.save(path)
        assert load_device(path) == device == Device.from_dict(json.loads(path.read_text()))


def test_wrong_names_and_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no device 'kingstown'.*kingston, aachen"):
        load_device("kingstown")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_device(tmp_path / "absent.json")
    for number, text in enumerate(["[1]", "{}", '{"name": 1, "qubits": [3]}', "nonsense"]):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        with pytest.raises(InvalidInputError, match="device"):
            load_device(path)


def test_impossible_devices_cannot_be_made() -> None:
    good = Qubit(1e-4, 2e-4, 1e-4, 3e-8, 0.01)
    for wrong in ({"t1_s": 0.0}, {"t2_s": 3e-4}, {"gate_error": 1.0}, {"readout_error": -0.1}):
        with pytest.raises(InvalidInputError):
            replace(good, **wrong)
    with pytest.raises(InvalidInputError, match="makes no sense"):
        replace(good, gate_duration_s=32.0)  # seconds, not nanoseconds
    pair = Coupler(0, 1, 0.01, 7e-8)
    with pytest.raises(InvalidInputError, match="a < b"):
        Coupler(1, 0, 0.01, 7e-8)
    with pytest.raises(InvalidInputError, match="named twice"):
        Device("d", (good, good), (pair, pair), 1e-6, 1e-6)
    for qubits in ((good,), (good, None)):
        with pytest.raises(InvalidInputError, match="two working qubits"):
            Device("d", qubits, (pair,), 1e-6, 1e-6)


def test_lattices() -> None:
    assert line(4).edges == ((0, 1), (1, 2), (2, 3))
    assert len(all_to_all(6).edges) == 15
    grid = square_grid(3, 4)
    assert (grid.num_qubits, len(grid.edges)) == (12, 3 * 3 + 2 * 4)
    lattice = heavy_hex(3)
    assert lattice.num_qubits == (5 * 3**2 - 2 * 3 - 1) // 2  # Chamberland et al., 1907.09528
    degrees = [lattice.graph.degree(i) for i in range(lattice.num_qubits)]
    assert max(degrees) == 3 and rustworkx.is_connected(lattice.graph)
    assert line(2, two_qubit_error=0.25).coupler(0, 1).error == 0.25
    with pytest.raises(InvalidInputError, match="odd distance"):
        heavy_hex(4)
    with pytest.raises(InvalidInputError, match="at least one"):
        synthetic("nothing", 0, [])


def test_qiskit_routes_for_a_device() -> None:
    circuit = QuantumCircuit(4, 4)
    circuit.h(0)
    for i in range(3):
        circuit.cx(0, i + 1)
    circuit.measure(range(4), range(4))
    device = load_device("kingston")
    routed = transpile(circuit, target=target_of(device), optimization_level=1, seed_transpiler=1)
    used = {tuple(sorted(routed.find_bit(q).index for q in i.qubits)) for i in routed.get_instructions("cz")}
    assert used and used <= set(device.edges)


def test_the_runtime_samples_locally_on_a_fake_backend() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeFractionalBackend

    circuit = QuantumCircuit(2, 2)
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    counts = [
        runtime_sampler(FakeFractionalBackend(), seed=4)
        .run([circuit], shots=400)
        .result()[0]
        .data.c.get_counts()
        for _ in range(2)
    ]
    assert counts[0]["10"] > 350 and counts[0] == counts[1]
