"""Circuits: schemes as Qiskit gates and circuits; import and export of formats."""
