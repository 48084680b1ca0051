"""What a machine makes of circuits: order of bits, gates, translation. Right results, or one sentence."""

import json
from types import SimpleNamespace

import pytest
from qiskit import QuantumCircuit, qpy
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qclone.device import line
from qclone.errors import QcloneError
from qclone.experiments import (
    Checked,
    Interleaving,
    Mixedness,
    Sensitivity,
    Setup,
    export,
    import_counts,
    run,
)
from qclone.experiments._controls import check_translation
from qclone.experiments._counts import setting_circuits
from qclone.experiments._run import run_row
from qclone.simulate import machine_of
from tests.experiments.strange import Strange

BELL, PARITY = Sensitivity(clones=(2,)).rows()
CHSH = next(r for r in Interleaving(clones=(2,)).rows() if r.parameters["order"] == "2-2")
CHECKED = Checked(clones=(2,)).rows()[0]
ENCRYPTED, DECRYPTED = Mixedness(clones=(2,)).rows()[:2]
SETUP = Setup(line(8), shots=2_000)


def noise(strength):
    made = NoiseModel(basis_gates=["cz", "rz", "sx", "x"])
    if strength:
        made.add_all_qubit_quantum_error(depolarizing_error(0.04 * strength, 2), "cz")
        made.add_all_qubit_readout_error(ReadoutError([[1 - 0.02 * strength, 0.02 * strength], [0, 1]]))
    return made


class Machine(Strange):
    """Aer, which is given other circuits, or whose bits are written in another order."""

    def __init__(self, strength=1.0, made=lambda circuit: circuit, read=lambda text: text):
        super().__init__(None, 8)
        self.strength, self.made, self.read, self.shots = strength, made, read, []

    def run(self, circuits, shots=1000, **_):
        circuits = circuits if isinstance(circuits, list) else [circuits]
        self.shots.append(shots)
        aer = AerSimulator(noise_model=noise(self.strength), seed_simulator=len(self.shots))
        result = aer.run([self.made(c) for c in circuits], shots=shots).result()
        found = [{self.read(t): n for t, n in result.get_counts(i).items()} for i in range(len(circuits))]
        answers = SimpleNamespace(get_counts=lambda i: found[i])
        return SimpleNamespace(job_id=lambda: "job", result=lambda: answers)


def reverse(text):
    return text[::-1]


@pytest.mark.parametrize("strength", [0, 0.3, 1])
@pytest.mark.parametrize("row", [ENCRYPTED, DECRYPTED, CHECKED], ids=["encrypted", "decrypted", "checked"])
def test_bits_in_the_other_order_are_noticed(row, strength):
    """With noise they were results: of other wires, or of nothing."""
    run([row], SETUP, backend=Machine(strength))
    with pytest.raises(QcloneError, match=r"in the other order|these are no measurements"):
        run([row], SETUP, backend=Machine(strength, read=reverse))


@pytest.mark.parametrize("row", [BELL, PARITY, CHSH], ids=["bell", "parity", "chsh"])
def test_of_two_bits_the_order_does_not_matter(row):
    plain, other = (run([row], SETUP, backend=Machine(1, read=r))[0] for r in (str, reverse))
    assert other.estimate == plain.estimate


@pytest.mark.parametrize("strength", [0.5, 4, 12])
@pytest.mark.parametrize("row", [ENCRYPTED, CHECKED, PARITY], ids=["encrypted", "checked", "parity"])
def test_an_honest_machine_pays_for_no_control(row, strength):
    machine = Machine(strength)
    run([row], SETUP, backend=machine)
    assert machine.shots == [2_000]


def test_bits_in_the_other_order_are_noticed_in_a_file(tmp_path):
    experiment = Checked(clones=(2,))
    manifest = export([experiment], [CHECKED], SETUP, tmp_path).manifest
    counts = {}
    for name, _ in json.loads(manifest.read_text())["rows"][0]["circuits"]:
        with open(tmp_path / f"{name}.qpy", "rb") as file:
            (circuit,) = qpy.load(file)
        counts[name] = AerSimulator(noise_model=noise(0.2)).run(circuit, shots=2_000).result().get_counts()
    (tmp_path / "counts.json").write_text(json.dumps(counts))
    assert len(import_counts(tmp_path / "counts.json")) == 1
    turned = {name: {t[::-1]: n for t, n in found.items()} for name, found in counts.items()}
    (tmp_path / "counts.json").write_text(json.dumps(turned))
    with pytest.raises(QcloneError, match="has bits in the other order"):
        import_counts(tmp_path / "counts.json")


def otherwise(fault):
    """Return a machine's fault: a phase turns the other way, or a first cz is none."""

    def made(circuit):
        other = circuit.copy_empty_like()
        done = set()
        for i in circuit.data:
            if i.operation.name == "cz" and not done & set(i.qubits):
                done |= set(i.qubits)
                if fault == "sign":
                    other.append(i)
                    other.z(i.qubits[0])
            else:
                other.append(i)
        return other

    return made


@pytest.mark.parametrize(("fault", "strength"), [("sign", 0), ("sign", 0.3), ("none", 0)])
def test_other_gates_are_noticed_where_no_setting_is_clifford(fault, strength):
    """S was 0.0 +- 0.04 of a perfect simulator: no setting of CHSH has an outcome that is impossible."""
    with pytest.raises(QcloneError, match=r"plays other gates|these are no measurements"):
        run([CHSH], SETUP, backend=Machine(strength, made=otherwise(fault)))


@pytest.mark.parametrize(("strength", "paid"), [(0, 1), (0.3, 1), (12, 2)])
def test_a_control_is_taken_only_where_correlations_are_weak(strength, paid):
    machine = Machine(strength)
    (found,) = run([CHSH], SETUP, backend=machine)
    assert len(machine.shots) == paid and set(machine.shots[1:]) <= {400}
    assert (found.estimate.value > 2) == (paid == 1)


def moved(circuit):
    """A plugin that permutes qubits at the end, and not the measurements."""
    other = circuit.copy_empty_like()
    measured = [i for i in circuit.data if i.operation.name == "measure"]
    for i in circuit.data:
        if i.operation.name != "measure":
            other.append(i)
    qubits = [i.qubits[0] for i in measured]
    for i, qubit in zip(measured, [*qubits[1:], qubits[0]], strict=True):
        other.measure(qubit, i.clbits[0])
    return other


@pytest.mark.parametrize("row", [DECRYPTED, CHECKED, CHSH], ids=["decrypted", "checked", "chsh"])
def test_a_translation_that_moves_qubits_is_noticed_before_anything_is_submitted(row, tmp_path):
    backend = Machine(0)
    machine = machine_of(backend=backend)
    machine.translated = lambda circuits: [
        moved(c) if row is not CHSH else otherwise("none")(c) for c in circuits
    ]
    with pytest.raises(QcloneError, match="makes of the circuit in its own gates has other outcomes"):
        run_row(row, SETUP, machine, tmp_path)
    assert backend.shots == []


def test_a_right_translation_is_not_refused():
    """In other gates, with angles that are Clifford only by their values."""
    for row in (PARITY, CHSH, CHECKED):
        circuits = setting_circuits(SETUP.place(row), row.measurement.settings())
        other = []
        for circuit in circuits:
            made = QuantumCircuit(circuit.num_qubits, circuit.num_clbits)
            made.compose(circuit, inplace=True)
            body = made.copy_empty_like()
            for i in made.data:
                if i.operation.name == "sx":
                    body.h(i.qubits[0])
                    body.rz(3.141592653589793 / 2, i.qubits[0])
                    body.h(i.qubits[0])
                else:
                    body.append(i)
            other.append(body)
        check_translation(circuits, other, "it")
