"""Engines: exact expectations, sampling, Aer; all behind Qiskit's V2 primitives.

- `expectations(circuit, paulis)`: exact, of a noisy Clifford `stim.Circuit` on |0...0>.
- `record_expectations(circuit, parities)`: exact, of parities of measured bits.
- `entanglement_fidelity(circuit, reference, output)`: exact, (1 + <XX> - <YY> + <ZZ>)/4.
- `error_mechanisms(circuit, ...)`: what the joint distribution of flips follows from.
- `noisy(circuit, device, rules)`: a placed circuit (stim or Qiskit) with the noise of a device.
- `route(circuit, device, seed)`: Qiskit's level 3, but what is Clifford stays Clifford.
- `UniformNoise`, `round_trip`, `round_trip_fidelity`: the same noise on every gate of a scheme's circuits.
"""

from qclone.simulate._exact import entanglement_fidelity, error_mechanisms, expectations, record_expectations
from qclone.simulate._noisy import noisy
from qclone.simulate._route import route
from qclone.simulate._sampled import sampled_fidelity
from qclone.simulate._uniform import UniformNoise, round_trip, round_trip_fidelity

__all__ = [
    "UniformNoise",
    "entanglement_fidelity",
    "error_mechanisms",
    "expectations",
    "noisy",
    "record_expectations",
    "round_trip",
    "round_trip_fidelity",
    "sampled_fidelity",
    "route",
]
