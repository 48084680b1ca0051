"""Any backend, any sampler: in its own gates, with all of its noise; nothing is told that none measured."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import (
    CZGate,
    ECRGate,
    RGate,
    RXGate,
    RXXGate,
    RYGate,
    RZGate,
    RZZGate,
    SXGate,
    UGate,
    XGate,
    iSwapGate,
)
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.primitives.containers.sampler_pub import SamplerPub
from qiskit.quantum_info import Operator
from qiskit.transpiler import CouplingMap, InstructionProperties, Target
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error
from qiskit_ibm_runtime import Batch, Session
from qiskit_ibm_runtime.fake_provider import FakeCairoV2, FakeManilaV2
from qiskit_ibm_runtime.utils.utils import is_isa_circuit, is_valid_rzz_pub

from qclone.device import fake_backend, from_backend, line, opened
from qclone.errors import InvalidInputError, QcloneError
from qclone.experiments import Interleaving, Sensitivity, Setup, run
from qclone.simulate import BackendMachine, TwinSampler, machine_of
from qclone.simulate._translate import Translation, in_phases
from tests.experiments.strange import Strange

BELL, PARITY = Sensitivity(clones=(2,)).rows()
KINDS = ("two_qubit", "one_qubit", "readout", "relaxation")
LINE = CouplingMap.from_line(6)


def noise_model(basis, kinds=KINDS, strength=1.0) -> NoiseModel:
    """A noise model of some kinds for the gates of a basis."""
    model = NoiseModel(basis_gates=list(basis))
    for gate in basis:
        two = gate in ("cz", "cx", "ecr", "rzz", "rxx")
        if gate in ("rz", "id"):
            continue
        if ("two_qubit" if two else "one_qubit") in kinds:
            p = strength * (0.02 if two else 0.01)
            model.add_all_qubit_quantum_error(depolarizing_error(p, 2 if two else 1), gate)
        if "relaxation" in kinds and two:
            one = thermal_relaxation_error(20e-6, 15e-6, strength * 500e-9)
            model.add_all_qubit_quantum_error(one.expand(one), gate)
    if "readout" in kinds:
        p = strength * 0.05
        model.add_all_qubit_readout_error(ReadoutError([[1 - p, p], [p, 1 - p]]))
    return model


def simulator(basis, kinds=KINDS, coupling_map=LINE, **more) -> AerSimulator:
    return AerSimulator(noise_model=noise_model(basis, kinds, **more), coupling_map=coupling_map)


BASES = {
    "ibm": ("cz", "rz", "sx", "x"),
    "eagle": ("ecr", "rz", "sx", "x"),
    "falcon": ("cx", "rz", "sx", "x"),
    "ions": ("rzz", "r", "rz"),
    "aqt": ("rxx", "r", "rz"),
    "iqm": ("cz", "r"),
    "u": ("cx", "u"),
}


@pytest.mark.parametrize("basis", BASES.values(), ids=BASES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_noise_that_a_backend_states_counts(basis, kind):
    """With it alone the result is below 1 by five standard deviations; without it the machine is perfect."""
    device = from_backend(simulator(basis))
    setup = Setup(device, shots=2_000)
    (alone,) = run([BELL], setup, backend=simulator(basis, [kind]))
    assert alone.estimate.value + 5 * alone.estimate.error < 1


@pytest.mark.parametrize("basis", [BASES["ibm"], BASES["ions"], BASES["u"]], ids=["ibm", "ions", "u"])
def test_what_is_taken_out_of_a_noise_model_is_missed(basis):
    """Each kind, by the simulator by five standard deviations and by the twin of what is read from it."""
    everything = simulator(basis, coupling_map=None, strength=0.4)
    setup = Setup(from_backend(everything), shots=32_000)
    (full,) = run([BELL], setup, backend=everything)
    (exact,) = run([BELL], setup)
    for kind in KINDS:
        less = simulator(basis, [k for k in KINDS if k != kind], None, strength=0.4)
        (found,) = run([BELL], setup, backend=less)
        assert found.estimate.value - full.estimate.value > 5 * 2**0.5 * full.estimate.error, kind
        (twin,) = run([BELL], Setup(from_backend(less)))
        assert twin.estimate.value > exact.estimate.value + 0.01, kind


def test_without_any_noise_a_simulator_is_perfect():
    for basis in BASES.values():
        device = from_backend(simulator(basis))
        backend = AerSimulator(basis_gates=list(basis), coupling_map=LINE)
        assert run([BELL], Setup(device, shots=200), backend=backend)[0].estimate.value == 1


@pytest.mark.parametrize("name", ["ibm", "eagle", "falcon", "u"])
def test_the_twin_of_a_noise_model_is_the_noise_model(name):
    """Depolarising gates and flipped bits: the device that is read from it gives its counts exactly."""
    backend = simulator(BASES[name], ["two_qubit", "readout"])
    device = from_backend(backend)
    setup = Setup(device, shots=20_000)
    exact, sampled = run([PARITY], setup), run([PARITY], setup, backend=backend)
    assert abs(exact[0].estimate.value - sampled[0].estimate.value) < 5 * sampled[0].estimate.error


@pytest.mark.parametrize("backend", [FakeManilaV2(), FakeCairoV2()], ids=lambda b: b.name)
def test_samplers_translate_for_the_backend_behind_them(backend):
    """Circuits in cz ran without noise where a noise model has cx and ecr alone."""
    rows = Sensitivity(clones=(2,)).rows()[:1]
    if backend.num_qubits < 6:
        with pytest.raises(InvalidInputError, match="cannot be routed"):
            run(rows, Setup(from_backend(backend)), backend=backend)
        return
    setup = Setup(from_backend(backend), shots=4_000)
    values = [
        run(rows, setup, **how)[0].estimate
        for how in (
            {"sampler": BackendSamplerV2(backend=backend)},
            {"backend": backend},
            {"backend": AerSimulator.from_backend(backend)},
        )
    ]
    for value in values:
        assert value.value < 0.85
        assert abs(value.value - values[0].value) < 5 * (2**0.5) * value.error


@pytest.mark.parametrize(
    "two", [CZGate(), ECRGate(), RZZGate(Parameter("t")), RXXGate(Parameter("t")), iSwapGate()]
)
@pytest.mark.parametrize(
    "one",
    [
        [RZGate(Parameter("a")), SXGate(), XGate()],
        [RGate(Parameter("a"), Parameter("b"))],
        [UGate(Parameter("a"), Parameter("b"), Parameter("c"))],
        [RXGate(Parameter("a")), RYGate(Parameter("b"))],
    ],
    ids=["rz sx x", "r", "u", "rx ry"],
)
def test_translation_keeps_the_unitary(two, one):
    """Against Qiskit's operators, in one direction of each pair, the other of the next."""
    target = Target(num_qubits=3)
    for gate in one:
        target.add_instruction(gate, {(q,): None for q in range(3)})
    target.add_instruction(two, {(0, 1): None, (2, 1): None})
    target.add_instruction(Measure(), {(q,): None for q in range(3)})
    circuit = QuantumCircuit(3, 3)
    for a, b in [(0, 1), (1, 0), (1, 2), (2, 1)]:
        circuit.rz(0.7, a)
        circuit.sx(a)
        circuit.cz(a, b)
        circuit.rz(-0.4, b)
        circuit.x(b)
    plain = circuit.copy()
    circuit.barrier()
    circuit.measure(range(3), range(3))
    (translated,) = Translation(target).run([circuit])
    assert set(translated.count_ops()) <= {two.name, *(g.name for g in one), "measure", "barrier"}
    unitary = Operator(translated.remove_final_measurements(inplace=False))
    if one[0].name == "r" and two.name == "cz":
        # What is left of the frame does not matter to measurements of Z.
        assert Operator(in_phases(plain)) == unitary
        expected, found = (abs(Operator(u).data) ** 2 for u in (plain, unitary))
        assert found == pytest.approx(expected)
    else:
        assert unitary.equiv(Operator(plain))


class Lifeless(Strange):
    """As simulators without memory come through Qiskit's sampler: nothing but zeros."""

    def __init__(self, width=6):
        super().__init__(None, width)

    def run(self, circuits, shots=1000, **_):
        circuits = circuits if isinstance(circuits, list) else [circuits]
        zeros = [{"0" * c.num_clbits: shots} for c in circuits]
        result = SimpleNamespace(get_counts=lambda i: zeros[i])
        return SimpleNamespace(job_id=lambda: "job", result=lambda: result)


def test_one_outcome_whatever_is_run_is_an_error():
    with pytest.raises(QcloneError, match="returns 00 most often in the setting bell, and also after bit"):
        run([BELL], Setup(line(6)), backend=Lifeless())


def test_an_ideal_machine_is_believed():
    """Its one outcome turns with the qubits."""
    (perfect,) = run([BELL], Setup(line(6), shots=100), sampler=StatevectorSampler(seed=1))
    (also,) = run([BELL], Setup(line(6), shots=100), backend=AerSimulator())
    assert perfect.estimate.value == also.estimate.value == 1


def test_who_measured_is_in_the_key_and_in_the_provenance(tmp_path):
    device = line(6)
    setup = Setup(device, shots=2_000)
    (twin,) = run([BELL], setup, tmp_path)
    (aer,) = run([BELL], setup, tmp_path, backend=AerSimulator(noise_model=noise_model(BASES["ibm"])))
    (less,) = run(
        [BELL], setup, tmp_path, backend=AerSimulator(noise_model=noise_model(BASES["ibm"], ["readout"]))
    )
    (sampled,) = run([BELL], setup, tmp_path, sampler=TwinSampler(device, seed=1))
    (other,) = run([BELL], setup, tmp_path, sampler=TwinSampler(line(6, readout_error=0.1), seed=1))
    results = [twin, aer, less, sampled, other]
    assert len({r.key for r in results}) == len({r.estimate.value for r in results}) == 5
    assert [r.provenance["engine"] for r in results[:4]] == [
        "twin",
        "aer_simulator",
        "aer_simulator",
        "TwinSampler",
    ]
    # And the same again is found, not measured.
    assert run([BELL], setup, tmp_path, sampler=TwinSampler(device, seed=2)) == [sampled]


class Queue(BackendMachine):
    """A provider with a queue: limits, jobs with names, and a process that dies before they are done."""

    most_shots, most_circuits = 300, 2

    def __init__(self, backend, stop_after=None):
        super().__init__(backend, seed=5)
        self.jobs, self.submitted, self.fetched, self.stop_after = {}, [], [], stop_after

    def submit(self, circuits, shots):
        assert len(circuits) <= 2 and shots <= 300
        job = super().submit(circuits, shots)
        name = f"job {len(self.jobs)}"
        self.jobs[name] = job
        self.submitted.append((len(circuits), shots))
        return self._named(name)

    def job(self, job_id):
        return self._named(job_id) if job_id in self.jobs else None

    def _named(self, name):
        def result():
            if len(self.fetched) == self.stop_after:
                raise KeyboardInterrupt
            self.fetched.append(name)
            return self.jobs[name].running.result()

        running = SimpleNamespace(job_id=lambda: name, result=result)
        return replace(self.jobs[name], running=running)


def test_jobs_keep_the_limits_and_are_picked_up_again(tmp_path, monkeypatch):
    queue = Queue(AerSimulator(), stop_after=2)
    monkeypatch.setattr("qclone.experiments._run.machine_of", lambda *_: queue)
    rows = Interleaving(clones=(2,)).rows()[1:2]  # four settings
    setup = Setup(line(6), shots=700)
    with pytest.raises(KeyboardInterrupt):
        run(rows, setup, tmp_path, backend=queue)
    assert queue.submitted == [(2, 300), (2, 300), (2, 100)] * 2
    (jobs,) = tmp_path.glob("*.jobs")
    assert [bool(e.get("counts")) for e in json.loads(jobs.read_text())] == [True, True, *[False] * 4]
    queue.stop_after = None
    (result,) = run(rows, setup, tmp_path, backend=queue)
    assert len(queue.submitted) == 6 and queue.fetched == [f"job {i}" for i in range(6)]
    assert {sum(c.values()) for c in result.data["counts"].values()} == {700}
    assert result.estimate.value == pytest.approx(2 * 2**0.5, abs=0.3)
    assert not jobs.exists()


def test_a_job_that_fails_is_said_in_one_sentence():
    def broken():
        raise ValueError("no more credit")

    machine = machine_of(backend=AerSimulator())
    machine.submit = lambda *_: replace(
        BackendMachine.submit(machine, [QuantumCircuit(1, 1)], 1),
        running=SimpleNamespace(job_id="j1", result=broken),
    )
    with pytest.raises(QcloneError, match="The job j1 failed: ValueError: no more credit"):
        machine.submit([], 1).counts([1])


def test_shot_limits_are_read_where_they_are_stated():
    backend = Lifeless()
    assert BackendMachine(backend).most_shots is None
    backend.options.set_validator("shots", (1, 2000))
    assert BackendMachine(backend).most_shots == 2000
    assert BackendMachine(AerSimulator()).most_shots == 1_000_000


def test_rows_of_another_device_are_not_run_on_a_backend():
    from qclone.experiments import Variability

    rows = Variability(clones=(2,), devices=("aachen",), seeds=(0,)).rows()[:1]
    with pytest.raises(InvalidInputError, match="of another device, aachen"):
        run(rows, Setup(line(6)), backend=AerSimulator())


def test_what_is_no_calibration_is_said():
    """Missing times, couplers that fail, gates that stay unused: a sentence each."""
    kyoto = from_backend(fake_backend("kyoto"))
    assert not kyoto.couplers and any("144 couplers of 144" in note for note in kyoto.notes)
    assert "144 couplers" in kyoto._repr_html_()
    with pytest.raises(InvalidInputError, match="cannot be routed on kyoto"):
        run([BELL], Setup(kyoto))
    cairo = from_backend(FakeCairoV2())
    assert len(cairo.couplers) == 25 and {c.gate for c in cairo.couplers} == {"cx", "ecr"}
    assert any("(19, 20)" in note for note in cairo.notes)
    target = Lifeless().target
    target.update_instruction_properties("sx", (0,), InstructionProperties(error=1.0))
    lifeless = Lifeless()
    lifeless._target = target
    device = from_backend(lifeless)
    assert device.working_qubits == ()
    notes = " ".join(from_backend(Lifeless()).notes)
    for missing in ("T1", "T2", "two-qubit gate", "one-qubit gate", "readout", "measurement", "reset"):
        assert missing in notes


def test_a_star_moves_through_its_resonator():
    """IQM's profiles: depolarising parameters of parts, times in nanoseconds; a CZ is a CZ and two moves."""
    backend = Lifeless()
    backend.index_to_qubit_name = lambda index: f"QB{index + 1}"
    names = [f"QB{i}" for i in range(1, 7)]
    backend.error_profile = SimpleNamespace(
        t1s=dict.fromkeys(names, 27_000.0),
        t2s=dict.fromkeys(names, 20_000.0),
        single_qubit_gate_depolarizing_error_parameters={"prx": dict.fromkeys(names, 0.002)},
        two_qubit_gate_depolarizing_error_parameters={
            "cz": {(name, "CR1"): 0.0128 for name in names},
            "move": {(name, "CR1"): 0.004 for name in names},
        },
        single_qubit_gate_durations={"prx": 40.0},
        two_qubit_gate_durations={"cz": 120.0},
        readout_errors={name: {"0": 0.01, "1": 0.03} for name in names},
    )
    device = from_backend(backend)
    assert device.couplers[0].error == pytest.approx(0.75 * (0.0128 + 2 * 0.004))
    assert device.couplers[0].duration_s == pytest.approx(120e-9)
    qubit = device.qubit(0)
    assert (qubit.t1_s, qubit.gate_error) == pytest.approx((27e-6, 0.001))
    assert (qubit.readout_error, qubit.gate_duration_s) == pytest.approx((0.02, 40e-9))


@pytest.mark.parametrize("kind", [Session, Batch])
def test_sessions_and_batches_of_the_runtime_run_the_rows(kind):
    """In the runtime's local mode: circuits in the backend's own gates, with its noise."""
    backend = simulator(BASES["eagle"])
    device = from_backend(backend)
    (alone,) = run([BELL], Setup(device, shots=2_000), backend=backend)
    with kind(backend=backend) as mode:
        machine = machine_of(backend=mode, seed=3)
        assert machine.backend is backend and "SamplerV2" in machine.label
        (found,) = run([BELL], Setup(device, shots=2_000), machine=machine)
        (again,) = run([BELL], Setup(device, shots=2_000), backend=mode)
    for value in (found.estimate, again.estimate):
        assert value.value < 0.9
        assert abs(value.value - alone.estimate.value) < 5 * 2**0.5 * value.error


def test_fractional_gates_are_gates_of_the_device():
    """IBM calibrates rx and rzz beside cz: the better of the two on every coupler, at angles it allows."""
    backend = fake_backend("kingston:fractional")
    assert {"rx", "rzz", "cz"} <= set(backend.target.operation_names)
    assert "if_else" not in backend.target.operation_names
    device, plain = from_backend(backend), from_backend(fake_backend("kingston"))
    assert {c.gate for c in device.couplers} == {"cz", "rzz"} and {c.gate for c in plain.couplers} == {"cz"}
    assert device.edges == plain.edges
    for c, old in zip(device.couplers, plain.couplers, strict=True):
        assert c.error <= old.error and (c.gate == "rzz" or c == old)
    placed = Setup(device).place(PARITY)
    assert "rzz" in placed.count_ops()
    (translated,) = machine_of(backend=backend).translated([placed])
    # By the runtime's own rules for what it takes.
    assert is_isa_circuit(translated, backend.target) == ""
    assert is_valid_rzz_pub(SamplerPub.coerce(translated)) == ""
    assert translated.count_ops()["rzz"] == placed.count_ops()["rzz"]
    with pytest.raises(InvalidInputError, match="no calibration of fractional gates"):
        fake_backend("manila:fractional")


def test_modes_are_those_of_the_runtime():
    with pytest.raises(InvalidInputError, match="no mode 'job'"):
        opened("job", AerSimulator())
