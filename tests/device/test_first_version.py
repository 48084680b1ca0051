"""Backends of Qiskit's first version: a configuration and properties, as old providers still have them."""

from types import SimpleNamespace

import pytest
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.fake_provider import FakeCairoV2, FakeGuadalupeV2, FakeJakartaV2

from qclone.device import from_backend, load_device
from qclone.errors import InvalidInputError
from qclone.experiments import Sensitivity, Setup, run
from qclone.simulate import machine_of

(BELL, _) = Sensitivity(clones=(2,)).rows()


class First:
    """What `BackendV1` was: no target, a name to be called, a configuration and properties."""

    def __init__(self, second=None, properties=True):
        self.second = second or FakeGuadalupeV2()
        self.properties = self.second.properties if properties else (lambda: None)

    def name(self):
        return self.second.name

    def configuration(self):
        return self.second.configuration()

    def run(self, circuits, shots=1000):
        return AerSimulator.from_backend(self.second).run(circuits, shots=shots, seed_simulator=5)


@pytest.mark.parametrize("kind", [FakeGuadalupeV2, FakeJakartaV2, FakeCairoV2])
def test_it_is_the_device_of_its_second_version(kind):
    """By IBM's own conversion."""
    found, wanted = from_backend(First(kind())), from_backend(kind())
    assert found.qubits == wanted.qubits and found.couplers == wanted.couplers
    assert (found.name, found.snapshot_date) == (wanted.name, wanted.snapshot_date)


def test_it_runs_the_rows_on_the_qubits_that_they_are_placed_on():
    backend = First()
    device = from_backend(backend)
    setup = Setup(device, shots=4_000)
    placed = setup.place(BELL)
    machine = machine_of(backend=backend)
    (translated,) = machine.translated([placed])
    assert translated.num_qubits == 16 and set(translated.count_ops()) <= {
        "cx",
        "rz",
        "sx",
        "x",
        "measure",
        "barrier",
    }
    (found,), (second,) = (run([BELL], setup, backend=b) for b in (backend, backend.second))
    assert abs(found.estimate.value - second.estimate.value) < 5 * 2**0.5 * found.estimate.error
    assert machine.most_shots == 8192 and machine.most_circuits == 900


def test_without_properties_its_noise_is_off_and_said():
    device = from_backend(First(properties=False))
    assert len(device.couplers) == 16 and {c.error for c in device.couplers} == {0}
    assert any("The error of a two-qubit gate is not stated" in note for note in device.notes)


def test_what_is_not_operational_is_left_out():
    backend = First()
    plain = backend.second.properties()
    backend.properties = lambda: SimpleNamespace(
        **{n: getattr(plain, n) for n in ("t1", "t2", "gate_error", "gate_length", "readout_error")},
        readout_length=plain.readout_length,
        is_qubit_operational=lambda q: q != 15,
        is_gate_operational=lambda name, qubits: qubits not in ([0, 1], [1, 0]),
    )
    device = from_backend(backend)
    assert 15 not in device.working_qubits and (0, 1) not in device.edges and len(device.edges) == 14


def test_it_is_named_by_module_and_class(monkeypatch, tmp_path):
    (tmp_path / "old_lab.py").write_text(
        "from tests.device.test_first_version import First\n\ndef made():\n    return First()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_device("old_lab:made") == load_device("old_lab:First") == from_backend(First())


def test_one_without_qubits_is_refused_in_a_sentence():
    backend = First()
    backend.configuration = lambda: SimpleNamespace(basis_gates=["cx"], n_qubits=None)
    with pytest.raises(InvalidInputError, match="does not say which qubits and gates it has"):
        from_backend(backend)
