"""Vendors' packages where the vendor does not answer: what they state is read, what they make up is not."""

import sys
import warnings
from types import ModuleType, SimpleNamespace

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import CZGate, RZGate, SXGate, XGate
from qiskit.quantum_info import Statevector
from qiskit.transpiler import Target

from qclone.device import from_backend, load_device, narrowed
from qclone.device._quantinuum import LocalEmulator, stated_noise
from qclone.errors import InvalidInputError, QcloneError

# As pytket-quantinuum 0.59.3 states it of H2-1.
H2_1 = {
    "date": "2025-04-30",
    "spam_error": {"p_meas_0": 0.0006, "p_meas_1": 0.00139},
    "crosstalk_error": {"p_crosstalk_meas": 6.65e-06},
    "memory_error": {"memory_error": 0.000203},
    "1q_gate_error": {"p1": 1.89e-05},
    "2q_gate_error": {"p2": 0.00105},
}


def test_quantinuums_noise_is_read_from_its_package():
    """PECOS multiplies p1 by 3/2 and p2 by 5/4: they are average infidelities, as a device has them."""
    device = from_backend(LocalEmulator("H2-1LE:noisy", 56, stated_noise(H2_1)))
    assert (device.num_qubits, len(device.couplers)) == (56, 56 * 55 // 2)
    assert {(c.gate, c.error) for c in device.couplers} == {("rzz", 0.00105)}
    assert {(q.gate_error, round(q.readout_error, 9)) for q in device.qubits} == {(1.89e-05, 0.000995)}
    assert any("rz has an error, 1.9e-05" in note for note in device.notes)


def test_without_noise_nothing_is_stated():
    device = from_backend(LocalEmulator("H2-1LE", 4))
    assert {c.error for c in device.couplers} == {0.0}
    assert any("two-qubit gate is not stated" in note for note in device.notes)


def test_an_emulator_gets_the_qubits_that_are_used():
    """Against Qiskit's state vector of the same gates."""
    wide = QuantumCircuit(40, 2)
    wide.h(31)
    wide.barrier()
    wide.cx(31, 7)
    wide.measure([31, 7], [1, 0])
    small = narrowed(wide)
    assert small.num_qubits == 2
    assert [small.find_bit(i.clbits[0]).index for i in small.data if i.clbits] == [1, 0]
    bell = QuantumCircuit(2)
    bell.h(1)
    bell.cx(1, 0)
    assert Statevector(small.remove_final_measurements(inplace=False)).equiv(Statevector(bell))


def test_a_machine_that_ionqs_package_makes_up_is_refused(monkeypatch):
    """Without the service qiskit-ionq 1.1.1 warns, and takes every machine for one of four qubits."""

    def get_backend(name):
        warnings.warn("Failed to get qubits for qpu.forte-1: no network. Using 4", stacklevel=1)
        return SimpleNamespace(name=name, num_qubits=4)

    package = ModuleType("qiskit_ionq")
    package.IonQProvider = lambda: SimpleNamespace(get_backend=get_backend)
    monkeypatch.setitem(sys.modules, "qiskit_ionq", package)
    with pytest.raises(QcloneError, match=r"'qpu\.forte-1' has, IonQ's package asks IonQ's service"):
        load_device("ionq:qpu.forte-1")


def test_other_packages_name_devices_and_backends(tmp_path, monkeypatch):
    """By entry points, as an installed package of somebody else's would."""
    (tmp_path / "somebody.py").write_text(
        "from qclone.device import line\n"
        "from qiskit.providers.fake_provider import GenericBackendV2\n"
        "def chip():\n    return line(7)\n"
        "def machine(name):\n    return GenericBackendV2(int(name), basis_gates=['ecr', 'rz', 'sx', 'x'])\n"
    )
    (tmp_path / "somebody-1.0.dist-info").mkdir()
    (tmp_path / "somebody-1.0.dist-info" / "METADATA").write_text("Name: somebody\nVersion: 1.0\n")
    (tmp_path / "somebody-1.0.dist-info" / "entry_points.txt").write_text(
        "[qclone.devices]\nour-chip = somebody:chip\n[qclone.backends]\nus = somebody:machine\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert load_device("our-chip").num_qubits == 7
    assert {c.gate for c in load_device("us:9").couplers} == {"ecr"}
    with pytest.raises(InvalidInputError, match="our-chip"):
        load_device("another-chip")


@pytest.mark.parametrize("stated", [None, 65_535])
def test_a_simulator_of_any_width_is_read_as_thirty_qubits(stated):
    """As QDK's state no number, and MQT's decision diagrams 65,535 qubits, all coupled."""
    target = Target(num_qubits=stated)
    for gate in (RZGate(Parameter("a")), SXGate(), XGate(), CZGate()):
        target.add_instruction(gate, None)
    device = from_backend(SimpleNamespace(name="any", target=target, num_qubits=stated))
    assert (device.num_qubits, len(device.couplers)) == (30, 435)
    assert "30 are assumed" in device.notes[0]


@pytest.mark.parametrize("word", ["builtins:exit", "builtins:open"])
def test_what_makes_no_backend_is_told_apart_from_an_account_that_fails(word):
    with pytest.raises(InvalidInputError, match="makes no backend when it is called without arguments"):
        load_device(word)
