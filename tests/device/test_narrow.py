"""Circuits on the qubits that they use, for simulators of any width."""

from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from qclone.device import line, narrowed
from qclone.experiments import Sensitivity, Setup, run
from qclone.simulate import machine_of


def test_bits_stay_and_qubits_that_do_nothing_go():
    wide = QuantumCircuit(40, 3)
    wide.x(30)
    wide.barrier()
    wide.cx(30, 7)
    wide.measure([30, 7], [2, 0])
    small = narrowed(wide)
    assert (small.num_qubits, small.num_clbits) == (2, 3)
    assert AerSimulator().run(small, shots=5).result().get_counts() == {"101": 5}


def test_a_simulator_that_states_no_width_gets_what_circuits_use():
    """As QDK's and others' state vectors, which would hold all qubits of the device."""

    class Unstated(AerSimulator):
        num_qubits = None

        def run(self, circuits, **options):
            widths.append(circuits.num_qubits)
            return super().run(circuits, **options)

    widths = []
    rows = Sensitivity(clones=(2,)).rows()[:1]
    (found,) = run(rows, Setup(line(12), shots=50), backend=Unstated())
    assert found.estimate.value == 1 and max(widths) <= 7
    assert machine_of(backend=AerSimulator()).translated([QuantumCircuit(9)])[0].num_qubits == 9
