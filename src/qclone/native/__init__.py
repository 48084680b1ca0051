"""Circuits built for a device's lattice: synthesis, placement, cost.

- `build(scheme, device, clone)`: the placed circuit, from the data that ships.
- `NativeCircuit`: its stages on physical qubits, roles, output, cost.
- `verify(native, scheme)`: the contract, exact, by stabilisers.
- `fidelity(native)`: its exact entanglement fidelity on the twin.
- `ghz_fidelity(native)`: the same for a register in a GHZ state, which `ghz_inputs(scheme)` prepares.
- `device_circuit(native)`: the same in the device's gates, as Qiskit's circuit.
- `write_native`, `read_native`: a circuit as a file, proved when it is read.
- `listed()`: the schemes for which circuits ship, by device; `positions(native)`: where to draw each qubit.
- `draw_native(native)`: the lattice with the roles in colour, and the layers.
- `Draft`, `assemble`: circuits of Pauli pairs, and how they become placed ones.
"""

from qclone.native._assemble import Draft, assemble
from qclone.native._build import build
from qclone.native._contract import ContractError, verify
from qclone.native._draw import draw_native, positions
from qclone.native._export import device_circuit
from qclone.native._families import is_canonical
from qclone.native._fidelity import fidelity, measured
from qclone.native._file import read_native, write_native
from qclone.native._listed import Listed, listed
from qclone.native._native import STAGES, NativeCircuit
from qclone.native._register import ghz_fidelity, ghz_inputs

__all__ = [
    "STAGES",
    "ContractError",
    "Draft",
    "Listed",
    "NativeCircuit",
    "assemble",
    "build",
    "device_circuit",
    "draw_native",
    "fidelity",
    "ghz_fidelity",
    "ghz_inputs",
    "is_canonical",
    "listed",
    "measured",
    "positions",
    "read_native",
    "verify",
    "write_native",
]
