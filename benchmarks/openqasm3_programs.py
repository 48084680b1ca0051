"""Random OpenQASM 3 programs whose states are known without qclone: is what they are read as the same?

    python benchmarks/openqasm3_programs.py [--programs 1000] [--seed 1] [--verify] [--show N]

A program has loops, conditions, subroutines, own gates with modifiers, aliases, constants and integers of a
width that wrap around; `drawn_openqasm3` writes it together with the state that it prepares. `--verify` holds
the second reading, of which `qclone get --verify` speaks, against the same states.
"""

from __future__ import annotations

import argparse
import sys
import traceback
import warnings

import numpy as np
from drawn_openqasm3 import QUBITS, Writer
from qiskit import QuantumCircuit

from qclone.circuits import compare, from_text, to_bytes
from qclone.errors import QcloneError


def fidelity_of(text: str, state: np.ndarray) -> float:
    """|<a|b>|^2 of what a text is read as and a state in which qubit 0 is the first axis."""
    vector = from_text(text).state_vector.reshape((2,) * QUBITS)
    return float(abs(np.vdot(np.transpose(vector), state)) ** 2)


def file_of(state: np.ndarray) -> bytes:
    """A QPY file of amplitudes, in Qiskit's order."""
    circuit = QuantumCircuit(QUBITS)
    circuit.prepare_state(np.transpose(state).reshape(-1), range(QUBITS), normalize=True)
    return to_bytes(circuit)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, help="print the program of this number, and no other")
    parser.add_argument("--verify", action="store_true", help="hold the second reading against the states")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    faults = 0
    numbers = range(arguments.programs) if arguments.show is None else [arguments.show]
    for number in numbers:
        writer = Writer(arguments.seed * 1_000_003 + number)
        text = writer.program()
        if arguments.show is not None:
            print(text)
        try:
            fidelity = fidelity_of(text, writer.state)
            if arguments.verify:
                fidelity = min(fidelity, compare(text.encode(), file_of(writer.state)))
            problem = "" if abs(1 - fidelity) < 1e-9 else f"fidelity {fidelity:.9f}"
        except QcloneError as error:
            problem = f"refused: {error}"
        except Exception:
            problem = traceback.format_exc()
        if problem:
            faults += 1
            print(f"{number}: {problem}")
    print(f"{len(numbers):,} programs, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
