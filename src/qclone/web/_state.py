"""A state as people look at it: how often each outcome comes, and the amplitudes."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qclone.circuits import state_vector

MAX_QUBITS = 12
MAX_SHOWN = 64
NEVER = 1e-12


def shown_state(circuit: QuantumCircuit) -> dict[str, Any]:
    """Return the outcomes of measuring every qubit and their amplitudes; at most 64, the likeliest.

    The global phase is chosen so that the likeliest amplitude is positive.

    >>> bell = QuantumCircuit(2)
    >>> _ = bell.h(0), bell.cx(0, 1)
    >>> [(one["bits"], round(one["p"], 6)) for one in shown_state(bell)["outcomes"]]
    [('00', 0.5), ('11', 0.5)]
    """
    qubits = circuit.num_qubits
    if qubits > MAX_QUBITS:
        return {"outcomes": [], "total": None, "qubits": qubits}
    amplitudes = np.asarray(state_vector(circuit).data)
    chances = np.abs(amplitudes) ** 2
    # Rounded, so that those alike stay in the order of their bits.
    likely = np.argsort(-chances.round(12), kind="stable")
    phase = cmath.phase(complex(amplitudes[likely[0]]))
    turned = amplitudes * cmath.exp(-1j * phase)
    present = [int(i) for i in likely if chances[i] > NEVER]
    shown = sorted(present[:MAX_SHOWN])
    return {
        "qubits": qubits,
        "total": len(present),
        "outcomes": [
            {
                "bits": f"{i:0{qubits}b}",
                "p": float(chances[i]),
                "re": float(turned[i].real),
                "im": float(turned[i].imag),
            }
            for i in shown
        ],
    }
