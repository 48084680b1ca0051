"""Engines: exact expectations, sampling, Aer; all behind Qiskit's V2 primitives."""

from qclone.simulate._exact import entanglement_fidelity, error_mechanisms, expectations, record_expectations
from qclone.simulate._uniform import UniformNoise, round_trip, round_trip_fidelity

__all__ = [
    "UniformNoise",
    "entanglement_fidelity",
    "error_mechanisms",
    "expectations",
    "record_expectations",
    "round_trip",
    "round_trip_fidelity",
]
