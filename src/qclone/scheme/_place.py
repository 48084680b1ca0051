"""Put a circuit on other wires, many copies at once."""

from __future__ import annotations

import re

import numpy as np
import stim
from numpy.typing import ArrayLike

from qclone.scheme._text import circuit, line

_WIRE = re.compile(r"\d+")


def place(base: stim.Circuit, rows: ArrayLike) -> stim.Circuit:
    """Return the circuit in which every gate of `base` acts once for each row, side by side.

    Parameters
    ----------
    base : a unitary circuit.
    rows : integers of shape (copies, wires); what `base` does to qubit w, copy c does to qubit
        ``rows[c, w]``. Copies act on disjoint qubits.

    Example
    -------
    >>> place(stim.Circuit("H 0\\nCX 0 1"), [[4, 5], [7, 6]])
    stim.Circuit('''
        H 4 7
        CX 4 5 7 6
    ''')
    """
    table = np.atleast_2d(np.asarray(rows, dtype=np.int64))
    lines = []
    for gate, _, targets in (text.partition(" ") for text in str(base).splitlines()):
        if targets.replace(" ", "").isdecimal():
            wires = np.fromstring(targets, dtype=np.int64, sep=" ")
            lines.append(line(gate, table[:, wires].ravel()))
        else:  # Pauli products, as in SPP X0*Z1
            parts = _WIRE.split(targets)
            wires = table[:, [int(w) for w in _WIRE.findall(targets)]]
            copies = ("".join(map("{}{}".format, parts, (*row, ""))) for row in wires.tolist())
            lines.append(f"{gate} {' '.join(copies)}")
    return circuit(lines)
