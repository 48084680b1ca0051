"""Engines: exact expectations, sampling, and Aer, behind Qiskit's V2 primitives."""
