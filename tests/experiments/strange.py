"""A backend that measures nothing."""

from types import SimpleNamespace

from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, RZGate, SXGate, XGate
from qiskit.providers import BackendV2, Options
from qiskit.transpiler import Target


class Strange(BackendV2):
    """A backend whose counts are a function of the number of a circuit and its shots, whatever it is."""

    def __init__(self, counts, width=6):
        super().__init__(name="strange")
        self.counts, self.ran = counts, 0
        self._target = Target(num_qubits=width)
        for gate in (RZGate(Parameter("a")), SXGate(), XGate()):
            self._target.add_instruction(gate, {(q,): None for q in range(width)})
        self._target.add_instruction(CZGate(), {(q, q + 1): None for q in range(width - 1)})
        self._target.add_instruction(Measure(), {(q,): None for q in range(width)})

    target = property(lambda self: self._target)
    max_circuits = None

    @classmethod
    def _default_options(cls):
        return Options(shots=1000)

    def run(self, circuits, shots=1000, **_):
        circuits = circuits if isinstance(circuits, list) else [circuits]
        found = [self.counts(self.ran + i, shots) for i in range(len(circuits))]
        self.ran += len(circuits)
        result = SimpleNamespace(get_counts=lambda i: found[i])
        return SimpleNamespace(job_id=lambda: "job", result=lambda: result)
