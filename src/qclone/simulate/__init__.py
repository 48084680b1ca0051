"""Engines: exact expectations, sampling, Aer; all behind Qiskit's V2 primitives."""

from qclone.simulate._exact import entanglement_fidelity, expectations, record_expectations

__all__ = ["entanglement_fidelity", "expectations", "record_expectations"]
