"""Engines: exact expectations, sampling, Aer; all behind Qiskit's V2 primitives.

- `expectations(circuit, paulis)`: exact, of a noisy Clifford `stim.Circuit` on |0...0>.
- `record_expectations(circuit, parities)`: exact, of parities of measured bits.
- `entanglement_fidelity(circuit, reference, output)`: exact, (1 + <XX> - <YY> + <ZZ>)/4.
- `stabilizer_fidelity(circuit, generators)`: exact, with a stabiliser state of a hundred qubits.
- `error_mechanisms(circuit, ...)`: what the joint distribution of flips follows from.
- `noisy(circuit, device, rules)`: a placed circuit (stim or Qiskit) with the noise of a device.
- `learned_coverage(circuit, device)`, `layers_to_learn(circuit, device)`: of noise learned by layers.
- `route(circuit, device, seed)`: Qiskit's level 3, but what is Clifford stays Clifford.
- `machine_of(sampler, backend)`: what runs circuits, in its own gates (`Translation`).
- `make_sampler(engine, device, rules, seed)`: a Qiskit V2 sampler by name (`ENGINES`): twin, aer, fake, ibm.
- `TwinSampler`, `AerSampler`, `TwinEstimator`: the V2 primitives themselves; the estimator is exact.
- `error_budget(circuit, device, fidelity)`: which noise rule costs how much.
- `sampled_fidelity(circuit, reference, output, shots, seed)`: from samples, for circuits of any size.
- `full_fidelity(circuit, device, pair, FullNoise(...))`: amplitude damping, over-rotation, ZZ in Aer.
- `duration_s(circuit, device)`, `quantum_seconds(circuits, device, shots)`: how long a processor is busy.
- `UniformNoise`, `noisy_round_trip`, `round_trip_fidelity`, `clone_fidelities`: the same noise on every gate.
"""

from qclone.simulate._aer import full_fidelity
from qclone.simulate._budget import ErrorBudget, error_budget
from qclone.simulate._engines import ENGINES, make_sampler, quantum_seconds
from qclone.simulate._estimator import TwinEstimator
from qclone.simulate._exact import entanglement_fidelity, error_mechanisms, expectations, record_expectations
from qclone.simulate._full import FullNoise
from qclone.simulate._learned import Coverage, layers_to_learn, learned_coverage
from qclone.simulate._machine import BackendMachine, Job, Machine, SamplerMachine, machine_of
from qclone.simulate._noisy import noisy
from qclone.simulate._route import route
from qclone.simulate._sampled import sampled_fidelity
from qclone.simulate._sampler import AerSampler, TwinSampler
from qclone.simulate._stabilizer import stabilizer_fidelity
from qclone.simulate._steps import duration_s
from qclone.simulate._translate import Translation
from qclone.simulate._uniform import UniformNoise, clone_fidelities, noisy_round_trip, round_trip_fidelity

__all__ = [
    "ENGINES",
    "AerSampler",
    "BackendMachine",
    "Coverage",
    "ErrorBudget",
    "FullNoise",
    "Job",
    "Machine",
    "SamplerMachine",
    "Translation",
    "TwinEstimator",
    "TwinSampler",
    "UniformNoise",
    "clone_fidelities",
    "duration_s",
    "entanglement_fidelity",
    "error_budget",
    "error_mechanisms",
    "expectations",
    "full_fidelity",
    "layers_to_learn",
    "learned_coverage",
    "machine_of",
    "make_sampler",
    "noisy",
    "quantum_seconds",
    "record_expectations",
    "noisy_round_trip",
    "round_trip_fidelity",
    "route",
    "sampled_fidelity",
    "stabilizer_fidelity",
]
